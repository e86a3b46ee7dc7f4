import { setTimeout as delay } from 'node:timers/promises';

/**
 * The one way to read time or to wait. Nobody else reads the clock or sets timers, so that an hour tests in milliseconds
 * and a step of the wall clock can never end or invent an event.
 */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch (UTC). For records and schedules; it may jump. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start. For durations; never goes back. */
  monotonic(): number;
  /** Resolves after `ms` of monotonic time. Rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clocks. A pending sleep does not keep the process alive by itself. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** Calls `step` every `ms`, one call after the other, until the signal is aborted. `step` must handle its own errors. */
export async function every(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  step: () => Promise<void> | void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(ms, signal);
    } catch {
      return;
    }
    await step();
  }
}

/**
 * A signal that is aborted after `ms` of the clock's time, with a `stop` that must be called when the work is done,
 * so that nothing waits on for a deadline no longer needed.
 */
export function deadline(clock: Clock, ms: number, reason: () => Error): { signal: AbortSignal; stop: () => void } {
  const expired = new AbortController();
  const finished = new AbortController();
  clock.sleep(ms, finished.signal).then(
    () => expired.abort(reason()),
    () => undefined,
  );
  return { signal: expired.signal, stop: () => finished.abort() };
}
