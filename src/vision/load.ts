import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { OnnxEngine } from './engine.ts';
import type { EngineArguments, EngineCaller, EngineMethod, EngineResult } from './engine-calls.ts';
import { LocalModel } from './local-model.ts';
import type { LocalVisionModel } from './model.ts';
import { type EngineOptions, openEngine } from './open-engine.ts';
import { WorkerCaller, type WorkerCallerOptions } from './worker-caller.ts';

export interface LoadOptions
  extends EngineOptions,
    Omit<WorkerCallerOptions, 'entry' | 'settings' | 'clock' | 'logger'> {
  /** The compiled thread entry; by default the one of this build. */
  readonly workerEntry?: URL;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Loads a model package into a worker thread. Rejects with a WatchwordError that names the file at fault when it cannot be
 * loaded. `close` must be called in the end: the thread keeps the process alive.
 */
export async function loadVisionModel(options: LoadOptions): Promise<LocalVisionModel> {
  const { workerEntry = DEFAULT_ENTRY, packageDir, dtype, device, threads, packing, limits, ...rest } = options;
  const caller = new WorkerCaller({
    ...rest,
    entry: workerEntry,
    settings: { packageDir, dtype, device, threads, packing, limits },
  });
  try {
    await caller.start();
  } catch (error) {
    await caller.close();
    throw error;
  }
  return new LocalModel(caller);
}

// Threads run the compiled program, also when this file itself runs from its source under a test.
const DEFAULT_ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/vision/worker.js' : './worker.js',
  import.meta.url,
);

/** The same model in the calling thread, which it blocks: for tests of the engine itself and for measuring its CPU time. */
export async function loadVisionModelInThread(
  options: EngineOptions & { readonly clock: Clock },
): Promise<LocalVisionModel> {
  const { clock, ...settings } = options;
  return new LocalModel(new DirectCaller(await openEngine(settings, () => clock.monotonic())));
}

/** Calls an engine directly, one call after the other as the worker does. */
class DirectCaller implements EngineCaller {
  readonly generation = 1;
  readonly #engine: OnnxEngine;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: OnnxEngine) {
    this.#engine = engine;
  }

  get description(): OnnxEngine['description'] {
    return this.#engine.description;
  }

  call<M extends EngineMethod>(method: M, args: EngineArguments<M>, signal?: AbortSignal): Promise<EngineResult<M>> {
    // All methods take their EngineArguments and then the signal.
    const run = this.#engine[method].bind(this.#engine) as (...values: unknown[]) => Promise<EngineResult<M>>;
    const result = this.#turn.then(() => {
      signal?.throwIfAborted();
      return run(...args, signal);
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
