import { join } from 'node:path';
import { WatchwordError } from '../platform/errors.ts';
import { Sqlite } from '../platform/sqlite.ts';
import { storeError } from './errors.ts';

/**
 * Holds a data folder for this process until `close`, or until it dies however it dies: the lock is SQLite's own, which the
 * kernel releases. Readers (`watchword events`, `watchword backup`) do not ask for it.
 *
 * @throws WatchwordError `conflict` when another process holds it
 */
export function lockFolder(dataDir: string): { close(): void } {
  const db = new Sqlite(join(dataDir, 'watchword.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new WatchwordError('conflict', 'another Watchword uses this data folder', {
        where: dataDir,
        hint: 'Stop it first, or give each its own folder with --data',
      });
    }
    throw storeError(error, 'locking the data folder');
  }
}
