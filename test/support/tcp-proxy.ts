import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../src/platform/clock.ts';

/** What the proxy does to the bytes it carries. */
export type Fault = 'none' | 'black-hole' | 'black-hole-answers' | 'refuse';

/**
 * A TCP proxy that misbehaves on command: cuts connections, holds bytes back, swallows them in one or both directions
 * while the connections stay open, or refuses new ones.
 */
export class TcpProxy {
  readonly #target: () => { host: string; port: number };
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>();
  #server: Server | undefined;
  fault: Fault = 'none';
  /** Bytes from client to target after which the connection is cut, counted anew per connection; 0: never. */
  cutAfterBytes = 0;
  /** How long bytes are held back, each way; their order stays. */
  delayMs = 0;
  connections = 0;

  constructor(target: () => { host: string; port: number }) {
    this.#target = target;
  }

  async start(): Promise<void> {
    const server = createServer((client) => this.#carry(client));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    if (!this.#server) throw new Error('the proxy is not started');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection now, as a pulled cable with a RST does. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    this.#pairs.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }

  #carry(client: Socket): void {
    client.on('error', () => undefined);
    if (this.fault === 'refuse') return void client.resetAndDestroy();
    this.connections++;
    const upstream = connect(this.#target());
    const pair = { client, upstream };
    this.#pairs.add(pair);
    let carried = 0;
    const there = this.#line();
    const back = this.#line();
    client.on('data', (chunk) => {
      if (this.fault === 'black-hole') return;
      carried += chunk.length;
      there(() => {
        upstream.write(chunk);
        if (this.cutAfterBytes > 0 && carried >= this.cutAfterBytes) {
          client.resetAndDestroy();
          upstream.destroy();
        }
      });
    });
    upstream.on('data', (chunk) => {
      if (this.fault === 'none' || this.fault === 'refuse') back(() => client.write(chunk));
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => {
      this.#pairs.delete(pair);
      // The far end learns of a cut at once only when bytes could pass; a black hole stays silent.
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  }

  /** One direction of a connection: carries in order, each after the delay in force when it came. */
  #line(): (carry: () => void) => void {
    let newest = Promise.resolve();
    return (carry) => {
      const held = this.delayMs > 0 ? systemClock.sleep(this.delayMs) : undefined;
      newest = newest.then(() => held).then(carry);
    };
  }
}
