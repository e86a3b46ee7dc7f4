import type { Worker } from 'node:worker_threads';
import { type Clock, deadline } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import { linked } from '../platform/linked.ts';
import type { Logger } from '../platform/logger.ts';
import { backoffMs } from '../platform/retry.ts';
import type { EngineArguments, EngineCaller, EngineMethod, EngineResult } from './engine-calls.ts';
import type { ModelDescription } from './model.ts';
import { type FromWorker, type ToWorker, unpackError, type WorkerSettings } from './worker-messages.ts';
import { leave, ready, retire, startThread } from './worker-thread.ts';

/** `starting`: calls wait. `ready`: calls run. `down`: the engine could not be started; calls fail until it can. */
export type EngineState = 'starting' | 'ready' | 'down' | 'closed';

export interface WorkerCallerOptions {
  /** The compiled thread entry. */
  readonly entry: URL;
  readonly settings: WorkerSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls waiting at once; one more is refused. */
  readonly maxWaiting?: number;
  /** A call that runs longer is given up and the thread replaced: native code cannot be interrupted otherwise. */
  readonly callTimeoutMs?: number;
  readonly startTimeoutMs?: number;
  readonly random?: () => number;
  readonly onState?: (state: EngineState, reason: string) => void;
  /** Starts a thread; tests hold on to it to kill it. */
  readonly startWorker?: (entry: URL, settings: WorkerSettings) => Worker;
}

interface Call {
  readonly id: number;
  readonly method: EngineMethod;
  readonly args: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly stopListening: () => void;
}

/** Bytes of a 256-million-parameter model load in seconds; a slow disk and a large one may take minutes. */
const DEFAULT_START_TIMEOUT_MS = 600_000;
const DEFAULT_CALL_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_WAITING = 64;

/**
 * An engine in a worker thread, behind a bounded queue: one call runs, the others wait in order. Whatever happens to the
 * thread, every caller is answered: the running call fails with `unavailable` (the thread died) or `timeout` (it stalled),
 * those that wait are served by the next thread.
 */
export class WorkerCaller implements EngineCaller {
  readonly #options: WorkerCallerOptions;
  readonly #waiting: Call[] = [];
  readonly #stopped = new AbortController();
  #running: Call | undefined;
  #stopTimer: () => void = () => undefined;
  #worker: Worker | undefined;
  #state: EngineState = 'starting';
  #failure: WatchwordError | undefined;
  #description: ModelDescription | undefined;
  #generation = 0;
  #nextId = 1;

  constructor(options: WorkerCallerOptions) {
    this.#options = options;
  }

  get description(): ModelDescription {
    if (this.#description) return this.#description;
    throw new WatchwordError('internal', 'the vision engine was never started');
  }

  get generation(): number {
    return this.#generation;
  }

  /** Resolves when the engine is ready. Rejects with the engine's own reason when the package cannot be loaded. */
  async start(): Promise<void> {
    await this.#startWorker();
  }

  call<M extends EngineMethod>(method: M, args: EngineArguments<M>, signal?: AbortSignal): Promise<EngineResult<M>> {
    return new Promise<EngineResult<M>>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const refused = this.#refusal();
      if (refused) return reject(refused);
      const onAbort = (): void => this.#withdraw(call, signal?.reason);
      const call: Call = {
        id: this.#nextId++,
        method,
        args,
        // The thread answers what EngineCalls says of this method.
        resolve: (value) => resolve(value as EngineResult<M>),
        reject,
        stopListening: () => signal?.removeEventListener('abort', onAbort),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(call);
      this.#next();
    });
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const closed = new WatchwordError('cancelled', 'the vision engine was closed');
    this.#setState('closed', 'closed');
    this.#stopped.abort(closed);
    this.#failRunning(closed);
    this.#failWaiting(closed);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker) await retire(worker, this.#options.clock);
  }

  #refusal(): WatchwordError | undefined {
    if (this.#state === 'closed') return new WatchwordError('cancelled', 'the vision engine was closed');
    if (this.#state === 'down') return this.#failure;
    if (this.#waiting.length < (this.#options.maxWaiting ?? DEFAULT_MAX_WAITING)) return undefined;
    return new WatchwordError('too-many', `${this.#waiting.length} calls are waiting for the vision engine`, {
      hint: 'Ask less often',
    });
  }

  async #startWorker(): Promise<void> {
    const {
      entry,
      settings,
      clock,
      startTimeoutMs = DEFAULT_START_TIMEOUT_MS,
      startWorker = startThread,
    } = this.#options;
    this.#setState('starting', 'loading the model');
    const worker = startWorker(entry, settings);
    this.#worker = worker;
    const limit = deadline(
      clock,
      startTimeoutMs,
      () => new WatchwordError('timeout', `the model did not load within ${startTimeoutMs} ms`),
    );
    const { signal, stop } = linked([limit.signal, this.#stopped.signal]);
    try {
      this.#description = await ready(worker, signal);
    } catch (error) {
      this.#worker = undefined;
      leave(worker);
      throw error;
    } finally {
      stop();
      limit.stop();
    }
    this.#generation++;
    worker.on('message', (message: FromWorker) => this.#onMessage(worker, message));
    worker.on('error', (error) => this.#onLost(worker, toError(error).message));
    worker.on('exit', (code) => this.#onLost(worker, `exit code ${code}`));
    this.#setState('ready', '');
    this.#next();
  }

  #next(): void {
    if (this.#running || this.#state !== 'ready') return;
    const call = this.#waiting.shift();
    const worker = this.#worker;
    if (!call || !worker) return;
    this.#running = call;
    const { clock, callTimeoutMs = DEFAULT_CALL_TIMEOUT_MS } = this.#options;
    const limit = deadline(
      clock,
      callTimeoutMs,
      () => new WatchwordError('timeout', `the vision engine did not answer within ${callTimeoutMs} ms`),
    );
    this.#stopTimer = limit.stop;
    limit.signal.addEventListener('abort', () => this.#onStalled(worker, call, limit.signal.reason));
    const message: ToWorker = { type: 'call', id: call.id, method: call.method, args: call.args };
    try {
      worker.postMessage(message);
    } catch (error) {
      this.#settle(call, () =>
        call.reject(new WatchwordError('internal', `a call could not be sent: ${toError(error).message}`)),
      );
    }
  }

  #onMessage(worker: Worker, message: FromWorker): void {
    if (worker !== this.#worker || (message.type !== 'done' && message.type !== 'error')) return;
    const call = this.#running;
    if (!call || call.id !== message.id) return;
    if (message.type === 'done') this.#settle(call, () => call.resolve(message.value));
    else this.#settle(call, () => call.reject(unpackError(message.error)));
  }

  #onStalled(worker: Worker, call: Call, reason: Error): void {
    if (worker !== this.#worker || this.#running !== call) return;
    call.reject(reason);
    leave(worker);
    this.#replace(reason);
  }

  #onLost(worker: Worker, how: string): void {
    if (worker !== this.#worker) return;
    this.#replace(
      new WatchwordError('unavailable', `the vision engine stopped (${how}) and is being restarted`, {
        hint: 'Ask again',
      }),
    );
  }

  #replace(reason: Error): void {
    this.#worker = undefined;
    this.#options.logger.warn('vision engine is restarted', { error: reason });
    // Looks live in the thread that is gone: with the next one they cannot be served.
    this.#generation++;
    this.#setState('starting', reason.message);
    this.#failRunning(reason);
    this.#restart().catch((error) =>
      this.#options.logger.error('vision engine cannot be restarted', { error: toError(error) }),
    );
  }

  /** Tries until it runs: at once, then with growing pauses in which calls fail with the reason. */
  async #restart(): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    for (let attempt = 0; this.#state !== 'closed'; attempt++) {
      try {
        await this.#startWorker();
        return;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        this.#failure = asUnavailable(toError(error));
        this.#setState('down', this.#failure.message);
        this.#failWaiting(this.#failure);
      }
      try {
        await clock.sleep(backoffMs(attempt, { random }), this.#stopped.signal);
      } catch {
        return;
      }
    }
  }

  #withdraw(call: Call, reason: unknown): void {
    const at = this.#waiting.indexOf(call);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#running === call) this.#worker?.postMessage({ type: 'cancel', id: call.id } satisfies ToWorker);
    // The caller is free at once; the thread comes back when its native call returns.
    call.reject(reason);
  }

  #settle(call: Call, answer: () => void): void {
    this.#stopTimer();
    call.stopListening();
    this.#running = undefined;
    answer();
    this.#next();
  }

  #failRunning(error: Error): void {
    const call = this.#running;
    if (!call) return;
    this.#stopTimer();
    call.stopListening();
    this.#running = undefined;
    call.reject(error);
  }

  #failWaiting(error: Error): void {
    for (const call of this.#waiting.splice(0)) {
      call.stopListening();
      call.reject(error);
    }
  }

  #setState(state: EngineState, reason: string): void {
    if (this.#state === 'closed' || this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state, reason);
  }
}

function asUnavailable(error: Error): WatchwordError {
  const details =
    error instanceof WatchwordError
      ? { ...(error.hint && { hint: error.hint }), ...(error.where && { where: error.where }) }
      : {};
  return new WatchwordError('unavailable', `the vision engine is down: ${error.message}`, { ...details, cause: error });
}
