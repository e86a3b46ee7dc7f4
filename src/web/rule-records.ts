import type { LossCause } from '../events/coverage.ts';

/** How much of one day's hours a rule was really watched on a camera. */
export interface CoverageDay {
  readonly ruleId: string;
  readonly cameraId: string;
  /** Of the site: `2026-03-02`. */
  readonly day: string;
  /** Milliseconds; evaluated, gated (nothing had changed) and all lost make scheduled. */
  readonly scheduledMs: number;
  readonly evaluatedMs: number;
  readonly gatedMs: number;
  readonly lostMs: Partial<Record<LossCause, number>>;
  /** `from`: wall-clock ms; it may have begun the day before. */
  readonly longestGap: { readonly ms: number; readonly from: number; readonly cause: LossCause } | null;
  /** Evaluated and gated over scheduled, 0..1. */
  readonly share: number;
}

export interface AlarmDay {
  readonly day: string;
  readonly events: number;
  readonly right: number;
  readonly wrong: number;
}

/** What people said of a rule's events on one camera. */
export interface FalseAlarms {
  readonly cameraId: string;
  /** Oldest first, every day of the time. */
  readonly days: readonly AlarmDay[];
  readonly events: number;
  readonly right: number;
  readonly wrong: number;
  /** Events marked wrong, with the 95 % interval of a Poisson rate; null before the rule ran there. */
  readonly perDay: { readonly rate: number; readonly low: number; readonly high: number } | null;
  /** The second half of the days that it ran against the first; `unknown`: too few marks to tell. */
  readonly trend: 'rising' | 'falling' | 'steady' | 'unknown';
}

/** Days of the site, first and last included. */
export interface DaySpan {
  readonly from: string;
  readonly to: string;
}

/** How a rule did, day by day. Both throw `invalid-input` for what is no day and for more than `MOST_DAYS`. */
export interface RuleRecords {
  /** Oldest first; days on which the rule was never on are left out. */
  coverage(query: DaySpan & { readonly ruleId?: string; readonly cameraId?: string }): CoverageDay[];
  /** By camera, of those it ran on. */
  falseAlarms(ruleId: string, span: DaySpan): FalseAlarms[];
}

export const MOST_DAYS = 92;
