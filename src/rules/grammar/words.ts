import { isWord, type Token } from './tokens.ts';
import { PREPOSITIONS, verbIn } from './verbs.ts';

/** A word of the question in the making. Inserted and changed words keep the token they stand for, or -1. */
export interface Word {
  readonly text: string;
  readonly lower: string;
  /** Index of the token it comes from; -1 for a word that the sentence does not hold. */
  readonly token: number;
  readonly glued: boolean;
}

const NOT: ReadonlyMap<string, string> = new Map([
  ["can't", 'can'],
  ['cannot', 'can'],
  ["won't", 'will'],
  ["shan't", 'shall'],
  ["ain't", 'is'],
]);
/** As phones write them. */
const BARE: ReadonlyMap<string, string> = new Map(
  'is are was were has have does do did can could should would'
    .split(' ')
    .map((aux) => [aux === 'can' ? 'cant' : `${aux}nt`, aux]),
);
const IS_SHORT = new Set([
  'there',
  'it',
  'that',
  'this',
  'he',
  'she',
  'what',
  'who',
  'here',
  'everything',
  'something',
  'nothing',
]);
const AFTER_IS = new Set(
  'in on at not there here down up off out open closed empty full blocked wet broken missing gone stuck locked unlocked a an the still near'.split(
    ' ',
  ),
);
const KEPT_SIGNS = new Set(['-', '–', '/', '&', '%', '#', '+', '°', "'", ',']);

export function made(text: string, token = -1, glued = false): Word {
  return { text, lower: text.toLowerCase(), token, glued };
}

/** Free tokens as words: contractions taken apart (`isn't` is `is not`), signs that no question needs left out. */
export function wordsOf(tokens: readonly Token[], free: readonly number[], shouting: boolean): Word[] {
  const words: Word[] = [];
  for (const [position, index] of free.entries()) {
    const token = tokens[index];
    if (!token) continue;
    if (!isWord(token) && !keptSign(tokens, free, position)) continue;
    // `no-one` is `no one`.
    if (token.lower === '-' && tokens[index - 1]?.lower === 'no' && /^one('s)?$/.test(tokens[index + 1]?.lower ?? ''))
      continue;
    const next = tokens[free[position + 1] ?? -1]?.lower;
    const afterNo = /^(no|-)$/.test(tokens[index - 1]?.lower ?? '');
    const parts = token.lower === "one's" && afterNo ? ['one', 'is'] : takeApart(token.lower, next);
    if (parts) {
      for (const part of parts) words.push(made(part, index));
      continue;
    }
    const text = shouting || opensSentence(tokens, index) ? lowerFirst(token, shouting) : token.text;
    // Glued to a word that stays, not to a sign that was left out.
    words.push({ text, lower: token.lower, token: index, glued: token.glued && words.at(-1)?.token === index - 1 });
  }
  return countFirst(words);
}

/** `people > 5 at checkout`: the count goes before what is counted. */
function countFirst(words: Word[]): Word[] {
  const at = words.findIndex(
    ({ lower }, index) => /^(more|fewer|at)$/.test(lower) && /^(than|least|most)$/.test(words[index + 1]?.lower ?? ''),
  );
  const [noun, count, next] = [words[at - 1], words[at + 2], words[at + 3]];
  if (at < 1 || !noun || !count || !/^\d+$/.test(count.lower) || !/(s|people)$/.test(noun.lower)) return words;
  if (/^(is|are|was|has|does|this|us)$/.test(noun.lower) || (next && !PREPOSITIONS.has(next.lower))) return words;
  return [...words.slice(0, at - 1), ...words.slice(at, at + 3), noun, ...words.slice(at + 3)];
}

function takeApart(lower: string, next: string | undefined): string[] | undefined {
  const aux = NOT.get(lower);
  if (aux) return [aux, 'not'];
  const bare = BARE.get(lower);
  if (bare) return [bare, 'not'];
  if (/^(there|someone|somebody|anyone|anybody|nobody|everyone)s$/.test(lower)) return [lower.slice(0, -1), 'is'];
  if (lower.endsWith("n't")) return [lower.slice(0, -3), 'not'];
  const are = /^(there|they|we|you)'re$/.exec(lower);
  if (are?.[1]) return [are[1], 'are'];
  const is = /^(\w+)'s$/.exec(lower)?.[1];
  if (is === undefined) return undefined;
  if (IS_SHORT.has(is)) return [is, 'is'];
  // `someone's lying`, `the gate's open` are sentences; `someone's bag`, `the forklift's forks` are possessions.
  if (next === undefined) return undefined;
  if (next === 'been') return [is, 'has'];
  if (/ing$/.test(next) && !/^(thing|building|ceiling|string|ring|king)$/.test(next)) return [is, 'is'];
  if (AFTER_IS.has(next)) return [is, 'is'];
  const participle = verbIn(next, 'participle');
  return participle && [is, participle.kind === 'change' ? 'has' : 'is'];
}

function keptSign(tokens: readonly Token[], free: readonly number[], position: number): boolean {
  const index = free[position] ?? -1;
  const sign = tokens[index]?.lower ?? '';
  if (!KEPT_SIGNS.has(sign)) return false;
  // `more than -15`
  const next = tokens[index + 1];
  if (
    sign === '-' &&
    !tokens[index]?.glued &&
    next?.kind === 'number' &&
    next.glued &&
    free[position + 1] === index + 1
  )
    return position > 0;
  // Only between (or, for `%` and `°`, right after) words that stay: `hi-vis`, `hats, gloves and masks`, `50%`.
  if (free[position - 1] !== index - 1 || !tokens[index]?.glued) return false;
  if (sign === '%' || sign === '°') return true;
  return free[position + 1] === index + 1 && (sign === ',' || tokens[index + 1]?.glued === true);
}

function opensSentence(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.lower;
  return before === undefined || ['.', ':', '!', '?', '"', '“', '(', '-', '–', '—'].includes(before);
}

/** `Someone` at the start of a sentence is an ordinary word; `HGV` and `McNally` are not. */
function lowerFirst(token: Token, shouting: boolean): string {
  if (shouting) return token.lower;
  return /^\p{Lu}[\p{Ll}'’]*$/u.test(token.text) && token.text !== 'I' ? token.lower : token.text;
}

/** One text, spaces as the sentence had them. */
export function textOf(words: readonly Word[]): string {
  let text = '';
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    const glued = word.glued && before !== undefined && (before.token === word.token - 1 || before.token === -1);
    text += index === 0 || glued || word.lower === ',' ? word.text : ` ${word.text}`;
  }
  return text;
}
