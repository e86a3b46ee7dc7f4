import type { ScheduleWindow, Weekday } from '../rule.ts';
import { clockOf, WEEKDAYS } from '../schedule.ts';
import { type PhraseIssue, refused } from './phrase.ts';

/** Minutes since midnight; `to` at or before `from` runs across midnight. */
export interface MinuteRange {
  readonly from: number;
  readonly to: number;
}

/** One phrase of a schedule, before the phrases of a sentence are put together. `or`: it opens an alternative. */
export type SchedulePiece = { readonly or: boolean } & (
  | { readonly type: 'times'; readonly ranges: readonly MinuteRange[]; readonly negate: boolean }
  | { readonly type: 'days'; readonly days: readonly Weekday[]; readonly negate: boolean; readonly apart: boolean }
  | { readonly type: 'calendar'; readonly name: string; readonly negate: boolean }
  | { readonly type: 'windows'; readonly windows: readonly ScheduleWindow[] }
  | { readonly type: 'always' }
);

/** Days, times and a calendar that hold together: `on weekdays from 8 to 20`. */
interface Group {
  days?: Weekday[];
  except: Weekday[];
  ranges?: MinuteRange[];
  notRanges: MinuteRange[];
  calendar?: { name: string; negate: boolean };
  windows?: readonly ScheduleWindow[];
  /** Which of days and times came first: the other way round begins the next group. */
  began?: 'days' | 'times';
}

const DAY = 1440;

/**
 * Puts the phrases of one sentence together. Days and times next to each other are one condition; a second pair in the same
 * order is an alternative ("on weekdays from 8 to 20 and on Saturdays from 9 to 14"); `except` takes away.
 */
export function composeSchedule(pieces: readonly SchedulePiece[]): {
  windows: ScheduleWindow[] | null;
  issues: PhraseIssue[];
} {
  const conditions = pieces.filter((piece) => piece.type !== 'always');
  if (conditions.length === 0) return { windows: null, issues: [] };
  const issues: PhraseIssue[] = [];
  const groups: Group[] = [];
  let group: Group = { except: [], notRanges: [] };
  groups.push(group);
  const next = (): Group => {
    group = { except: [], notRanges: [] };
    groups.push(group);
    return group;
  };
  for (const piece of conditions) {
    if (piece.or && piece.type !== 'days' && (group.calendar || piece.type === 'calendar')) next();
    if (piece.type === 'days') addDays(group, piece, next);
    else if (piece.type === 'times') addTimes(group, piece, next);
    else if (piece.type === 'windows')
      (group.days || group.ranges || group.calendar ? next() : group).windows = piece.windows;
    else if (!group.calendar) group.calendar = { name: piece.name, negate: piece.negate };
    else if (group.calendar.name !== piece.name || group.calendar.negate !== piece.negate) issues.push(TWO_CALENDARS);
  }
  const windows = groups.flatMap(windowsOf);
  if (windows.length === 0)
    issues.push(refused('never-on', 'No day and no time is left over: the rule would never be on'));
  return { windows: isAlways(windows) ? null : windows, issues };
}

const TWO_CALENDARS = refused(
  'two-calendars',
  'Two calendars at once cannot be combined; write clock times, or two rules',
);

function addDays(
  group: Group,
  piece: { days: readonly Weekday[]; negate: boolean; apart: boolean },
  next: () => Group,
): void {
  if (piece.negate) {
    group.except.push(...piece.days);
    return;
  }
  const again = group.days !== undefined && (piece.apart || (group.ranges !== undefined && group.began === 'days'));
  const target = again ? next() : group;
  target.days = [...(target.days ?? []), ...piece.days];
  target.began ??= 'days';
}

function addTimes(group: Group, piece: { ranges: readonly MinuteRange[]; negate: boolean }, next: () => Group): void {
  if (piece.negate) {
    group.notRanges.push(...piece.ranges);
    return;
  }
  const target = group.days && group.ranges && group.began === 'times' ? next() : group;
  target.ranges = [...(target.ranges ?? []), ...piece.ranges];
  target.began ??= 'times';
}

function windowsOf(group: Group): ScheduleWindow[] {
  if (group.windows) return [...group.windows];
  const days = WEEKDAYS.filter((day) => (group.days ?? WEEKDAYS).includes(day) && !group.except.includes(day));
  if (days.length === 0) return [];
  const everyDay = days.length === WEEKDAYS.length;
  const timed = group.ranges !== undefined || group.notRanges.length > 0;
  const ranges = (group.ranges ?? [{ from: 0, to: DAY }]).flatMap((range) => subtract(range, group.notRanges));
  const { calendar } = group;
  if (!calendar)
    return ranges.map(({ from, to }) => ({
      days: from < DAY ? days : dayAfter(days),
      from: clockOf(from % DAY),
      to: clockOf(endOf(to)),
    }));
  const named = { calendar: calendar.name, negate: calendar.negate, ...(everyDay ? {} : { days }) };
  return timed
    ? ranges.map(({ from, to }) => ({ ...named, from: clockOf(from % DAY), to: clockOf(endOf(to)) }))
    : [named];
}

function endOf(to: number): number {
  return to <= DAY ? to : to % DAY || DAY;
}

function dayAfter(days: readonly Weekday[]): Weekday[] {
  return WEEKDAYS.filter((_, index) => days.includes(WEEKDAYS[(index + 6) % 7] ?? 'mon'));
}

/** What is left of a range without others, on a line that runs on past midnight. */
function subtract(range: MinuteRange, others: readonly MinuteRange[]): MinuteRange[] {
  let left = [{ from: range.from, to: range.to > range.from ? range.to : range.to + DAY }];
  for (const other of others) {
    const length = other.to > other.from ? other.to - other.from : other.to + DAY - other.from;
    for (const shift of [-DAY, 0, DAY]) {
      const cut = { from: other.from + shift, to: other.from + shift + length };
      left = left
        .flatMap(({ from, to }) => [
          { from, to: Math.min(to, cut.from) },
          { from: Math.max(from, cut.to), to },
        ])
        .filter(({ from, to }) => from < to);
    }
  }
  return left;
}

function isAlways(windows: readonly ScheduleWindow[]): boolean {
  return windows.some(
    (window) => !('calendar' in window) && window.days.length === 7 && window.from === '00:00' && window.to === '24:00',
  );
}
