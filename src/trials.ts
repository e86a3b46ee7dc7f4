import { cropZone, type EncodedPicture } from './cameras/masks.ts';
import type { Polygon } from './cameras/settings.ts';
import type { ModelTurns } from './model-turns.ts';
import type { Clock } from './platform/clock.ts';
import type { CompiledRule } from './rules/rule.ts';
import type { Verdict } from './rules/verdict.ts';
import type { Answer } from './vision/model.ts';
import type { SpareModel } from './web/rule-editing.ts';

export interface TrialsOptions {
  readonly turns: Pick<ModelTurns, 'spare'>;
  readonly clock: Clock;
  /** rules/verdict.ts */
  readonly judge: (
    rule: CompiledRule,
    frame: Pick<Verdict, 'cameraId' | 'capturedAt' | 'at'> & { readonly seq: number },
    answer: Answer | 'model-failed',
  ) => Verdict;
  /** A zone of a camera; undefined when it has none of that name. */
  readonly zone: (cameraId: string, name: string) => Polygon | undefined;
}

/** Asks the model about pictures that people choose, in its spare time, and judges the answers as the pipeline does. */
export function createTrials({ turns, clock, judge, zone }: TrialsOptions): SpareModel {
  return {
    async tryRule(rule, picture, cameraId) {
      const polygon = rule.zone !== null && cameraId !== undefined ? zone(cameraId, rule.zone) : undefined;
      return turns.spare(async (model, gap, signal) => {
        const { jpeg }: EncodedPicture = polygon ? await cropZone(picture, polygon) : picture;
        await gap();
        const began = clock.monotonic();
        const look = await model.look(jpeg, { signal });
        try {
          await gap();
          const [answer = 'model-failed' as const] = await model.score(look, [rule.question], { signal });
          const at = clock.monotonic();
          const frame = { cameraId: cameraId ?? '', seq: 0, capturedAt: clock.now(), at };
          const { value, cause, score, mass } = judge(rule, frame, answer);
          return {
            value,
            ms: at - began,
            ...(cause !== undefined && { cause }),
            ...(score !== undefined && { score }),
            ...(mass !== undefined && { mass }),
          };
        } finally {
          model.release(look).catch(() => undefined);
        }
      });
    },
  };
}
