import type { Database, Statement } from 'better-sqlite3';
import type { EventCommit, WatchEvent } from '../events/event.ts';
import type { LastAlert, RestoredEvent } from '../events/observation.ts';
import { storeError } from './errors.ts';
import { EVENT_COLUMNS, type EventRow, eventOf, KEYS_PER_MS } from './event-row.ts';
import type { EvidenceStore } from './evidence.ts';
import type { StoredOutbox } from './outbox.ts';

/** Events as they are committed and restored. Reading them for people is event-list.ts, what people say of them review.ts. */
export class EventStore {
  readonly #db: Database;
  readonly #outbox: StoredOutbox;
  readonly #evidence: EvidenceStore;
  readonly #keyOf: Statement<[string], { key: number }>;
  readonly #newestKey: Statement<[number, number], { key: number }>;
  readonly #insert: Statement;
  readonly #update: Statement;

  constructor(options: { db: Database; outbox: StoredOutbox; evidence: EvidenceStore }) {
    this.#db = options.db;
    this.#outbox = options.outbox;
    this.#evidence = options.evidence;
    this.#keyOf = this.#db.prepare('SELECT key FROM event WHERE id = ?');
    this.#newestKey = this.#db.prepare('SELECT key FROM event WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1');
    this.#insert = this.#db.prepare(
      `INSERT INTO event (key, id, rule_id, camera_id, words, question, severity, started_at, opened_at, ended_at,
         end_reason, score, model, weights_hash, stale, revision, alerted_at)
       VALUES (:key, :id, :ruleId, :cameraId, :words, :question, :severity, :startedAt, :changedAt, :endedAt,
         :endReason, :score, :model, :weightsHash, :stale, :revision, :alertedAt)`,
    );
    this.#update = this.#db.prepare(
      `UPDATE event SET severity = :severity, ended_at = :endedAt, end_reason = :endReason, score = :score,
         stale = :stale, revision = :revision, alerted_at = :alertedAt
       WHERE key = :key AND revision <= :revision`,
    );
  }

  /**
   * Keeps the event, its message and its pictures together or not at all, on the disk when it returns. Doing it twice
   * equals doing it once. A picture that cannot be written fails the whole; the event is tried again with it.
   *
   * @throws WatchwordError `unavailable` when the disk is full or away: nothing was kept, try again
   */
  commit(commit: EventCommit): void {
    const { change, alert, evidence } = commit;
    try {
      const paths = this.#evidence.write(change.event.id, evidence);
      const bytes = this.#db.transaction(() => {
        this.#put(commit);
        this.#evidence.insert(change.event.id, evidence, paths);
        return alert ? this.#outbox.append(change) : 0;
      })();
      this.#outbox.appended(bytes);
    } catch (error) {
      throw storeError(error, `committing event ${change.event.id}`);
    }
  }

  get(id: string): WatchEvent | undefined {
    const row = this.#db.prepare<[string], EventRow>(`SELECT ${EVENT_COLUMNS} FROM event WHERE id = ?`).get(id);
    return row && eventOf(row);
  }

  /** What was open when the last process ended, with the newest yes that its verdicts still tell. */
  open(): RestoredEvent[] {
    const rows = this.#db
      .prepare<[], EventRow & { last_yes_at: number | null }>(
        `SELECT ${EVENT_COLUMNS}, (
           SELECT max(captured_at) FROM verdict JOIN asked ON asked.id = asked_id
           WHERE rule_id = event.rule_id AND camera_id = event.camera_id AND asked.question = event.question
             AND value = 'y' AND captured_at >= event.opened_at
         ) AS last_yes_at FROM event WHERE ended_at IS NULL ORDER BY key`,
      )
      .all();
    return rows.map((row) => ({ event: eventOf(row), lastYesAt: row.last_yes_at ?? row.opened_at }));
  }

  /** When each rule last alerted on each camera: cooldowns outlive the process. */
  lastAlerts(): LastAlert[] {
    return this.#db
      .prepare<[], LastAlert>(
        `SELECT rule_id AS ruleId, camera_id AS cameraId, max(alerted_at) AS alertedAt FROM event
         WHERE alerted_at IS NOT NULL GROUP BY rule_id, camera_id`,
      )
      .all();
  }

  #put({ change }: EventCommit): void {
    const { event } = change;
    const row = {
      ...event,
      stale: Number(event.stale),
      endReason: event.endReason ?? null,
      alertedAt: event.alertedAt ?? null,
      changedAt: change.changedAt,
    };
    const known = this.#keyOf.get(event.id);
    if (known) this.#update.run({ ...row, key: known.key });
    else this.#insert.run({ ...row, key: this.#nextKey(event.startedAt) });
  }

  #nextKey(startedAt: number): number {
    const first = Math.max(0, Math.round(startedAt)) * KEYS_PER_MS;
    const newest = this.#newestKey.get(first, first + KEYS_PER_MS - 1);
    return newest ? newest.key + 1 : first;
  }
}
