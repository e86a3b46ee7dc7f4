import { readNumber } from './numbers.ts';
import type { Reader } from './pattern.ts';
import type { Token } from './tokens.ts';

/** A time of day as the sentence has it; whether it is morning or evening may only follow from its partner. */
export interface ClockReading {
  /** Minutes since midnight, read with the 24-hour clock where nothing says otherwise; 1440 is the day's end. */
  readonly minute: number;
  /** `am`, `pm`, 24-hour forms and `noon`: no doubt about which half of the day. */
  readonly exact: boolean;
  /** Written with the 24-hour clock (`22`, `08:00`): its partner is too. */
  readonly h24?: boolean;
  /** A lone number, which may as well be a count: `between 8 and 10`. */
  readonly bare: boolean;
}

type Reading = { end: number; value: ClockReading };

/** `8am`, `8:30 pm`, `22:00`, `22h30`, `2200 hours`, `noon`, `midnight`, `half past eight`, `ten to nine`, `eight o'clock`, and bare `8`. */
export const readClock: Reader<ClockReading> = (tokens, at) => {
  const named = readNamed(tokens, at);
  if (named) return named;
  const spoken = readSpoken(tokens, at);
  if (spoken) return withHalf(tokens, spoken);
  const digits = readDigits(tokens, at);
  if (digits) return withHalf(tokens, digits);
  const hour = hourWord(tokens, at);
  if (hour === undefined) return undefined;
  const minutes = spokenMinutes(tokens, at + 1);
  const value = { minute: hour * 60 + (minutes ?? 0), exact: false, bare: minutes === undefined };
  return withHalf(tokens, { end: at + (minutes === undefined ? 1 : 2), value });
};

function readNamed(tokens: readonly Token[], at: number): Reading | undefined {
  const twelve = is(tokens, at, '12', 'twelve') ? 1 : 0;
  const word = tokens[at + twelve]?.lower;
  const end = at + twelve + 1;
  if (word === 'noon' || word === 'midday') return { end, value: { minute: 720, exact: true, bare: false } };
  if (word === 'midnight') return { end, value: { minute: 0, exact: true, bare: false } };
  return undefined;
}

/** `half past eight`, `a quarter to nine`, `20 past 8`, `ten minutes to nine`. */
function readSpoken(tokens: readonly Token[], at: number): Reading | undefined {
  let next = is(tokens, at, 'a') ? at + 1 : at;
  let minutes: number | undefined;
  if (is(tokens, next, 'half')) minutes = 30;
  else if (is(tokens, next, 'quarter')) minutes = 15;
  if (minutes !== undefined) next++;
  else {
    const number = readNumber(tokens, next);
    if (!number || number.value.amount >= 60) return undefined;
    minutes = number.value.amount;
    next = number.end;
    if (is(tokens, next, 'minutes', 'min')) next++;
  }
  const past = is(tokens, next, 'past', 'after');
  if (!past && !is(tokens, next, 'to', 'before')) return undefined;
  // `from 8 to 9` is a range; only five-minute steps are said this way, and an hour must follow.
  if (!past && (minutes % 5 !== 0 || tokens[at]?.kind === 'number')) return undefined;
  if (is(tokens, next, 'after', 'before') && minutes !== 15 && minutes !== 30) return undefined;
  const hour = hourWord(tokens, next + 1);
  if (hour === undefined || !Number.isInteger(minutes)) return undefined;
  const minute = (hour * 60 + (past ? minutes : -minutes) + 1440) % 1440;
  return { end: next + 2, value: { minute, exact: false, bare: false } };
}

function readDigits(tokens: readonly Token[], at: number): Reading | undefined {
  const text = tokens[at]?.lower ?? '';
  const after = tokens[at + 1];
  const colon = /^(\d{1,2})[:.](\d{2})(?::00)?$/.exec(text);
  if (colon) {
    const dotted = text.includes('.');
    // `8.30` is a clock time only when something says so.
    const bare = dotted && !is(tokens, at + 1, 'am', 'pm', "o'clock", 'uhr') && !/^0\d|^1\d|^2[0-3]/.test(text);
    const minute = minutesOf(colon[1], colon[2]);
    return minute === undefined
      ? undefined
      : { end: at + 1, value: { minute, exact: exactHour(colon[1]), bare, h24: exactHour(colon[1]) } };
  }
  const short = /^(\d{1,2})$/.exec(text);
  if (short && after?.lower === 'h' && after.glued) {
    const more = tokens[at + 2];
    const minutes = more?.glued && /^\d{2}$/.test(more.lower) ? more.lower : undefined;
    const minute = minutesOf(short[1], minutes);
    return minute === undefined
      ? undefined
      : { end: at + (minutes ? 3 : 2), value: { minute, exact: exactHour(short[1]), bare: false, h24: true } };
  }
  const military = /^([01]\d|2[0-4])([0-5]\d)$/.exec(text);
  if (military) {
    const minute = minutesOf(military[1], military[2]);
    const end = after?.lower === 'hours' || after?.lower === 'hrs' ? at + 2 : at + 1;
    // `between 0900 and 1730`; without a zero in front it may count something.
    const bare = end === at + 1 && !text.startsWith('0');
    return minute === undefined ? undefined : { end, value: { minute, exact: true, bare, h24: true } };
  }
  if (!short) return undefined;
  const minute = minutesOf(short[1], undefined);
  return minute === undefined
    ? undefined
    : { end: at + 1, value: { minute, exact: exactHour(short[1]), bare: true, h24: exactHour(short[1]) } };
}

/** `8` may be either half of the day, `0`, `08` and `22` may not. */
function exactHour(hour: string | undefined): boolean {
  return Number(hour) > 12 || Number(hour) === 0 || (hour?.length === 2 && hour.startsWith('0'));
}

function minutesOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const total = Number(hour) * 60 + Number(minute ?? 0);
  return Number(minute ?? 0) < 60 && total <= 1440 ? total : undefined;
}

/** What follows a time and says which half of the day: `am`, `o'clock`, `in the evening`, `at night`. */
function withHalf(tokens: readonly Token[], reading: Reading): Reading {
  let { end } = reading;
  if (is(tokens, end, "o'clock", 'oclock')) end++;
  const { minute, bare } = reading.value;
  const clocked = bare && end === reading.end;
  if (is(tokens, end, 'am', 'pm')) return half(end + 1, minute, tokens[end]?.lower === 'pm');
  if (is(tokens, end, 'in') && is(tokens, end + 1, 'the')) {
    if (is(tokens, end + 2, 'morning', 'mornings')) return half(end + 3, minute, false);
    if (is(tokens, end + 2, 'afternoon', 'evening', 'afternoons', 'evenings')) return half(end + 3, minute, true);
  }
  if (is(tokens, end, 'at') && is(tokens, end + 1, 'night') && !clocked) return half(end + 2, minute, minute >= 300);
  return { end, value: { ...reading.value, bare: clocked } };
}

function half(end: number, minute: number, afternoon: boolean): Reading {
  const turned = minute >= 780 ? minute : (minute % 720) + (afternoon ? 720 : 0);
  return { end, value: { minute: turned, exact: true, bare: false, h24: false } };
}

function hourWord(tokens: readonly Token[], at: number): number | undefined {
  const token = tokens[at];
  if (!token) return undefined;
  if (token.kind === 'number')
    return /^\d{1,2}$/.test(token.lower) && Number(token.lower) <= 24 ? Number(token.lower) : undefined;
  const index = HOURS.indexOf(token.lower);
  return index < 0 ? undefined : index + 1;
}

const HOURS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
const MINUTES: ReadonlyMap<string, number> = new Map([
  ['ten', 10],
  ['fifteen', 15],
  ['twenty', 20],
  ['thirty', 30],
  ['forty', 40],
]);

/** `eight thirty`. */
function spokenMinutes(tokens: readonly Token[], at: number): number | undefined {
  return tokens[at - 1]?.kind === 'word' ? MINUTES.get(tokens[at]?.lower ?? '') : undefined;
}

function is(tokens: readonly Token[], at: number, ...words: string[]): boolean {
  return words.includes(tokens[at]?.lower ?? '');
}

/** A range from two readings: each lends the other its half of the day, and the shorter stretch that makes sense is meant. */
export function rangeOf(start: ClockReading, end: ClockReading): { from: number; to: number; guessed: boolean } {
  const to = end.minute === 0 ? 1440 : end.minute;
  if ((start.exact && end.exact) || start.h24 || end.h24) return { from: start.minute % 1440, to, guessed: false };
  if (end.exact) {
    // `8 to 10pm` is the evening, `9 to 5pm` the day, `10 to 6am` the night.
    const same = (start.minute % 720) + (to > 720 ? 720 : 0);
    const other = (same + 720) % 1440;
    const from = same < to ? same : other;
    // `8:30 to 10pm` may well be the whole day.
    return { from, to, guessed: !start.bare && from !== start.minute };
  }
  if (start.exact) {
    const candidates = [end.minute % 720, (end.minute % 720) + 720];
    const [nearest = to] = candidates.sort((a, b) => span(start.minute, a) - span(start.minute, b));
    return {
      from: start.minute % 1440,
      to: nearest === 0 ? 1440 : nearest,
      guessed: end.bare ? start.minute >= 780 : nearest !== end.minute,
    };
  }
  const later = end.minute <= start.minute && end.minute <= 720 && start.bare ? end.minute + 720 : to;
  return { from: start.minute % 1440, to: later, guessed: true };
}

function span(from: number, to: number): number {
  return (to - from + 1440) % 1440 || 1440;
}
