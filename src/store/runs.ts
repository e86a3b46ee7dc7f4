import type { Database } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
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
  #current: number | null = null;

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
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

  /** Still alive. Call it about every minute. */
  seen(): void {
    guarded('recording the run', () =>
      this.#db.prepare('UPDATE run SET seen_at = ? WHERE id = ?').run(this.#clock.now(), this.#current),
    );
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
