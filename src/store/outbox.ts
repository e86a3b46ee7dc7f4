import type { Database, Statement } from 'better-sqlite3';
import type { AlertChannel, Outbox, OutboxMessage } from '../alerts/outbox.ts';
import type { Change } from '../events/event.ts';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { guarded } from './errors.ts';

/** Beyond any of these the oldest updates are dropped. `new` and `end` never are. */
export interface OutboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export const OUTBOX_DEFAULTS: OutboxLimits = {
  maxMessages: 100_000,
  maxBytes: 64 * 1024 * 1024,
  maxAgeMs: 7 * 24 * 3_600_000,
};

export interface OutboxDepth {
  readonly messages: number;
  readonly bytes: number;
  /** Wall-clock ms of the oldest one's commit; null when empty. */
  readonly oldestAt: number | null;
  /** Updates this process dropped because too much waited. */
  readonly dropped: number;
}

interface Row {
  readonly id: number;
  readonly body: string;
  readonly created_at: number;
}

/** Changes waiting to be told, kept in the database: tables outbox and undelivered. */
export class StoredOutbox implements Outbox {
  readonly #db: Database;
  readonly #relaxed: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #repeats: RepeatLimiter;
  readonly #limits: OutboxLimits;
  readonly #channels: readonly AlertChannel[];
  readonly #listeners = new Set<() => void>();
  readonly #insert: Statement;
  readonly #insertMark: Statement;
  readonly #pending: Statement<unknown[], Row>;
  readonly #deliver: Statement;
  readonly #remove: Statement<unknown[], { bytes: number }>;
  readonly #dropUpdate: Statement<unknown[], { bytes: number }>;
  readonly #dropOld: Statement<unknown[], { bytes: number }>;
  #messages = 0;
  #bytes = 0;
  #dropped = 0;

  /**
   * @param options.db makes commits durable before they return; events and their messages go through it
   * @param options.relaxed does not wait for the disk: a delivery mark that a power cut takes is delivered once more
   */
  constructor(options: {
    db: Database;
    relaxed: Database;
    clock: Clock;
    logger: Logger;
    channels: readonly AlertChannel[];
    limits?: Partial<OutboxLimits>;
  }) {
    this.#db = options.db;
    this.#relaxed = options.relaxed;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#repeats = new RepeatLimiter(options);
    this.#channels = [...new Set(options.channels)];
    this.#limits = { ...OUTBOX_DEFAULTS, ...options.limits };
    this.#insert = this.#db.prepare(
      'INSERT INTO outbox (key, type, body, bytes, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
    );
    this.#insertMark = this.#db.prepare('INSERT INTO undelivered (channel, outbox_id) VALUES (?, ?)');
    this.#pending = this.#db.prepare(
      `SELECT outbox.id, body, created_at FROM undelivered JOIN outbox ON outbox.id = outbox_id
       WHERE channel = ? AND outbox_id > ? ORDER BY outbox_id LIMIT ?`,
    );
    this.#deliver = this.#relaxed.prepare('DELETE FROM undelivered WHERE channel = ? AND outbox_id = ?');
    this.#remove = this.#relaxed.prepare(
      `DELETE FROM outbox WHERE id = ? AND NOT EXISTS (SELECT 1 FROM undelivered WHERE outbox_id = outbox.id)
       RETURNING bytes`,
    );
    this.#dropUpdate = this.#relaxed.prepare(
      `DELETE FROM outbox WHERE id = (SELECT id FROM outbox WHERE type = 'update' ORDER BY id LIMIT 1) RETURNING bytes`,
    );
    this.#dropOld = this.#relaxed.prepare(
      `DELETE FROM outbox WHERE type = 'update' AND created_at < ? RETURNING bytes`,
    );
    this.#forgetRemovedChannels();
    this.#count();
  }

  pending(channel: AlertChannel, limit: number, after = 0): OutboxMessage[] {
    return guarded('reading the outbox', () =>
      this.#pending
        .all(channel, after, limit)
        .map((row) => ({ id: row.id, change: JSON.parse(row.body) as Change, createdAt: row.created_at })),
    );
  }

  markDelivered(channel: AlertChannel, ids: readonly number[]): void {
    const removed = guarded('marking messages delivered', () =>
      this.#relaxed.transaction(() =>
        ids.flatMap((id) => {
          this.#deliver.run(channel, id);
          return this.#remove.all(id);
        }),
      )(),
    );
    this.#subtract(removed);
  }

  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  depth(): OutboxDepth {
    const oldest = this.#db
      .prepare<[], { at: number }>('SELECT created_at AS at FROM outbox ORDER BY id LIMIT 1')
      .get();
    return { messages: this.#messages, bytes: this.#bytes, oldestAt: oldest?.at ?? null, dropped: this.#dropped };
  }

  /**
   * Runs inside the event's own transaction; nothing counts before `appended` gets the bytes returned here. A key already
   * there is left as it is: 0 bytes.
   */
  append(change: Change): number {
    if (this.#channels.length === 0) return 0;
    const body = JSON.stringify(change);
    const bytes = Buffer.byteLength(body);
    const row = this.#insert.run(change.key, change.type, body, bytes, this.#clock.now());
    if (row.changes === 0) return 0;
    for (const channel of this.#channels) this.#insertMark.run(channel, row.lastInsertRowid);
    return bytes;
  }

  /** Call it after the commit: counts the message, holds the bounds and wakes delivery. */
  appended(bytes: number): void {
    if (bytes === 0) return;
    this.#messages++;
    this.#bytes += bytes;
    if (this.#messages > this.#limits.maxMessages || this.#bytes > this.#limits.maxBytes) this.#dropUpdates();
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#logger.error('an outbox listener failed', { error: toError(error) });
      }
    }
  }

  /** Drops updates beyond their age at a wall-clock time. Retention calls it. */
  dropOld(now: number): void {
    const before = now - this.#limits.maxAgeMs;
    const gone = guarded('dropping old updates', () => this.#dropOld.all(before));
    this.#subtract(gone);
    this.#countDropped(gone.length);
  }

  #dropUpdates(): void {
    let gone = 0;
    while (this.#messages > this.#limits.maxMessages || this.#bytes > this.#limits.maxBytes) {
      const dropped = guarded('dropping updates', () => this.#dropUpdate.all());
      if (dropped.length === 0) {
        const waiting = { messages: this.#messages, bytes: this.#bytes };
        this.#repeats.log('warn', 'full', 'outbox is over its bound, and holds nothing that may be dropped', waiting);
        break;
      }
      this.#subtract(dropped);
      gone += dropped.length;
    }
    this.#countDropped(gone);
  }

  #countDropped(gone: number): void {
    if (gone === 0) return;
    this.#dropped += gone;
    const fields = { dropped: this.#dropped, messages: this.#messages };
    this.#repeats.log('warn', 'dropped', 'outbox dropped its oldest updates', fields);
  }

  #subtract(removed: ReadonlyArray<{ bytes: number }>): void {
    this.#messages -= removed.length;
    for (const { bytes } of removed) this.#bytes -= bytes;
  }

  #forgetRemovedChannels(): void {
    const known = this.#channels.map(() => '?').join(', ');
    guarded('reading the outbox', () =>
      this.#db.transaction(() => {
        this.#db.prepare(`DELETE FROM undelivered WHERE channel NOT IN (${known})`).run(...this.#channels);
        this.#db.exec('DELETE FROM outbox WHERE id NOT IN (SELECT outbox_id FROM undelivered)');
      })(),
    );
  }

  #count(): void {
    const sums = this.#db
      .prepare<[], { messages: number; bytes: number }>(
        'SELECT count(*) AS messages, total(bytes) AS bytes FROM outbox',
      )
      .get();
    this.#messages = sums?.messages ?? 0;
    this.#bytes = sums?.bytes ?? 0;
  }
}
