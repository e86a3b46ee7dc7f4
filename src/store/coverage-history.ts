import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { CoverageStore } from './coverage.ts';
import { connectReadOnly, databaseOf } from './database.ts';

/**
 * The coverage of a data folder, also while the daemon runs on it; the newest minutes are not in it yet. Only to be read.
 *
 * @throws WatchwordError `not-found` when there is no database
 */
export function openCoverage(
  dataDir: string,
  deps: { readonly clock: Clock; readonly logger: Logger },
): { coverage: Pick<CoverageStore, 'summaries'>; close(): void } {
  const db = connectReadOnly(databaseOf(dataDir));
  return { coverage: new CoverageStore({ db, ...deps }), close: () => db.close() };
}
