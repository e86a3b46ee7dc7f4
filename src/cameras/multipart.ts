import { WatchwordError } from '../platform/errors.ts';

const MAX_HEADER_BYTES = 8_192;

/**
 * Takes a `multipart/x-mixed-replace` body (motion JPEG over HTTP) apart into its parts' bodies. Trusts Content-Length
 * where a part has one, looks for the boundary where not. Holds at most one unfinished part of `maxBytes`; throws
 * `corrupt` beyond that.
 */
export class MultipartReader {
  readonly #delimiter: Buffer;
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** Body length of the part that is being read: a number, unknown, or no part at the moment. */
  #part: number | 'unknown' | undefined;
  #searchedTo = 0;

  constructor(options: { contentType: string; maxBytes: number }) {
    const match = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(options.contentType);
    const boundary = match?.[1] ?? match?.[2] ?? '';
    if (boundary === '') throw damaged('it names no boundary');
    // Some cameras put the two dashes into the parameter, others do not: the delimiter has them either way.
    this.#delimiter = Buffer.from(`--${boundary.replace(/^--/, '')}`, 'latin1');
    this.#maxBytes = options.maxBytes;
  }

  push(chunk: Buffer): Uint8Array[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const parts: Uint8Array[] = [];
    for (;;) {
      if (this.#part === undefined) {
        if (!this.#readHeader()) return parts;
        continue;
      }
      const body = this.#readBody(this.#part);
      if (!body) return parts;
      if (body.length > 0) parts.push(body);
    }
  }

  #readHeader(): boolean {
    const start = this.#bytes.indexOf(this.#delimiter);
    if (start < 0) {
      // What stands before a boundary is nothing; its last bytes may be the first half of one.
      this.#drop(Math.max(0, this.#bytes.length - this.#delimiter.length));
      return false;
    }
    const end = this.#bytes.indexOf('\r\n\r\n', start);
    if (end < 0) {
      if (this.#bytes.length - start > MAX_HEADER_BYTES) throw damaged('the header of a part does not end');
      return false;
    }
    const header = this.#bytes.toString('latin1', start, end);
    const length = /^content-length:\s*(\d+)\s*$/im.exec(header);
    this.#part = length ? Number(length[1]) : 'unknown';
    this.#drop(end + 4);
    if (this.#part !== 'unknown' && this.#part > this.#maxBytes)
      throw damaged(`a picture of ${this.#part} bytes is too large`);
    return true;
  }

  #readBody(length: number | 'unknown'): Uint8Array | undefined {
    let size = length;
    if (size === 'unknown') {
      const next = this.#bytes.indexOf(this.#delimiter, this.#searchedTo);
      if (next < 0) {
        if (this.#bytes.length > this.#maxBytes) throw damaged('a picture does not end');
        this.#searchedTo = Math.max(0, this.#bytes.length - this.#delimiter.length);
        return undefined;
      }
      size = this.#bytes.toString('latin1', Math.max(0, next - 2), next) === '\r\n' ? next - 2 : next;
    }
    if (this.#bytes.length < size) return undefined;
    const body = new Uint8Array(this.#bytes.subarray(0, size));
    this.#drop(size);
    this.#part = undefined;
    return body;
  }

  #drop(bytes: number): void {
    this.#bytes = this.#bytes.subarray(bytes);
    this.#searchedTo = 0;
  }
}

function damaged(why: string): WatchwordError {
  return new WatchwordError('corrupt', `the motion JPEG stream is damaged: ${why}`, { hint: 'Check the address' });
}
