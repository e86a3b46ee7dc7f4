import { createHash } from 'node:crypto';
import { kindOf } from '../platform/errors.ts';
import type { GenerationEnd, Look } from '../vision/model.ts';
import type { ChatDesk, FirstWord } from '../web/chat.ts';
import type { ModelTurns } from './model-turns.ts';

/** Another box asks all questions about a picture one after the other, and sends the picture with each. */
const MOST_LOOKS = 2;

/** Lets other programs ask the model in its spare time. A picture that comes again is not looked at again. */
export function createChatDesk(turns: Pick<ModelTurns, 'spare'>): ChatDesk {
  const looks = new Map<string, Look>();
  return {
    score: (picture, question, gone) =>
      turns.spare(async (model, gap, late) => {
        const signal = AbortSignal.any([gone, late]);
        const key = createHash('sha256').update(picture).digest('hex');
        const ask = async (): Promise<FirstWord> => {
          const known = looks.get(key);
          if (!known) await gap();
          const look = known ?? (await model.look(picture, { signal }));
          looks.delete(key);
          looks.set(key, look);
          for (const [oldest, other] of [...looks].slice(0, -MOST_LOOKS)) {
            looks.delete(oldest);
            model.release(other).catch(() => undefined);
          }
          await gap();
          const [answer] = await model.score(look, [question], { signal, verbatim: true });
          return answer ?? { score: 0.5, mass: 0 };
        };
        signal.throwIfAborted();
        const kept = looks.has(key);
        try {
          return await ask();
        } catch (error) {
          // An engine that was restarted has lost its looks.
          if (!kept || kindOf(error) !== 'unavailable') throw error;
          looks.delete(key);
          return ask();
        }
      }),
    generate: (messages, maxTokens, tell, gone) =>
      turns.spare(async (model, gap, late) => {
        const signal = AbortSignal.any([gone, late]);
        signal.throwIfAborted();
        await gap();
        let end: GenerationEnd | undefined;
        const onEnd = (told: GenerationEnd): void => {
          end = told;
        };
        for await (const words of model.generate({ messages }, { maxTokens, signal, onEnd })) tell(words);
        return end;
      }),
  };
}
