import { connectReadOnly, databaseOf } from './database.ts';
import { EventLog } from './event-log.ts';

/**
 * The events of a data folder, also while the daemon runs on it: sees each commit, changes nothing, holds nobody up.
 *
 * @throws WatchwordError `not-found` when there is no database
 */
export function openEventLog(dataDir: string): { log: EventLog; close(): void } {
  const db = connectReadOnly(databaseOf(dataDir));
  return { log: new EventLog({ db }), close: () => db.close() };
}
