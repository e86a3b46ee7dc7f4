import { z } from 'zod';
import { WatchwordError } from '../platform/errors.ts';
import type { EventFilter } from './deps.ts';
import type { TimeText } from './time-text.ts';

/** A part of an address: empty means any. */
export const text = (most: number) => z.string().trim().max(most).default('');
/** A day of the site; empty means any. */
export const day = z
  .union([z.literal(''), z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day looks like 2026-03-02')])
  .default('');

/** The filter as it stands in an address: every part optional, empty means any. The address is the whole state. */
export const filterSchema = z.object({
  camera: text(200),
  rule: text(200),
  severity: z.enum(['', 'info', 'warning', 'critical']).default(''),
  state: z.enum(['', 'open', 'ended']).default(''),
  mark: z.enum(['', 'right', 'wrong', 'none']).default(''),
  acknowledged: z.enum(['', 'yes', 'no']).default(''),
  /** First and last day in the site's time zone, both included. */
  from: day,
  to: day,
  text: text(100),
  cursor: text(200),
});

export type FilterForm = z.infer<typeof filterSchema>;

/** Throws `invalid-input` naming the first wrong part. Unknown parts are left out. */
export function readQuery<T>(schema: z.ZodType<T>, query: Readonly<Record<string, unknown>>): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new WatchwordError('invalid-input', `"${issue?.path.join('.')}": ${issue?.message}`, {
    hint: 'Correct this part of the address',
  });
}

export const readFilter = (query: Record<string, string>): FilterForm => readQuery(filterSchema, query);

export function toEventFilter(form: FilterForm, times: TimeText): EventFilter {
  return {
    ...(form.camera && { cameraId: form.camera }),
    ...(form.rule && { ruleId: form.rule }),
    ...(form.severity && { severity: form.severity }),
    ...(form.state && { state: form.state }),
    ...(form.mark && { mark: form.mark }),
    ...(form.acknowledged && { acknowledged: form.acknowledged === 'yes' }),
    ...toDays(form, times),
    ...(form.text && { text: form.text }),
  };
}

/** The filter as an address's query, empty parts left out; stable, so that equal filters have equal addresses. */
export function filterQuery(form: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) if (value !== '') query.set(name, value);
  return query.toString();
}

/** First and last day, both included, as moments; the second exclusive. */
export function toDays(form: { from: string; to: string }, times: TimeText): { since?: number; until?: number } {
  return {
    ...(form.from && { since: dayStart(times, form.from, 0) }),
    ...(form.to && { until: dayStart(times, form.to, 1) }),
  };
}

function dayStart(times: TimeText, day: string, plusDays: number): number {
  const start = times.dayStart(day, plusDays);
  if (Number.isNaN(start))
    throw new WatchwordError('invalid-input', `${day} is not a day`, { hint: 'Correct this part of the address' });
  return start;
}
