import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * Follows the lengths of MQTT packets in a byte stream (fixed header, MQTT 3.1.1 section 2.2) so that one that is too
 * long is refused by its header, before anything buffers it.
 */
export class PacketMeter {
  readonly #maxBytes: number;
  /** Bytes of the current packet's body still to come. */
  #remaining = 0;
  #inLength = false;
  #length = 0;
  #shift = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when a packet in this chunk claims to be too long, or its length is no valid encoding. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (!this.#inLength) {
        this.#inLength = true;
        this.#length = 0;
        this.#shift = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 2 ** this.#shift;
      this.#shift += 7;
      if (this.#length > this.#maxBytes || this.#shift > 28) return false;
      if (byte & 0x80) continue;
      this.#inLength = false;
      this.#remaining = this.#length;
    }
    return true;
  }
}

/** A guest's socket, cut as soon as a packet is longer than allowed. */
export class GuardedConnection extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket, maxPacketBytes: number) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    const meter = new PacketMeter(maxPacketBytes);
    socket.on('data', (chunk: Buffer) => {
      if (!meter.accepts(chunk)) this.destroy(new Error(`packet longer than ${maxPacketBytes} bytes`));
      else if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
