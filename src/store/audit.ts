import type { Database, Statement } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { guarded } from './errors.ts';

/** What a person can change. */
export type AuditAct =
  | 'event-acknowledged'
  | 'event-marked'
  | 'event-noted'
  | 'rule-saved'
  | 'rule-switched'
  | 'rule-removed'
  | 'rule-silenced'
  | 'user-added'
  | 'user-changed'
  | 'password-changed'
  | 'user-removed'
  | 'token-added'
  | 'token-removed';

export interface AuditEntry {
  readonly id: number;
  /** Wall-clock ms. */
  readonly at: number;
  /** The user or the token's name; `mqtt` for a subscriber; null when it is not known, as for commands at the box itself. */
  readonly who: string | null;
  readonly act: AuditAct;
  /** Id or name of what was changed. */
  readonly about: string;
  /** The new value in a few words, such as a mark or a role; never a secret. */
  readonly detail: string;
}

/** At some 100 bytes each this is 10 MB: years of a busy store. */
const MOST_ENTRIES = 100_000;
const MOST_PER_PAGE = 1_000;
const MOST_DETAIL = 500;

/** Who changed what, and when. Each entry is written in the transaction of the change itself. */
export class AuditLog {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #insert: Statement;
  readonly #bound: Statement;

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#insert = this.#db.prepare('INSERT INTO audit (at, who, act, about, detail) VALUES (?, ?, ?, ?, ?)');
    this.#bound = this.#db.prepare('DELETE FROM audit WHERE id <= ?');
  }

  /** The oldest entry goes when there are too many. */
  add({
    who,
    act,
    about,
    detail = '',
  }: Pick<AuditEntry, 'who' | 'act' | 'about'> & { readonly detail?: string }): void {
    guarded('keeping the audit log', () => {
      const at = Math.round(this.#clock.now());
      const { lastInsertRowid } = this.#insert.run(at, who, act, about, detail.slice(0, MOST_DETAIL));
      this.#bound.run(Number(lastInsertRowid) - MOST_ENTRIES);
    });
  }

  /** Newest first. `before`: the id behind which to go on. */
  list(page: { readonly limit: number; readonly before?: number }): AuditEntry[] {
    const { limit, before = Number.MAX_SAFE_INTEGER } = page;
    return guarded('reading the audit log', () =>
      this.#db
        .prepare<[number, number], AuditEntry>('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?')
        .all(before, Math.min(MOST_PER_PAGE, Math.max(1, limit))),
    );
  }
}
