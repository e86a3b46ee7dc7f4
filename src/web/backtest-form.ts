import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { BacktestChanges, BacktestOrder, BacktestView } from './backtests.ts';
import { day, text, toDays } from './event-filter.ts';
import type { TimeText } from './time-text.ts';

const HOUR_MS = 3_600_000;
export const PERIODS = [1, 6, 24, 72, 168] as const;

/** What a person chose on the page, as it was typed; empty: as the rule says. */
export const backtestForm = z.object({
  rule: text(64),
  /** Of a sentence that is not saved; empty: the rule as it is. */
  words: text(500),
  cameras: z
    .union([z.string().transform((one) => [one]), z.array(z.string().max(100)).max(500)])
    .default([])
    .transform((listed) => listed.filter((pattern) => pattern !== '')),
  camera: text(200),
  period: z.coerce
    .number()
    .int()
    .min(1)
    .max(31 * 24)
    .default(24),
  /** First and last day in the site's time zone; they win over the period. */
  from: day,
  to: day,
  raise: text(8),
  clear: text(8),
  for: text(20),
  clearAfter: text(20),
  schedule: text(200),
});

export type BacktestForm = z.infer<typeof backtestForm>;

export function emptyForm(more: Partial<BacktestForm> = {}): BacktestForm {
  return { ...backtestForm.parse({}), ...more };
}

/** Throws `invalid-input` naming what cannot be read. */
export function orderOf(form: BacktestForm, times: TimeText, now: number): BacktestOrder {
  const { rule, words, cameras, camera, period, from, to } = form;
  const days = toDays({ from, to }, times);
  const until = Math.min(now, days.until ?? now);
  const since = days.since ?? until - period * HOUR_MS;
  return {
    ...(rule !== '' && { rule }),
    ...(words !== '' && { draft: { words, cameras } }),
    ...{ cameraId: camera, since, until, changes: changesOf(form) },
  };
}

function changesOf(form: BacktestForm): BacktestChanges {
  return {
    ...(form.raise !== '' && { raise: percent(form.raise) }),
    ...(form.clear !== '' && { clear: percent(form.clear) }),
    ...(form.for !== '' && { forMs: length(form.for) }),
    ...(form.clearAfter !== '' && { clearAfterMs: length(form.clearAfter) }),
    ...(form.schedule !== '' && { schedule: form.schedule }),
  };
}

function percent(typed: string): number {
  const share = Number(typed.replace(/\s*%$/, '')) / 100;
  if (share >= 0 && share <= 1) return share;
  throw new WatchwordError('invalid-input', `"${typed}" is no number from 0 to 100`);
}

function length(typed: string): number {
  const ms = parseDuration(typed);
  if (ms !== undefined) return ms;
  throw new WatchwordError('invalid-input', `"${typed}" is no length of time`, { hint: 'Write 30s or 5m' });
}

/** What a person chose for a backtest, to be changed and tried again. */
export function formOf({ ruleId, draft, cameraId, since, until, changes }: BacktestView): BacktestForm {
  const { raise, clear, forMs, clearAfterMs, schedule = '' } = changes;
  const typed = (value: number | undefined, text: (value: number) => string): string => {
    return value === undefined ? '' : text(value);
  };
  const hours = Math.round((until - since) / HOUR_MS);
  return emptyForm({
    ...{ rule: ruleId ?? '', words: draft?.words ?? '', cameras: [...(draft?.cameras ?? [])], camera: cameraId },
    period: PERIODS.find((period) => period >= hours) ?? 168,
    raise: typed(raise, (share) => String(Math.round(share * 1_000) / 10)),
    clear: typed(clear, (share) => String(Math.round(share * 1_000) / 10)),
    for: typed(forMs, (ms) => `${ms / 1_000}s`),
    clearAfter: typed(clearAfterMs, (ms) => `${ms / 1_000}s`),
    schedule,
  });
}

/** The page that shows a backtest, with what it was made of. */
export function backtestPath({ id, ruleId, draft, cameraId }: BacktestView): string {
  if (!draft && ruleId !== null) {
    return `/rules/${encodeURIComponent(ruleId)}/backtest?${new URLSearchParams({ camera: cameraId, run: id })}`;
  }
  return draftPath({ rule: ruleId ?? '', words: draft?.words ?? '', cameras: draft?.cameras ?? [] }, { run: id });
}

/** The page on which a sentence that is not saved is tried. */
export function draftPath(
  { rule, words, cameras }: { readonly rule: string; readonly words: string; readonly cameras: readonly string[] },
  more: Record<string, string> = {},
): string {
  const query = new URLSearchParams({ ...(rule !== '' && { rule }), words, ...more });
  for (const camera of cameras) query.append('cameras', camera);
  return `/rules/backtest?${query}`;
}
