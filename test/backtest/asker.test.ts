import { expect, test } from 'vitest';
import { BacktestAsker } from '../../src/backtest/asker.ts';
import type { ModelTurns } from '../../src/desks/model-turns.ts';
import type { Answer } from '../../src/vision/model.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('the answers of a stand-by are not taken for those of the model: a backtest waits until that is back', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const model = {
    look: async () => ({ id: 1, ms: 0 }),
    score: async (_look: unknown, [question = '']: readonly string[]): Promise<Answer[]> => [
      { question, mass: 1, ms: 0, ...(++asked < 3 ? { score: 0.1, byStandby: true } : { score: 0.9 }) },
    ],
    release: async () => undefined,
  };
  const turns = { spare: (work) => work(model as never, async () => undefined, new AbortController().signal) } as Pick<
    ModelTurns,
    'spare'
  >;
  const asking = new BacktestAsker({ turns, clock }).ask(
    { jpeg: Buffer.from('a picture'), width: 1, height: 1 },
    'Is it?',
    null,
    new AbortController().signal,
  );
  for (let i = 0; i < 3; i++) await clock.advance(1_000);
  expect(await asking).toEqual({ score: 0.9, mass: 1 });
  expect(asked).toBe(3);
});
