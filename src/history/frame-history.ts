import { mkdir, readdir, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Frame } from '../cameras/frame.ts';
import { Bell } from '../platform/bell.ts';
import { type Clock, every } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { Slot } from '../platform/slot.ts';
import type { UnknownCause } from '../rules/verdict.ts';
import { type KeptPicture, LONGEST_STAND_MS, type PictureIndex } from './picture-index.ts';
import type { HistorySettings } from './settings.ts';

/** What can be said of a frame without the model. */
export interface Noticed {
  /** Against the frame that was last kept. */
  readonly changed: boolean;
  /** Why it must not be judged; null when it may. */
  readonly trouble: UnknownCause | null;
}

export interface FrameHistoryOptions {
  readonly index: PictureIndex;
  readonly settings: Pick<HistorySettings, 'maxAgeMs' | 'maxBytes' | 'everyMs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Wall-clock ms that ages are reckoned from. Default: the clock's. */
  readonly agesBy?: () => number;
  /** Called once per frame taken, per camera in order. Rejects for a picture that cannot be decoded. */
  readonly notice: (frame: Frame) => Promise<Noticed>;
  /** Free bytes below which the oldest frames go: above the store's own bound, so that evidence outlives them. */
  readonly minFreeBytes?: number;
  /** Of the disk that holds the folder. */
  readonly space?: (folder: string) => Promise<DiskSpace>;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

interface Standing {
  readonly picture: KeptPicture;
  /** Monotonic ms and wall-clock ms of the newest frame taken. */
  takenAt: number;
  until: number;
  isWritten: boolean;
}

const MIN_FREE_BYTES = 2 * 1024 ** 3;
const FLUSH_MS = 5_000;
const BOUND_MS = 60_000;
const AT_A_TIME = 200;
/** A camera's frames come a little early and a little late. */
const EARLY = 0.9;

/**
 * Keeps what the cameras showed, bounded by age and by bytes. A frame that shows no change costs no picture: it prolongs the
 * one that stands. Cameras never wait for it: it holds one newest frame each. What a full disk refuses is lost and logged.
 */
export class FrameHistory {
  readonly #options: FrameHistoryOptions;
  readonly #slots = new Map<string, Slot<Frame>>();
  readonly #standing = new Map<string, Standing>();
  readonly #bell = new Bell();
  readonly #log: RepeatLimiter;
  #bytes: number | undefined;

  constructor(options: FrameHistoryOptions) {
    this.#options = options;
    this.#log = new RepeatLimiter(options);
  }

  /** Never waits, never throws. */
  offer(frame: Frame): void {
    const slot = this.#slots.get(frame.cameraId) ?? new Slot<Frame>();
    this.#slots.set(frame.cameraId, slot);
    slot.put(frame);
    this.#bell.ring();
  }

  /** Keeps frames until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const keeping = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.takeWaiting();
        await this.#bell.wait(signal);
      }
    };
    await this.bound();
    await Promise.all([
      keeping(),
      every(clock, FLUSH_MS, signal, () => this.flush()),
      every(clock, BOUND_MS, signal, () => this.bound()),
    ]);
    await this.takeWaiting();
    this.flush();
  }

  /** Takes in what waits, one frame per camera. Never rejects. */
  async takeWaiting(): Promise<void> {
    for (const [cameraId, slot] of this.#slots) {
      const frame = slot.takeNow();
      if (!frame) continue;
      try {
        await this.#take(frame);
      } catch (error) {
        // What stood before must not be taken to show what could not be kept.
        this.#standing.delete(cameraId);
        const fields = { camera: cameraId, error: toError(error) };
        this.#log.log('warn', `take ${cameraId}`, 'a frame is not kept for the history', fields);
      }
    }
  }

  /** Writes until when the standing pictures stood. */
  flush(): void {
    const moved = [...this.#standing.values()].filter((standing) => !standing.isWritten);
    if (moved.length === 0) return;
    try {
      this.#options.index.extend(moved.map(({ picture, until }) => ({ ...picture, until })));
      for (const standing of moved) standing.isWritten = true;
    } catch (error) {
      this.#log.log('warn', 'flush', 'the history is not written yet, will be tried again', { error: toError(error) });
    }
  }

  /** Removes what is too old or too much, oldest first. Never rejects. */
  async bound(): Promise<void> {
    try {
      await this.#bound();
    } catch (error) {
      this.#log.log('warn', 'bound', 'the history is not trimmed, will be tried again', { error: toError(error) });
    }
  }

  async #take(frame: Frame): Promise<void> {
    const { everyMs } = this.#options.settings;
    const standing = this.#standing.get(frame.cameraId);
    const sinceTaken = standing ? frame.at - standing.takenAt : Number.POSITIVE_INFINITY;
    if (sinceTaken < EARLY * everyMs) return;
    const { changed, trouble } = await this.#options.notice(frame);
    const goesOn =
      standing !== undefined &&
      !changed &&
      trouble === standing.picture.trouble &&
      sinceTaken <= gapOf(everyMs) &&
      frame.capturedAt > standing.until &&
      frame.capturedAt - standing.picture.capturedAt < LONGEST_STAND_MS;
    if (!goesOn) return this.#keep(frame, trouble);
    standing.takenAt = frame.at;
    standing.until = frame.capturedAt;
    standing.isWritten = false;
  }

  async #keep(frame: Frame, trouble: UnknownCause | null): Promise<void> {
    const { index } = this.#options;
    const { cameraId, capturedAt, jpeg, width, height } = frame;
    this.flush();
    const picture = { cameraId, capturedAt, until: capturedAt, bytes: jpeg.byteLength, width, height, trouble };
    const file = index.pathOf(picture);
    try {
      await writeInto(file, jpeg);
      // Reckoned after the wait: others were removed meanwhile.
      const usedBefore = this.#used();
      index.add(picture);
      this.#bytes = usedBefore + picture.bytes;
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    this.#standing.set(cameraId, { picture, takenAt: frame.at, until: capturedAt, isWritten: true });
  }

  async #bound(): Promise<void> {
    const { clock, index, settings, agesBy = () => clock.now() } = this.#options;
    const before = agesBy() - settings.maxAgeMs;
    let missing = await this.#missing();
    for (;;) {
      let excess = Math.max(this.#used() - settings.maxBytes, missing);
      const going = index.oldest(AT_A_TIME).filter(({ capturedAt, bytes }) => {
        const goes = capturedAt < before || excess > 0;
        if (goes) excess -= bytes;
        return goes;
      });
      if (going.length === 0) break;
      // Files first: on a full disk that is what makes room for the transaction that forgets them.
      for (const picture of going) await removeFile(index.pathOf(picture));
      index.forget(going);
      const freed = going.reduce((sum, { bytes }) => sum + bytes, 0);
      this.#bytes = this.#used() - freed;
      missing -= freed;
    }
    await sweep(index.folder, new Date(before).toISOString().slice(0, 10));
  }

  #used(): number {
    this.#bytes ??= this.#options.index.totalBytes();
    return this.#bytes;
  }

  /** Bytes that the disk lacks to its bound; a small disk must not spend most of itself on being free. */
  async #missing(): Promise<number> {
    const { index, minFreeBytes = MIN_FREE_BYTES, space = spaceOf } = this.#options;
    const { freeBytes, totalBytes } = await space(index.folder);
    return Math.min(minFreeBytes, totalBytes / 10) - freeBytes;
  }
}

/** Frames further apart than this do not vouch for the time between them. */
function gapOf(everyMs: number): number {
  return Math.max(10_000, 5 * everyMs);
}

async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** Days before `firstDay` hold at most files that a crash left without a row. */
async function sweep(folder: string, firstDay: string): Promise<void> {
  for (const camera of await readdir(folder, { withFileTypes: true })) {
    if (!camera.isDirectory()) continue;
    for (const day of await readdir(join(folder, camera.name))) {
      if (day < firstDay) await rm(join(folder, camera.name, day), { recursive: true, force: true });
    }
  }
}

/** The folder of the hour is missing once an hour. */
async function writeInto(file: string, jpeg: Uint8Array): Promise<void> {
  try {
    await writeFile(file, jpeg, { mode: 0o640 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    await writeFile(file, jpeg, { mode: 0o640 });
  }
}

async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true });
  // The hour, the day: they go with their last picture.
  for (const folder of [dirname(file), dirname(dirname(file))]) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}
