import type { StreamPacket } from './packet-log.ts';

/** A sampled keyframe may come this much later than asked; beyond that the keyframes are too far apart. */
const LATEST = 1.35;

/**
 * Judges from a stream's packets whether decoding keyframes alone gives a picture per interval. One lost keyframe is not a
 * new distance: after the first measurement it takes two long gaps in a row.
 */
export class KeyframeSpacing {
  readonly #latestMs: number;
  #lastKeyMs: number | undefined;
  #measured = 0;
  #longInARow = 0;
  #isCounted = false;

  constructor(options: { everyMs: number }) {
    this.#latestMs = options.everyMs * LATEST;
  }

  /** Returns whether the keyframes are too far apart, as far as known after this packet. */
  isTooFar(packet: StreamPacket): boolean {
    if (this.#lastKeyMs === undefined) {
      if (packet.isKey) this.#lastKeyMs = packet.ptsMs;
      return false;
    }
    const gapMs = packet.ptsMs - this.#lastKeyMs;
    const isLong = gapMs > this.#latestMs;
    if (isLong && !this.#isCounted) {
      this.#isCounted = true;
      this.#longInARow++;
    }
    if (packet.isKey) {
      if (!isLong) this.#longInARow = 0;
      this.#measured++;
      this.#lastKeyMs = packet.ptsMs;
      this.#isCounted = false;
    }
    const isFirst = this.#measured === 0 || (this.#measured === 1 && packet.isKey);
    return this.#longInARow >= (isFirst ? 1 : 2);
  }
}
