import { createHash, randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { guarded } from './errors.ts';
import type { User } from './users.ts';

export interface Session {
  readonly user: User;
  /** Wall-clock ms. */
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly role: User['role'];
  readonly userCreatedAt: number;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
}

/** Being seen is worth a write once a minute, not once a request. */
const SEEN_EVERY_MS = 60_000;

/** Logins in force. The token is given out once; only its SHA-256 is kept. */
export class SessionStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
  }

  /** Returns the token for the cookie: 256 random bits, base64url. */
  create(userId: number, lifetimeMs: number): { token: string; expiresAt: number } {
    const token = randomBytes(32).toString('base64url');
    const now = this.#clock.now();
    const expiresAt = now + lifetimeMs;
    guarded('creating a session', () =>
      this.#db
        .prepare('INSERT INTO session (token_hash, user_id, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?)')
        .run(hashOf(token), userId, now, now, expiresAt),
    );
    return { token, expiresAt };
  }

  /** Whose token this is; undefined when it is unknown or has expired. */
  find(token: string): Session | undefined {
    const now = this.#clock.now();
    const row = guarded('reading a session', () =>
      this.#db
        .prepare<[Buffer, number], Row>(
          `SELECT user.id, name, role, user.created_at AS userCreatedAt, session.created_at AS createdAt,
             seen_at AS seenAt, expires_at AS expiresAt
           FROM session JOIN user ON user.id = user_id WHERE token_hash = ? AND expires_at > ?`,
        )
        .get(hashOf(token), now),
    );
    if (!row) return undefined;
    const { id, name, role, userCreatedAt, createdAt, seenAt, expiresAt } = row;
    if (Math.abs(now - seenAt) >= SEEN_EVERY_MS) this.#seen(token, now);
    return { user: { id, name, role, createdAt: userCreatedAt }, createdAt, seenAt, expiresAt };
  }

  remove(token: string): void {
    guarded('ending a session', () => this.#db.prepare('DELETE FROM session WHERE token_hash = ?').run(hashOf(token)));
  }

  removeOfUser(userId: number): void {
    guarded('ending sessions', () => this.#db.prepare('DELETE FROM session WHERE user_id = ?').run(userId));
  }

  /** Retention calls it. */
  removeExpired(): number {
    return guarded('ending sessions', () =>
      this.#db.prepare('DELETE FROM session WHERE expires_at <= ?').run(this.#clock.now()),
    ).changes;
  }

  #seen(token: string, now: number): void {
    try {
      this.#db.prepare('UPDATE session SET seen_at = ? WHERE token_hash = ?').run(now, hashOf(token));
    } catch {
      // A full disk must not lock people out: when it was seen is a nicety.
    }
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
