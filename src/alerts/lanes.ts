import type { OutboxMessage } from './outbox.ts';

/** One event's undelivered messages, strictly one after the other. The head is the one being sent, or the next. */
export interface Lane {
  readonly eventId: string;
  readonly queue: OutboxMessage[];
  state: 'runnable' | 'sending' | 'acked' | 'waiting';
  /** Failed tries of the head. */
  attempts: number;
  /** Newest message seen of this event; what is not newer was queued already. */
  lastId: number;
  /** Oldest message that was seen and not queued, to be read again. */
  overflowFrom: number | undefined;
}

/** Messages held at most, over all events, and of one event: what does not fit stays in the outbox and is read again. */
const MAX_HELD = 2_000;
const MAX_PER_LANE = 50;

/** The messages delivery holds in memory, one lane per event, and how far the outbox has been read. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #runnable = new Set<Lane>();
  #cursor = 0;
  #held = 0;

  /** The id behind which to read on. */
  get cursor(): number {
    return this.#cursor;
  }

  get held(): number {
    return this.#held;
  }

  hasRoom(): boolean {
    return this.#held < MAX_HELD;
  }

  /** The next lane whose head may be sent, oldest first; it is the caller's until `advance` or `resume`. */
  next(): Lane | undefined {
    for (const lane of this.#runnable) {
      this.#runnable.delete(lane);
      return lane;
    }
    return undefined;
  }

  /** A message read from the outbox, in order of ids. Messages seen before are known by their id. */
  take(message: OutboxMessage): void {
    this.#cursor = Math.max(this.#cursor, message.id);
    const eventId = message.change.event.id;
    const lane = this.#lanes.get(eventId);
    if (!lane) {
      const fresh: Lane = {
        eventId,
        queue: [message],
        state: 'runnable',
        attempts: 0,
        lastId: message.id,
        overflowFrom: undefined,
      };
      this.#lanes.set(eventId, fresh);
      this.#runnable.add(fresh);
      this.#held++;
      return;
    }
    if (message.id <= lane.lastId || lane.overflowFrom !== undefined) return;
    if (lane.queue.length >= MAX_PER_LANE) {
      lane.overflowFrom = message.id;
      return;
    }
    lane.queue.push(message);
    lane.lastId = message.id;
    this.#held++;
  }

  /** The head is delivered and marked. */
  advance(lane: Lane): void {
    lane.queue.shift();
    this.#held--;
    lane.attempts = 0;
    if (lane.queue.length > 0) {
      this.resume(lane);
      return;
    }
    this.#lanes.delete(lane.eventId);
    if (lane.overflowFrom !== undefined) this.#cursor = Math.min(this.#cursor, lane.overflowFrom - 1);
  }

  /** The head is to be sent (again). */
  resume(lane: Lane): void {
    lane.state = 'runnable';
    this.#runnable.add(lane);
  }
}
