import { clockOf } from '../schedule.ts';
import { describeDays } from '../schedule-text.ts';
import type { KnownWorld } from '../world.ts';
import { readAmount } from './amounts.ts';
import { type CalendarReading, NIGHT, readCalendar } from './calendar-names.ts';
import { type ClockReading, rangeOf, readClock } from './clock-times.ts';
import { readDate } from './dates.ts';
import { between, type DaysReading, readDays } from './days.ts';
import { firstOf, pattern } from './pattern.ts';
import { doubted, type Phrase, type PhraseIssue, type PhraseReading, refused } from './phrase.ts';
import type { MinuteRange, SchedulePiece } from './schedule-pieces.ts';
import { isDash, type Token } from './tokens.ts';

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

const readers = { clock: readClock };
const RANGE = firstOf([
  pattern('between [the hours of] <clock:from> (and|to|-|–|—) <clock:to>', readers),
  pattern(
    'from <clock:from> [on|onwards|on and] (to|until|till|til|through|thru|up to|up until|-|–|—) <clock:to>',
    readers,
  ),
  pattern('(after|past|since) <clock:from> [and] (to|until|till|til|before|up to) <clock:to>', readers),
  pattern('before <clock:to> and after <clock:from>', readers),
]);
const DASH_RANGE = pattern('<clock:from> (-|–|—|to|until|till|til|through) <clock:to>', readers);
const AFTER = pattern(
  '(after|past|since|from|starting at|starting from|beginning at|as of|as from|later than|any time after) <clock:from> [on|onwards|onward|in the day]',
  readers,
);
const BY = pattern('by <clock:from>', readers);
const BEFORE = pattern(
  '(before|until|till|up to|up until|earlier than|not after|no later than|any time before) <clock:to>',
  readers,
);
const MOMENT = pattern('(at|around|at around|at about|exactly at|shortly after|shortly before) <clock:from>', readers);
const PARTS = pattern('(in the|during the|every|each|on) (morning|mornings|afternoon|afternoons|evening|evenings)');
const ALONE = pattern('(mornings|afternoons|evenings)');
const PART_MINUTES: Readonly<Record<string, MinuteRange>> = {
  morning: { from: 360, to: 720 },
  afternoon: { from: 720, to: 1080 },
  evening: { from: 1080, to: 1320 },
};
const ALWAYS = firstOf([
  pattern(
    '(24 / 7|24 - 7|around the clock|round the clock|day and night|night and day|day or night|night or day|any time of day|any time of the day|at all times|at any time|at any hour|all day long|all day and night|all day|all the time|24 hours a day|twenty - four hours a day|always|anytime|any time)',
  ),
]);
const ON = firstOf([
  pattern('(on|at|during|over|every|each|in|throughout) [the|all|any|the whole|the entire]'),
  pattern('(the whole|the entire|all)'),
]);
const FROM = pattern('from');
const OUTSIDE = pattern('outside [of] [the] [hours] [of|from]');
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

interface Mode {
  readonly or: boolean;
  /** After a comma and a joint: `on weekends, and on weekdays after 8pm`. */
  readonly apart: boolean;
  readonly negate: boolean;
}

function readPiece(tokens: readonly Token[], at: number, world: KnownWorld, mode: Mode): PhraseReading | undefined {
  return (
    readOffset(tokens, at) ??
    calendarPiece(readCalendar(tokens, at, world), mode) ??
    readWeekSpan(tokens, at, mode) ??
    readTimes(tokens, at, mode) ??
    readDayPhrase(tokens, at, mode) ??
    readParts(tokens, at, mode) ??
    readAlways(tokens, at, mode)
  );
}

function reading(end: number, piece: SchedulePiece, value: string, issues: readonly PhraseIssue[] = []): PhraseReading {
  return { end, meaning: { kind: 'schedule', piece }, value, issues };
}

function calendarPiece(found: CalendarReading | undefined, mode: Mode): PhraseReading | undefined {
  if (!found) return undefined;
  const negate = found.negate !== mode.negate;
  const piece: SchedulePiece = { type: 'calendar', name: found.name, negate, or: mode.or };
  return reading(found.end, piece, `${negate ? 'outside' : 'during'} ${found.name}`, found.issues);
}

const OFFSET = firstOf([
  pattern('[from|until|for] <amount> (before|after) (closing|opening) [time]', { amount: readAmount }),
  pattern('[from|until|for] <amount> (before|after) (we|it|the store|the shop) (close|closes|open|opens)', {
    amount: readAmount,
  }),
]);

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

function readTimes(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  // `outside 8am to 6pm`; in `parked outside between 8 and 10` the word is a place.
  const outside = OUTSIDE(tokens, at);
  const bounds = outside && dashRange(tokens, outside.end);
  if (outside && bounds) return readTimes(tokens, outside.end, { ...mode, negate: !mode.negate });
  const range = RANGE(tokens, at) ?? dashRange(tokens, at);
  if (range) {
    const from = range.found.from as ClockReading;
    const to = range.found.to as ClockReading;
    // `between 8 and 10 people`: two bare numbers are times only where no noun follows.
    if (from.bare && to.bare && !endsHere(tokens, range.end)) return undefined;
    const minutes = rangeOf(from, to);
    return timesReading(range.end, minutes, mode, rangeIssues(minutes));
  }
  const after = AFTER(tokens, at);
  if (after) {
    const clock = after.found.from as ClockReading;
    if (clock.bare && !endsHere(tokens, after.end)) return undefined;
    if (clock.minute === 0) {
      const doubt = doubted(
        'until-morning',
        'Read as midnight until 06:00; write "from ... to ..." if you mean another end',
      );
      return timesReading(after.end, { from: 0, to: 360 }, mode, [doubt]);
    }
    const issue = doubted(
      'until-midnight',
      `Read as ${clockOf(clock.minute % 1440)} until midnight; write "from ... to ..." for the night`,
    );
    return timesReading(
      after.end,
      { from: clock.minute % 1440, to: 1440 },
      mode,
      clock.bare || !clock.exact ? [halfDay(clock)] : clock.minute >= 1200 ? [issue] : [],
    );
  }
  // `at till 5` is a place.
  const before = /^(at|the|by|near)$/.test(tokens[at - 1]?.lower ?? '') ? undefined : BEFORE(tokens, at);
  if (before) {
    const clock = before.found.to as ClockReading;
    if (clock.bare && !endsHere(tokens, before.end)) return undefined;
    return timesReading(
      before.end,
      { from: 0, to: clock.minute === 0 ? 1440 : clock.minute },
      mode,
      clock.exact ? [] : [halfDay(clock)],
    );
  }
  const by = BY(tokens, at);
  if (by && !(by.found.from as ClockReading).bare) {
    const message =
      'What should have happened by a certain time is seen after it; write "after ..." and what is then to be seen';
    return { end: by.end, value: 'deadline', issues: [refused('deadline', message)] };
  }
  const moment = MOMENT(tokens, at);
  if (!moment || (moment.found.from as ClockReading).bare) return undefined;
  const message = 'A rule is on for a stretch of time, not at one moment; write "from ... to ..."';
  return { end: moment.end, value: 'one moment', issues: [refused('one-moment', message)] };
}

function halfDay(clock: ClockReading): PhraseIssue {
  return doubted(
    'ambiguous-clock',
    `Read as ${clockOf(clock.minute % 1440)} of the 24-hour clock; write am or pm if you mean another`,
  );
}

function dashRange(tokens: readonly Token[], at: number) {
  const match = DASH_RANGE(tokens, at);
  if (!match) return undefined;
  const [from, to] = [match.found.from as ClockReading, match.found.to as ClockReading];
  // `3 - 5 boxes`, `5 to 10`: without a preposition at least one side must be a clock time beyond doubt.
  const certain = (!from.bare && from.exact) || (!to.bare && to.exact) || (!from.bare && !to.bare);
  // `mon-sat 8-20`: the days before say that these are hours.
  return certain || (readDaysBefore(tokens, at) && endsHere(tokens, match.end)) ? match : undefined;
}

function timesReading(end: number, range: MinuteRange, mode: Mode, issues: readonly PhraseIssue[]): PhraseReading {
  if (range.from === range.to) {
    return { end, value: 'empty', issues: [refused('empty-window', 'The time begins and ends at the same minute')] };
  }
  const value = `${mode.negate ? 'not ' : ''}${clockOf(range.from)}-${clockOf(range.to)}`;
  return reading(end, { type: 'times', ranges: [range], negate: mode.negate, or: mode.or }, value, issues);
}

function rangeIssues({ from, to, guessed }: { from: number; to: number; guessed: boolean }): PhraseIssue[] {
  const hours = ((to - from + 1440) % 1440 || 1440) / 60;
  if (!guessed && hours <= 18) return [];
  return [
    doubted(
      'ambiguous-clock',
      `Read as ${clockOf(from)} to ${clockOf(to)} of the 24-hour clock; write am or pm if you mean another`,
    ),
  ];
}

const FOLLOWERS = new Set(
  'alert notify warn tell let please send inform log record raise message i we is are on every each daily during in at for if when whenever while and or but except only then check critical urgent local weekdays weekends'.split(
    ' ',
  ),
);

function endsHere(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at];
  return next === undefined || (next.kind === 'sign' && !isDash(next)) || FOLLOWERS.has(next.lower);
}

function readDayPhrase(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  const every = readDays(tokens, at);
  const on = every && /^(every|each|all|any)$/.test(tokens[at]?.lower ?? '') ? undefined : ON(tokens, at);
  const from = on || every ? undefined : FROM(tokens, at);
  const span = from && readDays(tokens, from.end);
  // `from Monday to Friday`; a rule that begins on one Monday has no place here.
  const days = on ? readDays(tokens, on.end) : (every ?? (span && span.value.days.length > 1 ? span : undefined));
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
  const word = (tokens[match.end - 1]?.lower ?? '').replace(/s$/, '');
  if (word === 'night')
    return reading(match.end, { type: 'calendar', name: NIGHT, negate: mode.negate, or: mode.or }, `during ${NIGHT}`);
  const range = PART_MINUTES[word];
  return range && timesReading(match.end, range, mode, []);
}

function readDaysBefore(tokens: readonly Token[], at: number): boolean {
  const before = readDays(tokens, at - 1);
  return before?.end === at;
}

function readAlways(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
  const match = mode.negate ? undefined : ALWAYS(tokens, at);
  return match && reading(match.end, { type: 'always', or: mode.or }, 'always');
}
