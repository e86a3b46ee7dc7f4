import { Duplex } from 'node:stream';

export type Connection = Duplex;

/**
 * Two ends of one in-process connection: what is written to one is read from the other, with back-pressure.
 * (Node has `duplexPair` only from version 22 on.)
 */
export function duplexPair(): [Connection, Connection] {
  const one = new PairEnd();
  const other = new PairEnd();
  one.other = other;
  other.other = one;
  return [one, other];
}

class PairEnd extends Duplex {
  other: PairEnd | undefined;
  /** Called when the other end has room again. */
  #proceed: (() => void) | undefined;

  override _read(): void {
    const proceed = this.#proceed;
    this.#proceed = undefined;
    // Never inside the reader's own read(), as with a socket: aedes would begin to parse the new bytes amid the old ones.
    if (proceed) setImmediate(proceed);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const other = this.other;
    if (!other || other.destroyed) done(new Error('the other end is closed'));
    else if (other.push(chunk)) done();
    else other.#proceed = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const other = this.other;
    this.other = undefined;
    if (other && !other.destroyed) setImmediate(() => other.destroy());
    done(error);
  }
}
