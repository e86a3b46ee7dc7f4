import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WatchwordError } from '../platform/errors.ts';
import { connectReadOnly, DATABASE_FILE } from './database.ts';
import { EventLog } from './event-log.ts';

/**
 * The events of a data folder, also while the daemon runs on it: sees each commit, changes nothing, holds nobody up.
 *
 * @throws WatchwordError `not-found` when there is no database
 */
export function openEventLog(dataDir: string): { log: EventLog; close(): void } {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) {
    throw new WatchwordError('not-found', 'there is no database', {
      where: file,
      hint: 'Start Watchword once, or name its data folder with --data DIR',
    });
  }
  const db = connectReadOnly(file);
  return { log: new EventLog({ db }), close: () => db.close() };
}
