import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Alerts } from '../alerts/alerts.ts';
import type { Pace } from '../pace.ts';
import type { PipelineCounts } from '../pipeline.ts';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { LevelControl, Logger } from '../platform/logger.ts';
import { type BoxLoad, totalOf } from '../rules/capacity.ts';
import { writeInThread } from '../store/scheduled-backups.ts';
import type { Store } from '../store/store.ts';
import type { KeptBackup, Upkeep } from '../web/upkeep.ts';

export interface UpkeepOptions {
  readonly dataDir: string;
  /** Where backups lie, and how many stay. */
  readonly backups: { readonly folder: string; readonly keep: number };
  readonly store: Pick<Store, 'outbox' | 'coverage' | 'audit'>;
  readonly pace: Pick<Pace, 'evaluationsPerMinute' | 'p95LatencyMs'>;
  readonly counts: () => PipelineCounts;
  readonly load: () => BoxLoad | undefined;
  readonly alerts: Pick<Alerts, 'mqttUrl' | 'topicBase' | 'deliveryStats'>;
  readonly logLevel: LevelControl;
  readonly restart?: (() => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NAME = /^watchword-\d{8}T\d{6}Z\.db$/;
const HOUR_MS = 3_600_000;
/** What admins look after on the System page. */
export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { dataDir, store, pace, alerts, logLevel, restart, clock, logger } = options;
  const { folder, keep } = options.backups;
  let writing = false;
  const kept = async (name: string): Promise<KeptBackup> => {
    const { size, mtimeMs } = await stat(join(folder, name));
    return { name, bytes: size, writtenAt: mtimeMs };
  };
  const backups = async (): Promise<KeptBackup[]> => {
    const names = await readdir(folder).catch(() => []);
    return Promise.all(
      names
        .filter((name) => NAME.test(name))
        .sort()
        .reverse()
        .map(kept),
    );
  };
  return {
    async facts() {
      const load = options.load();
      const { judged, dropped, stale, skipped } = options.counts();
      const sums = store.coverage.summaries({ since: clock.now() - 24 * HOUR_MS, until: clock.now() });
      const total = (of: 'scheduledMs' | 'evaluatedMs' | 'gatedMs'): number =>
        sums.reduce((sum, each) => sum + each[of], 0);
      return {
        disk: await spaceOf(dataDir),
        databaseBytes: sizeOf(join(dataDir, 'watchword.db')) + sizeOf(join(dataDir, 'watchword.db-wal')),
        evaluationsPerMinute: pace.evaluationsPerMinute(),
        p95LatencyMs: pace.p95LatencyMs(),
        model: load ? { ...load.costs, load: totalOf(load) } : null,
        frames: { judged, dropped: dropped + stale, skipped },
        waiting: store.outbox.depth(),
        delivered: Object.values(alerts.deliveryStats()).reduce((sum, stats) => sum + (stats?.delivered ?? 0), 0),
        brokerUrl: alerts.mqttUrl,
        topicBase: alerts.topicBase,
        coverage: total('scheduledMs') > 0 ? (total('evaluatedMs') + total('gatedMs')) / total('scheduledMs') : null,
      };
    },
    backups,
    async backup(by) {
      if (writing) {
        throw new WatchwordError('too-many', 'a backup is being written', { hint: 'Wait until it is there' });
      }
      writing = true;
      try {
        await mkdir(folder, { recursive: true, mode: 0o750 });
        const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
        const name = `watchword-${stamp}.db`;
        const { events } = await writeInThread({ dataDir, file: join(folder, name) });
        store.audit.add({ who: by, act: 'backup-written', about: name, detail: `${events} events` });
        for (const old of (await backups()).slice(keep)) await rm(join(folder, old.name), { force: true });
        return await kept(name);
      } finally {
        writing = false;
      }
    },
    backupFile(name) {
      const file = join(folder, name);
      return NAME.test(name) && existsSync(file) ? file : undefined;
    },
    logLevel: () => logLevel.get(),
    setLogLevel(level, by) {
      logLevel.set(level);
      logger.warn('log level changed', { level, by });
      store.audit.add({ who: by, act: 'config-changed', about: 'log level', detail: `${level}, until the next start` });
    },
    ...(restart && {
      restart(by: string) {
        logger.warn('started anew on the page', { by });
        restart();
      },
    }),
  };
}

async function spaceOf(folder: string): Promise<{ freeBytes: number; totalBytes: number } | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return null;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
