import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../../../src/cameras/frame.ts';
import { type Thumbnail, thumbnailOf } from '../../../src/cameras/thumbnail.ts';
import { readSettings } from '../../../src/config/load.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { CommitQueue } from '../../../src/events/commit-queue.ts';
import type { WatchEvent } from '../../../src/events/event.ts';
import { Tracker } from '../../../src/events/tracker.ts';
import { createInspector } from '../../../src/inspection.ts';
import { type Judgement, Pipeline } from '../../../src/pipeline.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { Health } from '../../../src/platform/health.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import { contextOf } from '../../../src/rules/context.ts';
import { readRuleFile } from '../../../src/rules/file.ts';
import type { CompiledRule } from '../../../src/rules/rule.ts';
import { judge } from '../../../src/rules/verdict.ts';
import type { LocalVisionModel } from '../../../src/vision/model.ts';
import { SIZE } from './scene.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The demo store as it ships. */
export function demoStore(): { settings: Settings; rules: readonly CompiledRule[] } {
  const { settings } = readSettings(join(ROOT, 'src/demo/demo.yaml'));
  if (!settings) throw new Error('the demo configuration has errors');
  const rules = readdirSync(settings.rules)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      const file = join(settings.rules, name);
      const { rule } = readRuleFile(readFileSync(file, 'utf8'), file, contextOf(settings));
      return rule ? [rule] : [];
    });
  return { settings, rules };
}

/** Stands still but for `at`. */
class FrameClock implements Clock {
  at = 0;
  readonly #began: number;

  constructor(began: number) {
    this.#began = began;
  }

  now(): number {
    return this.#began + this.at;
  }

  monotonic(): number {
    return this.at;
  }

  /** Nothing that waits here waits for time: each frame comes when it is due. */
  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}

const thumbnails = new WeakMap<Uint8Array, Promise<Thumbnail>>();

/** Once per picture: footage shows some again. */
export function thumbnail({ jpeg }: Frame): Promise<Thumbnail> {
  const made = thumbnails.get(jpeg) ?? thumbnailOf(jpeg);
  thumbnails.set(jpeg, made);
  return made;
}

export interface WatchingOptions {
  readonly cameraId: string;
  readonly rules: readonly CompiledRule[];
  readonly settings: Settings;
  readonly model: Pick<LocalVisionModel, 'look' | 'score' | 'release'>;
  /** Wall-clock ms of the first frame. */
  readonly began: number;
  /** Whether the frame's verdicts are to be unknown, whatever it shows. */
  readonly isUnknown?: () => boolean;
  readonly onJudgement?: (judgement: Judgement) => void;
  /** The change gate spares no frame. */
  readonly ungated?: boolean;
}

/** One camera before the live pipeline: picture health, change gate, model, verdicts and tracker are the product's own. */
export class Watching {
  readonly #options: WatchingOptions;
  readonly #clock: FrameClock;
  readonly #pipeline: Pipeline;
  readonly #tracker: Tracker;
  readonly #events = new Map<string, WatchEvent>();
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #settled: () => void = () => undefined;
  #seq = 0;

  constructor(options: WatchingOptions) {
    const { cameraId, settings, model, began, isUnknown = () => false, ungated = false } = options;
    const rules = options.rules.filter((rule) => rule.cameras.includes(cameraId));
    const camera = settings.cameras[cameraId];
    if (!camera) throw new Error(`there is no camera "${cameraId}"`);
    this.#options = options;
    this.#clock = new FrameClock(began);
    const clock = this.#clock;
    const health = new Health(() => clock.now());
    const queue = new CommitQueue({
      commit: ({ change }) => void this.#events.set(change.event.id, change.event),
      clock,
      logger: silentLogger,
    });
    let raised = 0;
    this.#tracker = new Tracker({ queue, clock, random: () => String(++raised) });
    const { inspect } = createInspector([{ id: cameraId, settings: camera }], health, thumbnail);
    this.#pipeline = new Pipeline({
      ...{ clock, logger: silentLogger, health, model, judge },
      async inspect(frame) {
        const inspected = await inspect(frame);
        return isUnknown() ? { ...inspected, trouble: 'timeout' } : inspected;
      },
      isPending: (ruleId) => ungated || this.#tracker.view(ruleId, cameraId)?.phase === 'pending',
      dropped: () => undefined,
      settle: (judgement) => this.#settle(judgement),
    });
    this.#pipeline.assign(rules.map((rule) => ({ rule, cameraId })));
    this.#running = this.#pipeline.run(this.#stopped.signal);
  }

  /** So far, oldest first; the last of a rule may be open. */
  get events(): WatchEvent[] {
    return [...this.#events.values()];
  }

  /** Resolves when the frame's verdicts stand. `at`: ms since the first one. */
  async show(jpeg: Uint8Array, at: number): Promise<void> {
    const settled = new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
    this.#clock.at = at;
    const { cameraId, began } = this.#options;
    this.#pipeline.offer({ cameraId, seq: ++this.#seq, capturedAt: began + at, at, jpeg, ...SIZE });
    await settled;
    this.#tracker.tick();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  #settle(judgement: Judgement): void {
    for (const { rule, verdict } of judgement.verdicts) {
      this.#tracker.observe({ verdict, rule, frame: judgement.frame, model: '', weightsHash: '' });
    }
    this.#options.onJudgement?.(judgement);
    this.#settled();
  }
}
