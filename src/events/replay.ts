import type { Clock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Verdict } from '../rules/verdict.ts';
import { CommitQueue } from './commit-queue.ts';
import { Coverage, type CoverageBucket, type CoverageGap, type LossCause } from './coverage.ts';
import type { EventCommit, WatchEvent } from './event.ts';
import { Tracker } from './tracker.ts';

/** A stretch of time in which a rule is on. Wall-clock ms; `to` exclusive. */
export interface OnStretch {
  readonly from: number;
  readonly to: number;
}

export interface ReplayedVerdict {
  readonly verdict: Verdict;
  /** Not asked because nothing had changed. */
  readonly gated: boolean;
}

export interface Replay {
  /** Oldest first; the last may be open. */
  readonly events: readonly WatchEvent[];
  /** Of each event, in the same order: wall-clock ms of the verdict that opened it. */
  readonly openedAt: readonly number[];
  /** When somebody would have been told of a new event, wall-clock ms, oldest first. */
  readonly alertedAt: readonly number[];
  readonly coverage: CoverageSums;
}

/** How much of the rule's hours was watched, milliseconds; evaluated, gated and all lost make scheduled. */
export interface CoverageSums {
  readonly scheduledMs: number;
  readonly evaluatedMs: number;
  readonly gatedMs: number;
  readonly lostMs: Partial<Record<LossCause, number>>;
  readonly longestGap: CoverageGap | null;
  /** Evaluated and gated over scheduled; null when the rule was never on. */
  readonly share: number | null;
}

/**
 * What a rule would have made of verdicts of the past: the live tracker, step and coverage on a clock that follows the
 * verdicts. Pure. Past time has one clock only, so each verdict's `at` must be its `capturedAt`.
 *
 * @param verdicts of one rule and camera, oldest first
 * @param hours when the rule is on, oldest first, apart from each other, within the stretch that is replayed
 * @param until wall-clock ms: the end of the stretch; an event still open there stays open
 */
export function replay(options: {
  readonly rule: CompiledRule;
  readonly cameraId: string;
  readonly hours: readonly OnStretch[];
  readonly verdicts: Iterable<ReplayedVerdict>;
  readonly until: number;
}): Replay {
  const { rule, cameraId, hours, verdicts, until } = options;
  const clock = new ReplayClock();
  const kept = new Kept();
  const queue = new CommitQueue({ commit: (commit) => kept.take(commit), clock, logger: silentLogger });
  const tracker = new Tracker({ queue, clock, random: () => String(kept.events.size) });
  const coverage = new Coverage();
  let next = 0;
  let on = false;
  /** Opens and closes the rule's hours up to `at`. */
  const advance = (at: number): void => {
    for (let stretch = hours[next]; stretch; stretch = hours[next]) {
      if (!on) {
        if (stretch.from > at) return;
        on = true;
        coverage.begin(rule.id, cameraId, rule.everyMs, { at: stretch.from, capturedAt: stretch.from });
      }
      if (stretch.to > at) return;
      clock.at = stretch.to;
      tracker.offSchedule(rule.id, cameraId);
      coverage.end(rule.id, cameraId, { at: stretch.to, capturedAt: stretch.to });
      on = false;
      next++;
    }
  };
  for (const { verdict, gated } of verdicts) {
    advance(verdict.at);
    if (!on) continue;
    clock.at = verdict.at;
    tracker.observe({ verdict, rule, model: '', weightsHash: '' });
    coverage.turn(rule.id, cameraId, gated ? 'gated' : (verdict.cause ?? 'evaluated'), verdict);
  }
  // The stretch ends where the replay ends: that is no end of the rule's hours.
  advance(until - 1);
  if (on) coverage.end(rule.id, cameraId, { at: until, capturedAt: until });
  return {
    events: [...kept.events.values()],
    openedAt: [...kept.openedAt.values()],
    alertedAt: kept.alertedAt,
    coverage: sumsOf(coverage.flush({ at: until, capturedAt: until })),
  };
}

function sumsOf(buckets: readonly CoverageBucket[]): CoverageSums {
  const total = (ms: (bucket: CoverageBucket) => number): number => buckets.reduce((sum, each) => sum + ms(each), 0);
  const lostMs: Partial<Record<LossCause, number>> = {};
  let longestGap: CoverageGap | null = null;
  for (const bucket of buckets) {
    for (const [cause, ms] of Object.entries(bucket.lostMs) as Array<[LossCause, number]>) {
      lostMs[cause] = (lostMs[cause] ?? 0) + ms;
    }
    if ((bucket.longestGap?.ms ?? 0) > (longestGap?.ms ?? 0)) longestGap = bucket.longestGap;
  }
  const scheduledMs = total((bucket) => bucket.scheduledMs);
  const evaluatedMs = total((bucket) => bucket.evaluatedMs);
  const gatedMs = total((bucket) => bucket.gatedMs);
  const share = scheduledMs > 0 ? (evaluatedMs + gatedMs) / scheduledMs : null;
  return { scheduledMs, evaluatedMs, gatedMs, lostMs, longestGap, share };
}

class ReplayClock implements Clock {
  at = 0;

  now(): number {
    return this.at;
  }

  monotonic(): number {
    return this.at;
  }

  /** Nothing in a replay waits. */
  sleep(): Promise<void> {
    return Promise.resolve();
  }
}

/** What the store would hold. */
class Kept {
  readonly events = new Map<string, WatchEvent>();
  readonly openedAt = new Map<string, number>();
  readonly alertedAt: number[] = [];

  take({ change, alert }: EventCommit): void {
    this.events.set(change.event.id, change.event);
    if (change.type === 'new' && !this.openedAt.has(change.event.id)) {
      this.openedAt.set(change.event.id, change.changedAt);
    }
    if (change.type === 'new' && alert) this.alertedAt.push(change.changedAt);
  }
}
