import type { Change } from '../events/event.ts';

/** Where a receiver finds an event's evidence. Must depend on the change alone: the same change has the same links for ever. */
export interface EvidenceLinks {
  snapshotUrl(change: Change): string | null;
  clipUrl(change: Change): string | null;
}

export const noLinks: EvidenceLinks = { snapshotUrl: () => null, clipUrl: () => null };

/** The event as subscribers see it. Times are ISO 8601 UTC with milliseconds. */
export interface PublicEvent {
  readonly id: string;
  readonly rule: string;
  readonly words: string;
  readonly question: string;
  readonly camera: string;
  readonly severity: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly score: number;
  readonly model: string;
  readonly weightsHash: string;
  readonly stale: boolean;
  readonly revision: number;
  readonly changedAt: string;
  readonly snapshotUrl: string | null;
  readonly clipUrl: string | null;
}

/** The payload of `<base>/events`, also the body of a webhook. Pure: the same key always gives the same bytes. */
export function eventPayload(change: Change, links: EvidenceLinks): string {
  return JSON.stringify({ type: change.type, key: change.key, event: publicEvent(change, links) });
}

/** Whether a payload of either kind tells of an update; looks at its first bytes only. */
export function isUpdate(payload: Uint8Array): boolean {
  return /^\{"(event_)?type":"update"/.test(Buffer.from(payload.subarray(0, 24)).toString('latin1'));
}

/** The same change in the shape of Home Assistant's event entity: `event_type` beside flat attributes. */
export function cameraEventPayload(change: Change, links: EvidenceLinks): string {
  return JSON.stringify({ event_type: change.type, key: change.key, ...publicEvent(change, links) });
}

function publicEvent(change: Change, links: EvidenceLinks): PublicEvent {
  const { event } = change;
  return {
    id: event.id,
    rule: event.ruleId,
    words: event.words,
    question: event.question,
    camera: event.cameraId,
    severity: event.severity,
    startedAt: isoTime(event.startedAt),
    endedAt: event.endedAt === null ? null : isoTime(event.endedAt),
    score: event.score,
    model: event.model,
    weightsHash: event.weightsHash,
    stale: event.stale,
    revision: event.revision,
    changedAt: isoTime(change.changedAt),
    snapshotUrl: links.snapshotUrl(change),
    clipUrl: links.clipUrl(change),
  };
}

/** Wall-clock ms since the epoch as ISO 8601 UTC, `2026-03-02T09:00:00.000Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
