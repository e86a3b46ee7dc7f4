import { Worker } from 'node:worker_threads';
import { type Clock, deadline } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { NoFit } from '../rules/fit.ts';
import type { FrameFit } from '../rules/fit-frames.ts';
import type { JudgedAnswer } from '../rules/verdict.ts';
import { unpackError } from '../vision/worker-messages.ts';
import type { BacktestSettings, FramedBacktest, FromBacktest, ToBacktest } from './messages.ts';

// Threads run the compiled program, also when this file itself runs from its source under a test.
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/backtest/thread.js' : './thread.js',
  import.meta.url,
);
/** 31 days of looks every two seconds are some 150 MB. */
const MOST_HEAP_MB = 512;
/** A thread that is told to stop is between two pictures soon; one that replays is not. */
const LONGEST_GOODBYE_MS = 5_000;

export interface RunOptions {
  readonly settings: BacktestSettings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Undefined: the picture cannot be read. A rejection ends the run with it. */
  readonly ask: (picture: { jpeg: Uint8Array; width: number; height: number }) => Promise<JudgedAnswer | undefined>;
  readonly onProgress: (asked: number, toAsk: number) => void;
}

/** Tries a rule on the past in a thread of its own. Rejects with the signal's reason when it is aborted. */
export async function runBacktest(options: RunOptions): Promise<FramedBacktest> {
  const last = await run(options);
  if (last.type === 'tested') return last.result;
  throw new WatchwordError('internal', 'the backtest ended without a result');
}

/** Fits thresholds to marks, in a thread too. Rejects as `runBacktest` does. */
export async function runFit(options: Omit<RunOptions, 'ask' | 'onProgress'>): Promise<FrameFit | NoFit> {
  const last = await run({ ...options, ask: async () => undefined, onProgress: () => undefined });
  if (last.type === 'fitted') return last.outcome;
  throw new WatchwordError('internal', 'the fit ended without a result');
}

type Last = Extract<FromBacktest, { type: 'tested' | 'fitted' }>;

async function run({ settings, clock, signal, ask, onProgress }: RunOptions): Promise<Last> {
  signal.throwIfAborted();
  const worker = new Worker(ENTRY, {
    workerData: settings,
    name: 'backtest',
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  });
  const tell = (message: ToBacktest): void => worker.postMessage(message);
  const exited = new AbortController();
  worker.once('exit', () => exited.abort());
  const onAbort = (): void => tell({ type: 'cancel' });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await new Promise<Last>((resolve, reject) => {
      worker.on('error', (error) => reject(crashed(toError(error))));
      worker.on('exit', (code) => reject(crashed(new Error(`exit code ${code}`))));
      worker.on('message', (message: FromBacktest) => {
        if (message.type === 'progress') onProgress(message.asked, message.toAsk);
        else if (message.type === 'failed') reject(unpackError(message.error));
        else if (message.type === 'ask') {
          const { id, ...picture } = message;
          ask(picture).then((answer) => tell({ type: 'answer', id, ...(answer && { answer }) }), reject);
        } else resolve(message);
      });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    tell({ type: 'cancel' });
    // It keeps the scores that it has on its way out.
    const late = deadline(clock, LONGEST_GOODBYE_MS, () => new WatchwordError('timeout', 'the thread does not end'));
    await Promise.race([ended(exited.signal), ended(late.signal)]);
    late.stop();
    if (!exited.signal.aborted) await worker.terminate();
  }
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function crashed(error: Error): WatchwordError {
  return new WatchwordError('internal', `the backtest ended unexpectedly: ${error.message}`, { cause: error });
}
