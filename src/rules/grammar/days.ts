import type { Weekday } from '../rule.ts';
import { WEEKDAYS } from '../schedule.ts';
import type { Reader } from './pattern.ts';
import { isDash, type Token } from './tokens.ts';

const NAMES: ReadonlyMap<string, Weekday> = new Map(
  (
    [
      ['mon', 'monday mondays'],
      ['tue', 'tuesday tuesdays tues'],
      ['wed', 'wednesday wednesdays'],
      ['thu', 'thursday thursdays thur thurs'],
      ['fri', 'friday fridays'],
      ['sat', 'saturday saturdays'],
      ['sun', 'sunday sundays'],
    ] as const
  ).flatMap(([day, words]) => [day, ...words.split(' ')].map((word) => [word, day] as const)),
);
/** Also ordinary words (`someone sat`, `the sun`): a preposition or another day must vouch for them. */
const SHORT: ReadonlySet<string> = new Set(WEEKDAYS);
const WEEK = WEEKDAYS.slice(0, 5);
const WEEKEND = WEEKDAYS.slice(5);

export interface DaysReading {
  readonly days: readonly Weekday[];
  /** Short names alone. */
  readonly doubtful: boolean;
}

/** `Saturdays and Sundays`, `Mon-Fri`, `Monday to Friday`, `weekdays`, `the weekend`, `every day`, `Mon, Wed & Fri`. */
export const readDays: Reader<DaysReading> = (tokens, at) => {
  const first = readTerm(tokens, at);
  if (!first) return undefined;
  let { end } = first;
  const days = new Set(first.value.days);
  let doubtful = first.value.doubtful;
  for (;;) {
    const joined = joiner(tokens, end);
    const next = joined === undefined ? undefined : readTerm(tokens, joined);
    if (!next) break;
    for (const day of next.value.days) days.add(day);
    doubtful = false;
    end = next.end;
  }
  return { end, value: { days: WEEKDAYS.filter((day) => days.has(day)), doubtful } };
};

function joiner(tokens: readonly Token[], at: number): number | undefined {
  let next = at;
  if (tokens[next]?.lower === ',') next++;
  if (['and', 'or', '&', '/', 'plus'].includes(tokens[next]?.lower ?? '')) next++;
  // `mon wed and fri`
  if (next === at) return NAMES.has(tokens[at]?.lower ?? '') && NAMES.has(tokens[at - 1]?.lower ?? '') ? at : undefined;
  // `on weekends, and on weekdays after 8pm` begins another condition.
  if (next === at + 2 && tokens[next]?.lower === 'on') return undefined;
  return ['on', 'every', 'each'].includes(tokens[next]?.lower ?? '') ? next + 1 : next;
}

function readTerm(tokens: readonly Token[], at: number): { end: number; value: DaysReading } | undefined {
  const group = readGroup(tokens, at);
  if (group) return group;
  const from = NAMES.get(tokens[at]?.lower ?? '');
  if (!from) return undefined;
  // `Mon.`
  const dot =
    SHORT.has(tokens[at]?.lower ?? '') &&
    tokens[at + 1]?.lower === '.' &&
    tokens[at + 1]?.glued === true &&
    tokens[at + 2] !== undefined;
  const next = dot ? at + 2 : at + 1;
  const through =
    isDash(tokens[next]) || ['to', 'till', 'until', 'through', 'thru'].includes(tokens[next]?.lower ?? '');
  const to = through ? NAMES.get(tokens[next + 1]?.lower ?? '') : undefined;
  if (to) return { end: next + 2, value: { days: between(from, to), doubtful: false } };
  return { end: next, value: { days: [from], doubtful: SHORT.has(tokens[at]?.lower ?? '') } };
}

function readGroup(tokens: readonly Token[], at: number): { end: number; value: DaysReading } | undefined {
  const [first = '', second = '', third = ''] = [at, at + 1, at + 2].map((index) => tokens[index]?.lower ?? '');
  const value = (days: readonly Weekday[]) => ({ days, doubtful: false });
  if (/^(weekdays?|workdays?)$/.test(first)) return { end: at + 1, value: value(WEEK) };
  if (/^weekends?$/.test(first)) return { end: at + 1, value: value(WEEKEND) };
  if (/^(week|working|work|business)$/.test(first) && /^days?$/.test(second))
    return { end: at + 2, value: value(WEEK) };
  if (/^(daily|everyday)$/.test(first)) return { end: at + 1, value: value(WEEKDAYS) };
  if (/^(every|each|all|any)$/.test(first) && /^days?$/.test(second)) return { end: at + 2, value: value(WEEKDAYS) };
  if ((first === '7' || first === 'seven') && second === 'days' && /^(a|per)$/.test(third))
    return { end: at + 4, value: value(WEEKDAYS) };
  if (/^(all|every)$/.test(first) && second === 'week') return { end: at + 2, value: value(WEEKDAYS) };
  return undefined;
}

/** From one day through another, across the week's end where need be. */
export function between(from: Weekday, to: Weekday): Weekday[] {
  const start = WEEKDAYS.indexOf(from);
  const count = ((WEEKDAYS.indexOf(to) - start + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => WEEKDAYS[(start + index) % 7] ?? from);
}
