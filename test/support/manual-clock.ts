import type { Clock } from '../../src/platform/clock.ts';

interface Sleeper {
  at: number;
  wake: () => void;
}

/**
 * A clock that moves only when told. `advance` wakes every sleeper whose time has come, in order, and lets the promises
 * that hang on it run in between, so an hour passes in a millisecond. `step` moves the wall clock alone, as NTP does.
 */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic = 1_000;
  readonly #sleepers: Sleeper[] = [];

  constructor(wall = Date.parse('2026-03-02T09:00:00Z')) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper: Sleeper = { at: this.#monotonic + Math.max(0, ms), wake: () => undefined };
      const onAbort = (): void => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      sleeper.wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** How many sleeps are pending: what a leak test counts. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves both clocks on by `ms`, waking sleepers on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.filter((sleeper) => sleeper.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#moveTo(Math.max(next.at, this.#monotonic));
      next.wake();
      await settle();
    }
    this.#moveTo(until);
    await settle();
  }

  /** Steps the wall clock alone by `ms` (negative: back). */
  step(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}

/** Lets everything that is already due run: promise chains and immediates. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
