import { z } from 'zod';
import type { Weekday } from '../rules/rule.ts';
import type { Calendar, DayWindow } from '../rules/schedule.ts';

const DAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const GROUPS: Record<string, readonly Weekday[]> = {
  daily: DAYS,
  weekdays: DAYS.slice(0, 5),
  weekends: DAYS.slice(5),
};

/**
 * Named hours as people write them:
 *
 *     opening hours:
 *       mon-fri: 08:00-22:00
 *       sat: [08:00-12:00, 14:00-20:00]
 *       closed: [2026-12-25]
 *
 * Keys are a day, a range of days, `daily`, `weekdays` or `weekends`. Windows that end at or before their start run across
 * midnight. Two windows of one calendar may not overlap.
 */
export const calendarSchema: z.ZodType<Calendar, unknown> = z
  .record(z.string(), z.union([z.string(), z.array(z.union([z.string(), z.date()]))]), {
    error: 'must list days and hours, such as "mon-fri: 08:00-22:00"',
  })
  .transform((written, context): Calendar => {
    const hours: DayWindow[] = [];
    let closed: string[] = [];
    for (const [key, value] of Object.entries(written)) {
      const texts = (Array.isArray(value) ? value : [value]).map(asText);
      const complain = (message: string): void => {
        context.issues.push({ code: 'custom', message, path: [key], input: value });
      };
      if (key === 'closed')
        closed = texts.filter((text) => isDate(text) || complain(`"${text}" is not a date such as 2026-12-25`));
      else hours.push(...windowsOf(key, texts, complain));
    }
    const overlap = findOverlap(hours);
    if (overlap) context.issues.push({ code: 'custom', message: overlap, input: written });
    if (hours.length === 0)
      context.issues.push({ code: 'custom', message: 'has no hours, so it would never be on', input: written });
    return { hours, closed };
  });

function windowsOf(key: string, texts: readonly string[], complain: (message: string) => void): DayWindow[] {
  const days = daysOf(key);
  if (!days) {
    complain(`"${key}" is not a day: write mon, mon-fri, weekdays, weekends, daily or closed`);
    return [];
  }
  const windows: DayWindow[] = [];
  for (const text of texts) {
    const match = /^\s*(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})\s*$/.exec(text);
    const from = clockTime(match?.[1], 23);
    const to = clockTime(match?.[2], 24);
    if (from && to) windows.push({ days, from, to });
    else complain(`"${text}" is not a time span such as 08:00-22:00`);
  }
  return windows;
}

function daysOf(key: string): readonly Weekday[] | undefined {
  const words = key.trim().toLowerCase();
  if (Object.hasOwn(GROUPS, words)) return GROUPS[words];
  const [first, last = first] = words.split(/\s*-\s*/).map((word) => DAYS.find((day) => word.startsWith(day)));
  if (!first || !last) return undefined;
  const start = DAYS.indexOf(first);
  const count = ((DAYS.indexOf(last) - start + 7) % 7) + 1;
  return Array.from({ length: count }, (_, i) => DAYS[(start + i) % 7] ?? first);
}

function clockTime(text: string | undefined, lastHour: number): string | undefined {
  const [hour = Number.NaN, minute = Number.NaN] = (text ?? '').split(':').map(Number);
  if (!(hour <= lastHour && minute < 60) || (hour === 24 && minute > 0)) return undefined;
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** Minutes since Monday 00:00 that a window covers on one day; across Sunday midnight it goes on past the week's end. */
function findOverlap(hours: readonly DayWindow[]): string | undefined {
  const week = 7 * 1440;
  const spans = hours.flatMap((window) =>
    window.days.map((day) => {
      const [from, to] = [minutes(window.from), minutes(window.to)];
      const start = DAYS.indexOf(day) * 1440 + from;
      return { start, end: start + (to > from ? to - from : to - from + 1440), day, window };
    }),
  );
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  for (const [i, span] of sorted.entries()) {
    const next = sorted[(i + 1) % sorted.length];
    if (!next || next === span) continue;
    const nextStart = i + 1 < sorted.length ? next.start : next.start + week;
    if (nextStart < span.end) {
      return `${span.day} ${span.window.from}-${span.window.to} and ${next.day} ${next.window.from}-${next.window.to} overlap`;
    }
  }
  return undefined;
}

function minutes(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return hour * 60 + minute;
}

function asText(value: string | Date): string {
  return value instanceof Date ? value.toISOString().slice(0, 10) : value;
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
