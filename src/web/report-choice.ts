import { z } from 'zod';
import { WatchwordError } from '../platform/errors.ts';
import type { ReportDesk, ReportWindow } from './reporting.ts';

const reportQuery = z.object({
  kind: z.enum(['day', 'shift']).catch('day'),
  date: z.string().max(10).optional(),
  shift: z.string().max(40).optional(),
});

/** The window an address asks for. Without a date it is what is on now; a shift without a name is the first of that day. Throws `not-found`. */
export function chosenWindow(reports: ReportDesk, query: Record<string, string>): ReportWindow {
  const { kind, date, shift } = reportQuery.parse(query);
  const now = reports.latest(kind, 'now');
  const window =
    date === undefined && shift === undefined
      ? now
      : reports.window(kind, date ?? now?.date ?? '', shift ?? reports.shifts[0]);
  if (window) return window;
  throw new WatchwordError('not-found', 'there is no such day or shift', {
    hint: kind === 'shift' ? `Shifts: ${reports.shifts.join(', ') || 'none'}` : 'Write the date as 2026-03-02',
  });
}
