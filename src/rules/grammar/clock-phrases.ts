import { clockOf } from '../schedule.ts';
import { type ClockReading, rangeOf, readClock } from './clock-times.ts';
import { readDays } from './days.ts';
import { firstOf, type PatternMatch, pattern } from './pattern.ts';
import { doubted, type PhraseIssue, type PhraseReading, refused } from './phrase.ts';
import type { MinuteRange, SchedulePiece } from './schedule-pieces.ts';
import { isDash, type Token } from './tokens.ts';

/** Phrases of clock times: `between 8am and 10pm`, `after 6pm`, `mon-sat 8-20`. The rest of a schedule is in schedule.ts. */
const readers = { clock: readClock };
export const RANGE = firstOf([
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
const OUTSIDE = pattern('outside [of] [the] [hours] [of|from]');

export interface Mode {
  readonly or: boolean;
  /** After a comma and a joint: `on weekends, and on weekdays after 8pm`. */
  readonly apart: boolean;
  readonly negate: boolean;
}

export function reading(
  end: number,
  piece: SchedulePiece,
  value: string,
  issues: readonly PhraseIssue[] = [],
): PhraseReading {
  return { end, meaning: { kind: 'schedule', piece }, value, issues };
}

export function readTimes(tokens: readonly Token[], at: number, mode: Mode): PhraseReading | undefined {
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
  const after = withoutOn(AFTER(tokens, at), tokens);
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

/** `from 6 pm on, alert me`, but `after 6 pm on the loading dock`. */
function withoutOn(match: PatternMatch | undefined, tokens: readonly Token[]): PatternMatch | undefined {
  const goesOn = match && tokens[match.end - 1]?.lower === 'on' && !endsHere(tokens, match.end);
  return goesOn ? { ...match, end: match.end - 1 } : match;
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
  return certain || (readDaysBefore(tokens, at) && !countsThings(tokens, match.end)) ? match : undefined;
}

export function timesReading(
  end: number,
  range: MinuteRange,
  mode: Mode,
  issues: readonly PhraseIssue[],
): PhraseReading {
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
  'alert notify warn tell let please send inform log record raise message i we is are on every each daily during in at for if when whenever while and or but except only then check critical urgent local weekdays weekends longer with more no not max ping text call email page lmk over as checking checked look ask severity low high this mark treat just once remind repeat'.split(
    ' ',
  ),
);

export function endsHere(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at];
  if (next === undefined || (next.kind === 'sign' && !isDash(next)) || FOLLOWERS.has(next.lower)) return true;
  // `8-20 one alert per day`
  return (
    /^(one|1|a)$/.test(next.lower) && /^(alert|alarm|message|notification|email)$/.test(tokens[at + 1]?.lower ?? '')
  );
}

/** `mon-fri 3-5 boxes`: a plural behind it says that it is a number. */
function countsThings(tokens: readonly Token[], at: number): boolean {
  if (endsHere(tokens, at)) return false;
  const next = tokens[at]?.lower ?? '';
  return isDash(tokens[at]) || /^(people|men|women|children|persons?|items?)$|[^sui]s$/.test(next);
}

export function readDaysBefore(tokens: readonly Token[], at: number): boolean {
  const before = readDays(tokens, at - 1);
  return before?.end === at;
}
