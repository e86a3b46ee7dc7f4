import { isPlural, isPronoun, RELATIVES } from './noun-phrase.ts';
import { PREPOSITIONS, verbIn } from './verbs.ts';
import type { Word } from './words.ts';

export const BE = new Set(['is', 'are', 'was', 'were']);
export const MODALS = new Set(['can', 'could', 'will', 'would', 'may', 'might', 'must', 'should', 'shall']);
export const HAVE = new Set(['has', 'have', 'had']);
export const DO = new Set(['does', 'do', 'did']);

export function isAuxiliary(word: string): boolean {
  return BE.has(word) || MODALS.has(word) || HAVE.has(word) || DO.has(word);
}

/** The position of the finite verb: an auxiliary outside relative clauses, else a verb of the lexicon that can be one here. */
export function findVerb(words: readonly Word[], wantsClause: boolean): number | undefined {
  let inRelative = false;
  for (const [index, word] of words.entries()) {
    if (index === 0) continue;
    if (RELATIVES.has(word.lower)) inRelative = true;
    else if (isAuxiliary(word.lower) && !isNoun(words, index)) {
      if (!inRelative) return index;
      inRelative = false;
    } else if (inRelative && (verbIn(word.lower, 's') || verbIn(word.lower, 'base') || verbIn(word.lower, 'past')))
      inRelative = false;
  }
  const verb = findLexicalVerb(words, wantsClause);
  // `about blocked exits`: where a thing may follow, a last word in -s without an article before is that thing.
  const isThing =
    verb === words.length - 1 &&
    verb === 1 &&
    !wantsClause &&
    !/^(someone|somebody|it|everyone)$/.test(words[0]?.lower ?? '');
  return isThing && verbIn(words[0]?.lower ?? '', 'participle') ? undefined : verb;
}

function isNoun(words: readonly Word[], index: number): boolean {
  const before = words[index - 1]?.lower ?? '';
  const after = words[index + 1]?.lower ?? '';
  // `the oil can has tipped over`, `the can on the shelf is empty`: what can do something has its verb behind it.
  if (words[index]?.lower === 'can' && (/^(is|are|was|were|has|had)$/.test(after) || PREPOSITIONS.has(after)))
    return true;
  return (
    /^(a|an|the|no|any|some|this|that|of|in|on|with|without)$/.test(before) &&
    !/^(is|are|was|were)$/.test(words[index]?.lower ?? '')
  );
}

function findLexicalVerb(words: readonly Word[], wantsClause: boolean): number | undefined {
  let inRelative = false;
  for (const [index, word] of words.entries()) {
    if (index === 0) continue;
    if (RELATIVES.has(word.lower)) inRelative = true;
    else if (canBeVerb(words, index)) {
      if (!inRelative) return index;
      inRelative = false;
    }
  }
  if (!wantsClause) return undefined;
  const unknown = words.findIndex((_, index) => index > 0 && unknownVerb(words, index));
  return unknown > 0 ? unknown : undefined;
}

/** `a customer yodels`: a word in -s after a singular subject, where the lead-in promised a clause. */
function unknownVerb(words: readonly Word[], index: number): boolean {
  const word = words[index]?.lower ?? '';
  const first = words[0]?.lower ?? '';
  if (!/^(a|an|one|the|someone|somebody|anyone|anybody|nobody|everyone|everybody|it)$/.test(first)) return false;
  if (!/[a-z]{2}[^s]s$/.test(word) || /(ness|less|ous|us|is)$/.test(word)) return false;
  return !words.slice(0, index).some((before) => PREPOSITIONS.has(before.lower));
}

function canBeVerb(words: readonly Word[], index: number): boolean {
  const word = words[index]?.lower ?? '';
  const before = words[index - 1]?.lower ?? '';
  if (words[index]?.glued || words[index + 1]?.glued) return false;
  if (
    /^(a|an|the|no|any|some|this|these|those|its|their|his|her|our|your|to|and|or|,)$/.test(before) ||
    PREPOSITIONS.has(before)
  )
    return false;
  const subject = words.slice(0, index);
  const plural = isPlural(subject);
  if (verbIn(word, 's')) return !plural || isPronoun(subject) || before === 'who';
  if (verbIn(word, 'base')) return plural;
  const past = verbIn(word, 'past');
  if (!past) return false;
  // `a robot tipped over`, `someone sat down`, `a man left a box` tell what happened; `a box left on the floor` says which one.
  if (isPronoun(subject) || /^(a|an|the|his|her|their|something)$/.test(words[index + 1]?.lower ?? '')) return true;
  return (
    past.past !== past.participle ||
    (past.kind === 'change' && !/^(left|abandoned|dropped|broken|dumped|lost)$/.test(word))
  );
}

/**
 * Where a second clause begins ("a shelf is empty [or a spill is on the floor]", "a robot falls [or gets stuck]"): a joint
 * with a finite verb on both sides. `boxes and pallets block the exit` has one.
 */
export function secondClauseAt(words: readonly Word[]): number | undefined {
  for (const [at, word] of words.entries()) {
    if (at === 0 || !/^(and|or|but|while|whilst)$/.test(word.lower)) continue;
    const left = words.slice(0, at);
    const right = words.slice(at + 1);
    const head = right[0]?.lower ?? '';
    const begins =
      isAuxiliary(head) ||
      (right.length > 0 && verbIn(head, 's') !== undefined && !RELATIVES.has(left.at(-2)?.lower ?? ''));
    const full =
      right.length > 2 && (findVerb(right, false) !== undefined || (head === 'there' && BE.has(right[1]?.lower ?? '')));
    const leftVerb =
      isAuxiliary(left[0]?.lower ?? '') || left[0]?.lower === 'there' || findVerb(left, false) !== undefined;
    if (leftVerb && (begins || full)) return at;
  }
  return undefined;
}

/** The subject that a second clause leaves out: `a shelf` of `a shelf is empty or needs restocking`. */
export function elidedSubject(first: readonly Word[], second: readonly Word[]): readonly Word[] {
  const head = second[0]?.lower ?? '';
  if (!isAuxiliary(head) && verbIn(head, 's') === undefined) return [];
  const verbAt = isAuxiliary(first[0]?.lower ?? '') ? undefined : findVerb(first, false);
  return verbAt === undefined ? [] : first.slice(0, verbAt);
}
