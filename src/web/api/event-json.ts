import type { ReviewedEvent } from '../deps.ts';

/** Times leave the box as ISO 8601 in UTC. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** An event as the API gives it. */
export function eventJson({ event, review }: ReviewedEvent) {
  return {
    id: event.id,
    rule: event.ruleId,
    words: event.words,
    question: event.question,
    camera: event.cameraId,
    severity: event.severity,
    state: event.endedAt === null ? ('open' as const) : ('ended' as const),
    startedAt: iso(event.startedAt),
    endedAt: event.endedAt === null ? null : iso(event.endedAt),
    stale: event.stale,
    score: event.score,
    model: event.model,
    weightsHash: event.weightsHash,
    revision: event.revision,
    snapshotUrl: `/api/v1/events/${encodeURIComponent(event.id)}/snapshot.jpg`,
    review: {
      mark: review.mark,
      markedBy: review.markedBy,
      acknowledgedAt: review.acknowledgedAt === null ? null : iso(review.acknowledgedAt),
      acknowledgedBy: review.acknowledgedBy,
      note: review.note,
    },
  };
}
