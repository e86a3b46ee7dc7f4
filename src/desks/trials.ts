import { cropZone, type EncodedPicture } from '../cameras/masks.ts';
import type { Polygon } from '../cameras/settings.ts';
import type { Clock } from '../platform/clock.ts';
import { checkOnePicture } from '../rules/one-picture.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { Answer } from '../vision/model.ts';
import type { SpareModel } from '../web/rule-editing.ts';
import type { ModelTurns } from './model-turns.ts';

export interface TrialsOptions {
  readonly turns: Pick<ModelTurns, 'spare'>;
  readonly clock: Clock;
  /** Less of the model's mass on yes and no together: it gave neither as its answer. */
  readonly minMass: number;
  /** rules/verdict.ts */
  readonly judge: (
    rule: CompiledRule,
    frame: Pick<Verdict, 'cameraId' | 'capturedAt' | 'at'> & { readonly seq: number },
    answer: Answer | 'model-failed',
  ) => Verdict;
  /** A zone of a camera; undefined when it has none of that name. */
  readonly zone: (cameraId: string, name: string) => Polygon | undefined;
}

/** Longer answers say nothing more of one picture. */
const MOST_TOKENS = 96;
const YES_OR_NO =
  /^\s*(is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|isn't|aren't)\b/i;

/** Asks the model about pictures that people choose, in its spare time, and judges the answers as the pipeline does. */
export function createTrials({ turns, clock, judge, zone, minMass }: TrialsOptions): SpareModel {
  return {
    async tryRule(rule, picture, cameraId) {
      checkOnePicture(rule);
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
    async ask(question, jpeg, tell, gone) {
      await turns.spare(async (model, gap, late) => {
        const signal = AbortSignal.any([gone, late]);
        signal.throwIfAborted();
        await gap();
        const look = await model.look(jpeg, { signal });
        try {
          if (YES_OR_NO.test(question)) {
            await gap();
            const [answer] = await model.score(look, [question], { signal });
            if (answer && answer.mass >= minMass) tell({ score: answer.score });
          }
          await gap();
          // Between its words the cameras' questions are served.
          for await (const words of model.generate({ look, text: question }, { maxTokens: MOST_TOKENS, signal })) {
            tell({ words });
          }
        } finally {
          model.release(look).catch(() => undefined);
        }
      });
    },
  };
}
