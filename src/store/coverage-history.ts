import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { CoverageStore } from './coverage.ts';
import { connectReadOnly, DATABASE_FILE } from './database.ts';

/**
 * The coverage of a data folder, also while the daemon runs on it; the newest minutes are not in it yet. Only to be read.
 *
 * @throws WatchwordError `not-found` when there is no database
 */
export function openCoverage(
  dataDir: string,
  deps: { readonly clock: Clock; readonly logger: Logger },
): { coverage: Pick<CoverageStore, 'summaries'>; close(): void } {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) {
    throw new WatchwordError('not-found', 'there is no database', {
      where: file,
      hint: 'Start Watchword once, or name its data folder with --data DIR',
    });
  }
  const db = connectReadOnly(file);
  return { coverage: new CoverageStore({ db, ...deps }), close: () => db.close() };
}
