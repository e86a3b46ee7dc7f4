import type { Database, Statement } from 'better-sqlite3';
import type { SavedSession, SessionShelf, SessionSubscription, WaitingAlert } from '../alerts/durable-sessions.ts';
import type { Clock } from '../platform/clock.ts';
import { guarded } from './errors.ts';

interface SessionRow {
  readonly clientId: string;
  readonly subscriptions: string;
}

/**
 * What durable sessions of the embedded broker have subscribed to and what waits for them.
 *
 * It does not wait for the disk: an alert is marked delivered in the same log after it was put here, so a power cut that takes
 * this takes the mark too, and the alert is published again.
 */
export class BrokerSessionStore implements SessionShelf {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #enqueue: Statement;
  readonly #remove: Statement;

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#enqueue = this.#db.prepare(
      `INSERT INTO broker_waiting (client_id, key, topic, payload, qos)
       SELECT client_id, ?, ?, ?, ? FROM broker_session WHERE client_id = ? ON CONFLICT DO NOTHING`,
    );
    this.#remove = this.#db.prepare('DELETE FROM broker_waiting WHERE client_id = ? AND key = ?');
  }

  load(): SavedSession[] {
    const waiting = this.#db.prepare<[string], WaitingAlert>(
      'SELECT key, topic, payload, qos FROM broker_waiting WHERE client_id = ? ORDER BY id',
    );
    return guarded('reading the sessions of the broker', () =>
      this.#db
        .prepare<[], SessionRow>(
          'SELECT client_id AS clientId, subscriptions FROM broker_session ORDER BY seen_at, client_id',
        )
        .all()
        .map(({ clientId, subscriptions }) => ({
          clientId,
          subscriptions: JSON.parse(subscriptions) as SessionSubscription[],
          waiting: waiting.all(clientId),
        })),
    );
  }

  save(clientId: string, subscriptions: readonly SessionSubscription[]): void {
    guarded('keeping a session of the broker', () =>
      this.#db
        .prepare(
          `INSERT INTO broker_session (client_id, seen_at, subscriptions) VALUES (?, ?, ?)
           ON CONFLICT (client_id) DO UPDATE SET seen_at = excluded.seen_at, subscriptions = excluded.subscriptions`,
        )
        .run(clientId, Math.round(this.#clock.now()), JSON.stringify(subscriptions)),
    );
  }

  seen(clientId: string): void {
    guarded('keeping a session of the broker', () =>
      this.#db
        .prepare('UPDATE broker_session SET seen_at = ? WHERE client_id = ?')
        .run(Math.round(this.#clock.now()), clientId),
    );
  }

  forget(clientId: string): void {
    guarded('forgetting a session of the broker', () =>
      this.#db.prepare('DELETE FROM broker_session WHERE client_id = ?').run(clientId),
    );
  }

  enqueue(clientIds: readonly string[], { key, topic, payload, qos }: WaitingAlert): void {
    guarded('keeping an alert for who is away', () =>
      this.#db.transaction(() => {
        for (const clientId of clientIds) this.#enqueue.run(key, topic, payload, qos, clientId);
      })(),
    );
  }

  remove(clientId: string, key: string): void {
    guarded('taking an alert off a session of the broker', () => this.#remove.run(clientId, key));
  }
}
