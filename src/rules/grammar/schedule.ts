import { clockOf } from '../schedule.ts';
import { describeDays } from '../schedule-text.ts';
import type { KnownWorld } from '../world.ts';
import { readAmount } from './amounts.ts';
import { type CalendarReading, NIGHT, readCalendar } from './calendar-names.ts';
import { endsHere, type Mode, RANGE, readDaysBefore, reading, readTimes, timesReading } from './clock-phrases.ts';
import { type ClockReading, readClock } from './clock-times.ts';
import { readDate } from './dates.ts';
import { between, type DaysReading, readDays } from './days.ts';
import { firstOf, pattern } from './pattern.ts';
import { type Phrase, type PhraseReading, refused } from './phrase.ts';
import type { MinuteRange, SchedulePiece } from './schedule-pieces.ts';
import type { Token } from './tokens.ts';

const IT_IS = "(it is|it's|the time is|that is|time is)";
const NEGATIVE = firstOf([
  pattern(
    `[,] [and|but] (except|excepting|excluding|other than|apart from|aside from|with the exception of|unless) [for] [when|if|while] [${IT_IS}]`,
  ),
  pattern('[,] [and|but] (not|never|but not) [for] [when|if]'),
  pattern(
    "(,|and|but|, and|, but|;|-|–) (don't|do not|never|no need to) (bother|disturb|alert|notify|wake|tell|call|message) [me|us|anyone] [when|if]",
  ),
  pattern('[,] [and|but] outside of'),
]);
const POSITIVE = firstOf([
  pattern(`[,] [and|or|but] [only|just] (if|when|while|whenever|as long as|provided) [that] ${IT_IS} [still|already]`),
  pattern(`[,] (and|or) [only|just] ${IT_IS}`),
  pattern('[,] (and|or|but|plus) [also] [only|just]'),
  pattern('[,] [also] (only|just)'),
  pattern(','),
]);

const PARTS = pattern('(in the|during the|every|each|on) (morning|mornings|afternoon|afternoons|evening|evenings)');
const ALONE = pattern('(mornings|afternoons|evenings)');
const PART_MINUTES: Readonly<Record<string, MinuteRange>> = {
  morning: { from: 360, to: 720 },
  afternoon: { from: 720, to: 1080 },
  evening: { from: 1080, to: 1320 },
};
const ALWAYS = firstOf([
  pattern(
    '(24 / 7|24 - 7|around the clock|round the clock|at any time of the day|at any time of day|at any hour of the day|at all times of the day|day and night|night and day|day or night|night or day|any time of day|any time of the day|at all times|at any time|at any hour|all day long|all day and night|all day|all the time|24 hours a day|twenty - four hours a day|always|anytime|any time)',
  ),
]);
const ON = firstOf([
  pattern('(on|at|during|every|each|in|throughout) [the|all|any|the whole|the entire]'),
  // `falls over Monday`
  pattern('over (the|all|any)'),
  pattern('(the whole|the entire|all)'),
]);
const FROM = pattern('from');
const DAY_PART = pattern('(morning|mornings|afternoon|afternoons|evening|evenings|night|nights)');
const WEEK_SPAN = pattern(
  '(from|between) <day:first> [at] <clock:from> (to|until|till|through|and|-|–) <day:last> [at] <clock:to>',
  { clock: readClock, day: readDay },
);

/** When the rule is on: clock times, days, parts of the day and calendars, one phrase at a time. */
export const schedule: Phrase = {
  means: 'schedule',
  read(tokens, at, world) {
    const date = readDate(tokens, at, world);
    if (date) return date;
    const negative = NEGATIVE(tokens, at) ?? butDay(tokens, at);
    const positive = negative ? undefined : POSITIVE(tokens, at);
    const from = negative?.end ?? positive?.end ?? at;
    const or = tokens.slice(at, from).some((token) => token.lower === 'or');
    const apart = tokens[at]?.lower === ',' && from > at + 1;
    const inner = readPiece(tokens, from, world, { or, apart, negate: negative !== undefined });
    // `not` and `and` belong to the schedule only where a schedule follows; `always` alone may follow `not` only.
    if (inner) return inner;
    return from === at ? undefined : readPiece(tokens, at, world, { or: false, apart: false, negate: false });
  },
};

/** `any day but Sunday`. */
function butDay(tokens: readonly Token[], at: number): { end: number } | undefined {
  if (tokens[at]?.lower !== 'but' || !/^days?$/.test(tokens[at - 1]?.lower ?? '')) return undefined;
  return readDays(tokens, at + 1) && { end: at + 1 };
}

function readPiece(tokens: readonly Token[], at: number, world: KnownWorld, mode: Mode): PhraseReading | undefined {
  return (
    readOffset(tokens, at) ??
    readSun(tokens, at) ??
    calendarPiece(readCalendar(tokens, at, world), mode) ??
    readWeekSpan(tokens, at, mode) ??
    readTimes(tokens, at, mode) ??
    longer(readAlways(tokens, at, mode), readDayPhrase(tokens, at, mode)) ??
    readParts(tokens, at, mode)
  );
}

/** `all day long` is more than `all day`. */
function longer(one: PhraseReading | undefined, other: PhraseReading | undefined): PhraseReading | undefined {
  return one && (!other || one.end > other.end) ? one : other;
}

function calendarPiece(found: CalendarReading | undefined, mode: Mode): PhraseReading | undefined {
  if (!found) return undefined;
  const negate = found.negate !== mode.negate;
  const piece: SchedulePiece = { type: 'calendar', name: found.name, negate, or: mode.or };
  return reading(found.end, piece, `${negate ? 'outside' : 'during'} ${found.name}`, found.issues);
}

const OFFSET = firstOf([
  pattern('[from|until] <amount> (before|after) (closing|opening) [time]', { amount: readAmount }),
  pattern('[from|until] <amount> (before|after) (we|it|the store|the shop) (close|closes|open|opens)', {
    amount: readAmount,
  }),
]);

const SUN =
  '(sunrise|sunset|sun rise|sun set|dawn|dusk|nightfall|sunup|sundown|daybreak|twilight|the sun rises|the sun sets)';
const BY_THE_SUN = firstOf([
  pattern(`(between|from) ${SUN} (and|to|until|till) ${SUN}`),
  pattern(`(after|before|until|till|from|since|at|around|during|past|by) [the] ${SUN} [on|onwards]`),
]);

/** The box knows no place on earth, so it knows no sunset. */
function readSun(tokens: readonly Token[], at: number): PhraseReading | undefined {
  const match = BY_THE_SUN(tokens, at);
  const message = 'The box does not know when the sun rises or sets; write clock times, or "at night"';
  return match && { end: match.end, value: 'sun', issues: [refused('schedule-sun', message)] };
}

/** One day alone: in `between Monday 6am and Friday 6pm` the second day is not joined to the first. */
function readDay(tokens: readonly Token[], at: number): { end: number; value: DaysReading } | undefined {
  const days = readDays(tokens.slice(0, at + 1), at);
  return days && days.value.days.length === 1 ? days : undefined;
}

/** `30 minutes before closing` would need a clock that follows the calendar. */
function readOffset(tokens: readonly Token[], at: number): PhraseReading | undefined {
  const match = OFFSET(tokens, at);
  if (!match) return undefined;
  const message = 'A time counted from a calendar is not understood; write the clock time, such as "after 9:30 pm"';
  return { end: match.end, value: 'offset', issues: [refused('schedule-offset', message)] };
}

function readWeekSpan(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  const match = WEEK_SPAN(tokens, at);
  if (!match || mode.negate) return undefined;
  const first = (match.found.first as DaysReading).days;
  const last = (match.found.last as DaysReading).days;
  const [from] = first;
  const [to] = last;
  if (!from || !to || first.length > 1 || last.length > 1 || from === to) return undefined;
  const start = clockOf((match.found.from as ClockReading).minute);
  const end = clockOf((match.found.to as ClockReading).minute);
  const inside = between(from, to).slice(1, -1);
  const windows = [
    { days: [from], from: start, to: '24:00' },
    ...(inside.length > 0 ? [{ days: inside, from: '00:00', to: '24:00' }] : []),
    { days: [to], from: '00:00', to: end },
  ];
  return reading(match.end, { type: 'windows', windows, or: mode.or }, `${from} ${start} to ${to} ${end}`);
}

function readDayPhrase(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  const every = readDays(tokens, at);
  const on = every && /^(every|each|all|any)$/.test(tokens[at]?.lower ?? '') ? undefined : ON(tokens, at);
  const from = on || every ? undefined : FROM(tokens, at);
  const span = from && readDays(tokens, from.end);
  // `from Monday to Friday`; a rule that begins on one Monday has no place here.
  const days = on ? readDays(tokens, on.end) : (every ?? (span && span.value.days.length > 1 ? span : undefined));
  // `the Monday special`, `the daily paper`: what kind of thing it is.
  const named = every && !on && /^(the|a|an|our|this|that|its)$/.test(tokens[at - 1]?.lower ?? '');
  if (named && tokens[every.end]?.kind === 'word' && !endsHere(tokens, every.end)) return undefined;
  if (!days || (days.value.doubtful && !on && !mode.negate && !vouched(tokens, at, days.end))) return undefined;
  const piece: SchedulePiece = {
    type: 'days',
    days: days.value.days,
    negate: mode.negate,
    apart: mode.apart,
    or: mode.or,
  };
  return reading(days.end, piece, `${mode.negate ? 'not ' : ''}${describeDays(days.value.days)}`);
}

/** `Sat 9:00-14:00`: a clock time, or a capital within the sentence, says that the short word is a day. */
function vouched(tokens: readonly Token[], at: number, end: number): boolean {
  if (readClock(tokens, end) || RANGE(tokens, end)) return true;
  return at > 0 && /^\p{Lu}/u.test(tokens[at]?.text ?? '') && tokens[at - 1]?.lower !== 'the';
}

function readParts(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  const named = PARTS(tokens, at);
  // `Sunday mornings`: the part of the day right after the day.
  // `shelf empty, mornings only`
  const alone =
    named || (tokens[at - 1]?.kind !== 'sign' && tokens[at + 1] !== undefined) ? undefined : ALONE(tokens, at);
  const afterDay = named || alone || !readDaysBefore(tokens, at) ? undefined : DAY_PART(tokens, at);
  const match = named ?? alone ?? afterDay;
  if (!match) return undefined;
  // `every evening after 9pm`: the hours say it more exactly.
  const more = readTimes(tokens, match.end, mode);
  if (named && more?.meaning) return { ...more, value: more.value };
  const word = (tokens[match.end - 1]?.lower ?? '').replace(/s$/, '');
  if (word === 'night')
    return reading(match.end, { type: 'calendar', name: NIGHT, negate: mode.negate, or: mode.or }, `during ${NIGHT}`);
  const range = PART_MINUTES[word];
  return range && timesReading(match.end, range, mode, []);
}

function readAlways(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  const match = mode.negate ? undefined : ALWAYS(tokens, at);
  return match && reading(match.end, { type: 'always', or: mode.or }, 'always');
}
