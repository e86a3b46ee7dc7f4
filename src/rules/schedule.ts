import type { ScheduleWindow, Weekday } from './rule.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const satisfies readonly Weekday[];

/** A stretch of local time on each of `days`; `to` at or before `from` runs across midnight and belongs to the day it begins. */
export interface DayWindow {
  readonly days: readonly Weekday[];
  /** `HH:MM`, 00:00 to 23:59. */
  readonly from: string;
  /** `HH:MM`, exclusive; 24:00 is the end of the day. */
  readonly to: string;
}

/** Named hours, such as opening hours. Nothing begins on a closed date; what began the day before still ends. */
export interface Calendar {
  readonly hours: readonly DayWindow[];
  /** Local dates, `YYYY-MM-DD`. */
  readonly closed: readonly string[];
}

interface LocalTime {
  readonly day: Weekday;
  /** Minutes since local midnight, as the clock on the wall shows them. */
  readonly minute: number;
  readonly date: string;
  readonly dateBefore: string;
}

/**
 * Whether a schedule is on at a wall-clock instant; null means always. Compares what the wall clock of the time zone shows,
 * so on the day the clocks change a window begins and ends by that clock: an hour skipped is not there, an hour repeated
 * counts twice. A calendar that is not known is never on (the compiler refuses such a rule).
 * Throws RangeError for a time zone that Intl does not know.
 */
export function isOn(
  schedule: readonly ScheduleWindow[] | null,
  calendars: Readonly<Record<string, Calendar>>,
  timeZone: string,
  wallMs: number,
): boolean {
  if (schedule === null) return true;
  const now = localTime(timeZone, wallMs);
  return schedule.some((window) => windowIsOn(window, calendars, now));
}

function windowIsOn(window: ScheduleWindow, calendars: Readonly<Record<string, Calendar>>, now: LocalTime): boolean {
  if (!('calendar' in window)) return dayWindowIsOn(window, now, []);
  const calendar = calendars[window.calendar];
  if (!calendar) return false;
  if (window.from !== undefined && window.to !== undefined) {
    if (!dayWindowIsOn({ days: WEEKDAYS, from: window.from, to: window.to }, now, [])) return false;
  }
  const days = window.days ?? WEEKDAYS;
  // The night of Friday ends on Saturday: days pick the windows that begin on them. Closed time begins nowhere, so there
  // they pick by the day it is.
  if (window.negate) return days.includes(now.day) && !calendarIsOn(calendar, WEEKDAYS, now);
  return calendarIsOn(calendar, days, now);
}

function calendarIsOn(calendar: Calendar, days: readonly Weekday[], now: LocalTime): boolean {
  return calendar.hours.some((hours) =>
    dayWindowIsOn({ ...hours, days: hours.days.filter((day) => days.includes(day)) }, now, calendar.closed),
  );
}

function dayWindowIsOn(window: DayWindow, now: LocalTime, closed: readonly string[]): boolean {
  const from = minuteOf(window.from);
  const to = minuteOf(window.to);
  const begunToday = window.days.includes(now.day) && !closed.includes(now.date);
  if (from < to) return begunToday && now.minute >= from && now.minute < to;
  if (begunToday && now.minute >= from) return true;
  return window.days.includes(dayBefore(now.day)) && !closed.includes(now.dateBefore) && now.minute < to;
}

/** `HH:MM` as minutes since midnight; 24:00 is 1440. */
export function minuteOf(clock: string): number {
  const [hours = '0', minutes = '0'] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Minutes since midnight as `HH:MM`. */
export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

export function dayBefore(day: Weekday): Weekday {
  return WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7] ?? day;
}

// Building a formatter costs far more than using it, and schedules are asked once per rule and frame.
const formatters = new Map<string, Intl.DateTimeFormat>();

function localTime(timeZone: string, wallMs: number): LocalTime {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formatters.set(timeZone, formatter);
  }
  const parts: Record<string, string> = {};
  for (const part of formatter.formatToParts(wallMs)) parts[part.type] = part.value;
  const date = `${parts.year}-${parts.month}-${parts.day}`;
  const weekday = (parts.weekday ?? 'Mon').slice(0, 3).toLowerCase();
  return {
    day: WEEKDAYS.find((day) => day === weekday) ?? 'mon',
    minute: Number(parts.hour) * 60 + Number(parts.minute),
    date,
    dateBefore: previousDate(date),
  };
}

function previousDate(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
