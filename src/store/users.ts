import type { Database } from 'better-sqlite3';
import { systemClock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { type AuditAct, AuditLog, mustBeNobodys } from './audit.ts';
import { guarded } from './errors.ts';

export interface User {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /** As the web part makes and checks it; names its algorithm. */
  readonly passwordHash: string;
  /** Wall-clock ms. */
  readonly createdAt: number;
}

const COLUMNS = 'name, role, password_hash AS passwordHash, created_at AS createdAt';

/** Who may log in. Names are unique regardless of case. */
export class UserStore {
  readonly #db: Database;
  readonly #audit: AuditLog;

  /** @param options.audit made anew when it is missing, as for a command beside the daemon */
  constructor(options: { db: Database; audit?: AuditLog }) {
    this.#db = options.db;
    this.#audit = options.audit ?? new AuditLog({ db: options.db, clock: systemClock });
  }

  list(): User[] {
    return guarded('reading users', () =>
      this.#db.prepare<[], User>(`SELECT ${COLUMNS} FROM user ORDER BY name`).all(),
    );
  }

  get(name: string): User | undefined {
    return guarded('reading a user', () =>
      this.#db.prepare<[string], User>(`SELECT ${COLUMNS} FROM user WHERE name = ?`).get(name),
    );
  }

  /**
   * Adds, or replaces by name. `by`: the user who does it; null when that is not known.
   *
   * @throws WatchwordError `conflict` rather than leave the box without an admin, `invalid-input` for one of its own names
   */
  put(user: User, by: string | null = null): void {
    const { name, role, passwordHash, createdAt } = user;
    mustBeNobodys(name);
    this.#change(() => {
      const before = this.get(name);
      this.#db
        .prepare(
          `INSERT INTO user (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash`,
        )
        .run(name, role, passwordHash, createdAt);
      for (const act of actsOf(before, user)) this.#audit.add({ who: by, act, about: name, detail: role });
    });
  }

  /**
   * Ends the user's sessions too. A name that does not exist is no error. `by` as for `put`.
   *
   * @throws WatchwordError `conflict` rather than leave the box without an admin
   */
  remove(name: string, by: string | null = null): void {
    this.#change(() => {
      if (this.#db.prepare('DELETE FROM user WHERE name = ?').run(name).changes === 0) return;
      this.#audit.add({ who: by, act: 'user-removed', about: name });
    });
  }

  #change(change: () => void): void {
    const admins = this.#db.prepare("SELECT 1 FROM user WHERE role = 'admin'");
    guarded('changing a user', () =>
      this.#db.transaction(() => {
        const before = admins.get();
        change();
        if (!before || admins.get()) return;
        throw new WatchwordError('conflict', 'the last admin stays', { hint: 'Make somebody else admin first' });
      })(),
    );
  }
}

/** What a person did; a password hashed anew at its own login, at a higher cost, is nobody's doing. */
function actsOf(before: User | undefined, after: User): AuditAct[] {
  if (!before) return ['user-added'];
  const acts: AuditAct[] = before.role === after.role ? [] : ['user-changed'];
  const sameCost = costOf(before.passwordHash) === costOf(after.passwordHash);
  return before.passwordHash !== after.passwordHash && sameCost ? [...acts, 'password-changed'] : acts;
}

/** The algorithm and its parameters, which stand before the salt and the hash. */
function costOf(passwordHash: string): string {
  return passwordHash.split('$').slice(0, -2).join('$');
}
