import type { Clock } from '../../platform/clock.ts';
import { describeError, kindOf, toError, WatchwordError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { backoffMs } from '../../platform/retry.ts';
import type { Answer, GenerateOptions, Look, LookOptions, ModelIdentity, ScoreOptions, VisionModel } from '../model.ts';

export interface StandbyOptions {
  /** Opens the model that is asked as long as it answers. */
  readonly openFirst: () => Promise<VisionModel>;
  /** Opens the one that answers in its place; called when that is needed for the first time. */
  readonly openStandby: () => Promise<VisionModel>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Called when the stand-by takes over, with the reason, and when the first one answers again. */
  readonly onStandby?: ((inUse: boolean, reason: string) => void) | undefined;
}

/** Looks nobody released would fill the memory with pictures. */
const MOST_LOOKS = 64;
/** Whoever asked is at fault or wants no answer any more: another model would be asked in vain. */
const NOT_ITS_FAULT = new Set(['invalid-input', 'cancelled']);
const REOPEN = { minMs: 2_000, maxMs: 60_000 };

/** A model that is opened when it is needed, and left alone for a while when that failed. */
class Engine {
  readonly #open: () => Promise<VisionModel>;
  readonly #options: Pick<StandbyOptions, 'clock' | 'random'>;
  #model: VisionModel | undefined;
  #opening: Promise<VisionModel> | undefined;
  #failure: { readonly error: unknown; readonly until: number } | undefined;
  #failures = 0;
  #closed = false;

  constructor(open: () => Promise<VisionModel>, options: Pick<StandbyOptions, 'clock' | 'random'>) {
    this.#open = open;
    this.#options = options;
  }

  get identity(): ModelIdentity | undefined {
    return this.#model?.identity;
  }

  /** Rejects with why it cannot be opened, at once while it is left alone. */
  async model(): Promise<VisionModel> {
    const { clock } = this.#options;
    if (this.#model) return this.#model;
    if (this.#failure && clock.monotonic() < this.#failure.until) throw this.#failure.error;
    this.#opening ??= this.#opened().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** As `model`, but never waits: what is not open is opened meanwhile. */
  now(): VisionModel {
    if (this.#model) return this.#model;
    this.model().catch(() => undefined);
    throw this.#failure?.error ?? new WatchwordError('unavailable', 'the model is being opened');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    await this.#model?.close();
  }

  async #opened(): Promise<VisionModel> {
    const { clock, random } = this.#options;
    try {
      const model = await this.#open();
      if (this.#closed) await model.close();
      this.#model = model;
      this.#failure = undefined;
      this.#failures = 0;
      return model;
    } catch (error) {
      const rest = backoffMs(this.#failures++, { ...REOPEN, random });
      this.#failure = { error, until: clock.monotonic() + rest };
      throw error;
    }
  }
}

interface HeldLook {
  readonly picture: Uint8Array;
  readonly options: LookOptions;
  /** By engine, made when it is asked. */
  readonly looks: Map<Engine, { readonly model: VisionModel; readonly look: Look }>;
}

/**
 * A model with another in its place: what the first one cannot answer, the stand-by does, about the same picture. Each answer
 * says who gave it. The first one is asked again as soon as its circuit lets a question through. Two models score differently:
 * thresholds fitted to one are only a beginning for the other.
 */
export class StandbyModel implements VisionModel {
  readonly #first: Engine;
  readonly #standby: Engine;
  readonly #options: StandbyOptions;
  readonly #held = new Map<number, HeldLook>();
  #nextId = 1;
  #inUse = false;

  constructor(options: StandbyOptions) {
    this.#options = options;
    this.#first = new Engine(options.openFirst, options);
    this.#standby = new Engine(options.openStandby, options);
  }

  /** Opens the first one, or where that is away the stand-by. Rejects with what is wrong with the first when both fail. */
  static async open(options: StandbyOptions): Promise<StandbyModel> {
    const model = new StandbyModel(options);
    try {
      await model.#first.model();
    } catch (error) {
      try {
        await model.#standby.model();
      } catch (other) {
        options.logger.error('the stand-by cannot be opened either', { error: describeError(other) });
        throw error;
      }
      model.#tookOver(error);
    }
    return model;
  }

  get identity(): ModelIdentity {
    const identity = this.#first.identity ?? this.#standby.identity;
    if (!identity) throw new Error('neither model was opened');
    return identity;
  }

  async look(picture: Uint8Array, options: LookOptions = {}): Promise<Look> {
    if (this.#held.size >= MOST_LOOKS) {
      throw new WatchwordError('too-many', `${MOST_LOOKS} looks are held`, { hint: 'Release looks that are done' });
    }
    const { signal: _signal, ...kept } = options;
    const held: HeldLook = { picture, options: kept, looks: new Map() };
    // A server may take a picture unseen: only an answer tells that it is back.
    const { ms } = await this.#either((engine) => this.#lookOf(held, engine, options.signal), false);
    const id = this.#nextId++;
    this.#held.set(id, held);
    return { id, ms };
  }

  async score(look: Look, questions: readonly string[], options: ScoreOptions = {}): Promise<Answer[]> {
    const held = this.#heldLook(look);
    return this.#either(async (engine, model) => {
      const own = await this.#lookOf(held, engine, options.signal);
      const answers = await model.score(own, questions, options);
      const who = { answeredBy: model.identity, ...(engine === this.#standby && { byStandby: true as const }) };
      return answers.map((answer) => ({ ...answer, ...who }));
    });
  }

  /** Words that have come are not taken back: who fails in the middle has failed. */
  async *generate(
    prompt: Parameters<VisionModel['generate']>[0],
    options: GenerateOptions = {},
  ): AsyncGenerator<string, void, void> {
    const words = async (engine: Engine, model: VisionModel) => {
      const own =
        'look' in prompt
          ? { ...prompt, look: await this.#lookOf(this.#heldLook(prompt.look), engine, options.signal) }
          : prompt;
      const stream: AsyncIterator<string> = model.generate(own, options)[Symbol.asyncIterator]();
      return { stream, first: await stream.next() };
    };
    const { stream, first } = await this.#either(words);
    if (first.done) return;
    try {
      yield first.value;
      for (let next = await stream.next(); !next.done; next = await stream.next()) yield next.value;
    } finally {
      await stream.return?.();
    }
  }

  async release(look: Look): Promise<void> {
    const held = this.#held.get(look.id);
    this.#held.delete(look.id);
    const looks = [...(held?.looks.values() ?? [])];
    await Promise.all(looks.map(({ model, look: own }) => model.release(own)));
  }

  async close(): Promise<void> {
    this.#held.clear();
    await Promise.all([this.#first.close(), this.#standby.close()]);
  }

  #heldLook(look: Look): HeldLook {
    const held = this.#held.get(look.id);
    if (held) return held;
    throw new WatchwordError('unavailable', `look ${look.id} is not held: it was released`, {
      hint: 'Look at the picture again',
    });
  }

  async #lookOf(held: HeldLook, engine: Engine, signal: AbortSignal | undefined): Promise<Look> {
    const known = held.looks.get(engine);
    if (known) return known.look;
    const model = await engine.model();
    const look = await model.look(held.picture, { ...held.options, ...(signal && { signal }) });
    held.looks.set(engine, { model, look });
    return look;
  }

  async #either<T>(work: (engine: Engine, model: VisionModel) => Promise<T>, answers = true): Promise<T> {
    try {
      const done = await work(this.#first, this.#first.now());
      if (answers) this.#cameBack();
      return done;
    } catch (error) {
      if (NOT_ITS_FAULT.has(kindOf(error))) throw error;
      const done = await work(this.#standby, await this.#standby.model());
      if (answers) this.#tookOver(error);
      return done;
    }
  }

  #tookOver(error: unknown): void {
    if (this.#inUse) return;
    this.#inUse = true;
    const reason = toError(error).message;
    this.#options.logger.warn('the stand-by model answers', { reason });
    this.#options.onStandby?.(true, reason);
  }

  #cameBack(): void {
    if (!this.#inUse) return;
    this.#inUse = false;
    this.#options.logger.info('the model answers again, the stand-by is not needed');
    this.#options.onStandby?.(false, '');
  }
}
