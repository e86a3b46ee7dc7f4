import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { systemClock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { OnnxEngine } from './engine.ts';
import type { EngineArguments, EngineMethod } from './engine-calls.ts';
import { openEngine } from './open-engine.ts';
import { type FromWorker, packError, type ToWorker, type WorkerSettings } from './worker-messages.ts';

/**
 * Thread entry: one engine, one call after the other. It lives in a thread because ONNX Runtime's `run` is a synchronous
 * native call that would stop the main thread's event loop for as long as a picture takes; decoding and resizing are here
 * for the same reason.
 */
async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new WatchwordError('internal', 'worker.ts is a thread entry');
  const send = (message: FromWorker): void => port.postMessage(message);
  // One picture at a time is decoded, by one thread; nothing is looked at twice.
  sharp.concurrency(1);
  sharp.cache(false);

  let engine: OnnxEngine;
  try {
    engine = await openEngine(workerData as WorkerSettings, systemClock.monotonic);
  } catch (error) {
    send({ type: 'failed', error: packError(error) });
    return;
  }
  const running = new Map<number, AbortController>();
  let turn = Promise.resolve();
  let ending = false;

  const answer = async (
    id: number,
    method: EngineMethod,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<void> => {
    try {
      signal.throwIfAborted();
      const value = await invoke(engine, method, args, signal);
      if (!ending) send({ type: 'done', id, value });
    } catch (error) {
      if (!ending) send({ type: 'error', id, error: packError(error) });
    } finally {
      running.delete(id);
    }
  };
  const withdrawn = new WatchwordError('cancelled', 'the question was withdrawn');
  port.on('message', (message: ToWorker) => {
    if (message.type === 'exit') {
      ending = true;
      for (const cancel of running.values()) cancel.abort(withdrawn);
      turn = turn.then(() => engine.close()).finally(() => process.exit(0));
      return;
    }
    if (message.type === 'cancel') {
      running.get(message.id)?.abort(withdrawn);
      return;
    }
    const cancel = new AbortController();
    running.set(message.id, cancel);
    turn = turn.then(() => answer(message.id, message.method, message.args, cancel.signal));
  });
  send({ type: 'ready', description: engine.description });
}

function invoke(
  engine: OnnxEngine,
  method: EngineMethod,
  args: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  // The other side is our own typed caller: the arguments are what EngineCalls says.
  switch (method) {
    case 'look':
      return engine.look(...(args as EngineArguments<'look'>), signal);
    case 'score':
      return engine.score(...(args as EngineArguments<'score'>), signal);
    case 'scoreMessages':
      return engine.scoreMessages(...(args as EngineArguments<'scoreMessages'>), signal);
    case 'begin':
      return engine.begin(...(args as EngineArguments<'begin'>), signal);
    case 'step':
      return engine.step(...(args as EngineArguments<'step'>), signal);
    case 'end':
      return engine.end(...(args as EngineArguments<'end'>));
    case 'release':
      return engine.release(...(args as EngineArguments<'release'>));
  }
}

await main();
