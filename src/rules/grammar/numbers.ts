import type { Reader } from './pattern.ts';
import { isDash, type Token } from './tokens.ts';

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SMALL: ReadonlyMap<string, number> = new Map([
  ...ONES.map((word, index) => [word, index] as const),
  ...TENS.map((word, index) => [word, (index + 2) * 10] as const),
  ['dozen', 12],
]);
const FRACTIONS: ReadonlyMap<string, number> = new Map([
  ['½', 0.5],
  ['¼', 0.25],
  ['¾', 0.75],
]);

export interface NumberReading {
  readonly amount: number;
  /** `a few`, `several`: a guess that the person should see. */
  readonly vague: boolean;
}

/** `5`, `1.5`, `1,000`, `2½`, `twenty-five`, `one hundred and twenty`, `a dozen`, `a couple of`, `one and a half`. Not `a`. */
export const readNumber: Reader<NumberReading> = (tokens, at) => {
  const idiom = readIdiom(tokens, at);
  if (idiom) return idiom;
  const whole = tokens[at]?.kind === 'number' ? readDigits(tokens, at) : readWords(tokens, at);
  if (!whole) return undefined;
  const half = andAHalf(tokens, whole.end);
  const value = { amount: whole.value + (half ? 0.5 : 0), vague: false };
  return { end: half ?? whole.end, value };
};

function readIdiom(tokens: readonly Token[], at: number): { end: number; value: NumberReading } | undefined {
  let next = at;
  if (is(tokens, next, 'a') || is(tokens, next, 'the')) next++;
  const word = tokens[next]?.lower;
  const of = is(tokens, next + 1, 'of') ? 1 : 0;
  if (word === 'couple') return { end: next + 1 + of, value: { amount: 2, vague: false } };
  if (word === 'few' && next > at) return { end: next + 1, value: { amount: 3, vague: true } };
  if (word === 'several') return { end: next + 1, value: { amount: 5, vague: true } };
  if (word === 'dozen' && next > at) return { end: next + 1, value: { amount: 12, vague: false } };
  if (word === 'hundred' && next > at) return { end: next + 1, value: { amount: 100, vague: false } };
  return undefined;
}

/** A number in digits as written, thousands' commas taken out. `22:00` is a clock time and no number. */
export function digitsOf(text: string): number | undefined {
  const fraction = FRACTIONS.get(text);
  if (fraction !== undefined) return fraction;
  const mixed = /^(\d+)([½¼¾])$/.exec(text);
  if (mixed) return Number(mixed[1]) + (FRACTIONS.get(mixed[2] ?? '') ?? 0);
  if (/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) return Number(text.replaceAll(',', ''));
  if (/^\d+(?:[.,]\d+)?$/.test(text)) return Number(text.replace(',', '.'));
  return undefined;
}

function readDigits(tokens: readonly Token[], at: number): { end: number; value: number } | undefined {
  const amount = digitsOf(tokens[at]?.lower ?? '');
  if (amount === undefined) return undefined;
  const below = tokens[at + 2]?.kind === 'number' ? digitsOf(tokens[at + 2]?.lower ?? '') : undefined;
  // `1/2 hour`; `24/7` is left to the schedule because nothing is measured in it.
  if (is(tokens, at + 1, '/') && below !== undefined && amount < below) return { end: at + 3, value: amount / below };
  return { end: at + 1, value: amount };
}

function readWords(tokens: readonly Token[], at: number): { end: number; value: number } | undefined {
  let next = at;
  let total: number | undefined;
  for (;;) {
    const skip = total === undefined ? 0 : joiner(tokens, next, total);
    const value = SMALL.get(tokens[next + skip]?.lower ?? '');
    if (value !== undefined && fits(total, value)) {
      total = (total ?? 0) + value;
      next += skip + 1;
    } else if (total !== undefined && total < 100 && is(tokens, next, 'hundred')) {
      total *= 100;
      next++;
    } else if (total !== undefined && total < 1000 && is(tokens, next, 'thousand')) {
      return { end: next + 1, value: total * 1000 };
    } else {
      return total === undefined ? undefined : { end: next, value: total };
    }
  }
}

/** `twenty-five` and `one hundred and twenty` hold together; `five and six` are two numbers. */
function joiner(tokens: readonly Token[], at: number, total: number): number {
  if (isDash(tokens[at]) && tokens[at]?.glued && total < 100) return 1;
  return total >= 100 && is(tokens, at, 'and') ? 1 : 0;
}

function fits(total: number | undefined, value: number): boolean {
  if (total === undefined) return true;
  if (total >= 100) return total % 100 === 0 && value < 100;
  return total >= 20 && total % 10 === 0 && value > 0 && value < 10;
}

function andAHalf(tokens: readonly Token[], at: number): number | undefined {
  return is(tokens, at, 'and') && is(tokens, at + 1, 'a') && is(tokens, at + 2, 'half') ? at + 3 : undefined;
}

function is(tokens: readonly Token[], at: number, word: string): boolean {
  return tokens[at]?.lower === word;
}
