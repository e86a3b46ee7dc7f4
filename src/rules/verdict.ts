import type { Frame } from '../cameras/frame.ts';
import type { Answer } from '../vision/model.ts';
import type { Thresholds } from './fit.ts';
import type { CompiledRule } from './rule.ts';

/** Why a verdict is unknown. Never counted as no: it is lost coverage. */
export type UnknownCause =
  | 'no-answer' // too little yes/no mass: the model did not answer the question
  | 'undecided' // between the thresholds (hysteresis)
  | 'model-failed'
  | 'timeout'
  | 'too-early' // asked about a time of which there are too few pictures yet
  | 'camera-lost'
  | 'frozen'
  | 'dark'
  | 'overexposed'
  | 'blurred'
  | 'covered'
  | 'moved';

/** What one rule says of one frame. */
export interface Verdict {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly frameSeq: number;
  /** The frame's wall-clock time, ms since the epoch. */
  readonly capturedAt: number;
  /** The frame's monotonic time, ms. */
  readonly at: number;
  readonly value: 'yes' | 'no' | 'unknown';
  /** Present exactly when the value is unknown. */
  readonly cause?: UnknownCause;
  /** Score of the expected answer, 0..1; absent when the model gave none. */
  readonly score?: number;
  readonly mass?: number;
}

/** What `judge` needs of an answer. */
export type JudgedAnswer = Pick<Answer, 'score' | 'mass'>;

/**
 * One rule's verdict on one frame, from the answer or from the reason why there is none. With `expects: no` the score is
 * turned round, so a verdict's score always speaks of the expected answer. Too little mass, a score that is no number, and anything between the thresholds is unknown, never no.
 */
export function judge(
  rule: Pick<CompiledRule, 'id' | 'expects' | 'raise' | 'clear' | 'perCamera' | 'minMass'>,
  frame: Pick<Frame, 'cameraId' | 'seq' | 'capturedAt' | 'at'>,
  outcome: JudgedAnswer | UnknownCause,
): Verdict {
  if (typeof outcome === 'string') return { ...about(rule, frame), value: 'unknown', cause: outcome };
  const { mass } = outcome;
  const score = turned(rule, outcome.score);
  if (!Number.isFinite(score) || !(mass >= rule.minMass)) {
    const seen = Number.isFinite(score) && Number.isFinite(mass) ? { score, mass } : {};
    return { ...about(rule, frame), ...seen, value: 'unknown', cause: 'no-answer' };
  }
  // One literal each: a backtest of a week judges 300,000 answers, and spreading would take most of its time.
  const { cameraId, seq: frameSeq, capturedAt, at } = frame;
  const ruleId = rule.id;
  const { raise, clear } = thresholdsOn(rule, cameraId);
  if (score >= raise) return { ruleId, cameraId, frameSeq, capturedAt, at, score, mass, value: 'yes' };
  if (score <= clear) return { ruleId, cameraId, frameSeq, capturedAt, at, score, mass, value: 'no' };
  return { ruleId, cameraId, frameSeq, capturedAt, at, score, mass, value: 'unknown', cause: 'undecided' };
}

/** The thresholds in force on one camera. */
export function thresholdsOn(rule: Pick<CompiledRule, 'raise' | 'clear' | 'perCamera'>, cameraId: string): Thresholds {
  return rule.perCamera?.[cameraId] ?? rule;
}

type AboutFrame = Pick<Verdict, 'ruleId' | 'cameraId' | 'frameSeq' | 'capturedAt' | 'at'>;

function about(
  { id: ruleId }: Pick<CompiledRule, 'id'>,
  { cameraId, seq: frameSeq, capturedAt, at }: Pick<Frame, 'cameraId' | 'seq' | 'capturedAt' | 'at'>,
): AboutFrame {
  return { ruleId, cameraId, frameSeq, capturedAt, at };
}

function turned(rule: Pick<CompiledRule, 'expects'>, score: number): number {
  return rule.expects === 'yes' ? score : 1 - score;
}
