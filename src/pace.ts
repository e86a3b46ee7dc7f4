import type { Clock } from './platform/clock.ts';

const WINDOW_MS = 60_000;
/** Bounds the memory on a box that judges hundreds of frames per second. */
const MOST_SAMPLES = 10_000;

interface Sample {
  /** Monotonic ms. */
  readonly at: number;
  readonly questions: number;
  readonly latencyMs: number;
}

/** How fast frames are judged: the last minute's count and how long each took from its capture to its verdicts. */
export class Pace {
  readonly #clock: Clock;
  #samples: Sample[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(questions: number, latencyMs: number): void {
    this.#samples.push({ at: this.#clock.monotonic(), questions, latencyMs });
    if (this.#samples.length > MOST_SAMPLES) this.#samples = this.#samples.slice(MOST_SAMPLES / 2);
  }

  evaluationsPerMinute(): number {
    return this.#recent().reduce((sum, sample) => sum + sample.questions, 0);
  }

  /** Null when nothing was judged within the last minute. */
  p95LatencyMs(): number | null {
    const sorted = this.#recent()
      .map((sample) => sample.latencyMs)
      .sort((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null;
  }

  #recent(): Sample[] {
    const from = this.#clock.monotonic() - WINDOW_MS;
    this.#samples = this.#samples.filter((sample) => sample.at >= from);
    return this.#samples;
  }
}
