import { readFile } from 'node:fs/promises';
import type { Clock } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { Audience, type AudienceTimes, covers } from './audience.ts';
import { brokerAccess } from './broker-access.ts';
import type { SessionShelf } from './durable-sessions.ts';
import { EmbeddedBroker } from './embedded-broker.ts';
import type { Endpoint } from './mqtt-channel.ts';
import type { EmbeddedBrokerSettings, ExternalBrokerSettings } from './settings.ts';
import { isTopicId, type Topics } from './topics.ts';

/** Reads a secret from its file: the first line, without its line break. */
export async function readSecret(file: string, setting: string): Promise<string> {
  const [line = ''] = (await readSettingFile(file, setting)).toString('utf8').split(/\r?\n/, 1);
  if (line === '')
    throw new WatchwordError('invalid-input', `${setting} is empty`, {
      where: file,
      hint: 'Its first line must be the secret',
    });
  return line;
}

/** The broker that alerts go to: ours or somebody else's. */
export interface BrokerLink {
  /** Called before each connection; rejects when that cannot be tried now. */
  endpoint(): Promise<Endpoint>;
  /** For people and subscribers: without credentials. */
  readonly url: string;
  readonly protocol: '5' | '3.1.1' | 'auto';
  /** Resolves when alerts may be published, once connected; absent where the broker itself remembers who listens. */
  audienceReady?(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Somebody else's broker: credentials and certificates are read anew for each connection. */
export function externalLink(settings: ExternalBrokerSettings): BrokerLink {
  const file = (path: string | undefined, setting: string) => (path ? readSettingFile(path, setting) : undefined);
  return {
    async endpoint() {
      const [ca, cert, key] = await Promise.all([
        file(settings.caFile, 'mqtt.caFile'),
        file(settings.certFile, 'mqtt.certFile'),
        file(settings.keyFile, 'mqtt.keyFile'),
      ]);
      return { target: settings.url, user: settings.user, password: await passwordOf(settings), ca, cert, key };
    },
    url: settings.url,
    protocol: settings.protocol,
    stop: () => Promise.resolve(),
  };
}

export interface EmbeddedLinkOptions {
  readonly settings: EmbeddedBrokerSettings;
  readonly topics: Topics;
  readonly homeAssistantPrefix: string;
  readonly clientId: string;
  readonly audienceTimes?: Partial<AudienceTimes> | undefined;
  readonly sessions?: SessionShelf | undefined;
  /** So many messages were given up for somebody's durable session. */
  readonly onDrop: (messages: number) => void;
  /** The certificate that the box made for itself, PEM. */
  readonly ownCertificate?: (() => { readonly cert: string; readonly key: string }) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Our own broker, started at the first connection. A port that is taken is a failed try like any other. */
export function embeddedLink(options: EmbeddedLinkOptions): BrokerLink {
  const { settings, topics, homeAssistantPrefix, clientId, audienceTimes, clock, logger } = options;
  const audience = new Audience({ clock, hearsAlerts: (filter) => hearsAlerts(topics, filter), times: audienceTimes });
  let running: EmbeddedBroker | undefined;
  const started = async (): Promise<EmbeddedBroker> => {
    const access = brokerAccess({ topics, homeAssistantPrefix, credentials: await credentialsOf(settings) });
    const { host, port, maxConnections } = settings;
    const tls = await tlsOf(settings, options.ownCertificate);
    const broker = new EmbeddedBroker({
      host,
      port,
      tls,
      access,
      ownClientId: clientId,
      maxConnections,
      audience,
      sessions: options.sessions,
      isAlert: (topic) => hearsAlerts(topics, topic),
      onDrop: options.onDrop,
      clock,
      logger,
    });
    try {
      await broker.start();
    } catch (thrown) {
      await broker.stop();
      throw thrown;
    }
    logger.info('the embedded MQTT broker listens', {
      url: broker.url,
      password: access.asksForPassword ? 'required' : 'none',
    });
    return broker;
  };
  return {
    async endpoint() {
      running ??= await started();
      const broker = running;
      return { target: () => broker.connection(), alertQos: 2 };
    },
    get url() {
      return running?.url ?? `mqtt://${settings.host}:${settings.port}`;
    },
    protocol: '3.1.1',
    audienceReady: (signal) => audience.ready(signal),
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

/** Alerts go to one topic for all and one for each camera. */
function hearsAlerts(topics: Topics, filter: string): boolean {
  const cameraId = filter.slice(topics.base.length).split('/')[2] ?? '';
  return covers(filter, topics.events) || covers(filter, topics.cameraEvents(isTopicId(cameraId) ? cameraId : 'any'));
}

async function credentialsOf(
  settings: EmbeddedBrokerSettings,
): Promise<{ user: string; password: string } | undefined> {
  const password = await passwordOf(settings);
  return settings.user !== undefined && password !== undefined ? { user: settings.user, password } : undefined;
}

async function tlsOf(
  settings: EmbeddedBrokerSettings,
  ownCertificate: EmbeddedLinkOptions['ownCertificate'],
): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (settings.selfSigned && ownCertificate) {
    const { cert, key } = ownCertificate();
    return { cert: Buffer.from(cert), key: Buffer.from(key) };
  }
  if (!settings.certFile || !settings.keyFile) return undefined;
  const [cert, key] = await Promise.all([
    readSettingFile(settings.certFile, 'mqtt.certFile'),
    readSettingFile(settings.keyFile, 'mqtt.keyFile'),
  ]);
  return { cert, key };
}

async function passwordOf(settings: EmbeddedBrokerSettings | ExternalBrokerSettings): Promise<string | undefined> {
  return settings.passwordFile ? await readSecret(settings.passwordFile, 'mqtt.passwordFile') : settings.password;
}

async function readSettingFile(file: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    const error = toError(thrown);
    const why = 'code' in error && error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.message}`;
    throw new WatchwordError('invalid-input', `the file of ${setting} ${why}`, { where: file, cause: error });
  }
}
