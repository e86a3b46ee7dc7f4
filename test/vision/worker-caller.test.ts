import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { kindOf, WatchwordError } from '../../src/platform/errors.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { type EngineState, WorkerCaller, type WorkerCallerOptions } from '../../src/vision/worker-caller.ts';
import { ManualClock } from '../support/manual-clock.ts';

const entry = new URL('stub-worker.mjs', import.meta.url);
/** Real threads: each takes a tenth of a second to start on a busy box. */
const ROUNDS = Number(process.env.WATCHWORD_KILLS ?? 10);
const callers: WorkerCaller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.close();
});

function makeCaller(options: Partial<WorkerCallerOptions> = {}): {
  caller: WorkerCaller;
  workers: Worker[];
  states: EngineState[];
} {
  const workers: Worker[] = [];
  const states: EngineState[] = [];
  const caller = new WorkerCaller({
    entry,
    settings: { packageDir: 'normal' },
    clock: systemClock,
    logger: silentLogger,
    onState: (state) => states.push(state),
    startWorker: (url, settings) => {
      const worker = new Worker(url, { workerData: settings });
      workers.push(worker);
      return worker;
    },
    ...options,
  });
  callers.push(caller);
  return { caller, workers, states };
}

/** A thread without a thread: it dies and answers when told. */
class FakeThread extends EventEmitter {
  #calls: number[] = [];
  #gone = false;

  constructor() {
    super();
    setImmediate(() => this.emit('message', { type: 'ready', description: { identity: { name: 'fake' } } }));
  }

  postMessage(message: { type: string; id: number }): void {
    if (message.type === 'call') this.#calls.push(message.id);
    if (message.type === 'exit') setImmediate(() => this.die());
  }

  answer(): void {
    const id = this.#calls.shift();
    if (id !== undefined && !this.#gone) this.emit('message', { type: 'done', id, value: 'answer' });
  }

  die(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.emit('exit', 1);
  }

  throw(): void {
    if (this.#gone || this.listenerCount('error') === 0) return;
    this.emit('error', new Error('stray'));
    this.die();
  }

  unref(): void {}

  async terminate(): Promise<number> {
    this.die();
    return 1;
  }
}

/** The stub answers `[method, first argument]`, or does what the first argument says. */
function ask(caller: WorkerCaller, what: string, signal?: AbortSignal): Promise<unknown> {
  return caller.call('score', [what as unknown as number, [], {}], signal);
}

/** Lets threads answer and time pass until the calls have settled. Fails when they never do. */
async function served(
  calls: Promise<unknown[]>,
  threads: readonly FakeThread[],
  clock: ManualClock,
): Promise<unknown[]> {
  let settled = false;
  calls.then(
    () => {
      settled = true;
    },
    () => undefined,
  );
  for (let turns = 0; !settled; turns++) {
    expect(turns, 'a call hangs').toBeLessThan(200);
    threads.at(-1)?.answer();
    await clock.advance(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return calls;
}

describe('WorkerCaller', () => {
  test('answers calls in their order', async () => {
    const { caller } = makeCaller();
    await caller.start();
    const order: string[] = [];
    await Promise.all(['a', 'b', 'c'].map(async (what) => order.push(`${((await ask(caller, what)) as string[])[1]}`)));
    expect(order).toEqual(['a', 'b', 'c']);
    await expect(ask(caller, 'refuse')).rejects.toMatchObject({ kind: 'invalid-input', message: 'no', hint: 'yes' });
  });

  test(
    `killed in the middle of a question ${ROUNDS} times: each caller gets an answer or an error, and the next question works`,
    async () => {
      const { caller, workers } = makeCaller();
      await caller.start();
      const seen = { answers: 0, errors: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const asked = Array.from({ length: 3 }, (_, index) => ask(caller, index === 0 ? 'hang' : `q${index}`));
        const settled = Promise.allSettled(asked);
        await workers.at(-1)?.terminate();
        for (const outcome of await settled) {
          if (outcome.status === 'fulfilled') seen.answers++;
          else {
            expect(kindOf(outcome.reason)).toBe('unavailable');
            seen.errors++;
          }
        }
        expect(await ask(caller, 'next')).toEqual(['score', 'next']);
      }
      // Only the question that ran is lost; those that waited are served by the next thread.
      expect(seen).toEqual({ errors: ROUNDS, answers: 2 * ROUNDS });
      expect(workers.length).toBe(ROUNDS + 1);
    },
    ROUNDS * 3_000,
  );

  test('lost at any moment, 200 times: every call settles and the queue moves on', async () => {
    const threads: FakeThread[] = [];
    const clock = new ManualClock();
    const { caller } = makeCaller({
      clock,
      callTimeoutMs: 1e12,
      startWorker: () => {
        const thread = new FakeThread();
        threads.push(thread);
        return thread as unknown as Worker;
      },
    });
    await caller.start();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ask', 'answer', 'die', 'throw', 'withdraw', 'turn'), { maxLength: 20 }),
        async (steps) => {
          const calls: Array<{ result: Promise<unknown>; cancel: AbortController }> = [];
          for (const step of steps) {
            if (step === 'ask') {
              const cancel = new AbortController();
              calls.push({ result: ask(caller, 'x', cancel.signal).catch((error: unknown) => error), cancel });
            } else if (step === 'withdraw') calls.at(-1)?.cancel.abort(new WatchwordError('cancelled', 'withdrawn'));
            else if (step === 'turn') await new Promise((resolve) => setImmediate(resolve));
            else threads.at(-1)?.[step]();
          }
          // A thread that dies while it starts leaves a pause in which calls fail; after it the next question must work.
          let last: unknown;
          for (let tries = 0; last !== 'answer'; tries++) {
            expect(tries, 'no question works any more').toBeLessThan(10);
            const asked = ask(caller, 'last').catch((error: unknown) => error);
            last = await served(Promise.all([...calls.map(({ result }) => result), asked]), threads, clock).then(
              (all) => all.at(-1),
            );
          }
          for (const { result } of calls) {
            const outcome = await result;
            if (outcome !== 'answer') expect(['unavailable', 'cancelled']).toContain(kindOf(outcome));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test.each(['exit', 'throw'])('a thread that ends by itself (%s) is replaced', async (how) => {
    const { caller, states } = makeCaller();
    await caller.start();
    const waiting = ask(caller, how);
    const behind = ask(caller, 'behind');
    await expect(waiting).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await behind).toEqual(['score', 'behind']);
    expect(states).toEqual(['ready', 'starting', 'ready']);
  });

  test('a thread that stalls is given up after the time limit and replaced', async () => {
    const clock = new ManualClock();
    const { caller, workers } = makeCaller({ clock, callTimeoutMs: 5_000 });
    await caller.start();
    const stalled = ask(caller, 'hang').catch((error: unknown) => error);
    const behind = ask(caller, 'behind');
    await clock.advance(4_999);
    expect(workers.length).toBe(1);
    await clock.advance(1);
    expect(kindOf(await stalled)).toBe('timeout');
    expect(await behind).toEqual(['score', 'behind']);
    expect(workers.length).toBe(2);
    // No timer of an answered call is left behind.
    expect(clock.sleeping).toBe(0);
  });

  test('a caller that withdraws is free at once, and what runs is not disturbed', async () => {
    const { caller, workers } = makeCaller();
    await caller.start();
    const [first, second] = [new AbortController(), new AbortController()];
    const reason = new WatchwordError('cancelled', 'not needed any more');
    const running = ask(caller, 'a', first.signal);
    const waiting = ask(caller, 'b', second.signal);
    const last = ask(caller, 'c');
    second.abort(reason);
    first.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await last).toEqual(['score', 'c']);
    await expect(ask(caller, 'd', AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(workers.length).toBe(1);
  });

  test('the queue is bounded: one call too many is refused', async () => {
    const { caller } = makeCaller({ maxWaiting: 2 });
    await caller.start();
    const calls = ['hang', 'b', 'c'].map((what) => ask(caller, what));
    await expect(ask(caller, 'd')).rejects.toMatchObject({ kind: 'too-many' });
    const settled = Promise.allSettled(calls);
    await caller.close();
    for (const outcome of await settled)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } });
    await expect(ask(caller, 'e')).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('a package that cannot be loaded fails the start with its own error', async () => {
    const { caller } = makeCaller({ settings: { packageDir: 'refuse' } });
    await expect(caller.start()).rejects.toMatchObject({
      kind: 'corrupt',
      message: 'onnx/x.onnx is damaged',
      hint: 'Download it again',
    });
    await expect(makeCaller({ settings: { packageDir: 'die' } }).caller.start()).rejects.toMatchObject({
      kind: 'internal',
    });
  });

  test('a thread that never gets ready is given up', async () => {
    const clock = new ManualClock();
    const { caller } = makeCaller({ clock, settings: { packageDir: 'mute' }, startTimeoutMs: 1_000 });
    const started = caller.start().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(kindOf(await started)).toBe('timeout');
  });

  test('while the engine cannot be restarted calls fail with the reason, and work again once it can', async () => {
    const clock = new ManualClock();
    const modes = ['normal', 'refuse', 'refuse', 'normal'];
    let twiceDown = (): void => undefined;
    const down = new Promise<void>((resolve) => {
      twiceDown = resolve;
    });
    const workers: Worker[] = [];
    const { caller, states } = makeCaller({
      clock,
      random: () => 0.5,
      startWorker: (url) => {
        const worker = new Worker(url, { workerData: { packageDir: modes.shift() ?? 'normal' } });
        workers.push(worker);
        return worker;
      },
      onState: (state) => {
        states.push(state);
        if (states.filter((each) => each === 'down').length === 2) twiceDown();
      },
    });
    await caller.start();
    const lost = ask(caller, 'exit').catch((error: unknown) => error);
    const behind = ask(caller, 'behind').catch((error: unknown) => error);
    expect(kindOf(await lost)).toBe('unavailable');
    expect(await behind).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('onnx/x.onnx is damaged'),
    });
    await expect(ask(caller, 'x')).rejects.toMatchObject({ kind: 'unavailable', hint: 'Download it again' });
    await clock.advance(1_000);
    await down;
    await clock.advance(2_000);
    expect(await ask(caller, 'y')).toEqual(['score', 'y']);
    expect(states).toEqual(['ready', 'starting', 'down', 'starting', 'down', 'starting', 'ready']);
  });
});
