import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a line between a camera and us can do. */
export const LINE_FAULTS = ['cut', 'refuse', 'hang', 'delay', 'truncate', 'garble', 'lose'] as const;
export type LineFault = (typeof LINE_FAULTS)[number];

/**
 * A TCP line to a port on this machine that can be made faulty. What comes back from the far end is what suffers: `hang`
 * and `delay` hold it back, `truncate` ends it in the middle of a packet, `garble` changes bytes of it, `lose` drops some.
 */
export class FaultyLine {
  readonly #target: () => number;
  readonly #random: () => number;
  readonly #pairs = new Set<{ near: Socket; far: Socket; held: Buffer[] }>();
  #server: Server | undefined;
  #fault: LineFault | undefined;

  constructor(options: { target: () => number; random: () => number }) {
    this.#target = options.target;
    this.#random = options.random;
  }

  get port(): number {
    if (!this.#server) throw new Error('the line is not started');
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    const server = createServer((near) => this.#carry(near));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server?.close(() => resolve()));
    for (const { near } of this.#pairs) near.destroy();
    await closed;
  }

  /** From now on; `mend` ends it. */
  break(fault: LineFault): void {
    this.mend();
    this.#fault = fault;
    if (fault === 'cut') for (const { near } of this.#pairs) near.resetAndDestroy();
  }

  /** Carries everything again; what was held back comes late. */
  mend(): void {
    this.#fault = undefined;
    for (const pair of this.#pairs) {
      for (const chunk of pair.held) pair.near.write(chunk);
      pair.held = [];
    }
  }

  #carry(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#fault === 'refuse') {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target(), '127.0.0.1');
    const pair = { near, far, held: [] as Buffer[] };
    this.#pairs.add(pair);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => this.#back(pair, chunk));
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    near.on('close', () => {
      this.#pairs.delete(pair);
      far.destroy();
    });
  }

  #back(pair: { near: Socket; held: Buffer[] }, chunk: Buffer): void {
    const { near } = pair;
    switch (this.#fault) {
      case 'hang':
      case 'delay':
        pair.held.push(chunk);
        return;
      case 'truncate':
        near.end(chunk.subarray(0, Math.floor(chunk.length / 2)));
        return;
      case 'garble':
        for (let i = 0; i < 1 + chunk.length / 500; i++)
          chunk[Math.floor(this.#random() * chunk.length)] = Math.floor(this.#random() * 256);
        near.write(chunk);
        return;
      case 'lose':
        if (this.#random() < 0.7) near.write(chunk);
        return;
      default:
        near.write(chunk);
    }
  }
}
