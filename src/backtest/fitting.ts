import { replay } from '../events/replay.ts';
import { timingOf } from '../events/timing.ts';
import type { FitCase, Thresholds } from '../rules/fit.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { judge, type Verdict } from '../rules/verdict.ts';
import type { ReviewedEvent } from '../store/event-log.ts';
import type { ScoreQuery, StoredScores } from '../store/score-history.ts';

const MARGIN_MS = 60_000;

/**
 * The events of one rule and camera as cases to fit thresholds to: each is replayed from the scores that are kept of its
 * time, so that durations count and not its best score alone. Where they are gone its best score decides.
 *
 * @param until wall-clock ms: where an event that is still open is cut
 */
export function fitCases(options: {
  readonly rule: CompiledRule;
  readonly cameraId: string;
  readonly events: readonly ReviewedEvent[];
  readonly storedScores: (query: ScoreQuery) => StoredScores;
  readonly until: number;
}): FitCase[] {
  const { rule, cameraId, events, storedScores, until } = options;
  const timing = timingOf(rule);
  return events.map(({ event, review }) => {
    const endedAt = event.endedAt ?? until;
    const since = event.startedAt - timing.maxGapMs - MARGIN_MS;
    const to = endedAt + timing.clearAfterMs + timing.maxClearGapMs + MARGIN_MS;
    const { question, zone } = event.question === rule.question ? rule : { question: event.question, zone: rule.zone };
    const scores = storedScores({ cameraId, question, zone, since, until: to });
    const alarms = (thresholds: Thresholds): number =>
      scores.length === 0
        ? Number(event.score >= thresholds.raise)
        : alarmsIn(scores, { rule, cameraId, thresholds, since, to, startedAt: event.startedAt, endedAt });
    return { mark: review.mark, score: event.score, alarms };
  });
}

interface Window {
  readonly rule: CompiledRule;
  readonly cameraId: string;
  readonly thresholds: Thresholds;
  /** Wall-clock ms: what is replayed, and the event within. */
  readonly since: number;
  readonly to: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

function alarmsIn(scores: StoredScores, window: Window): number {
  const { cameraId, since, to } = window;
  // A cooldown holds back alerts of other events too: what is counted here is this one.
  const { perCamera: _, ...rule } = { ...window.rule, ...window.thresholds, cooldownMs: 0 };
  const verdicts = Array.from({ length: scores.length }, (_, index) => {
    return { verdict: verdictOf(scores, index, rule, cameraId), gated: false };
  });
  const { events } = replay({ rule, cameraId, hours: [{ from: since, to }], verdicts, until: to });
  const overlaps = events.filter(
    ({ startedAt, endedAt }) => startedAt <= window.endedAt && (endedAt ?? to) >= window.startedAt,
  );
  return overlaps.length;
}

function verdictOf(scores: StoredScores, index: number, rule: CompiledRule, cameraId: string): Verdict {
  const [capturedAt = 0, score = Number.NaN, mass = Number.NaN] = [
    scores.capturedAt[index],
    scores.yes[index],
    scores.mass[index],
  ];
  const outcome = Number.isNaN(score) ? (scores.cause[index] ?? 'no-answer') : { score, mass };
  return judge(rule, { cameraId, seq: index, capturedAt, at: capturedAt }, outcome);
}
