import { join } from 'node:path';
import type { Settings } from './config/settings.ts';
import type { Clock } from './platform/clock.ts';
import type { Health } from './platform/health.ts';
import { loopPart, type Part } from './platform/lifecycle.ts';
import type { Logger } from './platform/logger.ts';
import { ScheduledBackups } from './store/scheduled-backups.ts';
import type { Store } from './store/store.ts';

/** The part that writes backups by itself, as the settings want it; none where they are switched off. */
export function scheduledBackups(options: {
  readonly settings: Pick<Settings, 'backup' | 'data'>;
  readonly store: Pick<Store, 'audit'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}): Part[] {
  const { settings, store, ...rest } = options;
  const { enabled, folder, everyMs, keep } = settings.backup;
  if (!enabled) return [];
  const dataDir = settings.data;
  const place = { dataDir, folder: folder ?? join(dataDir, 'backups') };
  const backups = new ScheduledBackups({ ...place, everyMs, keep, audit: store.audit, ...rest });
  return [loopPart('backups', (stopped) => backups.run(stopped))];
}
