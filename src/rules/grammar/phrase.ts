import type { Severity } from '../rule.ts';
import type { KnownWorld } from '../world.ts';
import type { SchedulePiece } from './schedule-pieces.ts';
import type { Token } from './tokens.ts';

/** What a phrase contributes to the compiled rule. `nothing`: glue that a person needs and the machine does not. */
export type Meaning =
  | { readonly kind: 'duration'; readonly ms: number }
  | { readonly kind: 'release'; readonly ms: number | null }
  | { readonly kind: 'schedule'; readonly piece: SchedulePiece }
  | { readonly kind: 'severity'; readonly severity: Severity; readonly weak: boolean }
  | { readonly kind: 'rate'; readonly cooldownMs: number }
  | { readonly kind: 'reminder'; readonly remindMs: number }
  | { readonly kind: 'interval'; readonly everyMs: number }
  | { readonly kind: 'lookback'; readonly overMs: number }
  | { readonly kind: 'place'; readonly cameras: readonly string[]; readonly zone: string | null }
  | { readonly kind: 'filler' };

/** A doubt about a phrase; the words it is about are the phrase's own. */
export interface PhraseIssue {
  readonly code: string;
  readonly message: string;
  readonly refused: boolean;
}

export interface PhraseReading {
  /** Index after the last token of the phrase. */
  readonly end: number;
  /** Absent when the phrase was recognised and refused. */
  readonly meaning?: Meaning;
  /** What a span shows: `5m`, `critical`, `mon-fri 08:00-22:00`. */
  readonly value: string;
  readonly issues?: readonly PhraseIssue[];
}

/**
 * One construct of the rule language. `read` is pure and total: it reads the phrase that begins at token `at`, or gives
 * undefined. It never looks for its phrase elsewhere: the sentence walks, in the order of the table in `phrases.ts`.
 */
export interface Phrase {
  readonly means: SpanKind;
  read(tokens: readonly Token[], at: number, world: KnownWorld): PhraseReading | undefined;
}

/** What a span of the sentence is. */
export type SpanKind =
  | 'lead-in'
  | 'question'
  | 'polarity'
  | 'duration'
  | 'release'
  | 'schedule'
  | 'severity'
  | 'rate'
  | 'reminder'
  | 'interval'
  | 'lookback'
  | 'place'
  | 'repetition'
  | 'filler';

export function refused(code: string, message: string): PhraseIssue {
  return { code, message, refused: true };
}

export function doubted(code: string, message: string): PhraseIssue {
  return { code, message, refused: false };
}
