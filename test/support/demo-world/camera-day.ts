import type { Settings } from '../../../src/config/settings.ts';
import type { CompiledRule } from '../../../src/rules/rule.ts';
import type { Answer, LocalVisionModel } from '../../../src/vision/model.ts';
import { type DayOptions, writeDay } from './day.ts';
import { Footage } from './footage.ts';
import { SeededRandom } from './random.ts';
import type { Family } from './scene.ts';
import { type Tally, tally } from './tally.ts';
import { Watching } from './watching.ts';

/** The demo store's cameras and the kind of place that each watches. */
export const CAMERAS: ReadonlyArray<{ readonly id: string; readonly family: Family }> = [
  { id: 'aisle-1', family: 'store' },
  { id: 'aisle-2', family: 'store' },
  { id: 'warehouse-1', family: 'warehouse' },
  { id: 'warehouse-2', family: 'warehouse' },
  { id: 'warehouse-3', family: 'warehouse' },
  { id: 'yard', family: 'road' },
];

/** A Monday. */
const MIDNIGHT = Date.parse('2026-03-02T00:00:00Z');
const UNKNOWN_SHARE = 0.1;

export interface WatchDayOptions extends Omit<DayOptions, 'family'> {
  readonly camera: (typeof CAMERAS)[number];
  readonly settings: Settings;
  readonly rules: readonly CompiledRule[];
  readonly model: Pick<LocalVisionModel, 'look' | 'score' | 'release'>;
  readonly progress?: (hour: number) => void;
}

/** What one rule made of one camera's day. */
export interface CameraDay {
  readonly camera: string;
  readonly rule: string;
  /** Every tenth frame's verdict was turned unknown. */
  readonly unknown: boolean;
  readonly tally: Tally;
  /** Share of the rule's turns that the change gate answered without the model, 0..1. */
  readonly gatedShare: number;
  /** Share of its turns that gave yes or no. */
  readonly coverage: number;
}

/** Watches a day of one camera twice over, as it is and with a tenth of its frames unknown. */
export async function watchDay(options: WatchDayOptions): Promise<CameraDay[]> {
  const { camera, settings, rules, progress } = options;
  const script = writeDay({ ...options, family: camera.family });
  const footage = new Footage(script);
  const r = new SeededRandom(`${options.seed}:unknown`);
  const began = MIDNIGHT + (options.startHour ?? 0) * 3_600_000;
  const model = remembering(options.model);
  const runs = [false, true].map((unknown) => {
    const turns = new Turns();
    const watching = new Watching({
      ...{ cameraId: camera.id, rules, settings, model, began },
      ...(unknown && { isUnknown: () => r.random() < UNKNOWN_SHARE }),
      onJudgement: ({ verdicts }) => turns.add(verdicts),
    });
    return { unknown, watching, turns };
  });
  const everyMs = settings.cameras[camera.id]?.everyMs ?? 0;
  for (let at = 0; at < script.seconds * 1_000; at += everyMs) {
    const jpeg = await footage.picture(at / 1_000);
    for (const { watching } of runs) await watching.show(jpeg, at);
    if (at % 3_600_000 === 0) progress?.(at / 3_600_000);
  }
  const days: CameraDay[] = [];
  for (const { unknown, watching, turns } of runs) {
    await watching.stop();
    const events = watching.events.map(({ ruleId, startedAt, endedAt }) => {
      return {
        rule: ruleId,
        from: (startedAt - began) / 1_000,
        to: endedAt === null ? null : (endedAt - began) / 1_000,
      };
    });
    for (const { id, forMs } of rules.filter((rule) => rule.cameras.includes(camera.id))) {
      const forS = forMs / 1_000;
      // Whatever the sampling's phase: as long as it must hold, and a sample before and after.
      const leastS = forS + (2 * everyMs) / 1_000;
      const counted = tally(id, { occurrences: script.occurrences, events, leastS, forS });
      days.push({ camera: camera.id, rule: id, unknown, tally: counted, ...turns.shares(id) });
    }
  }
  return days;
}

type AskedModel = WatchDayOptions['model'];

/**
 * The same model, asked each question about each picture once: the same picture gets the same answer, and both runs see the same
 * pictures, some of them again and again.
 */
function remembering(model: AskedModel): AskedModel {
  const answers = new WeakMap<Uint8Array, Map<string, Answer>>();
  const shown = new Map<number, Uint8Array>();
  let looks = 0;
  return {
    async look(picture) {
      shown.set(++looks, picture);
      return { id: looks, ms: 0 };
    },
    async score({ id }, questions, options) {
      const picture = shown.get(id);
      if (!picture) throw new Error(`there is no look ${id}`);
      const known = answers.get(picture) ?? new Map<string, Answer>();
      answers.set(picture, known);
      const open = questions.filter((question) => !known.has(question));
      if (open.length > 0) {
        const look = await model.look(picture, options);
        for (const answer of await model.score(look, open, options)) known.set(answer.question, answer);
        await model.release(look);
      }
      return questions.flatMap((question) => known.get(question) ?? []);
    },
    async release({ id }) {
      shown.delete(id);
    },
  };
}

/** A rule's turns by what came of them. */
class Turns {
  readonly #byRule = new Map<string, { all: number; gated: number; known: number }>();

  add(verdicts: ReadonlyArray<{ rule: { id: string }; verdict: { value: string }; gated: boolean }>): void {
    for (const { rule, verdict, gated } of verdicts) {
      const counts = this.#byRule.get(rule.id) ?? { all: 0, gated: 0, known: 0 };
      this.#byRule.set(rule.id, counts);
      counts.all++;
      if (gated) counts.gated++;
      if (verdict.value !== 'unknown') counts.known++;
    }
  }

  shares(rule: string): { gatedShare: number; coverage: number } {
    const { all, gated, known } = this.#byRule.get(rule) ?? { all: 0, gated: 0, known: 0 };
    return { gatedShare: gated / all, coverage: known / all };
  }
}
