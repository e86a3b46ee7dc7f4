import type { Thresholds } from './fit.ts';

export type Severity = 'info' | 'warning' | 'critical';

/** A polygon in relative picture coordinates (0..1 from the left and from the top), at least three points. */
export type Polygon = ReadonlyArray<readonly [x: number, y: number]>;

/**
 * When a rule is on: in any of its windows. Clock times are local, `HH:MM`; `to` is exclusive, 24:00 is the end of the day,
 * `to` at or before `from` runs across midnight. A calendar window may be narrowed to days and to clock times.
 */
export type ScheduleWindow =
  | { readonly days: readonly Weekday[]; readonly from: string; readonly to: string }
  | {
      readonly calendar: string;
      readonly negate: boolean;
      readonly days?: readonly Weekday[];
      readonly from?: string;
      readonly to?: string;
    };

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** What a stretch of the sentence was understood as: `start` inclusive, `end` exclusive, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly means: string;
  readonly value: string;
}

/** A doubt or refusal about a sentence, with the words it is about. */
export interface SentenceIssue {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** A picture that shows the model what a rule's words mean here. */
export interface RuleExample {
  /** File beside the rule's, such as `examples/full.jpg`. */
  readonly picture: string;
  /** What it shows, such as `This shelf is full.` */
  readonly says: string;
}

/** One rule as a person wrote it, from one file. */
export interface Rule {
  /** The file's name without its ending; unique. */
  readonly id: string;
  /** The English sentence, as written. */
  readonly words: string;
  /** Camera ids, or globs over them. */
  readonly cameras: readonly string[];
  readonly enabled: boolean;
  readonly file: string;
}

/** What the sentence means to the machine. Frozen. */
export interface CompiledRule extends Rule {
  /** The question put to the model. */
  readonly question: string;
  /** The answer that raises the event. A negated sentence asks the positive question and expects `no`. */
  readonly expects: 'yes' | 'no';
  /** How long the condition must hold before the event opens. */
  readonly forMs: number;
  /** How long it must be clear before the event ends (Prometheus: keep_firing_for). */
  readonly clearAfterMs: number;
  readonly schedule: readonly ScheduleWindow[] | null;
  readonly severity: Severity;
  /** Least time between two alerts of this rule and camera. 0: none. */
  readonly cooldownMs: number;
  /** How often an open event that nobody acknowledged is told again. 0: never. */
  readonly remindMs: number;
  /** How often the question is asked. */
  readonly everyMs: number;
  /** The question is asked of the pictures of so long, the newest among them. Absent: of one picture. */
  readonly overMs?: number;
  /** Pictures whose meaning is known, shown to the model before the one it is asked about. Absent: none. */
  readonly examples?: readonly RuleExample[];
  /** Zone name at the camera, or null for the whole picture. */
  readonly zone: string | null;
  /** Verdict thresholds on the score of the expected answer: yes at or above raise, no at or below clear. */
  readonly raise: number;
  readonly clear: number;
  /** Thresholds fitted to single cameras; they win over `raise` and `clear` there. */
  readonly perCamera?: Readonly<Record<string, Thresholds>>;
  /** Least yes/no probability mass for an answer to count. */
  readonly minMass: number;
  readonly spans: readonly Span[];
  readonly warnings: readonly SentenceIssue[];
}
