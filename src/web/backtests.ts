import type { WatchEvent } from '../events/event.ts';
import type { CoverageSums } from '../events/replay.ts';
import type { NoFit, Thresholds } from '../rules/fit.ts';
import type { FrameFit } from '../rules/fit-frames.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { SavedRule } from './rule-editing.ts';

/** What to try on the past. */
export interface BacktestOrder {
  /** A rule by its id; with a draft: the rule whose file the draft would change. */
  readonly rule?: string;
  /** A sentence that is not saved. */
  readonly draft?: { readonly words: string; readonly cameras: readonly string[] };
  readonly cameraId: string;
  /** Wall-clock ms; since inclusive, until exclusive. */
  readonly since: number;
  readonly until: number;
  /** Instead of what the rule says. */
  readonly changes?: BacktestChanges;
}

export interface BacktestChanges {
  readonly raise?: number;
  readonly clear?: number;
  readonly forMs?: number;
  readonly clearAfterMs?: number;
  /** Words as in a rule file. */
  readonly schedule?: string;
}

/** A share of marked pictures with its Wilson interval, 95 %; null where none is marked. */
export interface MarkedShare {
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly of: number;
}

export interface BacktestFigures {
  readonly marked: number;
  /** Of the pictures read as yes, those that show it. */
  readonly precision: MarkedShare | null;
  /** Of the pictures that show it, those read as yes. */
  readonly recall: MarkedShare | null;
}

export interface BacktestFrame {
  /** Wall-clock ms: its name within the backtest. */
  readonly at: number;
  readonly role: 'deciding' | 'near';
  /** What the rule reads there with the thresholds of this backtest. */
  readonly value: Verdict['value'];
  /** Of the expected answer. */
  readonly score: number;
  /** Whether that reading was right. For unknown: right when there is nothing to alert. */
  readonly mark: 'right' | 'wrong' | null;
  readonly markedBy: string | null;
}

/** Scores of one part of the time. */
export interface TimelinePart {
  readonly from: number;
  readonly yes: number;
  readonly no: number;
  readonly unknown: number;
  /** Of the expected answer; null when none of its verdicts has a score. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

export interface BacktestResult {
  /** Oldest first, at most some hundreds. */
  readonly events: ReadonlyArray<Pick<WatchEvent, 'startedAt' | 'endedAt' | 'endReason' | 'score' | 'alertedAt'>>;
  readonly eventCount: number;
  readonly alertCount: number;
  readonly alertsPerDay: number;
  /** Looks: answers that live rules got, looks at kept pictures, pictures put to the model this time. */
  readonly looks: { readonly stored: number; readonly pictures: number; readonly asked: number };
  readonly coverage: CoverageSums;
  /** Parts without a look are left out. */
  readonly timeline: readonly TimelinePart[];
  readonly frames: readonly BacktestFrame[];
  readonly figures: BacktestFigures;
}

/** What a fit came to, and what was aimed at. */
export interface ProposedFit {
  readonly target: number;
  readonly now: Thresholds;
  readonly outcome: FrameFit | NoFit;
}

export interface BacktestView {
  readonly id: string;
  /** The rule that it is of; of a draft the one whose file it would change; null: of none. */
  readonly ruleId: string | null;
  /** A sentence that is not saved. */
  readonly draft?: { readonly words: string; readonly cameras: readonly string[] };
  /** As it was tested, changes included. */
  readonly rule: CompiledRule;
  readonly changes: BacktestChanges;
  readonly cameraId: string;
  readonly since: number;
  readonly until: number;
  readonly orderedBy: string;
  readonly orderedAt: number;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** Others before it. */
  readonly ahead: number;
  /** Pictures put to the model; null before it is known how many there are. */
  readonly progress: { readonly asked: number; readonly toAsk: number } | null;
  /** Why it failed. */
  readonly problem?: string;
  readonly result?: BacktestResult;
  readonly fit?: ProposedFit;
}

/** Rules tried on the past, one at a time, while cameras' rules come first. They go on when nobody looks. */
export interface BacktestDesk {
  /** Newest first: what waits, what runs and the last ones that ended. */
  list(): readonly BacktestView[];
  get(id: string): BacktestView | undefined;
  /** Rejects with `invalid-input`, `not-found` for an unknown rule or camera, and `too-many` when others wait already. */
  start(order: BacktestOrder, by: string): Promise<BacktestView>;
  /** Stops it; one that has ended is forgotten. Throws `not-found`. */
  cancel(id: string): void;
  /** A picture of it; undefined when it is none of its frames, or gone. */
  picture(id: string, at: number): Promise<Uint8Array | undefined>;
  /** Says whether what it reads on a frame is right; null takes that back. Rejects with `not-found`. */
  mark(id: string, at: number, mark: 'right' | 'wrong' | null, by: string): Promise<BacktestView>;
  /** Proposes thresholds. Rejects with `not-found`, and `conflict` when it has not ended. `target`: false alarms a week. */
  fit(id: string, target: number): Promise<BacktestView>;
  /**
   * Writes the proposed thresholds into the rule's file, for this camera. Rejects with `not-found`, and `conflict` when nothing
   * with this `raise` is proposed or the rule asks something else by now.
   */
  applyFit(id: string, raise: number, by: string): Promise<SavedRule>;
}
