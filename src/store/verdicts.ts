import type { Database, Statement } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { UnknownCause, Verdict } from '../rules/verdict.ts';
import { guarded } from './errors.ts';

export const DAY_MS = 24 * 3_600_000;

/** Measured: 24 to 26 bytes with their share of the B-tree. */
const BYTES_PER_VERDICT = 26;
/** Three hours of a question asked every second are 10,800 rows, removed in a few milliseconds. */
const REMOVE_STEP_MS = 3 * 3_600_000;

/** One verdict as it is remembered. */
export interface VerdictRecord {
  readonly capturedAt: number;
  readonly value: Verdict['value'];
  readonly cause?: UnknownCause;
  readonly score?: number;
  readonly mass?: number;
}

/** Verdicts of a stretch of time, for a chart. */
export interface TimelineBucket {
  readonly from: number;
  readonly yes: number;
  readonly no: number;
  readonly unknown: number;
  /** Null when no verdict of it has a score. */
  readonly minScore: number | null;
  readonly maxScore: number | null;
  readonly meanScore: number | null;
}

/** Which scores: one rule on one camera. `question` narrows to what was asked then; otherwise all it ever asked. */
export interface VerdictQuery {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly question?: string;
  /** Wall-clock ms; since inclusive, until exclusive. */
  readonly since: number;
  readonly until: number;
}

interface VerdictRow {
  readonly captured_at: number;
  readonly value: string;
  readonly cause: UnknownCause | null;
  readonly score: number | null;
  readonly mass: number | null;
}

const LETTERS: Record<Verdict['value'], string> = { yes: 'y', no: 'n', unknown: '?' };
const VALUES: Record<string, Verdict['value']> = { y: 'yes', n: 'no', '?': 'unknown' };

/**
 * Score over time per rule and camera. `record` only remembers; `flush`, called every few seconds, writes the batch in one
 * transaction that does not wait for the disk. What a full disk refuses is kept up to a bound and tried again.
 */
export class VerdictStore {
  readonly #db: Database;
  readonly #repeats: RepeatLimiter;
  readonly #maxWaiting: number;
  readonly #askedIds = new Map<string, number>();
  readonly #insert: Statement;
  readonly #countDay: Statement;
  readonly #addAsked: Statement;
  readonly #askedId: Statement<unknown[], { id: number }>;
  #waiting: Array<{ readonly verdict: Verdict; readonly asked: readonly string[] }> = [];
  #dropped = 0;

  constructor(options: { db: Database; clock: Clock; logger: Logger; maxWaiting?: number }) {
    this.#db = options.db;
    this.#repeats = new RepeatLimiter(options);
    this.#maxWaiting = options.maxWaiting ?? 50_000;
    this.#insert = this.#db.prepare(
      'INSERT OR REPLACE INTO verdict (asked_id, captured_at, value, cause, score, mass) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#countDay = this.#db.prepare(
      'INSERT INTO verdict_day (day, verdicts) VALUES (?, ?) ON CONFLICT DO UPDATE SET verdicts = verdicts + excluded.verdicts',
    );
    this.#addAsked = this.#db.prepare(
      `INSERT INTO asked (rule_id, camera_id, question, expects, zone) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#askedId = this.#db.prepare(
      'SELECT id FROM asked WHERE rule_id = ? AND camera_id = ? AND question = ? AND expects = ? AND zone = ?',
    );
  }

  /** Verdicts lost because the disk refused them for too long. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Never blocks, never throws. */
  record(verdict: Verdict, rule: Pick<CompiledRule, 'id' | 'question' | 'expects' | 'zone'>): void {
    this.#waiting.push({ verdict, asked: [rule.id, verdict.cameraId, rule.question, rule.expects, rule.zone ?? ''] });
    if (this.#waiting.length <= this.#maxWaiting) return;
    this.#waiting.shift();
    this.#dropped++;
  }

  /** Writes what was recorded. A disk that refuses is logged, not thrown. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    try {
      this.#db.transaction(() => this.#write(batch))();
      this.#waiting = [];
    } catch (error) {
      // Ids of questions first seen in this batch were rolled back with it.
      this.#askedIds.clear();
      this.#repeats.log('warn', 'flush', 'verdicts not written yet, will be tried again', {
        error: toError(error),
        waiting: batch.length,
      });
    }
  }

  /** Oldest first, at most `limit`. What was recorded but not yet flushed is not among them. */
  scores(query: VerdictQuery & { readonly limit: number }): VerdictRecord[] {
    const rows = guarded('reading verdicts', () =>
      this.#db
        .prepare<[object], VerdictRow>(
          `SELECT captured_at, value, cause, score, mass ${FROM_ASKED} ORDER BY captured_at LIMIT :limit`,
        )
        .all({ ...query, question: query.question ?? null }),
    );
    return rows.map(recordOf);
  }

  /** The same stretch in `buckets` equal parts, oldest first; parts without a verdict are left out. */
  timeline(query: VerdictQuery, buckets: number): TimelineBucket[] {
    const width = Math.max(1, Math.ceil((query.until - query.since) / Math.max(1, buckets)));
    return guarded('reading verdicts', () =>
      this.#db
        .prepare<[object], TimelineBucket>(
          `SELECT :since + CAST((captured_at - :since) / :width AS INTEGER) * :width AS "from", total(value = 'y') AS yes,
             total(value = 'n') AS no, total(value = '?') AS unknown, min(score) / 1e4 AS minScore,
             max(score) / 1e4 AS maxScore, avg(score) / 1e4 AS meanScore
           ${FROM_ASKED} GROUP BY 1 ORDER BY 1`,
        )
        .all({ ...query, question: query.question ?? null, width }),
    );
  }

  /** The oldest UTC day (days since the epoch) with verdicts. */
  oldestDay(): number | undefined {
    return guarded('reading verdicts', () =>
      this.#db.prepare<[], number>('SELECT day FROM verdict_day ORDER BY day LIMIT 1').pluck().get(),
    );
  }

  /** About what they take in the database. */
  totalBytes(): number {
    const verdicts = this.#db.prepare<[], number>('SELECT total(verdicts) FROM verdict_day').pluck().get() ?? 0;
    return verdicts * BYTES_PER_VERDICT;
  }

  /** Removes a day in small steps, one per iteration, so that the caller can let others run in between. */
  *removeDay(day: number): Generator<void> {
    const asked = this.#db.prepare<[], number>('SELECT id FROM asked').pluck().all();
    const remove = this.#db.prepare('DELETE FROM verdict WHERE asked_id = ? AND captured_at >= ? AND captured_at < ?');
    for (let from = day * DAY_MS; from < (day + 1) * DAY_MS; from += REMOVE_STEP_MS) {
      for (const id of asked) {
        const { changes } = guarded('removing verdicts', () => remove.run(id, from, from + REMOVE_STEP_MS));
        if (changes > 0) yield;
      }
    }
    guarded('removing verdicts', () =>
      this.#db.transaction(() => {
        this.#db.prepare('DELETE FROM verdict_day WHERE day = ?').run(day);
        // Questions nobody asks any more and nothing remembers.
        this.#db.exec('DELETE FROM asked WHERE NOT EXISTS (SELECT 1 FROM verdict WHERE asked_id = asked.id)');
      })(),
    );
    this.#askedIds.clear();
  }

  #write(batch: ReadonlyArray<{ verdict: Verdict; asked: readonly string[] }>): void {
    const perDay = new Map<number, number>();
    for (const { verdict, asked } of batch) {
      const { capturedAt, value, cause = null, score, mass } = verdict;
      const at = Math.round(capturedAt);
      this.#insert.run(this.#idOf(asked), at, LETTERS[value], cause, tenThousandths(score), tenThousandths(mass));
      const day = Math.floor(at / DAY_MS);
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
    }
    for (const [day, verdicts] of perDay) this.#countDay.run(day, verdicts);
  }

  #idOf(asked: readonly string[]): number {
    const key = JSON.stringify(asked);
    const known = this.#askedIds.get(key);
    if (known !== undefined) return known;
    this.#addAsked.run(...asked);
    const id = this.#askedId.get(...asked)?.id ?? 0;
    // Rules are edited now and then; the cache must not remember every wording there ever was.
    if (this.#askedIds.size >= 10_000) this.#askedIds.clear();
    this.#askedIds.set(key, id);
    return id;
  }
}

const FROM_ASKED = `FROM asked JOIN verdict ON asked_id = asked.id
  WHERE rule_id = :ruleId AND camera_id = :cameraId AND (:question IS NULL OR question = :question)
    AND captured_at >= :since AND captured_at < :until`;

function recordOf({ captured_at, value, cause, score, mass }: VerdictRow): VerdictRecord {
  return {
    capturedAt: captured_at,
    value: VALUES[value] ?? 'unknown',
    ...(cause !== null && { cause }),
    ...(score !== null && { score: score / 10_000 }),
    ...(mass !== null && { mass: mass / 10_000 }),
  };
}

const tenThousandths = (share: number | undefined): number | null =>
  share === undefined ? null : Math.round(share * 10_000);
