import type { Clock } from '../platform/clock.ts';
import { ClipRing } from './clip-ring.ts';
import type { CameraSettings } from './settings.ts';

/** A camera at 8 Mbit/s fills it in half a minute. */
const MAX_BYTES = 32 * 1024 * 1024;
/** ffmpeg hands the stream over in pieces, which take a while to fill at a low bit rate. */
const LATE_MS = 15_000;
const LOOK_MS = 250;

/** A piece of a camera's video, undecoded. */
export interface VideoPiece {
  /** An MPEG transport stream that begins with a keyframe. */
  readonly transport: Buffer;
  /** Monotonic ms of its first picture. */
  readonly startsAt: number;
}

/** What a sampled stream remembers for clips; undefined where none are kept or another stream is there for them. */
export function recentVideoOf(settings: CameraSettings, clock: Clock): RecentVideo | undefined {
  return settings.clips && settings.mainSource === undefined ? new RecentVideo({ clock, settings }) : undefined;
}

/** The last of what a camera sent, long enough for its clips: bounded, in memory, undecoded. */
export class RecentVideo {
  readonly #clock: Clock;
  readonly #maxMs: number;
  #ring: ClipRing | undefined;
  /** Monotonic time minus stream time of the newest sampled picture, ms. */
  #offsetMs: number | undefined;

  constructor(options: { clock: Clock; settings: Pick<CameraSettings, 'clipBeforeMs' | 'clipAfterMs'> }) {
    this.#clock = options.clock;
    this.#maxMs = options.settings.clipBeforeMs + options.settings.clipAfterMs + LATE_MS;
  }

  /** A new connection has a time of its own: what was before is forgotten. */
  connected(): void {
    this.#ring = new ClipRing({ maxMs: this.#maxMs, maxBytes: MAX_BYTES });
    this.#offsetMs = undefined;
  }

  readonly push = (chunk: Buffer): void => this.#ring?.push(chunk);

  saw(picture: { at: number; ptsMs: number }): void {
    this.#offsetMs = picture.at - picture.ptsMs;
  }

  /**
   * The video between two monotonic times, from the keyframe before; waits for what is yet to come. Shorter when the
   * connection began later or ended; undefined when nothing of it is there.
   */
  async piece(fromAt: number, toAt: number, signal: AbortSignal): Promise<VideoPiece | undefined> {
    const ring = this.#ring;
    const offsetMs = this.#offsetMs;
    if (!ring || offsetMs === undefined) return undefined;
    const isThere = (): boolean => ring.newestPtsMs + offsetMs >= toAt;
    const lastLookAt = toAt + LATE_MS;
    while (!isThere() && this.#ring === ring && this.#clock.monotonic() < lastLookAt)
      await this.#clock.sleep(LOOK_MS, signal);
    const video = ring.cut(fromAt - offsetMs, toAt - offsetMs);
    return video && { transport: video.transport, startsAt: video.startPtsMs + offsetMs };
  }
}
