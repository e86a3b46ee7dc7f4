import type { UnknownCause } from '../rules/verdict.ts';

/** Why time that should have been watched was not. */
export type LossCause =
  | UnknownCause
  | 'dropped' // frames came, the model had no time for them
  | 'not-asked'; // nothing came: no frame, no verdict

/** What came of one turn of a rule on a camera. `gated`: not asked because nothing had changed. */
export type Outcome = 'evaluated' | 'gated' | UnknownCause;

/** A moment on both clocks: monotonic ms, and wall-clock ms for the bucket it counts in. */
export interface CoverageMoment {
  readonly at: number;
  readonly capturedAt: number;
}

export interface CoverageGap {
  readonly ms: number;
  /** Wall-clock ms at which it began, possibly before its bucket. */
  readonly from: number;
  /** What it began with. */
  readonly cause: LossCause;
}

/** One hour (UTC) of one rule on one camera; each flush gives what was added since the one before. */
export interface CoverageBucket {
  readonly ruleId: string;
  readonly cameraId: string;
  /** Wall-clock ms of its beginning. */
  readonly from: number;
  /** evaluatedMs + gatedMs + all lost make scheduledMs. */
  readonly scheduledMs: number;
  readonly evaluatedMs: number;
  readonly gatedMs: number;
  readonly lostMs: Partial<Record<LossCause, number>>;
  readonly longestGap: CoverageGap | null;
}

export const COVERAGE_BUCKET_MS = 3_600_000;

interface Pair {
  readonly ruleId: string;
  readonly cameraId: string;
  everyMs: number;
  /** Up to here, monotonic ms, time is accounted for. */
  doneAt: number;
  /** What the time up to `until` counts as, and what it counts as beyond. */
  kind: Outcome;
  until: number;
  beyond: LossCause;
  /** The gap it is in, with its length so far. */
  gap: { from: number; ms: number; cause: LossCause } | null;
  /** What was not flushed yet, by the hour's beginning. */
  readonly hours: Map<number, Hour>;
  /** The last day, by the hour's beginning: scheduled time, and what of it was watched. */
  readonly day: Map<number, { scheduledMs: number; watchedMs: number }>;
}

interface Hour {
  scheduledMs: number;
  evaluatedMs: number;
  gatedMs: number;
  lostMs: Partial<Record<LossCause, number>>;
  longestGap: CoverageGap | null;
}

/**
 * How much of its scheduled time each rule was really watched, and why not. An answer counts for the time until the next
 * turn, one and a half intervals at most; what is beyond is lost, and so is all time from an unknown to the next answer.
 * Durations are monotonic; the wall clock only chooses the hour. Bounded: per pair one hour until `flush`, one day of sums.
 */
export class Coverage {
  readonly #pairs = new Map<string, Pair>();
  #ended: CoverageBucket[] = [];

  /** The rule's hours on this camera begin, or it is watched from now on. Idempotent. */
  begin(ruleId: string, cameraId: string, everyMs: number, moment: CoverageMoment): void {
    const key = pairKey(ruleId, cameraId);
    const known = this.#pairs.get(key);
    if (known) known.everyMs = everyMs;
    else {
      const none = { kind: 'evaluated' as const, until: moment.at, beyond: 'not-asked' as const, gap: null };
      const maps = { hours: new Map(), day: new Map() };
      this.#pairs.set(key, { ruleId, cameraId, everyMs, doneAt: moment.at, ...none, ...maps });
    }
  }

  /** The rule's hours end, or it is not watched any more. Idempotent. */
  end(ruleId: string, cameraId: string, moment: CoverageMoment): void {
    const pair = this.#pairs.get(pairKey(ruleId, cameraId));
    if (!pair) return;
    account(pair, moment, moment.at);
    this.#ended.push(...drain(pair));
    this.#pairs.delete(pairKey(ruleId, cameraId));
  }

  /** A turn of a rule on a camera came out. Pairs outside their hours are left alone. */
  turn(ruleId: string, cameraId: string, outcome: Outcome, moment: CoverageMoment): void {
    const pair = this.#pairs.get(pairKey(ruleId, cameraId));
    if (!pair) return;
    account(pair, moment, moment.at);
    pair.kind = outcome;
    if (outcome === 'evaluated' || outcome === 'gated') {
      pair.until = moment.at + 1.5 * pair.everyMs;
      pair.beyond = 'not-asked';
      pair.gap = null;
    } else {
      pair.until = pair.doneAt;
      pair.beyond = outcome;
    }
  }

  /** No frame comes from this camera: for all its rules, until their next turn. */
  cameraLost(cameraId: string, moment: CoverageMoment): void {
    for (const pair of this.#pairs.values()) {
      if (pair.cameraId === cameraId) this.turn(pair.ruleId, cameraId, 'camera-lost', moment);
    }
  }

  /** A frame of this camera was replaced before the model had time: names the cause of what is lost from here. */
  dropped(cameraId: string): void {
    for (const pair of this.#pairs.values()) {
      if (pair.cameraId === cameraId && pair.beyond === 'not-asked') pair.beyond = 'dropped';
    }
  }

  /** Share of the last day's scheduled time that was watched (answered, or gated because nothing changed); null: none yet. */
  share(ruleId: string, cameraId: string): number | null {
    const sums = [...(this.#pairs.get(pairKey(ruleId, cameraId))?.day.values() ?? [])];
    const scheduledMs = sums.reduce((sum, hour) => sum + hour.scheduledMs, 0);
    return scheduledMs > 0 ? sums.reduce((sum, hour) => sum + hour.watchedMs, 0) / scheduledMs : null;
  }

  /** What came since the last flush. Holds the newest two intervals back: the turn that covers them may be on its way. */
  flush(moment: CoverageMoment): CoverageBucket[] {
    for (const pair of this.#pairs.values()) account(pair, moment, moment.at - 2 * pair.everyMs);
    const buckets = [...this.#ended, ...[...this.#pairs.values()].flatMap(drain)];
    this.#ended = [];
    return buckets;
  }
}

/** Accounts for the time up to `until`; time already accounted for stays as it is. */
function account(pair: Pair, moment: CoverageMoment, until: number): void {
  if (until <= pair.doneAt) return;
  const wallOf = (at: number): number => moment.capturedAt - (moment.at - at);
  const turn = Math.min(until, Math.max(pair.doneAt, pair.until));
  addByHour(pair, pair.kind, wallOf(pair.doneAt), wallOf(turn));
  addByHour(pair, pair.beyond, wallOf(turn), wallOf(until));
  pair.doneAt = until;
}

function addByHour(pair: Pair, kind: Outcome | LossCause, from: number, to: number): void {
  for (let at = from; at < to; ) {
    const hour = Math.floor(at / COVERAGE_BUCKET_MS) * COVERAGE_BUCKET_MS;
    const end = Math.min(to, hour + COVERAGE_BUCKET_MS);
    add(pair, kind, hour, at, end - at);
    at = end;
  }
}

function add(pair: Pair, kind: Outcome | LossCause, hourFrom: number, from: number, ms: number): void {
  const hour = pair.hours.get(hourFrom) ?? { scheduledMs: 0, evaluatedMs: 0, gatedMs: 0, lostMs: {}, longestGap: null };
  pair.hours.set(hourFrom, hour);
  const sums = pair.day.get(hourFrom) ?? { scheduledMs: 0, watchedMs: 0 };
  pair.day.set(hourFrom, sums);
  for (const [old] of pair.day) if (hourFrom - old >= 24 * COVERAGE_BUCKET_MS) pair.day.delete(old);
  hour.scheduledMs += ms;
  sums.scheduledMs += ms;
  if (kind === 'evaluated' || kind === 'gated') {
    hour[kind === 'evaluated' ? 'evaluatedMs' : 'gatedMs'] += ms;
    sums.watchedMs += ms;
    return;
  }
  hour.lostMs[kind] = (hour.lostMs[kind] ?? 0) + ms;
  pair.gap ??= { from, ms: 0, cause: kind };
  pair.gap.ms += ms;
  if (pair.gap.ms > (hour.longestGap?.ms ?? 0)) hour.longestGap = { ...pair.gap };
}

function drain(pair: Pair): CoverageBucket[] {
  const { ruleId, cameraId } = pair;
  const buckets = [...pair.hours].map(([from, hour]) => ({ ruleId, cameraId, from, ...hour }));
  pair.hours.clear();
  return buckets;
}

const pairKey = (ruleId: string, cameraId: string): string => `${ruleId}\n${cameraId}`;
