import type { Database, Statement } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { guarded } from './errors.ts';

/** What somebody can do that is kept. */
export type AuditAct =
  | 'logged-in'
  | 'login-refused'
  | 'event-acknowledged'
  | 'event-marked'
  | 'event-noted'
  | 'rule-saved'
  | 'rule-switched'
  | 'rule-removed'
  | 'rule-silenced'
  | 'camera-added'
  | 'camera-changed'
  | 'camera-removed'
  | 'config-changed'
  | 'user-added'
  | 'user-changed'
  | 'password-changed'
  | 'user-removed'
  | 'token-added'
  | 'token-removed'
  | 'backup-written'
  | 'database-restored'
  | 'database-begun';

/** Who stands in the log without being a person or a machine with a token: nobody else may have these names. */
const NOT_PEOPLE: readonly string[] = ['mqtt', 'cli', 'box'];

/** @throws WatchwordError `invalid-input` for a name that would be taken for the box's own in the log */
export function mustBeNobodys(name: string): void {
  if (!NOT_PEOPLE.includes(name.toLowerCase())) return;
  throw new WatchwordError('invalid-input', `the name "${name}" is the box's own`, { hint: 'Choose another name' });
}

export interface AuditEntry {
  readonly id: number;
  /** Wall-clock ms. */
  readonly at: number;
  /**
   * The user or the token's name; `mqtt` for a subscriber, `cli` for a command at the box itself, `box` for what it does by
   * itself. Null when it is not known: a login that was refused, a file that was edited by hand.
   */
  readonly who: string | null;
  readonly act: AuditAct;
  /** Id or name of what was changed. */
  readonly about: string;
  /** The new value in a few words, such as a mark or a role; never a secret. */
  readonly detail: string;
}

/** What somebody did, as it is handed in. */
export type Act = Pick<AuditEntry, 'who' | 'act' | 'about'> & { readonly detail?: string };

/** Which entries to list; all that are given must hold. */
export interface AuditFilter {
  /** Null: only those of nobody known. */
  readonly who?: string | null;
  readonly act?: AuditAct;
  /** Part of the name of what was changed, or of the detail. */
  readonly text?: string;
  /** At or after, wall-clock ms. */
  readonly since?: number;
  /** Before, wall-clock ms. */
  readonly until?: number;
}

/** At some 100 bytes each this is 10 MB: years of a busy store. */
const MOST_ENTRIES = 100_000;
const MOST_PER_PAGE = 1_000;
const MOST_DETAIL = 500;
const HOUR_MS = 3_600_000;
/** Strangers must not be able to push out what the others did: at this rate that takes them six weeks. */
const MOST_REFUSALS_PER_HOUR = 100;

/** Who changed what, and when. Each entry is written in the transaction of the change itself. */
export class AuditLog {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #insert: Statement;
  readonly #bound: Statement;
  /** Refusals of the hour that began at `from` (monotonic ms). */
  #refusals = { from: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#insert = this.#db.prepare('INSERT INTO audit (at, who, act, about, detail) VALUES (?, ?, ?, ?, ?)');
    this.#bound = this.#db.prepare('DELETE FROM audit WHERE id <= ?');
  }

  /** The oldest entry goes when there are too many. */
  add({ who, act, about, detail = '' }: Act): void {
    guarded('keeping the audit log', () => {
      const at = Math.round(this.#clock.now());
      const { lastInsertRowid } = this.#insert.run(at, who, act, about, detail.slice(0, MOST_DETAIL));
      this.#bound.run(Number(lastInsertRowid) - MOST_ENTRIES);
    });
  }

  /** A login that was refused. Of more than a hundred in an hour the others are told as a number with the next one kept. */
  refused(name: string, detail: string): void {
    const now = this.#clock.monotonic();
    const isNewHour = now - this.#refusals.from >= HOUR_MS;
    const untold = isNewHour ? Math.max(0, this.#refusals.count - MOST_REFUSALS_PER_HOUR) : 0;
    if (isNewHour) this.#refusals = { from: now, count: 0 };
    this.#refusals.count++;
    if (this.#refusals.count > MOST_REFUSALS_PER_HOUR) return;
    const more = untold > 0 ? `${detail} (and ${untold} before it that are not listed)` : detail;
    this.add({ who: null, act: 'login-refused', about: name, detail: more });
  }

  /** Newest first. `before`: the id behind which to go on. */
  list(page: { readonly limit: number; readonly before?: number }, filter: AuditFilter = {}): AuditEntry[] {
    const { limit, before = Number.MAX_SAFE_INTEGER } = page;
    const { who, act, text, since, until } = filter;
    const conditions: ReadonlyArray<readonly [sql: string, ...values: Array<string | number | null>]> = [
      ['id < ?', before],
      ...(who === undefined ? [] : [['who IS ?', who] as const]),
      ...(act === undefined ? [] : [['act = ?', act] as const]),
      ...(since === undefined ? [] : [['at >= ?', since] as const]),
      ...(until === undefined ? [] : [['at < ?', until] as const]),
      ...(text === undefined ? [] : [['(instr(lower(about), ?) OR instr(lower(detail), ?))', ...twice(text)] as const]),
    ];
    const where = conditions.map(([sql]) => sql).join(' AND ');
    const values = conditions.flatMap(([, ...some]) => some);
    return guarded('reading the audit log', () =>
      this.#db
        .prepare<unknown[], AuditEntry>(`SELECT * FROM audit WHERE ${where} ORDER BY id DESC LIMIT ?`)
        .all(...values, Math.min(MOST_PER_PAGE, Math.max(1, limit))),
    );
  }

  /** Everybody who stands in it, in alphabetical order. */
  names(): string[] {
    return guarded('reading the audit log', () =>
      this.#db
        .prepare<[], { who: string }>('SELECT DISTINCT who FROM audit WHERE who IS NOT NULL ORDER BY who')
        .all()
        .map(({ who }) => who),
    );
  }
}

const twice = (text: string): [string, string] => [text.toLowerCase(), text.toLowerCase()];
