import type { CachedQuestion } from '../history/score-cache.ts';
import type { NoFit } from '../rules/fit.ts';
import type { FrameFit, LabelledScore } from '../rules/fit-frames.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Calendar } from '../rules/schedule.ts';
import type { JudgedAnswer } from '../rules/verdict.ts';
import type { SentError } from '../vision/worker-messages.ts';
import type { Backtest } from './backtest.ts';
import type { ChosenFrame } from './frames.ts';

/** What a thread that tests a rule on the past is started with. */
export interface BacktestSettings {
  readonly dataDir: string;
  readonly timeZone: string;
  readonly calendars: Readonly<Record<string, Calendar>>;
  readonly rule: CompiledRule;
  readonly cameraId: string;
  /** Wall-clock ms. */
  readonly since: number;
  readonly until: number;
  /** Under which scores are kept. */
  readonly asked: CachedQuestion;
  /** Present: fit thresholds to these instead; nothing is asked then. */
  readonly fit?: FitSettings;
}

export interface FitSettings {
  readonly labels: readonly LabelledScore[];
  /** False alarms a week at most. */
  readonly target: number;
  /** What people said of times, wall-clock ms: of frames, and of events of the live rule. */
  readonly marks: ReadonlyArray<{ readonly from: number; readonly to: number; readonly right: boolean }>;
}

/** A backtest with the frames to show of it. */
export interface FramedBacktest {
  readonly backtest: Backtest;
  readonly frames: readonly ChosenFrame[];
}

export type FromBacktest =
  | { readonly type: 'progress'; readonly asked: number; readonly toAsk: number }
  /** Answered with the same number. */
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly jpeg: Uint8Array;
      readonly width: number;
      readonly height: number;
    }
  | { readonly type: 'tested'; readonly result: FramedBacktest }
  | { readonly type: 'fitted'; readonly outcome: FrameFit | NoFit }
  | { readonly type: 'failed'; readonly error: SentError };

export type ToBacktest =
  /** No answer: the picture cannot be read. */
  { readonly type: 'answer'; readonly id: number; readonly answer?: JudgedAnswer } | { readonly type: 'cancel' };
