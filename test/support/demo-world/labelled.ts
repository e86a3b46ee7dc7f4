import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { balancedAccuracy, fitToFrames, type LabelledScore } from '../../../src/rules/fit-frames.ts';
import type { CompiledRule } from '../../../src/rules/rule.ts';
import { judge } from '../../../src/rules/verdict.ts';
import type { LocalVisionModel } from '../../../src/vision/model.ts';
import type { Family } from './scene.ts';

const HELD_OUT = fileURLToPath(new URL('../../../models/watchword-tiny/heldout', import.meta.url));

/** What each shipped rule watches for, where it stands in the labels of the held-out pictures, and in which kind of place. */
const WATCHED: Readonly<Record<string, { readonly label: number; readonly family: Family }>> = {
  'empty-shelf': { label: 0, family: 'store' },
  spill: { label: 2, family: 'store' },
  'fallen-robot': { label: 7, family: 'warehouse' },
  'blocked-exit': { label: 9, family: 'warehouse' },
  'no-vest': { label: 10, family: 'warehouse' },
  'traffic-hazard': { label: 16, family: 'road' },
};

/**
 * Cameras that the model was not trained for, so that default thresholds are not right for them: one as it was, one out of
 * focus, one with faded colours, and one that sends a coarse stream.
 */
export const OTHER_CAMERAS: Readonly<Record<string, (picture: Sharp) => Sharp>> = {
  'as trained': (picture) => picture,
  'out of focus': (picture) => picture.blur(3),
  'faded colours': (picture) => picture.modulate({ saturation: 0.45 }),
  'coarse stream': (picture) => picture.resize(80).jpeg({ quality: 30 }),
};

/** One rule on one camera: its scores of what shows it and what does not, apart by the seed of their scene. */
export interface RuleFrames {
  readonly rule: CompiledRule;
  readonly fit: readonly LabelledScore[];
  readonly heldOut: readonly LabelledScore[];
}

/** Asks the rules about the held-out pictures as another camera would show them. Scenes with even seeds are to be fitted to. */
export async function labelledFrames(
  rules: readonly CompiledRule[],
  model: Pick<LocalVisionModel, 'look' | 'score' | 'release'>,
  through: (picture: Sharp) => Sharp,
): Promise<RuleFrames[]> {
  const truth = JSON.parse(readFileSync(join(HELD_OUT, 'truth.json'), 'utf8')) as Array<{
    readonly picture: string;
    readonly family: string;
    readonly attr: readonly number[];
  }>;
  const found = rules.map((rule) => ({ rule, fit: [] as LabelledScore[], heldOut: [] as LabelledScore[] }));
  for (const [seed, { picture, family, attr }] of truth.entries()) {
    const asked = found.filter(({ rule }) => WATCHED[rule.id]?.family === family);
    const jpeg = await through(sharp(join(HELD_OUT, picture)))
      .jpeg({ quality: 75 })
      .toBuffer();
    const look = await model.look(jpeg);
    const answers = await model.score(
      look,
      asked.map(({ rule }) => rule.question),
    );
    await model.release(look);
    for (const [index, { rule, fit, heldOut }] of asked.entries()) {
      const shows = attr[WATCHED[rule.id]?.label ?? -1] ?? -1;
      const { score } = judge(rule, { cameraId: '', seq: 0, capturedAt: 0, at: 0 }, answers[index] ?? 'no-answer');
      // Hardly to be seen: nobody would mark it.
      if (shows < 0 || score === undefined) continue;
      (seed % 2 === 0 ? fit : heldOut).push({ score, shows: shows === 1 });
    }
  }
  return found;
}

export interface Figures {
  readonly raise: number;
  readonly balancedAccuracy: number;
  /** Frames that do not show it and would count as yes. */
  readonly falseAlarms: number;
}

/** The rule's thresholds and those that the product fits to one half of the scenes, both tried on the other half. */
export function fittedAgainstDefaults({ rule, fit, heldOut }: RuleFrames): { before: Figures; after: Figures } {
  const alarms = (labels: readonly LabelledScore[], raise: number): number =>
    labels.filter(({ score, shows }) => !shows && score >= raise).length;
  const outcome = fitToFrames(fit, {
    now: rule,
    // No more false alarms than now.
    target: alarms(fit, rule.raise),
    falseAlarmsPerWeek: ({ raise }) => alarms(fit, raise),
  });
  const figures = (raise: number): Figures => ({
    raise,
    balancedAccuracy: balancedAccuracy(heldOut, raise),
    falseAlarms: alarms(heldOut, raise),
  });
  return { before: figures(rule.raise), after: figures('refused' in outcome ? rule.raise : outcome.raise) };
}

export const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
