import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Assignment } from './assignments.ts';
import { readModelCosts } from './model-costs.ts';
import type { Clock } from './platform/clock.ts';
import { toError } from './platform/errors.ts';
import type { Logger } from './platform/logger.ts';
import { RepeatLimiter } from './platform/repeats.ts';
import { type BoxLoad, type ModelCosts, partsOf } from './rules/capacity.ts';
import type { ModelIdentity, VisionModel } from './vision/model.ts';

const FILE = 'capacity.json';
/** Enough that a slow minute does not move the median, few enough that another model shows soon. */
const MOST_SAMPLES = 101;
const LEAST_SAMPLES = 5;

const positive = z.number().positive();
const boxLoadSchema = z.object({
  costs: z.object({ lookMs: positive, questionMs: z.number().nonnegative() }),
  parts: z.array(
    z.object({ cameraId: z.string(), zone: z.string().nullable(), intervalsMs: z.array(positive).min(1) }),
  ),
  cameras: z.record(z.string(), positive),
});

type Asked = Pick<VisionModel, 'look' | 'score' | 'release'>;

export interface CapacityLedgerOptions {
  readonly dataDir: string;
  readonly cameras: ReadonlyArray<{ readonly id: string; readonly settings: { readonly everyMs: number } }>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The loaded model: until enough is measured here, what `watchword models bench` kept of it counts. */
  readonly model?: () => ModelIdentity | null;
}

/**
 * Measures what the model costs while it works, and keeps that with what is watched in a small file of the data folder: a
 * rule can then be planned in a millisecond, without the model and beside the running daemon.
 */
export class CapacityLedger {
  readonly #options: CapacityLedgerOptions;
  readonly #log: RepeatLimiter;
  readonly #looks: number[] = [];
  readonly #questions: number[] = [];

  constructor(options: CapacityLedgerOptions) {
    this.#options = options;
    this.#log = new RepeatLimiter(options);
  }

  /** The same model, its answers weighed on the way. */
  metered(model: Asked): Asked {
    return {
      look: async (picture, options) => {
        const look = await model.look(picture, options);
        keep(this.#looks, look.ms);
        return look;
      },
      score: async (look, questions, options) => {
        const answers = await model.score(look, questions, options);
        for (const { ms } of answers) keep(this.#questions, ms);
        return answers;
      },
      release: (look) => model.release(look),
    };
  }

  /** What is known now; undefined before the model has answered a few times, where it was never measured before. */
  load(assignments: readonly Assignment[]): BoxLoad | undefined {
    const costs = this.#costs();
    if (!costs) return undefined;
    const cameras = Object.fromEntries(this.#options.cameras.map(({ id, settings }) => [id, settings.everyMs]));
    return { costs, parts: partsOf(assignments), cameras };
  }

  #costs(): ModelCosts | undefined {
    if (Math.min(this.#looks.length, this.#questions.length) >= LEAST_SAMPLES)
      return { lookMs: median(this.#looks), questionMs: median(this.#questions) };
    const identity = this.#options.model?.();
    const kept = identity && readModelCosts(this.#options.dataDir, identity);
    return kept ? { lookMs: kept.lookMs, questionMs: kept.questionMs } : undefined;
  }

  /** Writes it for others. Call it about every minute; a disk that refuses is logged. */
  save(assignments: readonly Assignment[]): void {
    const load = this.load(assignments);
    if (!load) return;
    const file = join(this.#options.dataDir, FILE);
    try {
      writeFileSync(`${file}.new`, JSON.stringify(load), { mode: 0o640 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      this.#log.log('warn', 'save', 'the measured capacity is not written', { error: toError(error) });
    }
  }
}

/** What the daemon of a data folder measured last; undefined when it never did. */
export function readBoxLoad(dataDir: string): BoxLoad | undefined {
  try {
    return boxLoadSchema.parse(JSON.parse(readFileSync(join(dataDir, FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

function keep(samples: number[], ms: number): void {
  if (!(ms > 0)) return;
  samples.push(ms);
  if (samples.length > MOST_SAMPLES) samples.shift();
}

/** Of what was measured: a look that waited for a busy machine must not count for all. */
function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1] ?? 0;
}
