import { existsSync, readFileSync } from 'node:fs';
import { hostname as hostName } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, startApp } from '../app.ts';
import { ConfigFile } from '../config/config-file.ts';
import { withValues } from '../config/edit.ts';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { toError } from '../platform/errors.ts';
import { collectGarbage } from '../platform/heap.ts';
import { adjustableLogger } from '../platform/logger.ts';
import { createServiceNotifier } from '../platform/systemd.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError, wholeNumber } from './command.ts';

const OPTIONS = {
  config: { type: 'string' },
  data: { type: 'string' },
  port: { type: 'string' },
  'mqtt-port': { type: 'string' },
} as const;

/** The checkout this program runs from; src and dist are both one folder below it. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEMO_CONFIG = resolve(ROOT, 'src/demo/demo.yaml');
/** In the data folder, when the box was set up on its page. */
const OWN_CONFIG = 'watchword.yaml';
const FIRST_PICTURES_MS = 20_000;

export const start: Command = {
  name: 'start',
  summary: 'watch the cameras',
  usage: 'watchword start [--config FILE] [--data DIR] [--port N] [--mqtt-port N]',
  details: `options:
  --config FILE    the configuration (default: the demo store)
  --data DIR       database and pictures (default: what the configuration says)
  --port N         port of the web page; 0 picks a free one
  --mqtt-port N    port of the embedded MQTT broker; 0 picks a free one

When everything runs it prints one line of JSON on standard output:
  {"ready":true,"web":URL,"mqtt":URL,"topicBase":"watchword/demo"}`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    if (positionals.length > 0) throw new UsageError(`unexpected "${positionals[0]}"`);
    let overrides: StartValues = values;
    let opened = openConfig(overrides);
    for (let isFirst = true; ; isFirst = false) {
      const next = await runUntilRestart(opened, isFirst, io);
      if (!next) return EXIT_DONE;
      // Whoever found the box finds it again.
      overrides = { ...values, ...next };
      opened = openAgain(overrides, opened, io);
    }
  },
};

interface Opened {
  readonly config: string;
  readonly settings: Settings;
  readonly configFile: ConfigFile;
}

/** Runs the box until a signal ends it (undefined) or somebody starts it anew on its page: then with the ports it had. */
async function runUntilRestart(
  { config, settings, configFile }: Opened,
  isFirst: boolean,
  io: CommandIo,
): Promise<Overrides | undefined> {
  const { logger, level } = adjustableLogger(settings.log.level);
  const notifier = createServiceNotifier({ env: process.env, clock: io.clock, logger });
  const again = new AbortController();
  const app = await startApp(
    {
      settings,
      config: configFile,
      restart: () => again.abort(),
      version: version(),
      clock: io.clock,
      logger,
      logLevel: level,
      demoFolder: resolve(ROOT, 'models/watchword-tiny/demo'),
      bundledModel: resolve(ROOT, 'models/watchword-tiny'),
      baseFolder: dirname(resolve(config)),
    },
    io.signal,
  );
  const ended = AbortSignal.any([io.signal, again.signal]);
  try {
    collectGarbage();
    if (isFirst) {
      io.stdout(`${JSON.stringify({ ready: true, web: app.webUrl, mqtt: app.mqttUrl, topicBase: app.topicBase })}\n`);
      welcome(app, settings, io);
    }
    await notifier.ready(`watching ${Object.keys(settings.cameras).length} cameras`);
    // The first pictures of all cameras leave much behind as well, and nothing else would make V8 look for a minute or more.
    io.clock.sleep(FIRST_PICTURES_MS, ended).then(collectGarbage, () => undefined);
    await Promise.all([aborted(ended), notifier.feedWatchdog(() => app.alive(), ended)]);
    if (io.signal.aborted) await notifier.stopping();
    else logger.info('starting anew with the configuration as it is now');
  } finally {
    await app.stop();
  }
  if (io.signal.aborted) return undefined;
  const portOf = (url: string): string | undefined => new URL(url).port || undefined;
  const isEmbedded = settings.mqtt.broker.kind === 'embedded';
  return { port: portOf(app.webUrl), ...(isEmbedded && { 'mqtt-port': portOf(app.mqttUrl) }) };
}

/** A configuration that was broken meanwhile must not end a box that runs: it goes on with what it had. */
function openAgain(values: StartValues, before: Opened, io: CommandIo): Opened {
  try {
    return openConfig(values);
  } catch (error) {
    io.logger.error('the configuration cannot be used; going on with the one before', { error: toError(error) });
    return before;
  }
}

/**
 * The configuration that is asked for. Without one: what was set up on the page, kept in the data folder, else the demo
 * store's, which belongs to the program and is changed in a copy there.
 */
function openConfig(values: StartValues): Opened {
  if (values.config !== undefined) {
    const settings = overridden(loadSettings(values.config), values);
    return { config: values.config, settings, configFile: new ConfigFile({ file: resolve(values.config) }) };
  }
  const demo = loadSettings(DEMO_CONFIG);
  const own = resolve(values.data ?? demo.data, OWN_CONFIG);
  if (existsSync(own)) {
    const settings = overridden(loadSettings(own), values);
    return { config: own, settings, configFile: new ConfigFile({ file: own }) };
  }
  const text = (original: string): string =>
    withValues(original, [
      [['rules'], demo.rules],
      [['data'], '.'],
    ]);
  return {
    config: DEMO_CONFIG,
    settings: overridden(demo, values),
    configFile: new ConfigFile({ file: DEMO_CONFIG, copy: { file: own, text } }),
  };
}

type StartValues = Overrides & { config?: string | undefined };
type Overrides = { data?: string | undefined; port?: string | undefined; 'mqtt-port'?: string | undefined };

function overridden(settings: Settings, values: Overrides): Settings {
  const port = wholeNumber(values.port, 'port', { min: 0, max: 65_535 });
  const mqttPort = wholeNumber(values['mqtt-port'], 'mqtt-port', { min: 0, max: 65_535 });
  const { broker } = settings.mqtt;
  if (mqttPort !== undefined && broker.kind !== 'embedded') {
    throw new UsageError(
      '--mqtt-port is for the embedded broker',
      'The configuration names an external broker: its port stands in mqtt.url',
    );
  }
  return {
    ...settings,
    ...(values.data !== undefined && { data: resolve(values.data) }),
    web: { ...settings.web, ...(port !== undefined && { port }) },
    mqtt: {
      ...settings.mqtt,
      broker: mqttPort !== undefined && broker.kind === 'embedded' ? { ...broker, port: mqttPort } : broker,
    },
  };
}

function welcome(app: App, settings: Settings, io: CommandIo): void {
  const lines = [
    '',
    `  ${settings.site.name} is watched.`,
    `  Page       ${app.webUrl}`,
    app.adminPassword
      ? `  Log in     admin password: ${app.adminPassword}   (user "admin"; shown this once)`
      : '  Log in     as before (watchword user password admin sets a new password)',
    `  Subscribe  ${subscribeCommand(app, settings)}`,
    '',
  ];
  io.stderr(`${lines.join('\n')}\n`);
}

/** What a person can paste to see the events come. */
function subscribeCommand(app: App, settings: Settings): string {
  const { protocol, hostname, port } = new URL(app.mqttUrl);
  const anywhere = hostname === '0.0.0.0' || hostname === '[::]';
  const secure = protocol === 'mqtts:';
  const { broker } = settings.mqtt;
  const isOwn = broker.kind === 'embedded' && broker.selfSigned;
  const trust = isOwn ? ` --cafile ${join(settings.data, 'tls/certificate.pem')}` : ' --tls-use-os-certs';
  const login = broker.user === undefined ? '' : ` -u ${broker.user} -P PASSWORD`;
  const where = `-h ${anywhere ? hostName() : hostname} -p ${port || (secure ? 8883 : 1883)}`;
  return `mosquitto_sub ${where}${secure ? trust : ''}${login} -t '${app.topicBase}/events'`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function version(): string {
  const file = resolve(ROOT, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'unknown';
}
