import { editDistance } from '../../platform/nearest.ts';
import { readUnit } from './amounts.ts';
import { readNumber } from './numbers.ts';
import type { Token } from './tokens.ts';

/** Slips of the hand that are no other word, by the word that is meant. Only words that the grammar itself hangs on. */
const SLIPS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    when: 'whem wehn whne hwen whenn wen',
    whenever: 'whenver wheneever whenevr',
    for: 'fro foor',
    the: 'teh hte',
    if: 'iff',
    is: 'iz',
    someone: 'somone someome sombody',
    between: 'betwen beetween bewteen betwwen betweeen',
    during: 'durring durign duirng',
    opening: 'openning opennig',
    until: 'untill unitl untl',
    after: 'aftr afetr',
    alert: 'alret alerrt allert alart',
    notify: 'notfy notifiy notfiy notifi',
    empty: 'emtpy empyt emty emptty',
    shelf: 'shelff shlef sehlf',
    critical: 'criticle critcal crtical',
    urgent: 'urgant urgnet',
    weekdays: 'weekdys weakdays',
    weekends: 'weekens weakends',
    monday: 'mondy',
    tuesday: 'tuseday tuesdy',
    wednesday: 'wensday wednsday wendesday',
    thursday: 'thurday thrusday thursdy',
    friday: 'firday fridy',
    saturday: 'saterday saturdy satuday',
    sunday: 'sundy',
    blocked: 'bloked blokced',
    more: 'moer',
    than: 'thna',
  }).flatMap(([right, slips]) => slips.split(' ').map((slip) => [slip, right] as const)),
);

const UNITS = ['second', 'seconds', 'minute', 'minutes', 'hour', 'hours'];

export interface Respelt {
  readonly tokens: Token[];
  /** Index of each token that was read as another word, with that word. */
  readonly read: ReadonlyArray<{ readonly index: number; readonly as: string }>;
}

/** `> 3 people`, `≥ 4`, `<2 pallets` in words. Before a length of time the sign stays: amounts.ts reads it. */
const SIGNS: ReadonlyMap<string, readonly string[]> = new Map([
  ['>', ['more', 'than']],
  ['≥', ['at', 'least']],
  ['<', ['fewer', 'than']],
  ['≤', ['at', 'most']],
]);

/**
 * The same tokens with short hand in full and slips of the hand read as what is meant; places in the sentence stay as they
 * are. Short hand is no slip: nobody is told of it.
 */
export function respell(written: readonly Token[]): Respelt {
  const tokens = written.flatMap((_, index) => inFull(written, index));
  const read: Array<{ index: number; as: string }> = [];
  const respelt = tokens.map((token, index) => {
    const right = token.kind === 'word' ? (SLIPS.get(token.lower) ?? unitFor(tokens, index)) : undefined;
    if (right === undefined) return token;
    read.push({ index, as: right });
    const capital = /^\p{Lu}/u.test(token.text);
    return { ...token, lower: right, text: capital ? right.charAt(0).toUpperCase() + right.slice(1) : right };
  });
  return { tokens: respelt, read };
}

function inFull(tokens: readonly Token[], index: number): Token[] {
  const token = tokens[index];
  const [next, after] = [tokens[index + 1], tokens[index + 2]];
  if (!token) return [];
  if (isRepeated(tokens, index) || isRepeated(tokens, index - 1) || isRepeated(tokens, index - 2)) return [];
  if (token.lower === 'ppl') return [asWord(token, 'people')];
  // `w/o`: one word in place of three tokens.
  if (token.lower === 'w' && next?.lower === '/' && next.glued) {
    const isWithout = after?.lower === 'o' && after.glued;
    return [{ ...asWord(token, isWithout ? 'without' : 'with'), end: (isWithout ? after : next).end }];
  }
  if (token.lower === '/' && tokens[index - 1]?.lower === 'w' && token.glued) return [];
  if (token.lower === 'o' && tokens[index - 1]?.lower === '/' && tokens[index - 2]?.lower === 'w' && token.glued)
    return [];
  const words = SIGNS.get(token.lower);
  if (words && counts(tokens, index + 1)) return words.map((word) => asWord(token, word));
  // `3+ customers`
  const isMore = token.kind === 'number' && next?.lower === '+' && next.glued && counts(tokens, index);
  const at = { ...token, end: token.start };
  if (isMore) return [asWord(at, 'at'), { ...asWord(at, 'least'), glued: false }, { ...token, glued: false }];
  return tokens[index - 1] && SIGNS.has(tokens[index - 1]?.lower ?? '') ? [{ ...token, glued: false }] : [token];
}

/** `five (5) minutes`: from the bracket on, the number comes again. */
function isRepeated(tokens: readonly Token[], index: number): boolean {
  if (tokens[index]?.lower !== '(' || tokens[index + 2]?.lower !== ')' || index < 1) return false;
  const [word, digits] = [readNumber(tokens, index - 1), readNumber(tokens, index + 1)];
  return word?.end === index && word.value.amount === digits?.value.amount;
}

function asWord(token: Token, word: string): Token {
  return { ...token, text: word, lower: word, kind: 'word', glued: false };
}

/** A number that counts things, not time. */
function counts(tokens: readonly Token[], at: number): boolean {
  const number = readNumber(tokens, at);
  const next = number && (tokens[number.end]?.lower === '+' ? number.end + 1 : number.end);
  return next !== undefined && !readUnit(tokens, next) && !/^(am|pm|:|h|o'clock)$/.test(tokens[next]?.lower ?? '');
}

/** `5 minuts`, `10 secounds`: right after a number nearly any slip of a unit is one. */
function unitFor(tokens: readonly Token[], index: number): string | undefined {
  const { lower = '' } = tokens[index] ?? {};
  if (lower.length < 4 || UNITS.includes(lower) || !/^[mhs]/.test(lower) || index === 0) return undefined;
  if (readNumber(tokens, index - 1)?.end !== index) return undefined;
  return UNITS.find((unit) => isSlip(lower, unit));
}

/** One letter too many, too few or wrong, or two letters in the wrong order. `shours` and `house` are none. */
function isSlip(written: string, meant: string): boolean {
  if (written[0] !== meant[0] || written.at(-1) !== meant.at(-1)) return false;
  if (editDistance(written, meant) === 1) return meant.length > 5 || written.length !== meant.length;
  const sorted = (word: string): string => [...word].sort().join('');
  return meant.length > 5 && sorted(written) === sorted(meant) && editDistance(written, meant) === 2;
}
