import type { EndReason } from '../events/event.ts';
import type { Severity } from '../rules/rule.ts';

export type ReportKind = 'day' | 'shift';

/** A stretch of time that a report is about, wall-clock ms. */
export interface ReportWindow {
  readonly kind: ReportKind;
  /** The shift's name; null for a day. */
  readonly name: string | null;
  /** The day of the site it began on: `2026-03-02`. */
  readonly date: string;
  readonly from: number;
  readonly until: number;
}

/** An event as a report tells of it. Times are wall-clock ms. */
export interface ReportedEvent {
  readonly id: string;
  readonly ruleId: string;
  readonly words: string;
  readonly cameraId: string;
  readonly severity: Severity;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** How long it lasted; how long it has been open when it is. */
  readonly lastedMs: number;
  /** Why it ended; null while open. */
  readonly endReason: EndReason | null;
  /** Its camera is lost: whether it still holds is unknown. */
  readonly stale: boolean;
  readonly acknowledgedBy: string | null;
  readonly mark: 'right' | 'wrong' | null;
  readonly note: string;
}

/** The same rule on the same camera more than once. */
export interface RepeatedEvent {
  readonly ruleId: string;
  readonly words: string;
  readonly cameraId: string;
  readonly times: number;
  readonly totalMs: number;
}

/** How long it took until what a rule saw was over. */
export interface TimeToFix {
  readonly ruleId: string;
  readonly words: string;
  readonly resolved: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** How much of its hours a rule was watched on a camera. */
export interface ReportedCoverage {
  readonly ruleId: string;
  readonly words: string;
  readonly cameraId: string;
  /** 0..1 */
  readonly share: number;
  readonly scheduledMs: number;
  readonly lostMs: number;
  /** What cost most of the lost time. */
  readonly mainCause: string | null;
}

export interface CameraTrouble {
  readonly cameraId: string;
  /** Camera problems that began or were open. */
  readonly problems: number;
  /** Time in which no picture came, or one that could not be judged; the most over its rules. */
  readonly blindMs: number;
  /** Why, worst first. */
  readonly causes: readonly string[];
}

/** What a shift or a day leaves behind. Lists are bounded; the counts are of everything. */
export interface Report {
  readonly window: ReportWindow;
  /** Wall-clock ms; before the window's end the report is of what was so far. */
  readonly madeAt: number;
  readonly counts: {
    readonly started: number;
    readonly resolved: number;
    readonly open: number;
    readonly critical: number;
    readonly acknowledged: number;
    readonly wrong: number;
  };
  /** Worst first, longest first among equals. */
  readonly open: readonly ReportedEvent[];
  /** Most often first. */
  readonly repeated: readonly RepeatedEvent[];
  /** Those that took longest first. */
  readonly resolved: readonly ReportedEvent[];
  readonly timeToFix: { readonly medianMs: number | null; readonly rules: readonly TimeToFix[] };
  /** `share` is null when no rule had hours; the pairs with the least first. */
  readonly coverage: { readonly share: number | null; readonly pairs: readonly ReportedCoverage[] };
  readonly cameras: readonly CameraTrouble[];
  /** There were more events than a report reads: counts are of the newest. */
  readonly cut: boolean;
}

/** Reports of the past and of now. */
export interface ReportDesk {
  /** Names of the shifts in the order of their day; empty when the box knows none. */
  readonly shifts: readonly string[];
  /** The day's window, or that of one of its shifts; undefined for what is no day or no shift. */
  window(kind: ReportKind, date: string, shift?: string): ReportWindow | undefined;
  /** The one that is now, or the newest that has ended. */
  latest(kind: ReportKind, which: 'now' | 'ended'): ReportWindow | undefined;
  /** The one that holds a moment. */
  at(kind: ReportKind, moment: number): ReportWindow | undefined;
  make(window: ReportWindow): Report;
}
