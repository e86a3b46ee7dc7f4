import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { BelievedTime } from '../platform/believed-time.ts';
import { type Clock, every } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Health } from '../platform/health.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { EvidenceRecord } from './evidence.ts';
import type { Store } from './store.ts';
import { DAY_MS } from './verdicts.ts';

const GIB = 1024 ** 3;

/** What is kept how long, and how much of it. Events are kept for ever. */
export interface RetentionSettings {
  readonly evidenceMaxAgeMs: number;
  readonly evidenceMaxBytes: number;
  readonly verdictMaxAgeMs: number;
  readonly verdictMaxBytes: number;
  readonly coverageMaxAgeMs: number;
  /** Free bytes below which the disk counts as nearly full: the oldest pictures go. */
  readonly minFreeBytes: number;
}

export const RETENTION_DEFAULTS: RetentionSettings = {
  evidenceMaxAgeMs: 90 * DAY_MS,
  evidenceMaxBytes: 20 * GIB,
  verdictMaxAgeMs: 30 * DAY_MS,
  verdictMaxBytes: 2 * GIB,
  coverageMaxAgeMs: 400 * DAY_MS,
  minFreeBytes: GIB,
};

/** A file without a row may be a crash's left-over, or belong to a database that was put aside: it gets this long. */
const LEFT_OVER_MS = 7 * DAY_MS;
/** Removed at a time; the event loop runs in between. */
const AT_A_TIME = 50;
const EVERY_MS = 60_000;

/** Files that nobody needs as much as pictures: the first to go. */
export interface KeptFiles {
  /** Removes what is older than a wall-clock time, ms. */
  removeBefore(at: number): Promise<void>;
  /** Removes the oldest until at least so many bytes are free again, or none is left. Returns how many went. */
  removeOldest(bytes: number): Promise<number>;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/**
 * Keeps what the box remembers within its bounds. One pass a minute; what fails is tried again with the next. Ages are reckoned
 * from the believed time: a wall clock that jumps ahead takes nothing away.
 */
export class Retention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #health: Health;
  readonly #repeats: RepeatLimiter;
  readonly #settings: RetentionSettings;
  readonly #space: () => Promise<DiskSpace>;
  readonly #time: Pick<BelievedTime, 'now'>;
  readonly #clips: KeptFiles | undefined;

  constructor(options: {
    store: Store;
    /** Clips of events, which bound their own bytes: as old as pictures at most. */
    clips?: KeptFiles;
    dataDir: string;
    clock: Clock;
    logger: Logger;
    /** Reports as part `disk`. */
    health: Health;
    settings?: Partial<RetentionSettings>;
    space?: () => Promise<DiskSpace>;
    /** What ages are reckoned from. Default: its own, kept in the data folder. */
    time?: Pick<BelievedTime, 'now'>;
  }) {
    this.#store = options.store;
    this.#clips = options.clips;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#health = options.health;
    this.#repeats = new RepeatLimiter(options);
    this.#settings = { ...RETENTION_DEFAULTS, ...options.settings };
    this.#space = options.space ?? (() => spaceOf(options.dataDir));
    this.#time = options.time ?? believedTimeOf(options);
  }

  /** Passes until the signal is aborted, the first one at once. */
  async run(signal: AbortSignal): Promise<void> {
    await this.pass();
    await every(this.#clock, EVERY_MS, signal, () => this.pass());
  }

  /** One pass. Never rejects. */
  async pass(): Promise<void> {
    // Space first, and each on its own: a full disk must not keep the pictures from going because a row cannot.
    await this.#attempt('disk', () => this.#makeRoom());
    const now = this.#time.now();
    await this.#attempt('evidence', () => this.#boundEvidence(now));
    await this.#attempt('clips', async () => this.#clips?.removeBefore(now - this.#settings.evidenceMaxAgeMs));
    await this.#attempt('verdicts', () => this.#boundVerdicts(now));
    await this.#attempt('rest', async () => {
      this.#store.coverage.removeBefore(now - this.#settings.coverageMaxAgeMs);
      this.#store.sessions.removeExpired(now);
      this.#store.outbox.dropOld(now);
      this.#store.evidence.sweep(now - LEFT_OVER_MS);
    });
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#repeats.log('warn', what, 'retention failed, will be tried again', { what, error: toError(error) });
    }
  }

  async #boundEvidence(now: number): Promise<void> {
    const { evidence } = this.#store;
    const before = now - this.#settings.evidenceMaxAgeMs;
    for (let bytes = evidence.totalBytes(); ; ) {
      const oldest = evidence.oldest(AT_A_TIME);
      let excess = bytes - this.#settings.evidenceMaxBytes;
      const going = oldest.filter((record) => {
        const goes = record.capturedAt < before || excess > 0;
        if (goes) excess -= record.bytes;
        return goes;
      });
      if (going.length === 0) return;
      evidence.remove(going);
      for (const record of going) bytes -= record.bytes;
      await turn();
    }
  }

  async #boundVerdicts(now: number): Promise<void> {
    const { verdicts } = this.#store;
    const before = now - this.#settings.verdictMaxAgeMs;
    for (;;) {
      const day = verdicts.oldestDay();
      if (day === undefined) return;
      const tooOld = (day + 1) * DAY_MS <= before;
      if (!tooOld && verdicts.totalBytes() <= this.#settings.verdictMaxBytes) return;
      for (const _ of verdicts.removeDay(day)) await turn();
    }
  }

  /** Only files give space back: rows that go leave their pages to the database, which then need not grow. */
  async #makeRoom(): Promise<void> {
    let removed = 0;
    for (;;) {
      const { freeBytes, totalBytes } = await this.#space();
      // A small disk must not spend most of itself on being free.
      const missing = Math.min(this.#settings.minFreeBytes, totalBytes / 20) - freeBytes;
      if (missing <= 0) this.#health.report('disk', 'ok');
      else this.#health.report('disk', 'degraded', `only ${Math.floor(freeBytes / 1024 ** 2)} MB free`);
      const clips = missing > 0 ? ((await this.#clips?.removeOldest(missing)) ?? 0) : 0;
      removed += clips;
      // How much that freed is only seen by looking again.
      if (clips > 0) continue;
      const going = missing > 0 ? this.#oldestOf(missing) : [];
      if (going.length === 0) break;
      this.#store.evidence.remove(going);
      removed += going.length;
      await turn();
    }
    if (removed > 0) this.#logger.warn('disk nearly full: removed the oldest clips and pictures', { removed });
  }

  /** No more than what is missing asks for: how much a removal frees is only seen afterwards. */
  #oldestOf(bytes: number): EvidenceRecord[] {
    let left = bytes;
    return this.#store.evidence.oldest(AT_A_TIME).filter((record) => {
      const goes = left > 0;
      left -= record.bytes;
      return goes;
    });
  }
}

/** The believed time of a box, kept in its data folder. */
export function believedTimeOf(options: {
  readonly store: Pick<Store, 'previousRun'>;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): BelievedTime {
  const { store, dataDir, clock, logger } = options;
  const file = join(dataDir, 'believed-time.json');
  return new BelievedTime({ clock, logger, file, lastAliveAt: store.previousRun?.seenAt });
}

async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
