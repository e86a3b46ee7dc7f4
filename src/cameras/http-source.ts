import type { IncomingMessage } from 'node:http';
import sharp from 'sharp';
import type { Clock } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import { connectionCause, streamEnded } from './causes.ts';
import type { FrameSource, SampledPicture, SourceView } from './frame.ts';
import { openHttp } from './http-request.ts';
import { jpegSize } from './jpeg-size.ts';
import { MultipartReader } from './multipart.ts';
import { Newest } from './newest.ts';
import type { CameraSettings } from './settings.ts';
import type { SourceAddress } from './source-address.ts';
import type { StreamFacts } from './stream-facts.ts';

const MAX_PICTURE_BYTES = 32 * 1024 * 1024;
/** A picture of a few kilobytes can claim to be of any size; no camera's is larger than this. */
const MAX_PIXELS = 64_000_000;
/** So many damaged pictures in a row are no longer an accident. */
const MAX_DAMAGED = 10;

interface Arrived {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/**
 * A camera that serves motion JPEG or single pictures over HTTP. No decoder runs: the pictures are JPEGs already, and of a
 * stream all but one per interval are passed over unread. A picture's time is that of its arrival: HTTP carries none.
 */
export class HttpSource implements FrameSource {
  readonly notes: readonly string[] = [];
  readonly #address: SourceAddress;
  readonly #settings: CameraSettings;
  readonly #clock: Clock;
  #size: { width: number | undefined; height: number | undefined } = { width: undefined, height: undefined };

  constructor(options: { address: SourceAddress; settings: CameraSettings; clock: Clock }) {
    this.#address = options.address;
    this.#settings = options.settings;
    this.#clock = options.clock;
  }

  get facts(): StreamFacts {
    return { codec: 'mjpeg', ...this.#size, fps: undefined, keyframeMs: undefined };
  }

  get view(): SourceView {
    const options = [
      '-protocol_whitelist',
      'http,https,tcp,tls,crypto',
      '-f',
      'mpjpeg',
      '-use_wallclock_as_timestamps',
      '1',
    ];
    return { input: this.#address.target, options: () => Promise.resolve(options) };
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<SampledPicture, void, void> {
    const connection = new AbortController();
    const stop = (): void => connection.abort();
    signal.addEventListener('abort', stop, { once: true });
    const wallOffset = this.#clock.now() - this.#clock.monotonic();
    let damaged = 0;
    try {
      if (signal.aborted) return;
      for await (const { bytes, at } of this.#arrivals(connection.signal)) {
        const picture = await this.#picture(bytes);
        if (signal.aborted) return;
        damaged = picture ? 0 : damaged + 1;
        if (damaged >= MAX_DAMAGED) throw notPictures();
        if (picture) yield { ...picture, at, capturedAt: at + wallOffset };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      connection.abort();
    }
  }

  async *#arrivals(signal: AbortSignal): AsyncGenerator<Arrived, void, void> {
    const answer = await this.#open(signal);
    const contentType = answer.headers['content-type'] ?? '';
    if (/^multipart\//i.test(contentType)) yield* this.#stream(answer, contentType);
    else if (/^image\//i.test(contentType)) yield* this.#stills(answer, signal);
    else {
      answer.destroy();
      throw notPictures();
    }
  }

  #open(signal: AbortSignal): Promise<IncomingMessage> {
    return openHttp(this.#address.target, { verifyCertificate: this.#settings.verifyCertificate, signal });
  }

  async *#stream(answer: IncomingMessage, contentType: string): AsyncGenerator<Arrived, void, void> {
    const reader = new MultipartReader({ contentType, maxBytes: MAX_PICTURE_BYTES });
    const newest = new Newest<Arrived>();
    let trouble: Error = streamEnded();
    let dueAt = Number.NEGATIVE_INFINITY;
    answer.on('data', (chunk: Buffer) => {
      try {
        const at = this.#clock.monotonic();
        for (const bytes of reader.push(chunk)) {
          if (at < dueAt) continue;
          dueAt = Math.max(dueAt + this.#settings.everyMs, at + this.#settings.everyMs / 2);
          newest.put({ bytes, at });
        }
      } catch (error) {
        trouble = toError(error);
        answer.destroy();
      }
    });
    answer.on('error', (error) => {
      if (trouble.message === streamEnded().message && !('code' in error && error.code === 'ECONNRESET'))
        trouble = connectionCause(error);
    });
    answer.once('close', () => newest.end());
    yield* newest;
    throw trouble;
  }

  async *#stills(first: IncomingMessage, signal: AbortSignal): AsyncGenerator<Arrived, void, void> {
    let answer = first;
    let dueAt = this.#clock.monotonic();
    for (;;) {
      const bytes = await wholeBody(answer);
      yield { bytes, at: this.#clock.monotonic() };
      dueAt = Math.max(dueAt + this.#settings.everyMs, this.#clock.monotonic());
      await this.#clock.sleep(dueAt - this.#clock.monotonic(), signal);
      answer = await this.#open(signal);
    }
  }

  /** The bytes as a JPEG within the width limit, or undefined when they are not a whole picture. */
  async #picture(bytes: Uint8Array): Promise<Pick<SampledPicture, 'jpeg' | 'width' | 'height'> | undefined> {
    const { maxWidth, quality } = this.#settings;
    const size = isWholeJpeg(bytes) ? jpegSize(bytes) : undefined;
    if (size && size.width * size.height > MAX_PIXELS) return undefined;
    if (size) this.#size = size;
    if (size && size.width <= maxWidth) return { jpeg: bytes, ...size };
    try {
      const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS })
        .resize({ width: maxWidth, withoutEnlargement: true })
        .jpeg({ quality })
        .toBuffer({ resolveWithObject: true });
      return { jpeg: new Uint8Array(data), width: info.width, height: info.height };
    } catch {
      return undefined;
    }
  }
}

/** Begins with SOI and ends with EOI (zero or more bytes of padding may follow). */
function isWholeJpeg(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 4 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x0d || bytes[end - 1] === 0x0a)) end--;
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

async function wholeBody(answer: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_PICTURE_BYTES) throw new WatchwordError('too-large', 'the picture of the camera is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof WatchwordError ? error : connectionCause(toError(error));
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function notPictures(): WatchwordError {
  return new WatchwordError('corrupt', 'what comes from this address is neither motion JPEG nor a picture', {
    hint: 'Check the part of the address after the host; the maker of the camera lists the right one',
  });
}
