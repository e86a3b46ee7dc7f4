import type { EndReason, Severity, WatchEvent } from '../events/event.ts';

/** Events that can start in the same millisecond: see schema.sql, event.key. */
export const KEYS_PER_MS = 1024;

/** A row of table event. */
export interface EventRow {
  readonly key: number;
  readonly id: string;
  readonly rule_id: string;
  readonly camera_id: string;
  readonly words: string;
  readonly question: string;
  readonly severity: Severity;
  readonly started_at: number;
  readonly opened_at: number;
  readonly ended_at: number | null;
  readonly end_reason: EndReason | null;
  readonly score: number;
  readonly model: string;
  readonly weights_hash: string;
  readonly stale: number;
  readonly revision: number;
  readonly alerted_at: number | null;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string | null;
  readonly mark: 'right' | 'wrong' | null;
  readonly marked_by: string | null;
  readonly note: string;
}

/** Qualified, so that the same list serves joins. */
export const EVENT_COLUMNS = [
  ...['key', 'id', 'rule_id', 'camera_id', 'words', 'question', 'severity', 'started_at', 'opened_at', 'ended_at'],
  ...['end_reason', 'score', 'model', 'weights_hash', 'stale', 'revision', 'alerted_at'],
  ...['acknowledged_at', 'acknowledged_by', 'mark', 'marked_by', 'note'],
]
  .map((column) => `event.${column}`)
  .join(', ');

export function eventOf(row: EventRow): WatchEvent {
  return {
    id: row.id,
    ruleId: row.rule_id,
    words: row.words,
    question: row.question,
    cameraId: row.camera_id,
    severity: row.severity,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    score: row.score,
    model: row.model,
    weightsHash: row.weights_hash,
    stale: row.stale === 1,
    revision: row.revision,
    ...(row.end_reason && { endReason: row.end_reason }),
    ...(row.alerted_at !== null && { alertedAt: row.alerted_at }),
  };
}
