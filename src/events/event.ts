import type { Severity } from '../rules/rule.ts';

export type { Severity };

/** Why an event ended. Only `clear` is something the camera saw; the others are a person's doing. */
export type EndReason =
  | 'clear' // no was seen for the whole clear time
  | 'schedule' // the rule's hours ended
  | 'rule-removed' // removed or switched off
  | 'rule-changed' // it now asks something else, or no longer on this camera
  | 'camera-removed';

/** Why an update was published. */
export type UpdateReason = 'score' | 'severity' | 'camera-lost' | 'camera-back' | 'reminder';

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
  /** Counts the changes published, from 1; 0 while its alert is held back by a cooldown or a silence. */
  readonly revision: number;
  /** Present exactly when it has ended. */
  readonly endReason?: EndReason;
  /** Wall-clock ms of its alert (its published `new`); absent while held back. */
  readonly alertedAt?: number;
}

export type ChangeType = 'new' | 'update' | 'end';

/** One change of an event. `key` is the idempotency key: event id, phase and revision. */
export interface Change {
  readonly type: ChangeType;
  readonly key: string;
  readonly event: WatchEvent;
  /** Wall-clock ms of the change. */
  readonly changedAt: number;
  /** Present on updates. */
  readonly reason?: UpdateReason;
}

/** A picture kept with an event. Picture and score come from the same frame. */
export interface Evidence {
  /** `deciding` opened the event, `before` is the frame before it, `best` raised its score. */
  readonly role: 'deciding' | 'before' | 'best';
  readonly jpeg: Uint8Array;
  /** Wall-clock ms. */
  readonly capturedAt: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Score of the expected answer on this picture; absent when it was not asked. */
  readonly score?: number;
}

/** What must be kept together or not at all: the event, its message when it is to be alerted, its pictures. */
export interface EventCommit {
  readonly change: Change;
  /** False while a cooldown or a silence holds the alert back: recorded, but nobody is told. */
  readonly alert: boolean;
  readonly evidence: readonly Evidence[];
}

export function changeKey(eventId: string, type: ChangeType, revision: number): string {
  return `${eventId}:${type}:${revision}`;
}
