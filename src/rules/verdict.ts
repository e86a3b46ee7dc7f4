/** Why a verdict is unknown. Never counted as no: it is lost coverage. */
export type UnknownCause =
  | 'no-answer' // too little yes/no mass: the model did not answer the question
  | 'undecided' // between the thresholds (hysteresis)
  | 'model-failed'
  | 'timeout'
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
