import type { Database } from 'better-sqlite3';
import type { AuditLog } from './audit.ts';
import { guarded } from './errors.ts';

/** A rule file as it was at some time. */
export interface RuleVersion {
  /** Counts up for each rule. */
  readonly number: number;
  /** Wall-clock ms at which it was saved, or found. */
  readonly savedAt: number;
  /** The user; null for one that was written by hand. */
  readonly savedBy: string | null;
  readonly text: string;
}

/** More than a person looks through; at 64 KB a file it bounds what one rule can take. */
const MOST_PER_RULE = 50;
const COLUMNS = 'number, saved_at AS savedAt, saved_by AS savedBy, text';

/** What rule files said before: they outlive the files, so that a deleted rule can be had back. */
export class RuleVersionStore {
  readonly #db: Database;
  readonly #audit: AuditLog;

  constructor(options: { db: Database; audit: AuditLog }) {
    this.#db = options.db;
    this.#audit = options.audit;
  }

  /** Adds a version, unless the newest one says the same. The oldest go when there are too many. */
  add(
    ruleId: string,
    { savedAt, savedBy, text }: Omit<RuleVersion, 'number'>,
    act: 'rule-saved' | 'rule-switched' = 'rule-saved',
  ): void {
    guarded('keeping a version of a rule', () =>
      this.#db.transaction(() => {
        const newest = this.list(ruleId)[0];
        const isNew = newest?.text !== text;
        const number = (newest?.number ?? 0) + (isNew ? 1 : 0);
        if (savedBy !== null) this.#audit.add({ who: savedBy, act, about: ruleId, detail: `${number}` });
        if (!isNew) return;
        this.#db.prepare('INSERT INTO rule_version VALUES (?, ?, ?, ?, ?)').run(ruleId, number, savedAt, savedBy, text);
        this.#db
          .prepare('DELETE FROM rule_version WHERE rule_id = ? AND number <= ?')
          .run(ruleId, number - MOST_PER_RULE);
      })(),
    );
  }

  /** Notes who deleted a rule; its versions stay. */
  removed(ruleId: string, by: string): void {
    this.#audit.add({ who: by, act: 'rule-removed', about: ruleId });
  }

  /** Newest first. */
  list(ruleId: string): RuleVersion[] {
    return guarded('reading the versions of a rule', () =>
      this.#db
        .prepare<[string], RuleVersion>(`SELECT ${COLUMNS} FROM rule_version WHERE rule_id = ? ORDER BY number DESC`)
        .all(ruleId),
    );
  }
}
