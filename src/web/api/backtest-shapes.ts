import type { z } from 'zod';
import type { BacktestResult, BacktestView, ProposedFit } from '../backtests.ts';
import type { CoverageDay } from '../rule-records.ts';
import type { backtestSchema, backtestScoresSchema, coverageSchema } from './backtest-schemas.ts';
import { iso } from './event-json.ts';

type BacktestJson = z.infer<typeof backtestSchema>;

const isoOrNull = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : iso(at));

export function backtestJson(view: BacktestView): BacktestJson {
  const { id, ruleId, draft, rule, cameraId, since, until, orderedBy, orderedAt, state, ahead, progress } = view;
  const { words, question, expects, raise, clear, forMs, clearAfterMs } = rule;
  return {
    ...{ id, rule: draft ? null : ruleId, words, question, expects, raise, clear, forMs, clearAfterMs },
    ...{ camera: cameraId, since: iso(since), until: iso(until), orderedBy, orderedAt: iso(orderedAt), state, ahead },
    progress: progress && { ...progress },
    problem: view.problem ?? null,
    result: view.result ? resultJson(id, view.result) : null,
    fit: view.fit ? fitJson(view.fit) : null,
  };
}

function resultJson(id: string, result: BacktestResult): BacktestJson['result'] {
  const { events, eventCount, alertCount, alertsPerDay, looks, coverage, timeline, frames, figures } = result;
  return {
    ...{ eventCount, alertCount, alertsPerDay, looks: { ...looks }, figures: { ...figures } },
    events: events.map(({ startedAt, endedAt, endReason = null, alertedAt, score }) => ({
      ...{ startedAt: iso(startedAt), endedAt: isoOrNull(endedAt), endReason, alertedAt: isoOrNull(alertedAt), score },
    })),
    coverage: { ...watchedJson(coverage), share: coverage.share },
    timeline: timeline.map(({ from, ...part }) => ({ from: iso(from), ...part })),
    frames: frames.map(({ at, role, value, score, mark, markedBy }) => ({
      ...{ at, capturedAt: iso(at), role, value, score, mark, markedBy, snapshotUrl: framePath(id, at) },
    })),
  };
}

function fitJson({ target, now, outcome }: ProposedFit): BacktestJson['fit'] {
  const about = { target, now: { raise: now.raise, clear: now.clear } };
  if ('refused' in outcome) return { ...about, refused: outcome.refused, message: outcome.message, fitted: null };
  const { raise, clear, right, wrong, before, after, heldOut } = outcome;
  return { ...about, refused: null, message: '', fitted: { raise, clear, right, wrong, before, after, heldOut } };
}

/** The picture as it was captured. */
export function framePath(id: string, at: number): string {
  return `/api/v1/backtests/${encodeURIComponent(id)}/frames/${at}/snapshot.jpg`;
}

export function backtestScoresJson(
  { rule }: BacktestView,
  result: BacktestResult,
): z.infer<typeof backtestScoresSchema> {
  return {
    raise: rule.raise,
    clear: rule.clear,
    bands: result.events.map(({ startedAt, endedAt }) => ({ startedAt: iso(startedAt), endedAt: isoOrNull(endedAt) })),
    points: result.timeline.map(({ from, max, yes, no }) => ({
      at: iso(from),
      value: yes > 0 ? 'yes' : no > 0 ? 'no' : 'unknown',
      score: max,
      cause: null,
    })),
  };
}

export function coverageJson(days: readonly CoverageDay[]): z.infer<typeof coverageSchema> {
  return days.map((each) => {
    const { ruleId, cameraId, day, share } = each;
    return { rule: ruleId, camera: cameraId, day, share, ...watchedJson(each) };
  });
}

function watchedJson(sums: Pick<CoverageDay, 'scheduledMs' | 'evaluatedMs' | 'gatedMs' | 'lostMs' | 'longestGap'>) {
  const { scheduledMs, evaluatedMs, gatedMs, lostMs, longestGap } = sums;
  return {
    ...{ scheduledMs: Math.round(scheduledMs), evaluatedMs: Math.round(evaluatedMs), gatedMs: Math.round(gatedMs) },
    lostMs: Object.fromEntries(Object.entries(lostMs).map(([cause, lost]) => [cause, Math.round(lost)])),
    longestGap: longestGap && { ms: Math.round(longestGap.ms), from: iso(longestGap.from), cause: longestGap.cause },
  };
}
