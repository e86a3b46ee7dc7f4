import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { WatchwordError } from '../platform/errors.ts';
import type { UnknownCause } from '../rules/verdict.ts';
import { connectReadOnly, DATABASE_FILE } from './database.ts';
import { guarded } from './errors.ts';

/** Which scores: what was asked of one camera, whichever rule asked it. */
export interface ScoreQuery {
  readonly cameraId: string;
  readonly question: string;
  /** Null: the whole picture. */
  readonly zone: string | null;
  /** Wall-clock ms; since inclusive, until exclusive. */
  readonly since: number;
  readonly until: number;
}

/** One stored answer: `yes` is P(yes), whatever answer its rule expected; null when the model gave none. */
export interface StoredScore {
  readonly capturedAt: number;
  readonly yes: number | null;
  readonly mass: number | null;
  readonly cause: UnknownCause | null;
}

type Row = [capturedAt: number, cause: UnknownCause | null, score: number | null, mass: number | null];

/**
 * What the live rules' questions were answered, to be judged anew with other thresholds. Two rules that ask the same share
 * their answers, and a rule whose question did not change keeps its past.
 */
export class ScoreHistory {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Oldest first; one per frame. */
  scores({ cameraId, question, zone, since, until }: ScoreQuery): StoredScore[] {
    return guarded('reading scores', () => {
      const asked = this.#db
        .prepare<unknown[], { id: number; expects: string }>(
          'SELECT id, expects FROM asked WHERE camera_id = ? AND question = ? AND zone = ?',
        )
        .all(cameraId, question, zone ?? '');
      const read = this.#db
        .prepare<unknown[], Row>(
          `SELECT captured_at, cause, score, mass FROM verdict
           WHERE asked_id = ? AND captured_at >= ? AND captured_at < ? ORDER BY captured_at`,
        )
        .raw();
      const lists = asked.map(({ id, expects }) =>
        read.all(id, since, until).map((row) => scoreOf(row, expects === 'no')),
      );
      return lists.reduce(merged, []);
    });
  }
}

/**
 * The scores of a data folder, also while the daemon runs on it.
 *
 * @throws WatchwordError `not-found` when there is no database
 */
export function openScoreHistory(dataDir: string): { scores: ScoreHistory; close(): void } {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) {
    throw new WatchwordError('not-found', 'there is no database', {
      where: file,
      hint: 'Start Watchword once, or name its data folder with --data DIR',
    });
  }
  const db = connectReadOnly(file);
  return { scores: new ScoreHistory({ db }), close: () => db.close() };
}

function scoreOf([capturedAt, cause, score, mass]: Row, turned: boolean): StoredScore {
  const share = score === null ? null : turned ? 1 - score / 10_000 : score / 10_000;
  return { capturedAt, yes: share, mass: mass === null ? null : mass / 10_000, cause };
}

/** Both are in order; of two answers about one frame the first stands. */
function merged(a: StoredScore[], b: StoredScore[]): StoredScore[] {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const all: StoredScore[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const one = a[i];
    const other = b[j];
    const next = !other || (one && one.capturedAt <= other.capturedAt) ? one : other;
    if (one && next === one) i++;
    if (other && other.capturedAt === next?.capturedAt) j++;
    if (next) all.push(next);
  }
  return all;
}
