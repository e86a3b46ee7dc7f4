import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { camera } from '../../src/cli/camera.ts';
import { check } from '../../src/cli/check.ts';
import { runCommand } from '../../src/cli/command.ts';
import { loadSettings, readSettings } from '../../src/config/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { describeError } from '../../src/platform/errors.ts';
import { createLogger, silentLogger } from '../../src/platform/logger.ts';
import { openStore } from '../../src/store/store.ts';
import { freePort, makeCertificates } from '../support/broker.ts';
import { recordIo } from '../support/command-io.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { fakeModel, makeClip } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { Seeded, seedOf } from './seeded.ts';
import { mutated } from './strange-words.ts';

const MODELS = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));

/** What must never leave, by what it is. */
const SECRETS: Record<string, string> = {
  'password in a camera address': 'qx7-camera-address',
  'password beside a camera address': 'qx7-camera-beside',
  'token in a camera address': 'qx7-camera-token',
  'MQTT password': 'qx7-mqtt-password',
  'password in the webhook address': 'qx7-hook-address',
  'token in the webhook address': 'qx7-hook-token',
  'webhook secret': 'qx7-webhook-secret',
  'API token': 'qx7-api-token',
  'password of a person': 'qx7-person-password',
  'wrong password somebody typed': 'qx7-wrong-password',
};

/** Everything that left the program, with where it was seen. */
class Seen {
  readonly #texts: Array<{ where: string; text: string }> = [];

  add(where: string, text: string): void {
    this.#texts.push({ where, text });
  }

  get size(): number {
    return this.#texts.length;
  }

  /** `what: where`, for each secret that was seen. */
  leaks(secrets: Record<string, string>): string[] {
    return this.#texts.flatMap(({ where, text }) =>
      Object.entries(secrets).flatMap(([what, secret]) => {
        const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')];
        return forms.some((form) => text.includes(form)) ? [`${what}: ${where}: ${text.slice(0, 200)}`] : [];
      }),
    );
  }
}

const stops: Array<() => Promise<unknown> | unknown> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A far end that refuses and repeats all it was told: a camera and a webhook receiver that are no help. */
async function startEcho(): Promise<{ port: number; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response
      .writeHead(request.url?.startsWith('/hook') ? 500 : 403)
      .end(`${request.url} ${JSON.stringify(request.headers)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}

function configFor(folder: string, echo: number, closed: number): string {
  const s = (what: string): string => SECRETS[what] ?? '';
  return `site: { id: secret, timeZone: UTC }
cameras:
  works: { source: "file:${folder}/clip.mp4", every: 200ms }
  closed: { source: "rtsp://watch:${s('password in a camera address')}@127.0.0.1:${closed}/live" }
  refused: { source: "http://127.0.0.1:${echo}/still.jpg?token=${s('token in a camera address')}", user: watch, password: ${s('password beside a camera address')} }
  forbidden: { source: "http://watch:${s('password in a camera address')}@127.0.0.1:${echo}/still.jpg" }
data: ${folder}/data
rules: ${folder}/rules
web: { port: 0 }
mqtt:
  port: 0
  user: reader
  password: ${s('MQTT password')}
  certFile: ${folder}/server.crt
  keyFile: ${folder}/server.key
webhook:
  url: http://hook:${s('password in the webhook address')}@127.0.0.1:${echo}/hook?token=${s('token in the webhook address')}
  secret: ${s('webhook secret')}
`;
}

async function start(seen: Seen) {
  const folder = temporaryFolder();
  stops.push(() => folder.remove());
  mkdirSync(join(folder.path, 'rules'));
  makeCertificates(folder.path);
  makeClip(join(folder.path, 'clip.mp4'));
  writeFileSync(
    join(folder.path, 'rules', 'shelf.yaml'),
    'rule: Alert me when a shelf is empty\nfor: 0s\nevery: 200ms\n',
  );
  const echo = await startEcho();
  const config = join(folder.path, 'watchword.yaml');
  writeFileSync(config, configFor(folder.path, echo.port, await freePort()));
  const store = openStore({
    dataDir: join(folder.path, 'data'),
    clock: systemClock,
    logger: silentLogger,
    version: '0',
  });
  const hash = createHash('sha256')
    .update(SECRETS['API token'] ?? '')
    .digest('hex');
  store.tokens.add({ name: 'machine', role: 'admin', createdAt: systemClock.now() }, hash);
  store.close();
  const app = await startApp(
    {
      settings: loadSettings(config),
      version: '0.0.0-test',
      clock: systemClock,
      logger: createLogger((level, message, fields) =>
        seen.add('log', `${level} ${message} ${JSON.stringify(fields)}`),
      ),
      demoFolder: join(MODELS, 'demo'),
      bundledModel: MODELS,
      baseFolder: folder.path,
      loadModel: async () => fakeModel(() => 0.95),
    },
    new AbortController().signal,
  );
  stops.push(() => app.stop());
  return { app, folder: folder.path, config, echo };
}

/** Every page and every address that pages name, seen by an admin. */
async function crawl(app: App, seen: Seen): Promise<number> {
  const headers = { Authorization: `Bearer ${SECRETS['API token']}` };
  const openApi = (await (await fetch(new URL('/api/v1/openapi.json', app.webUrl), { headers })).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const gettable = Object.entries(openApi.paths).filter(
    ([path, methods]) => 'get' in methods && !path.endsWith('/live'),
  );
  const apiPaths = gettable.map(([path]) => `/api/v1${path.replace(/^\/api\/v1/, '').replace(/\{\w+\}/g, 'closed')}`);
  const queue = ['/', '/events', '/rules', '/rules/new', '/system', '/account', '/metrics', '/nothing', ...apiPaths];
  const known = new Set(queue);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const answer = await fetch(new URL(path, app.webUrl), { headers, redirect: 'manual' });
    const isText = /text|json|javascript|xml/.test(answer.headers.get('Content-Type') ?? '');
    if (!isText || answer.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      await answer.body?.cancel();
      continue;
    }
    const text = await answer.text();
    seen.add(`GET ${path}`, `${JSON.stringify([...answer.headers])} ${text}`);
    for (const [, found = ''] of text.matchAll(/(?:href|src|hx-get|action)="(\/[^"]*)"/g)) {
      const next = found.replaceAll('&amp;', '&');
      if (known.size > 200 || known.has(next) || /\/live|logout/.test(next)) continue;
      known.add(next);
      queue.push(next);
    }
  }
  return known.size;
}

describe('secrets planted everywhere', () => {
  test('never leave the running program: not in logs, pages, answers, messages, metrics or files', {
    timeout: 120_000,
  }, async () => {
    const seen = new Seen();
    const { app, folder, echo } = await start(seen);
    const secrets = { ...SECRETS, 'admin password': app.adminPassword ?? '', 'TLS key': keyLine(folder) };
    const client = await connectAsync(app.mqttUrl, {
      ...{ username: 'reader', password: SECRETS['MQTT password'] ?? '', rejectUnauthorized: false },
    });
    stops.push(() => client.endAsync(true));
    client.on('message', (topic, payload) => seen.add(`MQTT ${topic}`, payload.toString('latin1')));
    await client.subscribeAsync('#', { qos: 1 });
    const guessing = connectAsync(app.mqttUrl, {
      ...{ username: 'reader', password: SECRETS['wrong password somebody typed'] ?? '' },
      ...{ rejectUnauthorized: false, reconnectPeriod: 0 },
    });
    await expect(guessing).rejects.toThrow();

    const origin = new URL(app.webUrl).origin;
    const post = async (path: string, form: Record<string, string>, token?: string): Promise<Response> => {
      const answer = await fetch(new URL(path, origin), {
        method: 'POST',
        redirect: 'manual',
        headers: { Origin: origin, ...(token && { Authorization: `Bearer ${token}` }) },
        body: new URLSearchParams(form),
      });
      seen.add(`POST ${path}`, await answer.text());
      return answer;
    };
    const login = await post('/login', { name: 'admin', password: app.adminPassword ?? '' });
    expect(login.status).toBe(303);
    const session = /watchword_session=([^;]+)/.exec(login.headers.get('Set-Cookie') ?? '')?.[1] ?? '';
    expect(session).not.toBe('');
    await post('/login', { name: 'admin', password: SECRETS['wrong password somebody typed'] ?? '' });
    const person = { name: 'night', password: SECRETS['password of a person'] ?? '', role: 'operator' };
    expect((await post('/system/people', person, SECRETS['API token'])).status).toBe(303);
    await post('/system/people', person, SECRETS['API token']);

    await until(
      () => ['closed', 'refused', 'forbidden'].every((id) => app.health.get(`camera/${id}`)?.reason),
      'the cameras to fail',
    );
    await until(() => app.health.get('webhook')?.status === 'degraded', 'the webhook to fail', 30_000);
    expect(echo.asked.some(({ headers }) => headers.authorization?.startsWith('Basic'))).toBe(true);
    expect(await crawl(app, seen)).toBeGreaterThan(40);
    for (const { part, reason } of app.health.parts()) seen.add(`health ${part}`, reason);
    const all = { ...secrets, 'session token': session };
    await app.stop();
    for (const name of readdirSync(join(folder, 'data')))
      if (name.startsWith('watchword.db')) seen.add(name, readFileSync(join(folder, 'data', name), 'latin1'));
    expect(seen.leaks(all)).toEqual([]);
    expect(seen.size).toBeGreaterThan(80);
  });

  test('never stand in what is said of a configuration that is wrong, nor in what commands say', {
    timeout: 60_000,
  }, async () => {
    const seen = new Seen();
    const random = new Seeded(seedOf(41));
    const folder = temporaryFolder();
    stops.push(() => folder.remove());
    const config = join(folder.path, 'watchword.yaml');
    const closed = await freePort();
    const sound = configFor(folder.path, closed, closed);
    let wrong = 0;
    for (let turn = 0; turn < 400; turn++) {
      writeFileSync(config, mutated(sound, random));
      const { findings } = readSettings(config);
      if (findings.length > 0) wrong++;
      for (const finding of findings) seen.add(`finding, seed ${random.seed}, turn ${turn}`, JSON.stringify(finding));
      try {
        loadSettings(config);
      } catch (error) {
        seen.add(`error, seed ${random.seed}, turn ${turn}`, describeError(error));
      }
    }
    expect(wrong).toBeGreaterThan(100);
    const runs: Array<[command: typeof check, args: string[]]> = [
      [check, ['--config', config]],
      [check, ['--config', config, '--json']],
      [camera, ['test', `rtsp://watch:${SECRETS['password in a camera address']}@127.0.0.1:${closed}/live`]],
      [camera, ['test', `http://127.0.0.1:${closed}/x?token=${SECRETS['token in a camera address']}`, '--json']],
      [camera, ['test', `gopher://watch:${SECRETS['password in a camera address']}@127.0.0.1/x`]],
    ];
    writeFileSync(config, sound.replace('port: 0 }', 'port: none }'));
    for (const [command, args] of runs) {
      const io = { ...recordIo(), clock: systemClock };
      await runCommand(command, args, io);
      seen.add(`${command.name} ${args[0]}`, io.out() + io.err());
    }
    expect(seen.leaks(SECRETS)).toEqual([]);
  });
});

/** One line out of the middle of the key. */
function keyLine(folder: string): string {
  return readFileSync(join(folder, 'server.key'), 'utf8').split('\n')[1] ?? '';
}
