import { WatchwordError } from '../platform/errors.ts';

/** One picture of an SMJPEG stream: the stream's own time in ms and the JPEG it belongs to. */
export interface TimedJpeg {
  readonly ptsMs: number;
  readonly jpeg: Uint8Array;
}

const HEADER_BYTES = 16;
const MAGIC = Buffer.from('\u0000\nSMJPEG', 'latin1');

/**
 * Takes an SMJPEG byte stream apart (ffmpeg's `-f smjpeg`: a 16-byte header, then chunks `vidD`, u32 time in ms, u32 size,
 * JPEG; all big endian). Chosen because picture and time travel in one pipe and cannot be paired wrongly, and because
 * nothing has to be searched for. Holds at most one unfinished picture of `maxBytes`; throws `corrupt` beyond that.
 */
export class SmjpegReader {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #length = 0;
  #started = false;
  #wraps = 0;
  #lastPts = 0;

  constructor(options: { maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  push(chunk: Buffer): TimedJpeg[] {
    this.#pending.push(chunk);
    this.#length += chunk.length;
    const pictures: TimedJpeg[] = [];
    for (;;) {
      const picture = this.#next();
      if (picture === 'more') return pictures;
      if (picture) pictures.push(picture);
    }
  }

  /** The next picture, undefined for a chunk that is not one, or `more` when bytes are missing. */
  #next(): TimedJpeg | undefined | 'more' {
    if (!this.#started) {
      if (this.#length < HEADER_BYTES) return 'more';
      if (!this.#take(HEADER_BYTES).subarray(0, MAGIC.length).equals(MAGIC))
        throw damaged('it does not begin with its header');
      this.#started = true;
      return undefined;
    }
    if (this.#length < 4) return 'more';
    const tag = this.#peek(4).toString('latin1');
    // HEND ends the header and DONE the stream; neither has a body.
    if (tag === 'HEND' || tag === 'DONE') {
      this.#take(4);
      return undefined;
    }
    const isPicture = tag === 'vidD';
    const prefix = isPicture ? 12 : 8;
    if (!isPicture && !/^(_TXT|_VID|_SND|sndD)$/.test(tag)) throw damaged('it holds an unknown chunk');
    if (this.#length < prefix) return 'more';
    const head = this.#peek(prefix);
    const size = head.readUInt32BE(prefix - 4);
    if (size > this.#maxBytes)
      throw damaged(`a picture of ${size} bytes is larger than the limit of ${this.#maxBytes}`);
    if (this.#length < prefix + size) return 'more';
    const body = this.#take(prefix + size);
    if (!isPicture) return undefined;
    return { ptsMs: this.#unwrap(body.readUInt32BE(4)), jpeg: new Uint8Array(body.subarray(prefix)) };
  }

  /** The field has 32 bits: a camera that streams for 49.7 days wraps it. */
  #unwrap(pts: number): number {
    if (this.#lastPts - pts > 2 ** 31) this.#wraps++;
    this.#lastPts = pts;
    return pts + this.#wraps * 2 ** 32;
  }

  #peek(bytes: number): Buffer {
    const first = this.#pending[0];
    if (first && first.length >= bytes) return first.subarray(0, bytes);
    return this.#joined().subarray(0, bytes);
  }

  #take(bytes: number): Buffer {
    const first = this.#pending[0];
    const whole = first && first.length >= bytes ? first : this.#joined();
    const rest = whole.subarray(bytes);
    if (rest.length > 0) this.#pending[0] = rest;
    else this.#pending.shift();
    this.#length -= bytes;
    return whole.subarray(0, bytes);
  }

  #joined(): Buffer {
    const whole = Buffer.concat(this.#pending);
    this.#pending = [whole];
    return whole;
  }
}

function damaged(why: string): WatchwordError {
  return new WatchwordError('corrupt', `the picture stream of the decoder is damaged: ${why}`);
}
