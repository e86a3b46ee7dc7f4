import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface ReadyLine {
  ready: true;
  web: string;
  mqtt: string;
  topicBase: string;
}

/** The appliance as a user runs it: a process of its own, on free ports, with a data folder of its own. */
export interface Daemon {
  readonly ready: ReadyLine;
  readonly dataDir: string;
  readonly child: ChildProcess;
  /** Everything on standard error so far. */
  log(): string;
  /** Asks for a graceful end and resolves with the exit code. */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
}

export function temporaryFolder(prefix = 'watchword-test-'): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), prefix));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts `watchword start` (the demo store on free ports, or a configuration that names its own) and resolves when it prints its ready line. Rejects with its log when it ends before. */
export async function startDaemon(options: { dataDir: string; config?: string }): Promise<Daemon> {
  const args = ['start', '--data', options.dataDir];
  if (options.config) args.push('--config', options.config);
  else args.push('--port', '0', '--mqtt-port', '0');
  // As `npm start` does: the program's first line says how Node is started. It finds the Node of the tests first.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const child = spawn(MAIN, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as ReadyLine));
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code} before it was ready:\n${log}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  return {
    ready,
    dataDir: options.dataDir,
    child,
    log: () => log,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

export interface AlertMessage {
  type: 'new' | 'update' | 'end';
  key: string;
  event: { id: string; rule: string; camera: string; startedAt: string; endedAt: string | null; snapshotUrl: string };
}

/** A subscriber of its own that collects what comes on the events topic, and can wait for it. */
export interface Subscriber {
  readonly messages: AlertMessage[];
  /** Resolves as soon as the collected messages satisfy the test. */
  until(enough: (messages: readonly AlertMessage[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function subscribe(ready: ReadyLine): Promise<Subscriber> {
  const client: MqttClient = await connectAsync(ready.mqtt, { reconnectPeriod: 200 });
  const messages: AlertMessage[] = [];
  const waiting = new Set<() => void>();
  client.on('message', (_topic, payload) => {
    messages.push(JSON.parse(payload.toString()) as AlertMessage);
    for (const look of waiting) look();
  });
  await client.subscribeAsync(`${ready.topicBase}/events`, { qos: 1 });
  return {
    messages,
    until: (enough) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!enough(messages)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    stop: () => client.endAsync(true),
  };
}

/** Logs in as the first start's admin; returns a fetch that carries the session. */
export async function logIn(daemon: Daemon): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const password = adminPassword(daemon);
  const origin = new URL(daemon.ready.web).origin;
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name: 'admin', password }),
  });
  const cookie = answer.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
  if (!cookie) throw new Error(`login failed with ${answer.status}: ${await answer.text()}`);
  return (path, init = {}) =>
    fetch(new URL(path, origin), { ...init, headers: { ...init.headers, Cookie: cookie, Origin: origin } });
}

export function adminPassword(daemon: Daemon): string {
  const password = /admin password: (\S+)/.exec(daemon.log())?.[1];
  if (!password) throw new Error(`no admin password in the log:\n${daemon.log()}`);
  return password;
}
