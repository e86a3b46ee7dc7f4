import type { Severity } from '../rules/rule.ts';

export type { Severity };

/** One real-world occurrence: opened once, updated, ended once. */
export interface WatchEvent {
  /** Sortable and unique: `<start time in base 36>-<random>`; stable for ever. */
  readonly id: string;
  readonly ruleId: string;
  /** The rule's sentence and the compiled question at the time it opened. */
  readonly words: string;
  readonly question: string;
  readonly cameraId: string;
  readonly severity: Severity;
  /** Wall-clock ms of the first yes frame of the stretch that opened it. */
  readonly startedAt: number;
  /** Wall-clock ms of the last yes frame; null while open. */
  readonly endedAt: number | null;
  /** Best score of the expected answer so far. */
  readonly score: number;
  /** Model name, dtype and weights hash that decided it. */
  readonly model: string;
  readonly weightsHash: string;
  /** True while its camera is lost: silence is not resolution. */
  readonly stale: boolean;
  /** Counts the changes published, from 1. */
  readonly revision: number;
}

export type ChangeType = 'new' | 'update' | 'end';

/** One change of an event. `key` is the idempotency key: event id, phase and revision. */
export interface Change {
  readonly type: ChangeType;
  readonly key: string;
  readonly event: WatchEvent;
  /** Wall-clock ms of the change. */
  readonly changedAt: number;
}

export function changeKey(eventId: string, type: ChangeType, revision: number): string {
  return `${eventId}:${type}:${revision}`;
}
