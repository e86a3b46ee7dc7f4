import type { Database } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { guarded, storeError } from './errors.ts';

export type Role = 'viewer' | 'operator' | 'admin';

export interface User {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  /** Wall-clock ms. */
  readonly createdAt: number;
}

/** For the login alone; never leaves the server. */
export interface UserWithHash extends User {
  readonly passwordHash: string;
}

const COLUMNS = 'id, name, role, created_at AS createdAt';

/** Who may log in. Names are unique regardless of case. Hashing and comparing passwords is the web part's. */
export class UserStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
  }

  /** @throws WatchwordError `conflict` when the name is taken */
  create(user: { name: string; role: Role; passwordHash: string }): User {
    try {
      const createdAt = this.#clock.now();
      const row = this.#db
        .prepare('INSERT INTO user (name, password_hash, role, created_at) VALUES (?, ?, ?, ?)')
        .run(user.name, user.passwordHash, user.role, createdAt);
      return { id: Number(row.lastInsertRowid), name: user.name, role: user.role, createdAt };
    } catch (error) {
      const failed = storeError(error, 'creating a user');
      if (failed.kind !== 'conflict') throw failed;
      throw new WatchwordError('conflict', `there is a user "${user.name}" already`, { cause: error });
    }
  }

  list(): User[] {
    return guarded('reading users', () =>
      this.#db.prepare<[], User>(`SELECT ${COLUMNS} FROM user ORDER BY name`).all(),
    );
  }

  find(name: string): UserWithHash | undefined {
    return guarded('reading a user', () =>
      this.#db
        .prepare<[string], UserWithHash>(`SELECT ${COLUMNS}, password_hash AS passwordHash FROM user WHERE name = ?`)
        .get(name),
    );
  }

  get(id: number): User | undefined {
    return guarded('reading a user', () =>
      this.#db.prepare<[number], User>(`SELECT ${COLUMNS} FROM user WHERE id = ?`).get(id),
    );
  }

  /** Ends the user's sessions too: who knew the old password is out. */
  setPasswordHash(id: number, passwordHash: string): void {
    guarded('changing a password', () =>
      this.#db.transaction(() => {
        this.#mustExist(this.#db.prepare('UPDATE user SET password_hash = ? WHERE id = ?').run(passwordHash, id), id);
        this.#db.prepare('DELETE FROM session WHERE user_id = ?').run(id);
      })(),
    );
  }

  /** @throws WatchwordError `conflict` rather than leave the box without an admin */
  setRole(id: number, role: Role): void {
    this.#keepingAnAdmin(() =>
      this.#mustExist(this.#db.prepare('UPDATE user SET role = ? WHERE id = ?').run(role, id), id),
    );
  }

  /** @throws WatchwordError `conflict` rather than leave the box without an admin */
  remove(id: number): void {
    this.#keepingAnAdmin(() => this.#mustExist(this.#db.prepare('DELETE FROM user WHERE id = ?').run(id), id));
  }

  #keepingAnAdmin(change: () => void): void {
    guarded('changing a user', () =>
      this.#db.transaction(() => {
        change();
        if (this.#db.prepare("SELECT 1 FROM user WHERE role = 'admin'").get()) return;
        throw new WatchwordError('conflict', 'the last admin stays', { hint: 'Make somebody else admin first' });
      })(),
    );
  }

  #mustExist({ changes }: { changes: number }, id: number): void {
    if (changes === 0) throw new WatchwordError('not-found', `there is no user ${id}`);
  }
}
