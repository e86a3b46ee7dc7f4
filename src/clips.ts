import { setMaxListeners } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { writeClip } from './cameras/clip-file.ts';
import type { RecentVideo } from './cameras/recent-video.ts';
import type { CameraSettings } from './cameras/settings.ts';
import type { EventCommit } from './events/event.ts';
import type { Clock } from './platform/clock.ts';
import { toError } from './platform/errors.ts';
import type { Logger } from './platform/logger.ts';
import { RepeatLimiter } from './platform/repeats.ts';
import type { KeptFiles } from './store/retention.ts';
import type { ClipShelf, KeptClip } from './web/deps.ts';

/** Clips being waited for at once: each holds its piece of video only while it is written. */
const MOST_WAITING = 16;
const DEFAULT_MAX_BYTES = 1024 ** 3;
/** The database needs this much of the disk more than anybody needs clips. */
const KEEP_FREE_BYTES = 500 * 1024 ** 2;
const NAME = /^([0-9a-z]+-[0-9a-f]+)\.(\d+)\.mp4$/;

interface ClipCamera {
  readonly id: string;
  readonly recent: Pick<RecentVideo, 'piece'> | undefined;
  readonly settings: Pick<CameraSettings, 'clipBeforeMs' | 'clipAfterMs'>;
}

export interface EvidenceClipsOptions {
  readonly dataDir: string;
  /** `recent`: their last video; undefined where no clips are kept. */
  readonly cameras: readonly ClipCamera[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxBytes?: number;
}

interface Kept extends KeptClip {
  readonly file: string;
  readonly bytes: number;
}

/**
 * A short clip with each event of the cameras that keep them: `EVENT.START.mp4` in a folder of its own, START the wall-clock
 * ms of its first picture. A clip is a convenience: nothing waits for it, and it is the first thing to go when space is short.
 */
export class EvidenceClips implements ClipShelf, KeptFiles {
  readonly name = 'clips';
  readonly #options: EvidenceClipsOptions;
  readonly #folder: string;
  readonly #repeats: RepeatLimiter;
  readonly #stopped = new AbortController();
  readonly #waiting = new Set<Promise<void>>();
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: EvidenceClipsOptions) {
    this.#options = options;
    this.#folder = join(options.dataDir, 'clips');
    // Each clip that is waited for listens once or twice.
    setMaxListeners(3 * MOST_WAITING, this.#stopped.signal);
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger: options.logger });
  }

  /** Finds what earlier runs kept, and removes what they left half-written. */
  start(): void {
    const folder = this.#folder;
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const found: Array<[string, Kept]> = [];
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const [, eventId, startsAt] = NAME.exec(name) ?? [];
      if (eventId === undefined) rmSync(file, { force: true });
      else found.push([eventId, { file, startsAt: Number(startsAt), bytes: statSync(file).size }]);
    }
    for (const [id, kept] of found.sort(([, a], [, b]) => a.startsAt - b.startsAt)) this.#kept.set(id, kept);
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#waiting);
  }

  /** Takes in what was committed; begins to cut when it opened an event. Never waits, never throws. */
  committed({ change, evidence }: EventCommit): void {
    const { logger } = this.#options;
    const deciding = evidence.find(({ role }) => role === 'deciding');
    const camera = this.#camera(change.event.cameraId);
    if (change.type !== 'new' || !deciding || !camera?.recent || this.#stopped.signal.aborted) return;
    if (this.#waiting.size >= MOST_WAITING) {
      logger.warn('no clip of this event: too many are being cut', { event: change.event.id });
      return;
    }
    const cutting = this.#cut(change.event.id, camera, deciding.capturedAt)
      .catch((error: unknown) => {
        if (this.#stopped.signal.aborted) return;
        this.#repeats.log('warn', 'clip', 'the clip of an event could not be kept', { error: toError(error) });
      })
      .finally(() => this.#waiting.delete(cutting));
    this.#waiting.add(cutting);
  }

  /** Whether this camera's events come with a clip. */
  keeps(cameraId: string): boolean {
    return this.#camera(cameraId)?.recent !== undefined;
  }

  find(eventId: string): KeptClip | undefined {
    return this.#kept.get(eventId);
  }

  /** The MP4; undefined when it was never kept or is gone. */
  async read(eventId: string): Promise<Uint8Array | undefined> {
    const kept = this.#kept.get(eventId);
    return kept && readFile(kept.file).catch(() => undefined);
  }

  /** Removes what began before a wall-clock time, ms. */
  async removeBefore(at: number): Promise<void> {
    for (const [id, { startsAt }] of this.#kept) if (startsAt < at) await this.#remove(id);
  }

  /** Removes the oldest until at least so many bytes are free again, or none is left. Returns how many went. */
  async removeOldest(bytes: number): Promise<number> {
    let [left, removed] = [bytes, 0];
    for (const [id, kept] of this.#kept) {
      if (left <= 0) break;
      await this.#remove(id);
      left -= kept.bytes;
      removed++;
    }
    return removed;
  }

  async #remove(eventId: string): Promise<void> {
    const kept = this.#kept.get(eventId);
    if (!kept) return;
    await rm(kept.file, { force: true });
    this.#kept.delete(eventId);
  }

  #camera(cameraId: string): ClipCamera | undefined {
    return this.#options.cameras.find(({ id }) => id === cameraId);
  }

  async #cut(eventId: string, { recent, settings }: ClipCamera, capturedAt: number): Promise<void> {
    const { clock } = this.#options;
    const wallOffset = clock.now() - clock.monotonic();
    const at = capturedAt - wallOffset;
    const { clipBeforeMs, clipAfterMs } = settings;
    const piece = await recent?.piece(at - clipBeforeMs, at + clipAfterMs, this.#stopped.signal);
    if (!piece) return;
    await this.#makeRoom(piece.transport.length);
    const startsAt = Math.round(piece.startsAt + wallOffset);
    const file = join(this.#folder, `${eventId}.${startsAt}.mp4`);
    await writeClip(piece.transport, file);
    this.#kept.set(eventId, { file, startsAt, bytes: (await stat(file)).size });
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { maxBytes = DEFAULT_MAX_BYTES } = this.#options;
    const disk = await statfs(this.#folder);
    // The raw stream and the finished clip are there at the same time.
    let free = disk.bavail * disk.bsize - 2 * bytes;
    let total = bytes;
    for (const kept of this.#kept.values()) total += kept.bytes;
    for (const [id, kept] of this.#kept) {
      if (total <= maxBytes && free >= KEEP_FREE_BYTES) return;
      await this.#remove(id);
      total -= kept.bytes;
      free += kept.bytes;
    }
    if (free < KEEP_FREE_BYTES) throw new Error('the disk is nearly full');
  }
}
