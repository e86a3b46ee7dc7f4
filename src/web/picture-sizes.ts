import sharp from 'sharp';

/** Small pictures kept for the next viewer. */
const MAX_CACHE_BYTES = 8 * 1024 * 1024;
/** Scaling shares its threads with the disk and the model's preprocessing. */
const MOST_AT_ONCE = 2;

/**
 * Pictures in the size a page shows them: a phone must not load a 4K frame per camera every few seconds. Each picture is
 * scaled once however many look at it, and kept while there is room.
 */
export class PictureSizes {
  readonly #kept = new Map<string, Uint8Array>();
  readonly #making = new Map<string, Promise<Uint8Array>>();
  readonly #waiting: Array<() => void> = [];
  #running = 0;
  #bytes = 0;

  /** The picture at most `width` wide, as JPEG. `key` names its content for ever. A damaged picture comes back as it is. */
  async fit(key: string, jpeg: Uint8Array, width: number): Promise<Uint8Array> {
    const name = `${width} ${key}`;
    const kept = this.#kept.get(name);
    if (kept) {
      // Newest use last: what nobody asked for goes first.
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      return kept;
    }
    const making = this.#making.get(name) ?? this.#make(name, jpeg, width);
    this.#making.set(name, making);
    return making.finally(() => this.#making.delete(name));
  }

  async #make(name: string, jpeg: Uint8Array, width: number): Promise<Uint8Array> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      const small = await sharp(jpeg).resize({ width, withoutEnlargement: true }).jpeg({ quality: 72 }).toBuffer();
      this.#keep(name, small.length < jpeg.length ? small : jpeg);
    } catch {
      this.#keep(name, jpeg);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
    return this.#kept.get(name) ?? jpeg;
  }

  #keep(name: string, picture: Uint8Array): void {
    this.#kept.set(name, picture);
    this.#bytes += picture.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= MAX_CACHE_BYTES) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}
