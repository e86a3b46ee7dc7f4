import type { ScheduleWindow, Weekday } from '../rule.ts';

/** One phrase of a schedule, before the phrases of a sentence are put together. */
export type SchedulePiece =
  | {
      readonly type: 'times';
      readonly ranges: ReadonlyArray<{ readonly from: string; readonly to: string }>;
      readonly negate: boolean;
    }
  | { readonly type: 'days'; readonly days: readonly Weekday[]; readonly negate: boolean }
  | { readonly type: 'calendar'; readonly name: string; readonly negate: boolean }
  | { readonly type: 'windows'; readonly windows: readonly ScheduleWindow[] }
  | { readonly type: 'always' };
