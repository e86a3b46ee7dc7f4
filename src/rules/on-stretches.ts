import type { ScheduleWindow } from './rule.ts';
import { type Calendar, isOn } from './schedule.ts';

const MINUTE_MS = 60_000;

/**
 * When a schedule is on between two wall-clock instants: oldest first, apart from each other, `to` exclusive. Schedules
 * speak in minutes of the clock on the wall, so that each minute is asked once, whatever is judged in it.
 */
export function onStretches(
  schedule: readonly ScheduleWindow[] | null,
  calendars: Readonly<Record<string, Calendar>>,
  timeZone: string,
  since: number,
  until: number,
): Array<{ from: number; to: number }> {
  if (since >= until) return [];
  if (schedule === null) return [{ from: since, to: until }];
  const stretches: Array<{ from: number; to: number }> = [];
  for (let at = since; at < until; ) {
    const next = Math.min(until, (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS);
    if (isOn(schedule, calendars, timeZone, at)) {
      const last = stretches.at(-1);
      if (last?.to === at) last.to = next;
      else stretches.push({ from: at, to: next });
    }
    at = next;
  }
  return stretches;
}
