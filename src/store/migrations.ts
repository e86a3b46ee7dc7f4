import { readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { WatchwordError } from '../platform/errors.ts';
import { guarded } from './errors.ts';

// dist/store and src/store are equally deep: the schema is read from src, where it is kept, in both.
const SCHEMA_FILE = new URL('../../src/store/schema.sql', import.meta.url);

/** Each step leads from one version to the next and is never changed once released. Forward only. */
const STEPS: ReadonlyArray<{ readonly to: number; readonly sql: string }> = [];

export const SCHEMA_VERSION = 1;

/**
 * Brings a database to the newest schema: a fresh one at once, an older one step by step, each step in its own transaction
 * together with its version, so that an interrupted migration goes on where it stopped.
 */
export function migrate(db: Database): void {
  const version = (): number => Number(db.pragma('user_version', { simple: true }));
  if (version() > SCHEMA_VERSION) {
    throw new WatchwordError(
      'unsupported',
      `the database has schema ${version()}, this program knows ${SCHEMA_VERSION}`,
      {
        where: db.name,
        hint: 'It was written by a newer Watchword: upgrade the program, or restore a backup made by this version',
      },
    );
  }
  if (version() === 0) apply(db, readFileSync(SCHEMA_FILE, 'utf8'), SCHEMA_VERSION);
  for (const { to, sql } of STEPS) {
    if (to === version() + 1) apply(db, sql, to);
  }
}

function apply(db: Database, sql: string, version: number): void {
  guarded('migrating the database', () =>
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    })(),
  );
}
