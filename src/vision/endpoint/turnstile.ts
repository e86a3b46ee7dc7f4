import { WatchwordError } from '../../platform/errors.ts';

const MOST_WAITING = 64;

/** Lets so many through at once; the others wait in order, up to a limit. */
export class Turnstile {
  readonly #places: number;
  readonly #waiting: Array<() => void> = [];
  #inside = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** Resolves with the way out, which must be called once. Rejects with the signal's reason, and with `too-many`. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#inside < this.#places) this.#inside++;
    else await this.#wait(signal);
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) {
      throw new WatchwordError('too-many', `${MOST_WAITING} requests are waiting for the model server`, {
        hint: 'Ask less often, or allow more at once with model.concurrency',
      });
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(turn);
    });
  }
}
