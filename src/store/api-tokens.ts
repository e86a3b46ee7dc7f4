import type { Database } from 'better-sqlite3';
import { WatchwordError } from '../platform/errors.ts';
import { type AuditLog, mustBeNobodys } from './audit.ts';
import { guarded, storeError } from './errors.ts';
import type { User } from './users.ts';

export interface ApiToken {
  readonly name: string;
  readonly role: User['role'];
  /** Wall-clock ms. */
  readonly createdAt: number;
}

/** Access for machines, looked up by the hex SHA-256 of the token. The token itself is shown once and never kept. */
export class ApiTokenStore {
  readonly #db: Database;
  readonly #audit: AuditLog;

  constructor(options: { db: Database; audit: AuditLog }) {
    this.#db = options.db;
    this.#audit = options.audit;
  }

  /**
   * `by`: the user who does it; null when that is not known.
   *
   * @throws WatchwordError `conflict` when the name is taken, `invalid-input` for one of the box's own
   */
  add({ name, role, createdAt }: ApiToken, tokenHash: string, by: string | null = null): void {
    mustBeNobodys(name);
    try {
      this.#db.transaction(() => {
        this.#db.prepare('INSERT INTO api_token VALUES (?, ?, ?, ?)').run(name, tokenHash, role, createdAt);
        this.#audit.add({ who: by, act: 'token-added', about: name, detail: role });
      })();
    } catch (error) {
      const failed = storeError(error, 'adding a token');
      if (failed.kind !== 'conflict') throw failed;
      throw new WatchwordError('conflict', `there is a token "${name}" already`, { cause: error });
    }
  }

  find(tokenHash: string): ApiToken | undefined {
    return guarded('reading a token', () =>
      this.#db
        .prepare<[string], ApiToken>('SELECT name, role, created_at AS createdAt FROM api_token WHERE token_hash = ?')
        .get(tokenHash),
    );
  }

  list(): ApiToken[] {
    return guarded('reading tokens', () =>
      this.#db.prepare<[], ApiToken>('SELECT name, role, created_at AS createdAt FROM api_token ORDER BY name').all(),
    );
  }

  /** `by` as for `add`. */
  remove(name: string, by: string | null = null): void {
    guarded('removing a token', () =>
      this.#db.transaction(() => {
        if (this.#db.prepare('DELETE FROM api_token WHERE name = ?').run(name).changes === 0) return;
        this.#audit.add({ who: by, act: 'token-removed', about: name });
      })(),
    );
  }
}
