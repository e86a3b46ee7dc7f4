/** A frame's instant on both clocks, ms. */
export interface FrameTime {
  readonly at: number;
  readonly capturedAt: number;
}

/** How far a stream's time may fall behind its arrival before the stream's time is taken as broken. */
const LOST_TRACK_MS = 5_000;
const WINDOW_MS = 60_000;

/**
 * Turns a stream's own time stamps into ours, for one connection. A frame's time is its stream time plus an offset; the
 * offset is that of the least delayed packet seen lately, because delay (network, probing, decoding, a busy machine) only
 * ever adds. So times keep the stream's exact spacing and are late by the least delay of the path only. The wall clock is
 * read once per connection: a step of it can neither fold nor stretch a connection's frames.
 *
 * Two windows of a minute follow a camera whose clock runs at another speed than ours (50 ppm is 3 ms a minute).
 */
export class FrameTimes {
  readonly #wallOffset: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  /** `wallOffset`: wall clock minus monotonic clock at the start of the connection, ms. */
  constructor(wallOffset: number) {
    this.#wallOffset = wallOffset;
  }

  /** Takes note that what the stream stamped `ptsMs` was here at `arrivedAt` (monotonic). */
  saw(ptsMs: number, arrivedAt: number): void {
    const offset = arrivedAt - ptsMs;
    if (arrivedAt - this.#windowStart > WINDOW_MS) {
      this.#windowStart = arrivedAt;
      this.#previous = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
    }
    this.#current = Math.min(this.#current, offset);
    if (offset - this.#offset <= LOST_TRACK_MS) return;
    // The stream's time jumped back or stands still: what it brings is as old as its arrival says.
    this.#current = offset;
    this.#previous = Number.POSITIVE_INFINITY;
  }

  /** The time of the picture stamped `ptsMs`. Needs something seen before. Strictly increasing. */
  of(ptsMs: number): FrameTime {
    const at = Math.max(ptsMs + this.#offset, this.#last + 1);
    this.#last = at;
    return { at, capturedAt: at + this.#wallOffset };
  }

  get #offset(): number {
    return Math.min(this.#current, this.#previous);
  }
}
