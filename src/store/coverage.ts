import type { Database } from 'better-sqlite3';
import type { CoverageBucket, CoverageGap, LossCause } from '../events/coverage.ts';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { guarded } from './errors.ts';

/** One rule on one camera over a stretch of time. */
export interface CoverageSummary {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly scheduledMs: number;
  readonly evaluatedMs: number;
  readonly gatedMs: number;
  readonly lostMs: Partial<Record<LossCause, number>>;
  readonly longestGap: CoverageGap | null;
  /** Evaluated and gated over scheduled, 0..1. */
  readonly share: number;
}

export interface CoverageQuery {
  readonly ruleId?: string;
  readonly cameraId?: string;
  /** Wall-clock ms, whole hours UTC: since inclusive, until exclusive. A day of the site's time zone is the caller's. */
  readonly since: number;
  readonly until: number;
}

interface Row {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly scheduledMs: number;
  readonly evaluatedMs: number;
  readonly gatedMs: number;
  readonly gapMs: number;
  readonly gapFrom: number | null;
  readonly gapCause: LossCause | null;
}

const MATCHING = `from_at >= :since AND from_at < :until
  AND (:ruleId IS NULL OR rule_id = :ruleId) AND (:cameraId IS NULL OR camera_id = :cameraId)`;

/** Coverage by the hour. `add` never throws: what a full disk refuses is kept up to a bound and tried again. */
export class CoverageStore {
  readonly #db: Database;
  readonly #repeats: RepeatLimiter;
  readonly #maxWaiting = 20_000;
  #waiting: CoverageBucket[] = [];

  constructor(options: { db: Database; clock: Clock; logger: Logger }) {
    this.#db = options.db;
    this.#repeats = new RepeatLimiter(options);
  }

  /** Adds what `Coverage.flush` gave to the hours it belongs to. */
  add(buckets: readonly CoverageBucket[]): void {
    this.#waiting.push(...buckets);
    if (this.#waiting.length === 0) return;
    try {
      this.#db.transaction(() => {
        for (const bucket of this.#waiting) this.#addOne(bucket);
      })();
      this.#waiting = [];
    } catch (error) {
      this.#waiting.splice(0, this.#waiting.length - this.#maxWaiting);
      this.#repeats.log('warn', 'add', 'coverage not written yet, will be tried again', { error: toError(error) });
    }
  }

  /** Sums over the hours asked for, one per rule and camera. */
  summaries(query: CoverageQuery): CoverageSummary[] {
    const values = { ruleId: null, cameraId: null, ...query };
    return guarded('reading coverage', () => {
      // SQLite takes the bare columns of a max() query from the row that holds the maximum.
      const rows = this.#db
        .prepare<[object], Row>(
          `SELECT rule_id AS ruleId, camera_id AS cameraId, sum(scheduled_ms) AS scheduledMs,
             sum(evaluated_ms) AS evaluatedMs, sum(gated_ms) AS gatedMs, max(gap_ms) AS gapMs,
             gap_from_at AS gapFrom, gap_cause AS gapCause
           FROM coverage WHERE ${MATCHING} GROUP BY rule_id, camera_id ORDER BY rule_id, camera_id`,
        )
        .all(values);
      const losses = this.#db
        .prepare<[object], { ruleId: string; cameraId: string; cause: LossCause; ms: number }>(
          `SELECT rule_id AS ruleId, camera_id AS cameraId, cause, sum(ms) AS ms
           FROM coverage_loss WHERE ${MATCHING} GROUP BY rule_id, camera_id, cause`,
        )
        .all(values);
      return rows.map((row) =>
        summaryOf(
          row,
          losses.filter((loss) => loss.ruleId === row.ruleId && loss.cameraId === row.cameraId),
        ),
      );
    });
  }

  /** Retention calls it. */
  removeBefore(at: number): void {
    guarded('removing coverage', () => this.#db.prepare('DELETE FROM coverage WHERE from_at < ?').run(at));
  }

  #addOne({ ruleId, cameraId, from, scheduledMs, evaluatedMs, gatedMs, lostMs, longestGap }: CoverageBucket): void {
    this.#db
      .prepare(
        `INSERT INTO coverage (from_at, rule_id, camera_id, scheduled_ms, evaluated_ms, gated_ms, gap_ms, gap_from_at, gap_cause)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET scheduled_ms = scheduled_ms + excluded.scheduled_ms,
           evaluated_ms = evaluated_ms + excluded.evaluated_ms, gated_ms = gated_ms + excluded.gated_ms,
           gap_from_at = iif(excluded.gap_ms > gap_ms, excluded.gap_from_at, gap_from_at),
           gap_cause = iif(excluded.gap_ms > gap_ms, excluded.gap_cause, gap_cause),
           gap_ms = max(gap_ms, excluded.gap_ms)`,
      )
      .run(
        ...[from, ruleId, cameraId, scheduledMs, evaluatedMs, gatedMs],
        ...[longestGap?.ms ?? 0, longestGap?.from ?? null, longestGap?.cause ?? null],
      );
    const addLoss = this.#db.prepare(
      `INSERT INTO coverage_loss (from_at, rule_id, camera_id, cause, ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ms = ms + excluded.ms`,
    );
    for (const [cause, ms] of Object.entries(lostMs)) addLoss.run(from, ruleId, cameraId, cause, ms);
  }
}

function summaryOf(row: Row, losses: ReadonlyArray<{ cause: LossCause; ms: number }>): CoverageSummary {
  const { gapMs, gapFrom, gapCause, ...sums } = row;
  return {
    ...sums,
    lostMs: Object.fromEntries(losses.map(({ cause, ms }) => [cause, ms])),
    longestGap: gapFrom !== null && gapCause !== null ? { ms: gapMs, from: gapFrom, cause: gapCause } : null,
    share: sums.scheduledMs > 0 ? (sums.evaluatedMs + sums.gatedMs) / sums.scheduledMs : 0,
  };
}
