import { randomBytes } from 'node:crypto';

/** At most 2 MB each after own-picture.ts; a handful of people try a handful of pictures. */
const MOST_PICTURES = 12;
const MOST_BYTES = 16 * 1024 * 1024;

/** The very pictures that were tried, so that an answer is shown beside what it is about. Kept in memory for a while. */
export class TriedPictures {
  readonly #pictures = new Map<string, Uint8Array>();
  #bytes = 0;

  /** Returns the key by which it can be had back; nobody can guess it. */
  keep(jpeg: Uint8Array): string {
    const key = randomBytes(12).toString('base64url');
    this.#pictures.set(key, jpeg);
    this.#bytes += jpeg.length;
    for (const [oldest, { length }] of this.#pictures) {
      if (this.#pictures.size <= MOST_PICTURES && this.#bytes <= MOST_BYTES) break;
      this.#pictures.delete(oldest);
      this.#bytes -= length;
    }
    return key;
  }

  find(key: string): Uint8Array | undefined {
    return this.#pictures.get(key);
  }
}
