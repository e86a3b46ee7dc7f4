import { type Assignment, assignmentsOf } from '../../../src/assignments.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { createInspector } from '../../../src/inspection.ts';
import { type Judgement, Pipeline, type PipelineDeps } from '../../../src/pipeline.ts';
import { every, systemClock } from '../../../src/platform/clock.ts';
import { Health } from '../../../src/platform/health.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import type { CompiledRule } from '../../../src/rules/rule.ts';
import { judge } from '../../../src/rules/verdict.ts';
import { CAMERAS } from './camera-day.ts';
import { writeDay } from './day.ts';
import { Footage } from './footage.ts';
import { SIZE } from './scene.ts';
import { thumbnail } from './watching.ts';

/** What live frames waited for since the last time it was asked, ms. */
export interface LiveDelays {
  readonly judged: number;
  /** Replaced by a newer frame before the model had time. */
  readonly dropped: number;
  /** From being offered to the verdicts. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** Between two judged frames of one camera, by when they were taken. */
  readonly longestGapMs: number;
  /** From something that begins just after a look to the alert of the rule that tells soonest. */
  readonly worstAlertMs: number;
}

/** Footage of this long comes round again. */
const LOOP_S = 240;
const EVERY_MS = 2_000;

/**
 * The demo store's cameras in real time before one live pipeline: pictures are drawn beforehand, so that what is measured is the
 * box and not the drawing.
 */
export class LiveBox {
  readonly assignments: readonly Assignment[];
  readonly #pipeline: Pipeline;
  readonly #rules: readonly CompiledRule[];
  readonly #stopped = new AbortController();
  #running: Promise<unknown> | undefined;
  #latencies: number[] = [];
  #longestGapMs = 0;
  #droppedBefore = 0;
  readonly #lastAt = new Map<string, number>();
  #films: ReadonlyArray<{ readonly id: string; readonly pictures: readonly Buffer[] }> = [];

  constructor(options: {
    readonly settings: Settings;
    readonly rules: readonly CompiledRule[];
    readonly model: PipelineDeps['model'];
    /** As if every rule were about to fire: no look is spared, the model is as busy as it can be. */
    readonly busy: boolean;
  }) {
    const { settings, rules, model, busy } = options;
    this.#rules = rules;
    const cameras = Object.entries(settings.cameras).map(([id, camera]) => ({ id, settings: camera }));
    const health = new Health(() => systemClock.now());
    const ids = cameras.map(({ id }) => id);
    this.assignments = assignmentsOf(rules, ids, () => true);
    this.#pipeline = new Pipeline({
      ...{ clock: systemClock, logger: silentLogger, health, model, judge },
      inspect: createInspector(cameras, health, thumbnail).inspect,
      isPending: () => busy,
      dropped: () => undefined,
      settle: (judgement) => this.#settle(judgement),
    });
    this.#pipeline.assign(this.assignments);
  }

  /** Draws the footage. Resolves when the cameras run. */
  async start(): Promise<void> {
    this.#films = await Promise.all(
      CAMERAS.map(async ({ id, family }, index) => {
        const footage = new Footage(writeDay({ family, seed: 9_340_000 + index, hours: 1, startHour: 12 }));
        const pictures: Buffer[] = [];
        for (let second = 0; second < LOOP_S; second += EVERY_MS / 1_000) pictures.push(await footage.picture(second));
        return { id, pictures };
      }),
    );
    const { signal } = this.#stopped;
    this.#running = Promise.all([this.#pipeline.run(signal), ...this.#films.map((film) => this.#play(film, signal))]);
  }

  delays(): LiveDelays {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    const dropped = this.#pipeline.counts.dropped - this.#droppedBefore;
    const longestGapMs = Math.round(this.#longestGapMs);
    const forMs = Math.min(...this.#rules.map((rule) => rule.forMs));
    const delays = {
      ...{ judged: sorted.length, dropped, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1), longestGapMs },
      worstAlertMs: longestGapMs + Math.ceil(forMs / EVERY_MS) * EVERY_MS + at(1),
    };
    this.#latencies = [];
    this.#longestGapMs = 0;
    this.#droppedBefore += dropped;
    return delays;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #play({ id, pictures }: { id: string; pictures: readonly Buffer[] }, signal: AbortSignal): Promise<void> {
    let seq = 0;
    await every(systemClock, EVERY_MS, signal, () => {
      const jpeg = pictures[seq % pictures.length] ?? Buffer.alloc(0);
      const [capturedAt, at] = [Math.round(systemClock.now()), systemClock.monotonic()];
      this.#pipeline.offer({ cameraId: id, seq: ++seq, capturedAt, at, jpeg, ...SIZE });
    });
  }

  #settle({ frame, offeredAt, finishedAt }: Judgement): void {
    this.#latencies.push(finishedAt - offeredAt);
    const last = this.#lastAt.get(frame.cameraId);
    this.#lastAt.set(frame.cameraId, frame.at);
    if (last !== undefined) this.#longestGapMs = Math.max(this.#longestGapMs, frame.at - last);
  }
}
