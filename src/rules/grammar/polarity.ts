/**
 * Which negations turn a rule round, and which stay in the question.
 *
 * Small models answer negated questions badly, so wherever it is sound the positive question is asked and the answer `no`
 * is expected. It is sound exactly when the negated sentence is the denial of the positive one:
 *
 * - existence: "there is no forklift", "nobody is at the till", "no helmet", "nothing is on the shelf";
 * - a certain thing or all of a kind: "the exit is not clear", "not every worker wears a vest", "the sign is missing",
 *   "the till is without a cashier"; also "unless ..." and "make sure that ...".
 *
 * It is not sound when an indefinite subject is there and lacks something. "A person does not wear a vest" is about a person;
 * the answer to "Is a person wearing a vest?" is No as well when nobody is there, and such a rule would fire all night on an
 * empty hall. There the negation stays in the question, with a warning that a noun phrase ("a person without a vest") is the
 * better wording. "Without", "with no" and "missing" inside a noun phrase always stay: they say what the thing is, models
 * know such things by name, and there is no positive question that means the same.
 */
import { determinerFor, isDefinite, isPlural } from './noun-phrase.ts';
import { made, type Word } from './words.ts';

export interface Denial {
  /** The words without the negation. */
  readonly words: Word[];
  /** Tokens that said no. */
  readonly tokens: number[];
}

const POSITIVE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    nobody: 'anybody',
    noone: 'anyone',
    nothing: 'anything',
    none: 'any',
    nowhere: 'anywhere',
    neither: 'either',
  }),
);
const UNIVERSAL = new Set([
  'all',
  'every',
  'everyone',
  'everybody',
  'everything',
  'each',
  'both',
  'enough',
  'any',
  'many',
  'much',
]);

/** A noun phrase or subject that denies by itself: `nobody`, `no forklift`, `none of the exits`, `not every worker`. */
export function denyNoun(words: readonly Word[], existence: boolean): Denial | undefined {
  const [first, second, third] = words;
  if (!first) return undefined;
  if (first.lower === 'no' && second?.lower === 'one' && !third?.glued) {
    return { words: [made('anyone', first.token), ...words.slice(2)], tokens: [first.token, second.token] };
  }
  const positive = POSITIVE.get(first.lower);
  if (positive) {
    const rest = words.slice(1).map((word) => (word.lower === 'nor' ? made('or', word.token) : word));
    return { words: [made(positive, first.token), ...rest], tokens: [first.token] };
  }
  if ((first.lower === 'no' || first.lower === 'zero') && second && !isComparison(words)) {
    const noun = words.slice(1);
    const determiner = existence || !isPlural(noun) ? determinerFor(noun) : 'any';
    return { words: [made(determiner, first.token), ...noun], tokens: [first.token] };
  }
  if (first.lower !== 'not' || !second) return undefined;
  if (second.lower === 'a' && third?.lower === 'single') {
    return { words: [made('any', second.token), ...words.slice(3)], tokens: [first.token, second.token, third.token] };
  }
  if (second.lower === 'one' || second.lower === 'a' || second.lower === 'an') {
    return {
      words: [made(second.lower === 'one' ? 'any' : second.text, second.token), ...words.slice(2)],
      tokens: [first.token],
    };
  }
  return UNIVERSAL.has(second.lower) ? { words: words.slice(1), tokens: [first.token] } : undefined;
}

/** `no more than two` and `no-entry sign` deny nothing. */
function isComparison(words: readonly Word[]): boolean {
  const second = words[1]?.lower ?? '';
  return words[1]?.glued === true || second === '-' || ['more', 'less', 'fewer', 'later', 'longer'].includes(second);
}

/** `not`, `never`, `no longer` right after the verb: the rest without it, whoever the subject is. */
export function denyVerb(rest: readonly Word[]): Denial | undefined {
  const at = rest[0]?.lower;
  if (at === 'not' && !['only', 'just'].includes(rest[1]?.lower ?? ''))
    return withoutAnymore(rest.slice(1), rest.slice(0, 1));
  if (at === 'never') return { words: rest.slice(1), tokens: tokensOf(rest.slice(0, 1)) };
  if (at === 'no' && rest[1]?.lower === 'longer') return { words: rest.slice(2), tokens: tokensOf(rest.slice(0, 2)) };
  return undefined;
}

function withoutAnymore(words: readonly Word[], denial: readonly Word[]): Denial {
  const last = words.at(-1);
  const length =
    last?.lower === 'anymore' ? 1 : words.at(-2)?.lower === 'any' && /^(more|longer)$/.test(last?.lower ?? '') ? 2 : 0;
  const kept = words.slice(0, words.length - length);
  return { words: kept, tokens: tokensOf([...denial, ...words.slice(kept.length)]) };
}

/** What a certain thing lacks: the positive predicate to ask for, as `be` or `have` with the rest. */
export interface Lack extends Denial {
  readonly verb: 'be' | 'have';
}

const PLACES_ON = new Set([
  'shelf',
  'shelves',
  'wall',
  'rack',
  'hook',
  'table',
  'desk',
  'door',
  'floor',
  'counter',
  'pallet',
  'belt',
]);

/** After `is`: `missing`, `missing from the wall`, `missing a label`, `without a cashier`, `gone`, `absent`. */
export function denyLack(rest: readonly Word[]): Lack | undefined {
  const [first, second] = rest;
  if (!first) return undefined;
  const tokens = [first.token];
  if (first.lower === 'without' && second) return { verb: 'have', words: rest.slice(1), tokens };
  if (!['missing', 'gone', 'absent', 'lacking'].includes(first.lower)) return undefined;
  if (!second) return { verb: 'be', words: [made('there', first.token)], tokens };
  if (second.lower === 'from') {
    const preposition = rest.slice(2).some((word) => PLACES_ON.has(word.lower)) ? 'on' : 'in';
    return { verb: 'be', words: [made(preposition, second.token), ...rest.slice(2)], tokens };
  }
  if (/^(in|on|at|near|under|behind)$/.test(second.lower)) return { verb: 'be', words: rest.slice(1), tokens };
  return first.lower === 'missing' || first.lower === 'lacking'
    ? { verb: 'have', words: rest.slice(1), tokens }
    : undefined;
}

/** Whether `not` after this subject may be taken out and the answer turned round. */
export function mayFlip(subject: readonly Word[], verb: string): boolean {
  // `people cannot get through` denies that they can; `a person cannot` would be about one who is there.
  if (verb === 'can' || verb === 'could') return !/^(a|an|some|someone|somebody)$/.test(subject[0]?.lower ?? '');
  return isDefinite(subject);
}

function tokensOf(words: readonly Word[]): number[] {
  return words.map((word) => word.token);
}
