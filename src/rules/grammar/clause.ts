import { made, textOf, type Word } from './words.ts';

/** A clause taken apart so that it can be asked or stated: `Is` + `a shelf` + `empty`. */
export interface Clause {
  /** The verb that opens the question, in lower case: `is`, `are`, `has`, `does`, `can`. */
  readonly front: string;
  /** `there` between verb and subject: existence. */
  readonly existence: boolean;
  readonly subject: readonly Word[];
  readonly rest: readonly Word[];
  /** With `do` in front: the verb as a statement has it (`needs`) and what follows it. */
  readonly said?: { readonly verb: string; readonly rest: readonly Word[] };
  /** Tokens whose `no` was taken out; each turned the expected answer round once. */
  readonly denials: readonly number[][];
  /** A `not` that had to stay: tokens. */
  readonly kept: readonly number[];
}

/** `Is a shelf empty?` */
export function questionOf(clause: Clause): string {
  const there = clause.existence ? [made('there')] : [];
  const text = textOf([made(clause.front), ...there, ...clause.subject, ...clause.rest]);
  return `${upperFirst(text)}?`;
}

/** `A shelf is empty.` for models that judge statements. */
export function statementOf(clause: Clause): string {
  const { front, subject, rest, said } = clause;
  if (clause.existence) return `${upperFirst(textOf([made('there'), made(front), ...subject]))}.`;
  // A question of the sentence's own: its subject is not known to be a subject.
  if (rest.length === 0) return `The answer is yes: ${questionOf(clause)}`;
  const words = said ? [...subject, made(said.verb), ...said.rest] : [...subject, made(front), ...rest];
  return `${upperFirst(textOf(words))}.`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
