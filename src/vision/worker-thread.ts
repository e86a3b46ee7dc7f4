import { Worker } from 'node:worker_threads';
import type { Clock } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { ModelDescription } from './model.ts';
import { type FromWorker, type ToWorker, unpackError, type WorkerSettings } from './worker-messages.ts';

/** Starts the thread whose compiled entry this is. */
export function startThread(entry: URL, settings: WorkerSettings): Worker {
  return new Worker(entry, { workerData: settings, name: 'vision' });
}

/** How long an engine that is closed may take to finish what it is at. */
const LONGEST_GOODBYE_MS = 20_000;

/**
 * Asks a thread to end by itself, and forgets it. A thread is not terminated while native code runs in it: ONNX Runtime's
 * binding then aborts the whole process (4 of 6 tries), and native code cannot be interrupted anyway.
 */
export function leave(worker: Worker): void {
  worker.postMessage({ type: 'exit' } satisfies ToWorker);
  worker.unref();
}

/** The same, and waits until it has ended; a thread that does not is terminated, for what that is worth. */
export async function retire(worker: Worker, clock: Clock): Promise<void> {
  const ended = new AbortController();
  worker.once('exit', () => ended.abort());
  worker.postMessage({ type: 'exit' } satisfies ToWorker);
  const late = await clock.sleep(LONGEST_GOODBYE_MS, ended.signal).then(
    () => true,
    () => false,
  );
  if (late) await worker.terminate();
}

/** The thread's first word. */
export function ready(worker: Worker, signal: AbortSignal): Promise<ModelDescription> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    const onError = (error: unknown): void =>
      finish(() =>
        reject(new WatchwordError('internal', `the vision engine failed to start: ${toError(error).message}`)),
      );
    const onExit = (code: number): void =>
      finish(() => reject(new WatchwordError('internal', `the vision engine ended at its start (exit code ${code})`)));
    const onMessage = (message: FromWorker): void => {
      if (message.type === 'ready') finish(() => resolve(message.description));
      if (message.type === 'failed') finish(() => reject(unpackError(message.error)));
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
