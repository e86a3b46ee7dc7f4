import type { z } from 'zod';
import type { PartHealth } from '../../platform/health.ts';
import type { CompiledRule } from '../../rules/rule.ts';
import type { CameraStatus, LatestFrame, ReviewedEvent, RuleStatus, ScorePoint } from '../deps.ts';
import { iso } from './event-json.ts';
import type { cameraSchema, ruleSchema, scoresSchema, stateSchema } from './schemas.ts';

export function cameraJson(camera: CameraStatus, frame: LatestFrame | undefined): z.infer<typeof cameraSchema> {
  const { id, name, source, health, cause, since } = camera;
  return {
    id,
    name,
    source,
    health,
    cause,
    since: iso(since),
    latestFrame: frame
      ? { seq: frame.seq, capturedAt: iso(frame.capturedAt), width: frame.width, height: frame.height }
      : null,
    snapshotUrl: `/api/v1/cameras/${encodeURIComponent(id)}/snapshot.jpg`,
  };
}

/** Only what is meant for others: the compiled rule may grow fields of its own. */
export function ruleJson(rule: CompiledRule): z.infer<typeof ruleSchema> {
  const {
    id,
    words,
    enabled,
    file,
    question,
    expects,
    forMs,
    clearAfterMs,
    severity,
    cooldownMs,
    remindMs,
    everyMs,
    zone,
    raise,
    clear,
  } = rule;
  return {
    ...{
      id,
      words,
      enabled,
      file,
      question,
      expects,
      forMs,
      clearAfterMs,
      severity,
      cooldownMs,
      remindMs,
      everyMs,
      zone,
      raise,
      clear,
    },
    overMs: rule.overMs ?? null,
    examples: (rule.examples ?? []).map(({ picture, says }) => ({ picture, says })),
    cameras: [...rule.cameras],
    schedule: rule.schedule === null ? null : [...rule.schedule],
    spans: rule.spans.map(({ start, end, means, value }) => ({ start, end, means, value })),
    warnings: rule.warnings.map(({ code, message, start, end }) => ({ code, message, start, end })),
  };
}

export function stateJson(status: RuleStatus): z.infer<typeof stateSchema> {
  const { ruleId, cameraId, phase, since, value, cause, score, evaluatedAt, eventId } = status;
  return {
    rule: ruleId,
    camera: cameraId,
    phase,
    since: since === null ? null : iso(since),
    value,
    ...(cause !== undefined && { cause }),
    ...(score !== undefined && { score }),
    evaluatedAt: evaluatedAt === null ? null : iso(evaluatedAt),
    ...(eventId !== undefined && { eventId }),
  };
}

export function partJson({ part, status, reason, since }: PartHealth) {
  return { part, status, reason, since: iso(since) };
}

export function scoresJson(
  { event }: ReviewedEvent,
  rule: CompiledRule | undefined,
  points: readonly ScorePoint[],
): z.infer<typeof scoresSchema> {
  return {
    startedAt: iso(event.startedAt),
    endedAt: event.endedAt === null ? null : iso(event.endedAt),
    raise: rule?.raise ?? null,
    clear: rule?.clear ?? null,
    points: points.map(({ capturedAt, value, score, cause }) => ({
      at: iso(capturedAt),
      value,
      score: score ?? null,
      cause: cause ?? null,
    })),
  };
}
