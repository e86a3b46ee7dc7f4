import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { until } from './until.ts';

const MOSQUITTO = '/usr/sbin/mosquitto';

/** Whether the broker written by others is on this machine; its tests say so and skip without it. */
export const hasMosquitto = existsSync(MOSQUITTO);

export interface Mosquitto {
  readonly port: number;
  /** A folder of its own, for certificates and password files. */
  readonly folder: string;
  stop(): Promise<void>;
  /** Stops it in an orderly way, so that it saves its sessions when told to, and starts it again on the same port. */
  restart(): Promise<void>;
}

/** A real mosquitto on a free port of 127.0.0.1. `lines` are added to its configuration; `%d` stands for its folder. */
export async function startMosquitto(
  options: { port?: number; lines?: string[]; prepare?: (folder: string) => void } = {},
): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'mosquitto-'));
  options.prepare?.(folder);
  const port = options.port ?? (await freePort());
  const lines = options.lines ?? ['allow_anonymous true'];
  // As root mosquitto drops to its own user, which could not read the folder.
  const config = ['user root', `listener ${port} 127.0.0.1`, 'max_queued_messages 0', ...lines]
    .join('\n')
    .replaceAll('%d', folder);
  writeFileSync(join(folder, 'mosquitto.conf'), `${config}\n`);
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(MOSQUITTO, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' });
    await until(() => reachable(port), 'mosquitto to listen');
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await gone;
  };
  await start();
  return {
    port,
    folder,
    async stop() {
      await kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
    async restart() {
      await kill('SIGTERM');
      await start();
    },
  };
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port nobody listens on, now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** A subscriber that is not part of the product: keeps everything it gets, in order. */
export class Subscriber {
  readonly messages: Received[] = [];
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => undefined);
    client.on('message', (topic, payload, packet) => this.messages.push({ topic, payload, retain: packet.retain }));
  }

  static async connect(url: string, filters: string[], options: IClientOptions = {}): Promise<Subscriber> {
    const client = connect(url, { reconnectPeriod: 50, ...options, manualConnect: true });
    // It listens before it connects: what waits for a durable session comes right behind the broker's welcome.
    const subscriber = new Subscriber(client);
    try {
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve());
        client.once('error', reject);
        if (options.reconnectPeriod === 0) client.once('close', () => reject(new Error('closed before the welcome')));
        client.connect();
      });
    } catch (error) {
      await client.endAsync(true);
      throw error;
    }
    if (filters.length > 0) await client.subscribeAsync(filters, { qos: 1 });
    return subscriber;
  }

  /** What came on a topic, as text. */
  texts(topic: string): string[] {
    return this.messages.filter((message) => message.topic === topic).map(({ payload }) => payload.toString());
  }

  last(topic: string): string | undefined {
    return this.texts(topic).at(-1);
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** A certificate authority, a server certificate for 127.0.0.1 and a client certificate, as PEM files in `folder`. */
export function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test ca', '-days', '2');
  writeFileSync(join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  for (const name of ['server', 'client']) {
    openssl('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const extensions = name === 'server' ? ['-extfile', 'server.ext'] : [];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      ...extensions,
    );
  }
}
