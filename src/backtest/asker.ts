import { cropZone, type EncodedPicture } from '../cameras/masks.ts';
import type { Polygon } from '../cameras/settings.ts';
import type { ModelTurns } from '../desks/model-turns.ts';
import type { Clock } from '../platform/clock.ts';
import { kindOf, WatchwordError } from '../platform/errors.ts';
import type { JudgedAnswer } from '../rules/verdict.ts';

const PAUSE_MS = 1_000;
/** A model that restarts is back within a minute. */
const MOST_FAILURES = 60;

/**
 * Asks the model one question about pictures of the past, each in a spare turn of its own: live looks come first, and people who
 * try something wait for one picture at most. What others take is waited for, a model that is away for about a minute.
 */
export class BacktestAsker {
  readonly #turns: Pick<ModelTurns, 'spare'>;
  readonly #clock: Clock;

  constructor(options: { turns: Pick<ModelTurns, 'spare'>; clock: Clock }) {
    this.#turns = options.turns;
    this.#clock = options.clock;
  }

  /** Undefined for a damaged picture. Rejects as the model does, and with the signal's reason. */
  async ask(
    picture: EncodedPicture,
    question: string,
    zone: Polygon | null,
    signal: AbortSignal,
  ): Promise<JudgedAnswer | undefined> {
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      try {
        return await this.#askOnce(picture, question, zone, signal);
      } catch (error) {
        signal.throwIfAborted();
        const kind = kindOf(error);
        if (kind === 'invalid-input' || kind === 'corrupt') return undefined;
        const passes =
          kind === 'too-many' || ((kind === 'unavailable' || kind === 'timeout') && failures < MOST_FAILURES);
        if (!passes) throw error;
        if (kind !== 'too-many') failures++;
        await this.#clock.sleep(PAUSE_MS, signal);
      }
    }
  }

  #askOnce(picture: EncodedPicture, question: string, zone: Polygon | null, stopped: AbortSignal) {
    return this.#turns.spare(async (model, gap, late): Promise<JudgedAnswer | undefined> => {
      const signal = AbortSignal.any([stopped, late]);
      const { jpeg } = zone === null ? picture : await cropZone(picture, zone);
      await gap();
      signal.throwIfAborted();
      const look = await model.look(jpeg, { signal });
      try {
        await gap();
        const [answer] = await model.score(look, [question], { signal });
        if (answer?.byStandby)
          throw new WatchwordError('unavailable', 'the model is away, and its stand-by answers differently');
        return answer && { score: answer.score, mass: answer.mass };
      } finally {
        model.release(look).catch(() => undefined);
      }
    });
  }
}
