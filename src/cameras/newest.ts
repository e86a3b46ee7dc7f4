import { Slot } from '../platform/slot.ts';

/**
 * The hand-off from callbacks to an async loop: holds the newest item only, so that a slow loop gets fresh pictures and
 * nothing piles up. After `end` the loop gets what is left and then stops.
 */
export class Newest<T> {
  readonly #slot = new Slot<T>();
  readonly #ended = new AbortController();

  put(item: T): void {
    if (!this.#ended.signal.aborted) this.#slot.put(item);
  }

  end(): void {
    this.#ended.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const item = await this.#slot.take(this.#ended.signal).catch(() => undefined);
      if (item === undefined) return;
      yield item;
    }
  }
}
