import { type Clock, deadline } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { VisionModel } from '../vision/model.ts';

type LiveModel = Pick<VisionModel, 'look' | 'score' | 'release'>;
type Model = LiveModel & Pick<VisionModel, 'generate'>;

/** People trying a rule at once; one more is asked to come back. */
const MOST_WAITING = 4;
/** A box that never rests still answers people: so long a wait for a gap, then in line with the cameras' questions. */
const LONGEST_WAIT_MS = 5_000;
const LONGEST_WORK_MS = 30_000;

/**
 * Shares one model between the cameras' rules, which come first, and what people ask on the page. The engine serves calls in
 * the order they come, one at a time: what is spare begins each of its calls in a gap between two live looks, one person after
 * the other, so that a live look never waits for more than one spare call.
 */
export class ModelTurns {
  /** What the pipeline uses: passed through at once. */
  readonly live: LiveModel;
  readonly #model: Model;
  readonly #clock: Clock;
  #liveLooks = 0;
  #onGap: (() => void) | undefined;
  #waiting = 0;
  #spare: Promise<unknown> = Promise.resolve();

  constructor({ model, clock }: { model: Model; clock: Clock }) {
    this.#model = model;
    this.#clock = clock;
    this.live = {
      look: async (picture, options) => {
        this.#liveLooks++;
        try {
          return await model.look(picture, options);
        } catch (error) {
          this.#liveLookEnded();
          throw error;
        }
      },
      score: (look, questions, options) => model.score(look, questions, options),
      release: (look) => {
        this.#liveLookEnded();
        return model.release(look);
      },
    };
  }

  /**
   * Runs `work` when it is its turn; it calls `gap` before each call of the model. Rejects with `too-many` and `timeout`, and
   * with whatever `work` rejects with.
   */
  async spare<T>(work: (model: Model, gap: () => Promise<void>, signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING) {
      throw new WatchwordError('too-many', 'others are asking the model already', { hint: 'Try again in a moment' });
    }
    this.#waiting++;
    const turn = this.#spare.then(() => this.#work(work)).finally(() => this.#waiting--);
    this.#spare = turn.catch(() => undefined);
    return turn;
  }

  async #work<T>(work: (model: Model, gap: () => Promise<void>, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, stop } = deadline(this.#clock, LONGEST_WORK_MS, () => {
      return new WatchwordError('timeout', 'the model took too long', { hint: 'It may be busy; try again' });
    });
    try {
      return await work(this.#model, () => this.#gap(), signal);
    } finally {
      stop();
    }
  }

  /** Until no live look is under way, or the longest wait is over. */
  async #gap(): Promise<void> {
    if (this.#liveLooks === 0) return;
    const quiet = new AbortController();
    this.#onGap = () => quiet.abort();
    await this.#clock.sleep(LONGEST_WAIT_MS, quiet.signal).catch(() => undefined);
    this.#onGap = undefined;
  }

  #liveLookEnded(): void {
    this.#liveLooks--;
    if (this.#liveLooks === 0) this.#onGap?.();
  }
}
