import type { Database } from 'better-sqlite3';
import type { UnknownCause } from '../rules/verdict.ts';
import { connectReadOnly, databaseOf } from './database.ts';
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

/**
 * Stored answers as columns, oldest first, one per frame: a week of one camera is 300,000 of them, and as many objects would
 * cost more than all the rest of a backtest.
 */
export interface StoredScores {
  readonly length: number;
  /** Wall-clock ms. */
  readonly capturedAt: Float64Array;
  /** P(yes), whatever answer the rule expected; NaN when the model gave none. */
  readonly yes: Float64Array;
  /** NaN when the model gave none. */
  readonly mass: Float64Array;
  readonly cause: ReadonlyArray<UnknownCause | null>;
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

  scores({ cameraId, question, zone, since, until }: ScoreQuery): StoredScores {
    return guarded('reading scores', () => {
      const asked = this.#db
        .prepare<unknown[], { id: number; expects: string }>(
          'SELECT id, expects FROM asked WHERE camera_id = ? AND question = ? AND zone = ?',
        )
        .all(cameraId, question, zone ?? '');
      return asked.map(({ id, expects }) => this.#columns(id, expects === 'no', since, until)).reduce(merged, NONE);
    });
  }

  #columns(askedId: number, turned: boolean, since: number, until: number): StoredScores {
    const count = this.#db
      .prepare<unknown[], number>(
        'SELECT count(*) FROM verdict WHERE asked_id = ? AND captured_at >= ? AND captured_at < ?',
      )
      .pluck()
      .get(askedId, since, until);
    const columns = new Columns(count ?? 0);
    const read = this.#db
      .prepare<unknown[], Row>(
        `SELECT captured_at, cause, score, mass FROM verdict
         WHERE asked_id = ? AND captured_at >= ? AND captured_at < ? ORDER BY captured_at LIMIT ?`,
      )
      .raw();
    // In pages: what is read at once is garbage at once, and young garbage is cheap.
    for (let from = since, page: Row[] = []; ; from = (page.at(-1)?.[0] ?? until) + 1) {
      page = read.all(askedId, from, until, PAGE);
      for (const [at, cause, score, mass] of page) {
        const share = score === null ? Number.NaN : score / 10_000;
        columns.add(at, turned ? 1 - share : share, mass === null ? Number.NaN : mass / 10_000, cause);
      }
      if (page.length < PAGE) return columns;
    }
  }
}

const PAGE = 2_000;

class Columns implements StoredScores {
  readonly capturedAt: Float64Array;
  readonly yes: Float64Array;
  readonly mass: Float64Array;
  readonly cause: Array<UnknownCause | null> = [];
  #length = 0;

  constructor(most: number) {
    this.capturedAt = new Float64Array(most);
    this.yes = new Float64Array(most);
    this.mass = new Float64Array(most);
  }

  get length(): number {
    return this.#length;
  }

  /** What came while it was read is left out. */
  add(capturedAt: number, yes: number, mass: number, cause: UnknownCause | null): void {
    if (this.#length >= this.capturedAt.length) return;
    this.capturedAt[this.#length] = capturedAt;
    this.yes[this.#length] = yes;
    this.mass[this.#length] = mass;
    this.cause.push(cause);
    this.#length++;
  }
}

const NONE: StoredScores = new Columns(0);

/** Of two answers about one frame the first stands. */
function merged(a: StoredScores, b: StoredScores): StoredScores {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const all = new Columns(a.length + b.length);
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const first = i < a.length ? (a.capturedAt[i] ?? 0) : Number.POSITIVE_INFINITY;
    const second = j < b.length ? (b.capturedAt[j] ?? 0) : Number.POSITIVE_INFINITY;
    const [from, at] = first <= second ? ([a, i] as const) : ([b, j] as const);
    all.add(Math.min(first, second), from.yes[at] ?? 0, from.mass[at] ?? 0, from.cause[at] ?? null);
    if (first <= second) i++;
    if (second <= first) j++;
  }
  return all;
}

/**
 * The scores of a data folder, also while the daemon runs on it.
 *
 * @throws WatchwordError `not-found` when there is no database
 */
export function openScoreHistory(dataDir: string): { scores: ScoreHistory; close(): void } {
  const db = connectReadOnly(databaseOf(dataDir));
  return { scores: new ScoreHistory({ db }), close: () => db.close() };
}
