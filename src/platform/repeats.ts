import type { Clock } from './clock.ts';
import type { LogFields, Logger, LogLevel } from './logger.ts';

/**
 * Lets the first of a repeating message through at once and then one line per interval that says how often it came,
 * so that a broken camera cannot flood the log. Keyed by message and the fields given as `key`.
 */
export class RepeatLimiter {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #intervalMs: number;
  readonly #seen = new Map<string, { since: number; suppressed: number }>();

  constructor(options: { clock: Clock; logger: Logger; intervalMs?: number }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#intervalMs = options.intervalMs ?? 60_000;
  }

  log(level: LogLevel, key: string, message: string, fields: LogFields = {}): void {
    const now = this.#clock.monotonic();
    const entry = this.#seen.get(key);
    if (entry && now - entry.since < this.#intervalMs) {
      entry.suppressed++;
      return;
    }
    // Bounded: keys come from ids and causes, but a bug must not turn them into a leak.
    if (this.#seen.size > 1000) this.#seen.clear();
    this.#seen.set(key, { since: now, suppressed: 0 });
    this.#logger[level](message, entry?.suppressed ? { ...fields, repeats: entry.suppressed } : fields);
  }
}
