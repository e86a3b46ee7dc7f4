/**
 * A hand-off that holds one newest item: `put` never waits and replaces what nobody took (counted as dropped),
 * `take` waits for the next. This is how the fast never waits for the slow.
 */
export class Slot<T> {
  #item: T | undefined;
  #waiting: ((item: T) => void) | undefined;
  #dropped = 0;

  /** How many items were replaced before anyone took them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The newest item not yet taken, left in place. */
  peek(): T | undefined {
    return this.#item;
  }

  put(item: T): void {
    if (this.#waiting) {
      const give = this.#waiting;
      this.#waiting = undefined;
      give(item);
      return;
    }
    if (this.#item !== undefined) this.#dropped++;
    this.#item = item;
  }

  /** Removes and returns the newest item, if there is one. */
  takeNow(): T | undefined {
    const item = this.#item;
    this.#item = undefined;
    return item;
  }

  /** Resolves with the newest item, now or when it comes. One taker at a time. Rejects when the signal is aborted. */
  take(signal: AbortSignal): Promise<T> {
    const item = this.takeNow();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#waiting = undefined;
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting = (taken) => {
        signal.removeEventListener('abort', onAbort);
        resolve(taken);
      };
    });
  }
}
