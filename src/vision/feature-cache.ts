import { createHash } from 'node:crypto';
import type { Grid } from './families/family.ts';

/** What a picture came to in the encoder. */
export interface EncodedPicture {
  readonly features: Float32Array;
  readonly grid: Grid;
}

/** Which picture it is. */
export function pictureKey(picture: Uint8Array): string {
  return createHash('sha1').update(picture).digest('base64');
}

/** A window of sixteen pictures of a 2 B model is 50 MB, of a 500 M model 4 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Features of pictures that are looked at again and again: a window of time moves by one picture from look to look, and only
 * that one has to be encoded. Bounded by bytes; what was not asked for the longest goes first.
 */
export class FeatureCache {
  readonly #kept = new Map<string, EncodedPicture>();
  #bytes = 0;

  /** The encoded picture, from here or from `encode`. */
  async get(picture: Uint8Array, encode: () => Promise<EncodedPicture>): Promise<EncodedPicture> {
    const key = pictureKey(picture);
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const encoded = await encode();
    this.#kept.set(key, encoded);
    this.#bytes += encoded.features.byteLength;
    for (const [oldest, { features }] of this.#kept) {
      if (this.#bytes <= MOST_BYTES || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= features.byteLength;
    }
    return encoded;
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}
