import type { KnownWorld } from '../world.ts';
import { readAmount } from './amounts.ts';
import { readWords } from './calendar-names.ts';
import { firstOf, pattern, type Reader } from './pattern.ts';
import { type PhraseReading, refused } from './phrase.ts';
import type { Token } from './tokens.ts';

const MONTHS =
  'january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec'.split(
    ' ',
  );
const readMonth: Reader<string> = (tokens, at) => {
  const month = tokens[at];
  // `may` and `march` are verbs too; a month is written with a capital.
  if (!month || !MONTHS.includes(month.lower) || !/^\p{Lu}/u.test(month.text)) return undefined;
  return { end: at + 1, value: month.lower };
};
const readDayOfMonth: Reader<string> = (tokens, at) => {
  const [day, ending] = [tokens[at], tokens[at + 1]];
  if (day?.kind !== 'number' || !/^\d{1,2}$/.test(day.lower) || Number(day.lower) > 31) return undefined;
  return { end: ending?.glued && /^(st|nd|rd|th)$/.test(ending.lower) ? at + 2 : at + 1, value: day.lower };
};
const readOrdinal: Reader<string> = (tokens, at) => {
  const [day, ending] = [tokens[at], tokens[at + 1]];
  if (day?.kind === 'number' && ending?.glued && /^(st|nd|rd|th)$/.test(ending.lower))
    return { end: at + 2, value: day.lower };
  return /^(first|second|third|fourth|last)$/.test(day?.lower ?? '')
    ? { end: at + 1, value: day?.lower ?? '' }
    : undefined;
};
const readIsoDate: Reader<string> = (tokens, at) => {
  const parts = tokens.slice(at, at + 5);
  const text = parts.map((part) => part.text).join('');
  return parts.length === 5 && /^\d{4}-\d{1,2}-\d{1,2}$/.test(text) ? { end: at + 5, value: text } : undefined;
};
const readDayName: Reader<string> = (tokens, at) =>
  /^(mon|tues|wednes|thurs|fri|satur|sun)day$/.test(tokens[at]?.lower ?? '') ? { end: at + 1, value: '' } : undefined;
const readers = {
  month: readMonth,
  day: readDayOfMonth,
  ordinal: readOrdinal,
  iso: readIsoDate,
  amount: readAmount,
  weekday: readDayName,
};

const PREPOSITION =
  '(on|in|during|from|until|till|since|before|after|by|every|each|between|over|throughout|except|except on|except in)';
const DATES = firstOf([
  pattern(`${PREPOSITION} [the] <day> [of] <month> [<day:year>]`, readers),
  pattern(`${PREPOSITION} [early|late|mid] <month> [the] [<day>]`, readers),
  pattern(`${PREPOSITION} <iso>`, readers),
  pattern(`${PREPOSITION} the <ordinal> [<weekday>] [of] [the|every|each] [month]`, readers),
  pattern('(on|every|each) <ordinal> <weekday>', readers),
  pattern('(on the|every|each) <ordinal> <weekday> [of the month|of each month|of every month]', readers),
  pattern('every other (day|week|month|<weekday>)', readers),
  pattern('(in|during) [the] (summer|winter|spring|autumn)', readers),
  pattern(
    "(on|at|over|during|except on|except at|for) (christmas|easter|new year|new years|new year's) [eve|day|monday|sunday]",
  ),
  pattern(
    '(on|at|over|during|except on|except at|for) (black friday|good friday|cyber monday|boxing day|thanksgiving|halloween|easter weekend|bank holiday monday)',
  ),
]);
const HOLIDAYS = firstOf([
  pattern(
    '(on|during|over|except on|except during) [the|all|any] [public|bank|school|national|local] (holidays|holiday)',
  ),
  pattern('[,] (and|or|nor) [on] [the|all|any] (public|bank|school|national) (holidays|holiday)'),
]);
const ONCE = firstOf([
  pattern('(for|in|during|within|over) the (next|coming|following) <amount>', readers),
  pattern('(for|during|until) the (rest|remainder|end) of the (day|week|night|month)', readers),
  pattern(
    '(until|from|starting|by|before|after|on|for|only) (tomorrow|tonight|today|yesterday) [morning|evening|night|noon|afternoon]',
    readers,
  ),
  pattern('(tonight|tomorrow|yesterday) [morning|evening|night|afternoon]', readers),
  pattern('(this|next) (week|weekend|month|morning|afternoon|evening|<weekday>)', readers),
]);

/** Dates and single occasions: a rule repeats every week, so these are refused and never dropped. */
export function readDate(tokens: readonly Token[], at: number, world: KnownWorld): PhraseReading | undefined {
  const holidays = HOLIDAYS(tokens, at);
  if (holidays && !holidaysKnown(tokens, at, holidays.end, world)) {
    const message =
      'No calendar is called "holidays"; write one under "calendars:" in the configuration, or list the days as closed';
    return { end: holidays.end, value: 'holidays', issues: [refused('unknown-calendar', message)] };
  }
  const date = DATES(tokens, at);
  if (date) {
    const message =
      'Dates are not understood in a sentence; a schedule repeats every week. Put the days under "closed:" of a calendar';
    return { end: date.end, value: 'date', issues: [refused('date', message)] };
  }
  const once = ONCE(tokens, at);
  if (!once) return undefined;
  const message = 'A rule has no end date; switch it off ("enabled: false") when it is no longer wanted';
  return { end: once.end, value: 'one occasion', issues: [refused('one-occasion', message)] };
}

function holidaysKnown(tokens: readonly Token[], at: number, end: number, world: KnownWorld): boolean {
  return Object.keys(world.calendars).some((name) => {
    for (let start = at; start < end; start++) if (readWords(tokens, start, name) === end) return true;
    return false;
  });
}
