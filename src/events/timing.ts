import type { CompiledRule } from '../rules/rule.ts';
import type { Timing } from './step.ts';

/** However long a stretch must hold, this much of it may pass unseen at most. */
const MOST_UNSEEN_MS = 60_000;

/**
 * Cameras' times are right to some ten milliseconds. What misses its duration by less has lasted: with `for 4 seconds` and a
 * look every 2 s, the third yes decides, not the third or the fourth as chance will have it.
 */
const JITTER_MS = 50;

/**
 * The timing of a compiled rule. Five missed samples in a row are forgiven, so that one frame in ten turned unknown breaks
 * about one stretch in ten thousand samples; beyond that a quarter of the time that must hold, at most a minute: an unseen gap must never
 * be most of what an event claims to have seen.
 *
 * @param maxSkipMs the longest time the change gate leaves an unchanged picture unasked; 0 without a gate
 */
export function timingOf(
  rule: Pick<CompiledRule, 'forMs' | 'clearAfterMs' | 'everyMs'>,
  options: { minYesSamples?: number; maxSkipMs?: number } = {},
): Timing {
  const { minYesSamples = 2, maxSkipMs = 0 } = options;
  const sampling = Math.max(5 * rule.everyMs, maxSkipMs + 2 * rule.everyMs);
  const gap = (holdMs: number): number => Math.max(sampling, Math.min(holdMs / 4, MOST_UNSEEN_MS));
  return {
    forMs: Math.max(0, rule.forMs - JITTER_MS),
    clearAfterMs: Math.max(0, rule.clearAfterMs - JITTER_MS),
    minYesSamples,
    maxGapMs: gap(rule.forMs),
    maxClearGapMs: gap(rule.clearAfterMs),
  };
}
