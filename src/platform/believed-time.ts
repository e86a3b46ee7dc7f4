import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { toError } from './errors.ts';
import type { Logger } from './logger.ts';
import { RepeatLimiter } from './repeats.ts';
import { wallClockProblem } from './wall-clock.ts';

const HOUR_MS = 3_600_000;
/** A clock that steps further has jumped. */
const STEP_MS = HOUR_MS;
/** Longer than that nobody switches a box off by the way. */
const AWAY_MS = 7 * 24 * HOUR_MS;
/** How long a clock has to go on steadily after a jump. */
const PROVE_MS = 24 * HOUR_MS;
/** How much faster than real time it may then catch up. */
const CATCH_UP = 4;

/**
 * The time by which things grow old. It is the wall clock's, but a clock that jumps ahead (a wrong time server, an empty
 * battery) makes everything look old at once and would have it deleted. So this goes on at real pace for a day after a jump,
 * and then catches up at four times that pace: a clock that is wrong by years takes in a day what is due in one, then in
 * four, also across restarts. A box that was away for a weekend is at its time within a day. What is bounded by size is not
 * concerned. Set back, it follows at once: things look younger then, and nothing can be lost by that.
 */
export class BelievedTime {
  readonly #clock: Clock;
  readonly #file: string;
  readonly #repeats: RepeatLimiter;
  /** Wall-clock ms that were believed last. */
  #believed: number;
  #kept: number | undefined;
  /** Monotonic ms, and the wall clock minus that, of the last call. */
  #at: number;
  #offset: number;
  /** Monotonic ms of the last jump, either way; and from when on it may catch up. */
  #steadySince: number;
  #provenFrom: number;

  /**
   * @param options.file where it is kept over restarts, written about once an hour
   * @param options.lastAliveAt wall-clock ms of the last sign of life of an earlier run, for a box that has kept none yet
   */
  constructor(options: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly file: string;
    readonly lastAliveAt?: number | undefined;
  }) {
    this.#clock = options.clock;
    this.#file = options.file;
    this.#repeats = new RepeatLimiter(options);
    const wall = options.clock.now();
    const at = options.clock.monotonic();
    this.#kept = read(options.file);
    this.#believed = this.#kept ?? options.lastAliveAt ?? wall;
    this.#at = at;
    this.#offset = wall - at;
    this.#steadySince = at;
    this.#provenFrom = wall - this.#believed > AWAY_MS ? at + PROVE_MS : at;
  }

  /** Wall-clock ms, never later than the wall clock. Call it at least every hour: it only sees jumps between two calls. */
  now(): number {
    const wall = this.#clock.now();
    const at = this.#clock.monotonic();
    const passed = at - this.#at;
    this.#noticeJump(wall, at);
    this.#at = at;
    this.#offset = wall - at;
    // A clock that is not set makes nothing old; real time goes on all the same.
    if (wallClockProblem(wall) !== undefined) this.#believed += passed;
    else if (wall > this.#believed) {
      this.#believed = Math.min(wall, this.#believed + passed * (at >= this.#provenFrom ? CATCH_UP : 1));
    } else if (at - this.#steadySince >= PROVE_MS) this.#believed = wall;
    if (wall - this.#believed > STEP_MS) {
      const behindHours = Math.round((wall - this.#believed) / HOUR_MS);
      this.#repeats.log('warn', 'clock', 'the clock went far ahead: things are removed for their age step by step', {
        behindHours,
      });
    }
    this.#keep();
    return Math.min(wall, this.#believed);
  }

  #noticeJump(wall: number, at: number): void {
    const step = wall - at - this.#offset;
    if (Math.abs(step) <= STEP_MS) return;
    this.#steadySince = at;
    // A box without a battery is set once after each start: that is judged as a start is.
    const isSetAtLast = wallClockProblem(this.#offset + at) !== undefined && wall - this.#believed <= AWAY_MS;
    this.#provenFrom = step < 0 || isSetAtLast ? at : at + PROVE_MS;
  }

  #keep(): void {
    if (this.#kept !== undefined && Math.abs(this.#believed - this.#kept) < HOUR_MS) return;
    try {
      writeFileSync(`${this.#file}.partial`, `${JSON.stringify({ believedAt: Math.round(this.#believed) })}\n`);
      renameSync(`${this.#file}.partial`, this.#file);
      this.#kept = this.#believed;
    } catch (error) {
      this.#repeats.log('warn', 'keep', 'the believed time is not kept, will be tried again', {
        error: toError(error),
      });
    }
  }
}

function read(file: string): number | undefined {
  try {
    const { believedAt } = JSON.parse(readFileSync(file, 'utf8')) as { believedAt?: unknown };
    return typeof believedAt === 'number' && Number.isFinite(believedAt) ? believedAt : undefined;
  } catch {
    // Missing on a new box; damaged it is as good as missing.
    return undefined;
  }
}
