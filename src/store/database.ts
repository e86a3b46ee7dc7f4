import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { WatchwordError } from '../platform/errors.ts';
import { Sqlite } from '../platform/sqlite.ts';
import { guarded } from './errors.ts';

/** In the data folder. */
export const DATABASE_FILE = 'watchword.db';

/**
 * The database of a data folder.
 *
 * @throws WatchwordError `not-found` where Watchword never ran
 */
export function databaseOf(dataDir: string): string {
  const file = join(dataDir, DATABASE_FILE);
  if (existsSync(file)) return file;
  throw new WatchwordError('not-found', 'there is no database', {
    where: file,
    hint: 'Start Watchword once, or name its data folder with --data DIR',
  });
}

/** How sure a commit is when it returns. `full`: on the disk. `normal`: consistent, but a power cut may take the newest. */
export type Durability = 'full' | 'normal';

/** A connection as every part of the store expects it. */
export function connect(file: string, durability: Durability): Database {
  return guarded('opening the database', () => {
    const db = new Sqlite(file);
    try {
      // A backup or a reader in another process may hold it for a moment.
      db.pragma('busy_timeout = 5000');
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${durability}`);
      db.pragma('foreign_keys = ON');
      db.pragma('temp_store = MEMORY');
      // The log shrinks back to this after a burst.
      db.pragma(`journal_size_limit = ${32 * 1024 * 1024}`);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** For a command beside the running daemon: sees each commit, can change nothing. */
export function connectReadOnly(file: string): Database {
  return guarded('opening the database', () => {
    const db = new Sqlite(file, { readonly: true, fileMustExist: true });
    db.pragma('busy_timeout = 5000');
    return db;
  });
}

/** Throws `corrupt` unless SQLite finds the file sound. Reads all of it. */
export function verifyIntegrity(db: Database, check: 'quick_check' | 'integrity_check' = 'quick_check'): void {
  const finding = guarded('checking the database', () => String(db.pragma(check, { simple: true })));
  if (finding === 'ok') return;
  throw new WatchwordError('corrupt', `the database is damaged: ${finding}`, {
    where: db.name,
    hint: 'Stop Watchword and run `watchword restore BACKUP`, or `watchword restore --fresh` to begin anew; both keep the damaged file',
  });
}
