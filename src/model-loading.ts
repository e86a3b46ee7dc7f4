import type { Clock } from './platform/clock.ts';
import { describeError, WatchwordError } from './platform/errors.ts';
import type { Health } from './platform/health.ts';
import type { Logger } from './platform/logger.ts';
import { backoffMs } from './platform/retry.ts';
import type {
  Answer,
  GenerateOptions,
  Look,
  LookOptions,
  ModelIdentity,
  ScoreOptions,
  VisionModel,
} from './vision/model.ts';
import { type OpenModelOptions, openConfiguredModel } from './vision/open-model.ts';

/**
 * The model while it is loading, loaded, or cannot be loaded. A box whose model file is damaged still shows its cameras and
 * keeps its open events; it says what is wrong and tries again, instead of not starting at all.
 */
export class LoadingModel implements Pick<VisionModel, 'look' | 'score' | 'generate' | 'release'> {
  readonly name = 'model';
  readonly #options: { load: () => Promise<VisionModel>; clock: Clock; logger: Logger; health: Health };
  readonly #stopped = new AbortController();
  #model: VisionModel | undefined;
  #retrying: Promise<void> | undefined;

  constructor(options: { load: () => Promise<VisionModel>; clock: Clock; logger: Logger; health: Health }) {
    this.#options = options;
  }

  /** The loaded model's identity; null while there is none. */
  get identity(): ModelIdentity | null {
    return this.#model?.identity ?? null;
  }

  /** Resolves after the first try, whether or not it succeeded. */
  async start(): Promise<void> {
    this.#options.health.report('model', 'degraded', 'loading');
    if (!(await this.#tryLoad())) this.#retrying = this.#keepTrying();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new WatchwordError('cancelled', 'stopping'));
    await this.#retrying;
    await this.#model?.close();
    this.#model = undefined;
  }

  /** Loads the model anew, so that what its engine took is given back. Until then questions fail with `unavailable`. */
  async renew(): Promise<void> {
    const model = this.#model;
    if (!model || this.#stopped.signal.aborted) return;
    this.#model = undefined;
    await model.close();
    if (!(await this.#tryLoad())) this.#retrying = this.#keepTrying();
  }

  look(picture: Uint8Array, options?: LookOptions): Promise<Look> {
    return this.#loaded().then((model) => model.look(picture, options));
  }

  score(look: Look, questions: readonly string[], options?: ScoreOptions): Promise<Answer[]> {
    return this.#loaded().then((model) => model.score(look, questions, options));
  }

  async *generate(prompt: Parameters<VisionModel['generate']>[0], options?: GenerateOptions): AsyncGenerator<string> {
    yield* (await this.#loaded()).generate(prompt, options);
  }

  release(look: Look): Promise<void> {
    return this.#loaded().then((model) => model.release(look));
  }

  async #loaded(): Promise<VisionModel> {
    if (!this.#model) throw new WatchwordError('unavailable', 'the model is not loaded');
    return this.#model;
  }

  async #tryLoad(): Promise<boolean> {
    const { load, logger, health, clock } = this.#options;
    const began = clock.monotonic();
    try {
      const model = await load();
      if (this.#stopped.signal.aborted) {
        await model.close();
        return true;
      }
      this.#model = model;
      const { name, dtype, device } = model.identity;
      health.report('model', 'ok');
      const { concern } = model;
      // A part of its own: that the model answers does not mend it.
      if (concern === undefined) health.forget('accelerator');
      else {
        health.report('accelerator', 'degraded', concern);
        logger.warn('the model runs slower than this box could', { reason: concern });
      }
      logger.info('model loaded', { model: name, dtype, device, ms: Math.round(clock.monotonic() - began) });
      return true;
    } catch (error) {
      health.report('model', 'down', describeError(error));
      logger.error('the model cannot be loaded', { error: describeError(error) });
      return false;
    }
  }

  async #keepTrying(): Promise<void> {
    const { clock } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const waitMs = backoffMs(attempt, { minMs: 5_000, maxMs: 300_000, random: Math.random });
      await clock.sleep(waitMs, this.#stopped.signal).catch(() => undefined);
      if (this.#stopped.signal.aborted || (await this.#tryLoad())) return;
    }
  }
}

/** Opens the model that is given, else the one that the settings name; health hears when its server is given up and when it is back. */
export function modelLoader({
  settings,
  health,
  loadModel,
  ...options
}: Pick<OpenModelOptions, 'bundledModel' | 'clock' | 'logger' | 'usage'> & {
  readonly settings: { readonly model: OpenModelOptions['settings'] };
  readonly health: Health;
  readonly loadModel?: (() => Promise<VisionModel>) | undefined;
}): () => Promise<VisionModel> {
  if (loadModel) return loadModel;
  const onState: OpenModelOptions['onState'] = (state, reason) => health.report('model', state, reason);
  // A part of its own: that the stand-by answers must not hide that the first one does not.
  const onStandby: OpenModelOptions['onStandby'] = (inUse, reason) =>
    health.report('model server', inUse ? 'degraded' : 'ok', inUse ? `the stand-by answers: ${reason}` : '');
  return () => openConfiguredModel({ ...options, settings: settings.model, onState, onStandby });
}
