import type { DaySpan } from './rule-records.ts';
import type { TimeText } from './time-text.ts';

/** Days as they were given; what is missing is so many days up to today. */
export function daySpan(
  times: TimeText,
  given: { from?: string | undefined; to?: string | undefined },
  days: number,
): DaySpan {
  const { from = times.day(days - 1), to = times.day() } = given;
  return { from, to };
}
