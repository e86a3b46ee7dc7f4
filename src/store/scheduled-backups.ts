import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, every } from '../platform/clock.ts';
import { type ErrorKind, toError, WatchwordError } from '../platform/errors.ts';
import type { Health } from '../platform/health.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { AuditLog } from './audit.ts';
import type { BackupReport } from './backup.ts';
import { DATABASE_FILE } from './database.ts';

const LOOK_MS = 10 * 60_000;
const SETTLE_MS = 60_000;
const NAME = /^watchword-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z\.db$/;
/** A backup must not be what fills the disk. */
const SPARE_BYTES = 512 * 1024 ** 2;
// Threads need compiled JavaScript; when this module itself runs uncompiled, that lies beside in dist.
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/store/backup-worker.js' : './backup-worker.js',
  import.meta.url,
);

export interface ScheduledBackupsOptions {
  readonly dataDir: string;
  /** Made when it is missing. */
  readonly folder: string;
  readonly everyMs: number;
  readonly keep: number;
  readonly audit: Pick<AuditLog, 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reports as part `backup`. */
  readonly health: Health;
  /** Bytes free on the disk of the folder. */
  readonly freeBytes?: (folder: string) => number;
}

/**
 * Backups that the box writes by itself, each opened and checked before it gets its name, in a thread of its own. What fails is
 * said in health and tried again. The newest few are kept. A clock that jumps costs one backup too many at most.
 */
export class ScheduledBackups {
  readonly #options: ScheduledBackupsOptions;
  readonly #repeats: RepeatLimiter;

  constructor(options: ScheduledBackupsOptions) {
    this.#options = options;
    this.#repeats = new RepeatLimiter(options);
  }

  /** Looks every ten minutes until the signal is aborted, the first time when what a start allocates is given back. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(SETTLE_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    await this.pass();
    await every(this.#options.clock, LOOK_MS, signal, () => this.pass());
  }

  /** Writes one if it is time. Never rejects. */
  async pass(): Promise<void> {
    const { health } = this.#options;
    try {
      if (this.#isDue()) await this.#write();
      health.report('backup', 'ok');
    } catch (thrown) {
      const error = toError(thrown);
      health.report('backup', 'degraded', `no backup could be written: ${error.message}`);
      this.#repeats.log('warn', 'backup', 'no backup could be written, will be tried again', { error });
    }
  }

  #isDue(): boolean {
    const { folder, everyMs, clock } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const now = clock.now();
    // One from the future was written by a clock that was wrong: it says nothing of when the last one was.
    const newest = backupsIn(folder).filter(({ at }) => at <= now)[0];
    return newest === undefined || now - newest.at >= everyMs;
  }

  async #write(): Promise<void> {
    const { dataDir, folder, keep, audit, clock, logger, freeBytes = freeBytesOf } = this.#options;
    const needed = statSync(join(dataDir, DATABASE_FILE)).size + SPARE_BYTES;
    const free = freeBytes(folder);
    if (free < needed) {
      const mb = (bytes: number): number => Math.floor(bytes / 1024 ** 2);
      throw new WatchwordError('unavailable', `${mb(free)} MB are free in ${folder}, ${mb(needed)} MB are needed`);
    }
    const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const report = await writeInThread({ dataDir, file: join(folder, `watchword-${stamp}.db`) });
    logger.info('backup written', { file: report.file, events: report.events, bytes: report.bytes });
    audit.add({ who: 'box', act: 'backup-written', about: report.file, detail: `${report.events} events` });
    const others = backupsIn(folder).filter(({ file }) => file !== report.file);
    for (const { file } of others.slice(keep - 1)) rmSync(file, { force: true });
  }
}

/** Newest first, by the time in their names. */
function backupsIn(folder: string): Array<{ file: string; at: number }> {
  return readdirSync(folder)
    .flatMap((name) => {
      const [, year, month, day, hour, minute, second] = NAME.exec(name) ?? [];
      if (year === undefined) return [];
      return [{ file: join(folder, name), at: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) }];
    })
    .sort((a, b) => b.at - a.at);
}

type Outcome = { readonly report: BackupReport } | { readonly failed: { kind: ErrorKind; message: string } };

/** Writes one backup in a thread of its own. Rejects as `writeBackup` does. */
export async function writeInThread(options: { dataDir: string; file: string }): Promise<BackupReport> {
  const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };
  const worker = new Worker(ENTRY, { workerData: options, name: 'backup', resourceLimits });
  try {
    const [outcome] = (await once(worker, 'message')) as [Outcome];
    if ('report' in outcome) return outcome.report;
    throw new WatchwordError(outcome.failed.kind, outcome.failed.message);
  } finally {
    await worker.terminate();
  }
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
