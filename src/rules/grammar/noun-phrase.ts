import { PREPOSITIONS, verbIn } from './verbs.ts';
import type { Word } from './words.ts';

const DEFINITE = new Set(
  'the this that these those my our your their its his her every each all both everyone everybody everything it we they he she you'.split(
    ' ',
  ),
);
const SINGULAR = new Set(
  'a an one another each every this that someone somebody anyone anybody something anything nobody nothing it he she'.split(
    ' ',
  ),
);
const PLURAL = new Set(
  'these those both several many few two three four five six seven eight nine ten all some'.split(' '),
);
const IRREGULAR_PLURALS = new Set(
  'people men women children staff feet teeth mice geese police personnel persons cattle pedestrians'.split(' '),
);
const NOT_PLURAL = new Set(
  'gas bus lens chaos debris canvas glass grass mess access progress press process atlas news is was has this us'.split(
    ' ',
  ),
);
const MASS = new Set(
  `water smoke staff traffic stock fire dust rubbish garbage trash waste food milk oil fuel paint liquid money cash light ice snow sand dirt mud
   furniture equipment merchandise bread meat fruit fish paper cardboard glass debris clutter damage movement activity space room access
   steam fog blood litter luggage litter foam plastic metal wood packaging stuff personnel wrap tape string security help product produce flooding fighting smoking
   protection clothing footwear wiring cleaning restocking parking queueing queuing`
    .trim()
    .split(/\s+/),
);

export const DETERMINERS: ReadonlySet<string> = new Set(
  `a an the any some no not one two three four five six seven eight nine ten this that these those every each all both another more
   fewer less at over many several few enough none nobody nothing my our your their its his her someone somebody anyone anybody
   everyone everybody something anything nothing only it you we they he she i us them there who what which noone everything more
   somewhere exactly about around either neither half most least lots plenty part just`
    .trim()
    .split(/\s+/),
);

/** A subject that speaks of one certain thing or of all: its negated sentence is the denial of the positive one. */
export function isDefinite(subject: readonly Word[]): boolean {
  const [first, second] = subject;
  if (!first) return false;
  if (first.lower === 'one' || (first.lower === 'some' && second?.lower === 'of')) return false;
  if (DEFINITE.has(first.lower)) return true;
  // `gate 3`, `aisle 12`, `door B`: a thing with a number is a certain thing; so is a name.
  if (second && /^(\p{N}+|[A-Z])$/u.test(second.text) && subject.length === 2) return true;
  return /^\p{Lu}/u.test(first.text);
}

/** The noun that a noun phrase is about: the last word before a preposition, a relative clause or a participle. */
export function headOf(words: readonly Word[]): Word | undefined {
  let head: Word | undefined;
  for (const [index, word] of words.entries()) {
    if (
      index > 0 &&
      (PREPOSITIONS.has(word.lower) ||
        word.lower === 'not' ||
        RELATIVES.has(word.lower) ||
        isParticiple(word, words[index - 1]))
    )
      break;
    if (word.lower !== ',') head = word;
  }
  return head;
}

export const RELATIVES: ReadonlySet<string> = new Set(['who', 'which', 'that', 'whose', 'where']);

function isParticiple(word: Word, before: Word | undefined): boolean {
  if (before === undefined || /^(a|an|the|no|any|some|one)$/.test(before.lower)) return false;
  return verbIn(word.lower, 'ing') !== undefined || word.lower === 'waiting' || word.lower === 'left';
}

/** Whether `are` goes with it. */
export function isPlural(words: readonly Word[]): boolean {
  const [first, second] = words;
  if (!first) return false;
  if (/^(you|we|they|i)$/.test(first.lower)) return true;
  if (SINGULAR.has(first.lower)) return false;
  if (first.lower === 'everyone' || first.lower === 'everybody' || first.lower === 'everything') return false;
  if (/^(at|more|fewer|less|over)$/.test(first.lower) && second) return isPluralNoun(headOf(words.slice(2)) ?? second);
  const head = headOf(words);
  if (!head) return false;
  if (/^\d+$/.test(first.lower)) return first.lower !== '1';
  if (PLURAL.has(first.lower) && first.lower !== 'some' && first.lower !== 'all') return true;
  // `a helmet and gloves`, `boxes and pallets`
  return isPluralNoun(head);
}

export function isPluralNoun(word: Word): boolean {
  const { lower } = word;
  if (IRREGULAR_PLURALS.has(lower)) return lower !== 'staff' && lower !== 'personnel';
  if (NOT_PLURAL.has(lower)) return false;
  return /s$/.test(lower) && !/(ss|us|is)$/.test(lower);
}

/** `a`, `an` or `any`: the determiner that a noun phrase takes in a positive question. */
export function determinerFor(noun: readonly Word[]): string {
  const head = headOf(noun);
  const first = noun[0];
  if (!head || !first) return 'any';
  if (/^(more|other|such|one)$/.test(first.lower)) return 'any';
  if (isPluralNoun(head) || MASS.has(head.lower) || IRREGULAR_PLURALS.has(head.lower)) return 'any';
  return /^(?:[aeio]|un(?!i)|hour|u(?![ns]))/i.test(first.text) ? 'an' : 'a';
}

/** A subject that is a person without a name: `Is someone there?` */
export function isPronoun(words: readonly Word[]): boolean {
  return words.length === 1 && /^(some|any|every|no)(one|body|thing)$/.test(words[0]?.lower ?? '');
}
