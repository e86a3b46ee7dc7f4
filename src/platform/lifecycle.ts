import { type Clock, deadline } from './clock.ts';
import { toError, WatchwordError } from './errors.ts';
import type { Logger } from './logger.ts';

/** Something with a lifecycle. `start` may be called once; `stop` must be safe at any time and may be called twice. */
export interface Part {
  readonly name: string;
  start?(signal: AbortSignal): Promise<void> | void;
  stop?(): Promise<void> | void;
}

/**
 * Starts parts in the given order and stops them in reverse. An abort during the start is a normal case: what was started
 * is stopped again. A part that does not stop within `stopDeadlineMs` is left behind, so that one hung child cannot keep
 * the box from shutting down.
 */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopDeadlineMs: number;
  readonly #started: Part[] = [];

  constructor(options: { clock: Clock; logger: Logger; stopDeadlineMs?: number }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#stopDeadlineMs = options.stopDeadlineMs ?? 10_000;
  }

  async start(parts: readonly Part[], signal: AbortSignal): Promise<void> {
    for (const part of parts) {
      if (signal.aborted) return;
      const began = this.#clock.monotonic();
      this.#started.push(part);
      await part.start?.(signal);
      this.#logger.debug('part started', { part: part.name, ms: Math.round(this.#clock.monotonic() - began) });
    }
  }

  /** Stops in reverse order. Never throws: a part that fails to stop is logged and the next one is stopped. */
  async stop(): Promise<void> {
    for (let part = this.#started.pop(); part; part = this.#started.pop()) {
      const { name } = part;
      const limit = deadline(
        this.#clock,
        this.#stopDeadlineMs,
        () => new WatchwordError('timeout', `${name} did not stop in time`),
      );
      try {
        await Promise.race([part.stop?.(), rejectOn(limit.signal)]);
      } catch (error) {
        this.#logger.warn('a part did not stop cleanly', { part: name, error: toError(error) });
      } finally {
        limit.stop();
      }
    }
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** A part that is one endless function: started without waiting for it, stopped by its signal and then awaited. */
export function loopPart(name: string, run: (signal: AbortSignal) => Promise<unknown>): Part {
  const stopped = new AbortController();
  let running: Promise<unknown> | undefined;
  return {
    name,
    start() {
      running = run(stopped.signal);
    },
    async stop() {
      stopped.abort(new WatchwordError('cancelled', 'stopping'));
      await running;
    },
  };
}
