import type { Change } from '../events/event.ts';

/** One change waiting to be delivered. Committed together with the event itself; never changes afterwards. */
export interface OutboxMessage {
  /** Commit order: delivery keeps it per event. */
  readonly id: number;
  readonly change: Change;
  /** Wall-clock ms of the commit. */
  readonly createdAt: number;
}

/**
 * What delivery needs of the store. At-least-once: a message is removed only after the receiver acknowledged it, so a
 * crash between the two delivers it again, under the same key.
 */
export interface Outbox {
  /** Oldest undelivered messages first. `after` continues behind an id that is still in flight. */
  pending(limit: number, after?: number): OutboxMessage[];
  markDelivered(ids: readonly number[]): void;
  /** Calls `listener` after each commit that added messages; returns the function that stops it. */
  onAppended(listener: () => void): () => void;
}
