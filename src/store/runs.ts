import type { Database } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { guarded } from './errors.ts';

/** One run of the daemon. Times are wall-clock ms. */
export interface Run {
  readonly id: number;
  readonly startedAt: number;
  /** When it was last known to be alive. */
  readonly seenAt: number;
  /** Null: it runs, was killed, or the power failed. */
  readonly stoppedAt: number | null;
  readonly version: string;
}

const COLUMNS = 'id, started_at AS startedAt, seen_at AS seenAt, stopped_at AS stoppedAt, version';

/** One row per process run: it explains gaps after crashes. */
export class RunStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #repeats: RepeatLimiter;
  #current: number | null = null;

  constructor(options: { db: Database; clock: Clock; logger: Logger }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#repeats = new RepeatLimiter(options);
  }

  /** Opens this process's row. */
  begin(version: string): void {
    guarded('recording the start', () => {
      const now = this.#clock.now();
      const row = this.#db
        .prepare('INSERT INTO run (started_at, seen_at, version) VALUES (?, ?, ?)')
        .run(now, now, version);
      this.#current = Number(row.lastInsertRowid);
    });
  }

  /** Still alive. Call it about every minute. Never throws: what a full disk refuses is only less exact afterwards. */
  seen(): void {
    try {
      this.#db.prepare('UPDATE run SET seen_at = ? WHERE id = ?').run(this.#clock.now(), this.#current);
    } catch (error) {
      this.#repeats.log('warn', 'seen', 'the sign of life is not recorded', { error: toError(error) });
    }
  }

  /** A graceful stop. */
  end(): void {
    const now = this.#clock.now();
    guarded('recording the stop', () =>
      this.#db.prepare('UPDATE run SET seen_at = ?, stopped_at = ? WHERE id = ?').run(now, now, this.#current),
    );
    this.#current = null;
  }

  /** Newest first. */
  newest(limit: number): Run[] {
    return guarded('reading runs', () =>
      this.#db.prepare<[number], Run>(`SELECT ${COLUMNS} FROM run ORDER BY id DESC LIMIT ?`).all(limit),
    );
  }
}
