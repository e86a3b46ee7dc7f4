import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { Sqlite } from '../platform/sqlite.ts';
import { HISTORY_FOLDER } from './picture-index.ts';

/** What a model said to a question on one kept picture. */
export interface CachedScore {
  /** Wall-clock ms of the picture. */
  readonly capturedAt: number;
  /** P(yes), 0..1. */
  readonly score: number;
  readonly mass: number;
}

/** One question to one model about one camera. `zone`: what part was looked at; empty for the whole picture. */
export interface CachedQuestion {
  /** Names the weights: other weights, other scores. */
  readonly model: string;
  readonly cameraId: string;
  readonly question: string;
  readonly zone: string;
}

/** A week of one camera's pictures is some 100,000 scores of 30 bytes for each. */
const MOST_QUESTIONS = 200;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS asked (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  question TEXT NOT NULL,
  zone TEXT NOT NULL,
  UNIQUE (model, camera_id, question, zone)
) STRICT;
CREATE TABLE IF NOT EXISTS score (
  asked_id INTEGER NOT NULL REFERENCES asked (id),
  captured_at INTEGER NOT NULL,
  score REAL NOT NULL,
  mass REAL NOT NULL,
  PRIMARY KEY (asked_id, captured_at)
) STRICT, WITHOUT ROWID;
`;

/**
 * Scores that backtests computed, so that the next one with other thresholds, durations or hours need not ask again. A file
 * of its own: the daemon, which writes the index of pictures, never waits for a backtest.
 */
export class ScoreCache {
  readonly #db: Database;

  /** @param dataDir made when it is missing */
  constructor(dataDir: string) {
    const folder = join(dataDir, HISTORY_FOLDER);
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    this.#db = new Sqlite(join(folder, 'scores.db'));
    this.#db.pragma('busy_timeout = 5000');
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = OFF');
    this.#db.exec(SCHEMA);
  }

  /** By the picture's time. */
  scores(asked: CachedQuestion, since: number, until: number): Map<number, CachedScore> {
    const rows = this.#db
      .prepare<[object], CachedScore>(
        `SELECT captured_at AS capturedAt, score, mass FROM score JOIN asked ON asked_id = asked.id
         WHERE model = :model AND camera_id = :cameraId AND question = :question AND zone = :zone
           AND captured_at >= :since AND captured_at < :until`,
      )
      .all({ ...asked, since, until });
    return new Map(rows.map((row) => [row.capturedAt, row]));
  }

  keep(asked: CachedQuestion, scores: readonly CachedScore[]): void {
    this.#db.transaction(() => {
      const { model, cameraId, question, zone } = asked;
      const values = [model, cameraId, question, zone];
      this.#db
        .prepare('INSERT INTO asked (model, camera_id, question, zone) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
        .run(...values);
      const id = this.#db
        .prepare('SELECT id FROM asked WHERE model = ? AND camera_id = ? AND question = ? AND zone = ?')
        .pluck()
        .get(...values);
      const add = this.#db.prepare('INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?)');
      for (const { capturedAt, score, mass } of scores) add.run(id, capturedAt, score, mass);
    })();
  }

  /** Removes scores of pictures that are gone, and of all but the newest questions. */
  prune(oldestPicture: number): void {
    this.#db.transaction(() => {
      const newest = 'SELECT id FROM asked ORDER BY id DESC LIMIT ?';
      this.#db
        .prepare(`DELETE FROM score WHERE captured_at < ? OR asked_id NOT IN (${newest})`)
        .run(oldestPicture, MOST_QUESTIONS);
      this.#db.exec('DELETE FROM asked WHERE NOT EXISTS (SELECT 1 FROM score WHERE asked_id = asked.id)');
    })();
  }

  close(): void {
    this.#db.close();
  }
}
