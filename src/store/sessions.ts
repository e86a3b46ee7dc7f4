import type { Database } from 'better-sqlite3';
import { guarded } from './errors.ts';

export interface Session {
  /** Hex SHA-256 of the token in the cookie: whoever reads the database cannot log in with it. */
  readonly tokenHash: string;
  readonly userName: string;
  /** Wall-clock ms. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

const COLUMNS = 'token_hash AS tokenHash, user_name AS userName, created_at AS createdAt, expires_at AS expiresAt';

/** Logins in force. Whether one has expired is for the reader to judge; `removeExpired` only cleans up. */
export class SessionStore {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  get(tokenHash: string): Session | undefined {
    return guarded('reading a session', () =>
      this.#db.prepare<[string], Session>(`SELECT ${COLUMNS} FROM session WHERE token_hash = ?`).get(tokenHash),
    );
  }

  /** Adds, or replaces by token. The user must exist. */
  put({ tokenHash, userName, createdAt, expiresAt }: Session): void {
    guarded('keeping a session', () =>
      this.#db
        .prepare(
          `INSERT INTO session (token_hash, user_name, created_at, expires_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at`,
        )
        .run(tokenHash, userName, createdAt, expiresAt),
    );
  }

  remove(tokenHash: string): void {
    guarded('ending a session', () => this.#db.prepare('DELETE FROM session WHERE token_hash = ?').run(tokenHash));
  }

  /** Ends all sessions of a user; returns the hashes that ended. */
  removeOfUser(userName: string): string[] {
    return guarded('ending sessions', () =>
      this.#db
        .prepare<[string], string>('DELETE FROM session WHERE user_name = ? RETURNING token_hash')
        .pluck()
        .all(userName),
    );
  }

  removeExpired(now: number): void {
    guarded('ending sessions', () => this.#db.prepare('DELETE FROM session WHERE expires_at <= ?').run(now));
  }
}
