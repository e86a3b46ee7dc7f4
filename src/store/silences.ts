import type { Database } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import type { AuditLog } from './audit.ts';
import { guarded } from './errors.ts';

/** Rules muted by a person. Asked at each verdict, so it answers from memory; the database makes it outlive a restart. */
export class SilenceStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #until: Map<string, number>;

  constructor(options: { db: Database; clock: Clock; audit: AuditLog }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#audit = options.audit;
    const rows = this.#db
      .prepare<[], { ruleId: string; until: number }>('SELECT rule_id AS ruleId, until_at AS until FROM silence')
      .all();
    this.#until = new Map(rows.map(({ ruleId, until }) => [ruleId, until]));
  }

  /** `until` in wall-clock ms; null ends the silence. `by`: the user who does it; null when that is not known. */
  set(ruleId: string, until: number | null, by: string | null = null): void {
    guarded('silencing a rule', () =>
      this.#db.transaction(() => {
        if (until === null) this.#db.prepare('DELETE FROM silence WHERE rule_id = ?').run(ruleId);
        else {
          this.#db
            .prepare('INSERT INTO silence VALUES (?, ?) ON CONFLICT DO UPDATE SET until_at = excluded.until_at')
            .run(ruleId, until);
        }
        const detail = until === null ? 'ended' : `until ${new Date(until).toISOString()}`;
        this.#audit.add({ who: by, act: 'rule-silenced', about: ruleId, detail });
      })(),
    );
    if (until === null) this.#until.delete(ruleId);
    else this.#until.set(ruleId, until);
  }

  /** Wall-clock ms until which it is silenced; null when it is not, or not any more. */
  until(ruleId: string): number | null {
    const until = this.#until.get(ruleId);
    return until !== undefined && until > this.#clock.now() ? until : null;
  }
}
