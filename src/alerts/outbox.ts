import type { Change } from '../events/event.ts';

/** Where messages go. Each channel has its own delivered mark, so that a dead webhook never holds up MQTT. */
export type AlertChannel = 'mqtt' | 'webhook';

/** One change waiting to be delivered. Committed together with the event itself; never changes afterwards. */
export interface OutboxMessage {
  /** Commit order: delivery keeps it per event. */
  readonly id: number;
  readonly change: Change;
  /** Wall-clock ms of the commit. */
  readonly createdAt: number;
}

/**
 * What delivery needs of the store. At-least-once: a message leaves a channel's pending list only after the receiver
 * acknowledged it, so a crash between the two delivers it again, under the same key.
 *
 * The store is opened with the channels in use and remembers what each has delivered. A message that all of them have
 * delivered may be removed. A channel that is added later starts with the messages committed from then on; one that is
 * removed holds nothing back.
 */
export interface Outbox {
  /**
   * Oldest messages first that `channel` has not delivered; `after` continues behind an id that is still in flight.
   * Empty for a channel that is not in use.
   */
  pending(channel: AlertChannel, limit: number, after?: number): OutboxMessage[];
  /** Unknown ids and ids already marked are ignored. */
  markDelivered(channel: AlertChannel, ids: readonly number[]): void;
  /** Calls `listener` after each commit that added messages; returns the function that stops it. */
  onAppended(listener: () => void): () => void;
}
