import type { AlertChannel, Outbox, OutboxMessage } from '../../src/alerts/outbox.ts';
import { type Change, type ChangeType, changeKey, type WatchEvent } from '../../src/events/event.ts';

/** The outbox contract over arrays, for tests of delivery. */
export class MemoryOutbox implements Outbox {
  readonly #messages: OutboxMessage[] = [];
  readonly #delivered = new Map<AlertChannel, Set<number>>();
  readonly #listeners = new Set<() => void>();
  /** Set to make the next calls fail, as a full disk does. */
  failure: Error | undefined;
  /** Most rows handed out by one call. */
  largestPage = 0;
  /** Calls that marked something. */
  transactions = 0;

  append(...changes: Change[]): void {
    for (const change of changes) {
      this.#messages.push({ id: this.#messages.length + 1, change, createdAt: change.changedAt });
    }
    for (const listener of this.#listeners) listener();
  }

  pending(channel: AlertChannel, limit: number, after = 0): OutboxMessage[] {
    if (this.failure) throw this.failure;
    const delivered = this.#of(channel);
    const page: OutboxMessage[] = [];
    for (let index = after; index < this.#messages.length && page.length < limit; index++) {
      const message = this.#messages[index];
      if (message && !delivered.has(message.id)) page.push(message);
    }
    this.largestPage = Math.max(this.largestPage, page.length);
    return page;
  }

  markDelivered(channel: AlertChannel, ids: readonly number[]): void {
    if (this.failure) throw this.failure;
    this.transactions++;
    for (const id of ids) this.#of(channel).add(id);
  }

  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  left(channel: AlertChannel): number {
    return this.#messages.length - this.#of(channel).size;
  }

  #of(channel: AlertChannel): Set<number> {
    let delivered = this.#delivered.get(channel);
    if (!delivered) {
      delivered = new Set();
      this.#delivered.set(channel, delivered);
    }
    return delivered;
  }
}

const START = Date.parse('2026-03-02T09:00:00Z');

/** A plausible change; every field can be overridden. */
export function change(eventId: string, type: ChangeType, revision: number, fields: Partial<WatchEvent> = {}): Change {
  const event: WatchEvent = {
    id: eventId,
    ruleId: 'empty-shelf',
    words: 'Alert me when a shelf is empty for 5 minutes',
    question: 'Is a shelf empty?',
    cameraId: 'aisle-1',
    severity: 'warning',
    startedAt: START,
    endedAt: type === 'end' ? START + 60_000 : null,
    score: 0.91,
    model: 'watchword-tiny int8',
    weightsHash: 'a1b2c3',
    stale: false,
    revision,
    ...fields,
  };
  return { type, key: changeKey(eventId, type, revision), event, changedAt: START + revision * 1_000 };
}

/** new, updates and end of one event. */
export function lifeOf(eventId: string, updates = 1, fields: Partial<WatchEvent> = {}): Change[] {
  const middle = Array.from({ length: updates }, (_, index) => change(eventId, 'update', index + 2, fields));
  return [change(eventId, 'new', 1, fields), ...middle, change(eventId, 'end', updates + 2, fields)];
}
