import type { Database } from 'better-sqlite3';
import { WatchwordError } from '../platform/errors.ts';
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

  constructor(options: { db: Database }) {
    this.#db = options.db;
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
   * Adds, or replaces by name.
   *
   * @throws WatchwordError `conflict` rather than leave the box without an admin
   */
  put({ name, role, passwordHash, createdAt }: User): void {
    this.#change(() =>
      this.#db
        .prepare(
          `INSERT INTO user (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash`,
        )
        .run(name, role, passwordHash, createdAt),
    );
  }

  /**
   * Ends the user's sessions too. A name that does not exist is no error.
   *
   * @throws WatchwordError `conflict` rather than leave the box without an admin
   */
  remove(name: string): void {
    this.#change(() => this.#db.prepare('DELETE FROM user WHERE name = ?').run(name));
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
