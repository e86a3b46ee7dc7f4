import type { ScheduleWindow, Weekday } from './rule.ts';
import { WEEKDAYS } from './schedule.ts';

/** A schedule in words: `always`, `mon-fri 08:00-22:00`, `outside opening hours`. */
export function describeSchedule(schedule: readonly ScheduleWindow[] | null): string {
  if (schedule === null) return 'always';
  return schedule.length === 0 ? 'never' : schedule.map(describeWindow).join(' or ');
}

export function describeWindow(window: ScheduleWindow): string {
  if (!('calendar' in window)) return `${describeDays(window.days)} ${window.from}-${window.to}`;
  const days = window.days ? ` ${describeDays(window.days)}` : '';
  const times = window.from !== undefined && window.to !== undefined ? ` ${window.from}-${window.to}` : '';
  return `${window.negate ? 'outside' : 'during'} ${window.calendar}${days}${times}`;
}

/** `daily`, `mon-fri`, `sat,sun`: runs of three and more days as a range. */
export function describeDays(days: readonly Weekday[]): string {
  const at = WEEKDAYS.map((day, index) => (days.includes(day) ? index : -1)).filter((index) => index >= 0);
  if (at.length === WEEKDAYS.length) return 'daily';
  const runs: number[][] = [];
  for (const index of at) {
    const run = runs.at(-1);
    if (run?.at(-1) === index - 1) run.push(index);
    else runs.push([index]);
  }
  return runs
    .flatMap((run) =>
      run.length >= 3 ? [`${WEEKDAYS[run[0] ?? 0]}-${WEEKDAYS[run.at(-1) ?? 0]}`] : run.map((index) => WEEKDAYS[index]),
    )
    .join(',');
}
