import type { StreamPacket } from './packet-log.ts';

const WINDOW_MS = 10_000;

/** What is known of a camera's video stream. */
export interface StreamFacts {
  /** As ffmpeg names it: `h264`, `hevc`, `mjpeg`. */
  readonly codec: string | undefined;
  /** Pixels of the stream itself, before any scaling. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Pictures per second, measured. */
  readonly fps: number | undefined;
  /** From one keyframe to the next, ms, measured. */
  readonly keyframeMs: number | undefined;
}

/** Measures a stream from its packets, over the last ten seconds of stream time. */
export class StreamMeter {
  readonly #times: number[] = [];
  #lastKeyMs: number | undefined;
  #keyframeMs: number | undefined;
  codec: string | undefined;
  width: number | undefined;
  height: number | undefined;

  saw(packet: StreamPacket): void {
    this.#times.push(packet.ptsMs);
    while (this.#times.length > 2 && packet.ptsMs - (this.#times[0] ?? 0) > WINDOW_MS) this.#times.shift();
    if (this.#times.length > 2_000) this.#times.shift();
    if (!packet.isKey) return;
    if (this.#lastKeyMs !== undefined) this.#keyframeMs = Math.round(packet.ptsMs - this.#lastKeyMs);
    this.#lastKeyMs = packet.ptsMs;
  }

  facts(): StreamFacts {
    const { codec, width, height } = this;
    return { codec, width, height, fps: this.#fps(), keyframeMs: this.#keyframeMs };
  }

  #fps(): number | undefined {
    const span = Math.max(...this.#times) - Math.min(...this.#times);
    if (this.#times.length < 5 || !(span > 0)) return undefined;
    return Math.round(((this.#times.length - 1) / span) * 100_000) / 100;
  }
}
