import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Assignment, assignmentsOf } from './assignments.ts';
import { readModelCosts } from './model-costs.ts';
import type { Clock } from './platform/clock.ts';
import { toError, WatchwordError } from './platform/errors.ts';
import type { Health } from './platform/health.ts';
import type { Logger } from './platform/logger.ts';
import { RepeatLimiter } from './platform/repeats.ts';
import { type BoxLoad, type CapacityPlan, type ModelCosts, overloads, partsOf, totalOf } from './rules/capacity.ts';
import type { CompiledRule } from './rules/rule.ts';
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
  /** Reports as part `capacity`. */
  readonly health: Health;
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

  /** Writes it for others, and says in health when the box falls behind. Call it about every minute; a disk that refuses is logged. */
  save(assignments: readonly Assignment[]): void {
    const load = this.load(assignments);
    if (!load) return;
    this.#report(load);
    const file = join(this.#options.dataDir, FILE);
    try {
      writeFileSync(`${file}.new`, JSON.stringify(load), { mode: 0o640 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      this.#log.log('warn', 'save', 'the measured capacity is not written', { error: toError(error) });
    }
  }

  #report(load: BoxLoad): void {
    // In steps of 5 %: a measurement that wavers is not news every minute.
    const total = Math.ceil(totalOf(load) * 20) / 20;
    if (total > 1) this.#options.health.report('capacity', 'degraded', behind(total));
    else this.#options.health.report('capacity', 'ok');
  }
}

/**
 * Refuses a rule that would push the box beyond what it can do: all rules would then be asked more seldom, those of other
 * people too. Only what is saved through the box is refused. A file written by hand is the person's word and loads all the
 * same: a rule that is late is better than one that is lost. Health then says so until it is mended.
 *
 * @param plan of the rule as it is to be; undefined while it is off, or nothing was measured
 * @param before of the rule that it replaces
 * @throws WatchwordError `too-large`
 */
export function refuseOverload(plan: CapacityPlan | undefined, before?: CapacityPlan): void {
  if (!plan || !overloads(plan, before)) return;
  throw new WatchwordError('too-large', `the box would fall behind: ${behind(plan.total)}`, { hint: LIGHTER });
}

/** What a box that falls behind means. `total`: what its rules need of it, 1.4 is 140 %. */
export function behind(total: number): string {
  const percent = Math.round(total * 100);
  return `its rules need ${percent} % of the model's time, and each is asked ${total.toFixed(1)} times as seldom`;
}

export const LIGHTER = 'Ask more seldom ("check every 10 seconds") or watch fewer cameras';

/**
 * What the rules of a folder would take together of the box that the daemon measured: the share of the model's time, and of it
 * the rule that takes most. Undefined when nothing was measured, or the box keeps up.
 */
export function overloadOf(
  rules: readonly CompiledRule[],
  box: BoxLoad,
): { readonly total: number; readonly heaviest: CompiledRule; readonly share: number } | undefined {
  const cameraIds = Object.keys(box.cameras);
  const parts = (among: readonly CompiledRule[]) => partsOf(assignmentsOf(among, cameraIds, () => true));
  const total = totalOf({ ...box, parts: parts(rules) });
  if (total <= 1) return undefined;
  const shares = rules.map((rule) => {
    return { heaviest: rule, share: total - totalOf({ ...box, parts: parts(rules.filter((each) => each !== rule)) }) };
  });
  const [most] = shares.sort((a, b) => b.share - a.share);
  return most && { total, ...most };
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
