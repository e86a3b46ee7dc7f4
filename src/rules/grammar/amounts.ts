import { readNumber } from './numbers.ts';
import type { Reader } from './pattern.ts';
import { isDash, type Token } from './tokens.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: ReadonlyMap<string, number> = new Map([
  ...['ms', 'millisecond', 'milliseconds', 'msec'].map((word) => [word, 1] as const),
  ...['s', 'sec', 'secs', 'second', 'seconds'].map((word) => [word, SECOND] as const),
  ...['m', 'min', 'mins', 'minute', 'minutes'].map((word) => [word, MINUTE] as const),
  ...['h', 'hr', 'hrs', 'hour', 'hours'].map((word) => [word, HOUR] as const),
  ...['d', 'day', 'days'].map((word) => [word, DAY] as const),
  ...['week', 'weeks'].map((word) => [word, 7 * DAY] as const),
]);

export interface AmountReading {
  readonly ms: number;
  readonly vague: boolean;
}

type Amount = { end: number; value: AmountReading };

/** A length of time: `90 seconds`, `half an hour`, `an hour and a half`, `1 h 30 min`, `5-minute`, `a couple of minutes`. */
export const readAmount: Reader<AmountReading> = (tokens, at) => {
  // `>10 seconds`, `>= 2 min`, `~5 min`
  let from = at;
  while (/^[>=≥~≈]$/.test(tokens[from]?.lower ?? '')) from++;
  const first = readOne(tokens, from);
  if (!first) return undefined;
  return readTail(tokens, first) ?? first;
};

/** The unit alone, as in `an hour` after `once`: `hour`, `minute`, `day`. */
export const readUnit: Reader<number> = (tokens, at) => {
  const ms = UNITS.get(tokens[at]?.lower ?? '');
  return ms === undefined ? undefined : { end: at + 1, value: ms };
};

function readOne(tokens: readonly Token[], at: number): Amount | undefined {
  const fraction = readFraction(tokens, at);
  if (fraction) return fraction;
  const number = readNumber(tokens, at);
  if (number) {
    let { end } = number;
    // `10+ minutes`
    if (tokens[end]?.lower === '+' && tokens[end]?.glued) end++;
    while (FULL.has(tokens[end]?.lower ?? '')) end++;
    if (isDash(tokens[end]) && tokens[end]?.glued) end++;
    const unit = readUnit(tokens, end);
    if (unit) return { end: unit.end, value: { ms: number.value.amount * unit.value, vague: number.value.vague } };
    return readSpread(tokens, number.end, number.value.amount);
  }
  if (!word(tokens, at, 'a', 'an', 'one')) return undefined;
  const unit = readUnit(tokens, word(tokens, at + 1, 'full', 'whole', 'single') ? at + 2 : at + 1);
  return unit && { end: unit.end, value: { ms: unit.value, vague: false } };
}

/** `5 to 10 minutes`, `5-10 min`, `between 5 and 10 minutes`: at least the shorter. */
function readSpread(tokens: readonly Token[], at: number, least: number): Amount | undefined {
  if (!isDash(tokens[at]) && !word(tokens, at, 'to', 'or', 'and')) return undefined;
  const most = readNumber(tokens, at + 1);
  const unit = most && readUnit(tokens, most.end);
  return unit && { end: unit.end, value: { ms: least * unit.value, vague: true } };
}

const FULL: ReadonlySet<string> = new Set(['full', 'whole', 'consecutive', 'straight', 'entire']);

/** `half an hour`, `a half hour`, `half a minute`, `a quarter of an hour`, `three quarters of an hour`. */
function readFraction(tokens: readonly Token[], at: number): Amount | undefined {
  let next = at;
  let share: number | undefined;
  if (word(tokens, next, 'three') && word(tokens, isDash(tokens[next + 1]) ? next + 2 : next + 1, 'quarters')) {
    share = 0.75;
    next += isDash(tokens[next + 1]) ? 3 : 2;
  } else {
    if (word(tokens, next, 'a', 'one')) next++;
    share = word(tokens, next, 'half') ? 0.5 : word(tokens, next, 'quarter') ? 0.25 : undefined;
    next++;
  }
  if (share === undefined) return undefined;
  if (isDash(tokens[next])) next++;
  if (word(tokens, next, 'of')) next++;
  if (word(tokens, next, 'a', 'an')) next++;
  const unit = readUnit(tokens, next);
  return unit && { end: unit.end, value: { ms: share * unit.value, vague: false } };
}

/** `... and a half`, `... and 30 minutes`, `1 h 30 min`, `1h30`, `a minute or two` (the longer counts). */
function readTail(tokens: readonly Token[], first: Amount): Amount | undefined {
  const { ms, vague } = first.value;
  const unit = UNITS.get(tokens[first.end - 1]?.lower ?? '') ?? 0;
  const and = word(tokens, first.end, 'and') || tokens[first.end]?.lower === ',' ? 1 : 0;
  const next = first.end + and;
  if (and && word(tokens, next, 'a') && word(tokens, next + 1, 'half', 'quarter')) {
    const share = word(tokens, next + 1, 'half') ? 0.5 : 0.25;
    return { end: next + 2, value: { ms: ms + share * unit, vague } };
  }
  if (word(tokens, first.end, 'or') && word(tokens, first.end + 1, 'two', 'so')) {
    const more = word(tokens, first.end + 1, 'two') ? unit : 0;
    return { end: first.end + 2, value: { ms: ms + more, vague: true } };
  }
  const second = readOne(tokens, next);
  if (second && second.value.ms < unit)
    return { end: second.end, value: { ms: ms + second.value.ms, vague: vague || second.value.vague } };
  // `1h30`
  const bare = tokens[first.end];
  if (unit === HOUR && bare?.kind === 'number' && bare.glued && /^\d{2}$/.test(bare.lower)) {
    return { end: first.end + 1, value: { ms: ms + Number(bare.lower) * MINUTE, vague } };
  }
  return undefined;
}

function word(tokens: readonly Token[], at: number, ...words: string[]): boolean {
  return words.includes(tokens[at]?.lower ?? '');
}

/** `5m`, `90s`, `1.5h`-free: the largest unit that divides it evenly, in the form that rule files take. */
export function formatMs(ms: number): string {
  if (ms === 0) return '0s';
  for (const [unit, size] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return ms % SECOND === 0 ? `${ms / SECOND}s` : `${ms}ms`;
}
