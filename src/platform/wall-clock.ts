import type { Clock } from './clock.ts';

/** This program is younger: a clock that shows less is not set, as on a box without a battery before it finds the network. */
const PROGRAM_BORN_AT = Date.parse('2026-01-01T00:00:00Z');

/** Why a wall-clock time cannot be right, for a person; undefined when it can. */
export function wallClockProblem(wallMs: number): string | undefined {
  if (wallMs >= PROGRAM_BORN_AT) return undefined;
  return `the clock shows ${new Date(wallMs).toISOString().slice(0, 10)}, it is not set`;
}

const STEP_MS = 3_600_000;
const AWAY_MS = 7 * 86_400_000;
const PROVE_MS = 86_400_000;

/**
 * Whether the wall clock may be believed when something is about to be deleted for its age. A clock that jumped ahead (a
 * wrong time server, an empty battery) makes everything look old: it has to go on steadily for a day first. So has one that
 * is more than a week ahead of when the box was last alive. What is bounded by size is not concerned.
 */
export class WallClockTrust {
  readonly #clock: Clock;
  readonly #lastAliveAt: number | undefined;
  /** Wall clock minus monotonic clock, ms. */
  #offset: number;
  /** Monotonic ms. */
  #believedFrom: number;

  /** @param options.lastAliveAt wall-clock ms of the last sign of life of an earlier run, if there was one */
  constructor(options: { readonly clock: Clock; readonly lastAliveAt?: number | undefined }) {
    this.#clock = options.clock;
    this.#lastAliveAt = options.lastAliveAt;
    const now = options.clock.now();
    const at = options.clock.monotonic();
    this.#offset = now - at;
    this.#believedFrom = this.#wasAwayLong(now) ? at + PROVE_MS : at;
  }

  /** Call it at least every hour: it only sees steps between two calls. */
  isBelieved(): boolean {
    const at = this.#clock.monotonic();
    const now = this.#clock.now();
    const before = this.#offset + at;
    this.#offset = now - at;
    if (now - before > STEP_MS) {
      // A box without a battery is set once after each start: that is judged as a start is.
      const isSetAtLast = wallClockProblem(before) !== undefined && !this.#wasAwayLong(now);
      this.#believedFrom = isSetAtLast ? at : at + PROVE_MS;
    }
    // Set back, things look younger than they are: nothing can be lost by that.
    if (before - now > STEP_MS) this.#believedFrom = at;
    return at >= this.#believedFrom;
  }

  #wasAwayLong(now: number): boolean {
    return this.#lastAliveAt !== undefined && now - this.#lastAliveAt > AWAY_MS;
  }
}
