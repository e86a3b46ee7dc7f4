import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CapacityLedger, readBoxLoad } from '../src/capacity.ts';
import { createLogger } from '../src/platform/logger.ts';
import type { Answer } from '../src/vision/model.ts';
import { ruleOf } from './events/observing.ts';
import { tempFolder } from './store/temp-store.ts';
import { ManualClock } from './support/manual-clock.ts';

/** A model whose every look and answer costs what the test says. */
function costly() {
  const next = { lookMs: 80, questionMs: 6 };
  let failing = false;
  const model = {
    look: async () => {
      if (failing) throw new Error('the engine died');
      return { id: 1, ms: next.lookMs };
    },
    score: async (_: unknown, questions: readonly string[]): Promise<Answer[]> =>
      questions.map((question) => ({ question, score: 0.5, mass: 1, ms: next.questionMs })),
    release: async () => undefined,
  };
  return {
    model,
    next,
    fail() {
      failing = true;
    },
  };
}

const rule = ruleOf({ everyMs: 2_000 });
const assignments = [{ rule, cameraId: 'aisle-1', scheduled: false }];

function ledger(dataDir = tempFolder()) {
  const cameras = [{ id: 'aisle-1', settings: { everyMs: 2_000 } }];
  const lines: string[] = [];
  const logger = createLogger((_, message) => lines.push(message));
  const clock = new ManualClock();
  return { dataDir, lines, capacity: new CapacityLedger({ dataDir, cameras, clock, logger }) };
}

async function ask(model: ReturnType<CapacityLedger['metered']>, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const look = await model.look(new Uint8Array());
    await model.score(look, ['a', 'b']);
    await model.release(look);
  }
}

describe('the measured capacity', () => {
  test('is the median of what looks and questions cost, so that a busy moment does not count for all', async () => {
    const { capacity } = ledger();
    const { model, next } = costly();
    const metered = capacity.metered(model);
    await ask(metered, 6);
    next.lookMs = 5_000;
    await ask(metered, 2);
    expect(capacity.load(assignments)).toEqual({
      costs: { lookMs: 80, questionMs: 6 },
      parts: [{ cameraId: 'aisle-1', zone: null, intervalsMs: [2_000] }],
      cameras: { 'aisle-1': 2_000 },
    });
  });

  test('is unknown until the model has answered a few times, and follows another model', async () => {
    const { capacity, dataDir } = ledger();
    const { model, next } = costly();
    const metered = capacity.metered(model);
    await ask(metered, 2);
    expect(capacity.load(assignments)).toBeUndefined();
    capacity.save(assignments);
    expect(readBoxLoad(dataDir)).toBeUndefined();
    await ask(metered, 100);
    next.lookMs = 10;
    await ask(metered, 60);
    expect(capacity.load(assignments)?.costs.lookMs).toBe(10);
  });

  test('hands on what the model says and how it fails', async () => {
    const { capacity } = ledger();
    const { model, fail } = costly();
    const metered = capacity.metered(model);
    expect(await metered.score({ id: 1, ms: 0 }, ['Is it?'])).toEqual([
      { question: 'Is it?', score: 0.5, mass: 1, ms: 6 },
    ]);
    fail();
    await expect(metered.look(new Uint8Array())).rejects.toThrow('the engine died');
  });

  test('is read beside the running daemon, and what is damaged or gone is unknown', async () => {
    const { capacity, dataDir } = ledger();
    await ask(capacity.metered(costly().model), 6);
    capacity.save(assignments);
    expect(readBoxLoad(dataDir)).toEqual(capacity.load(assignments));
    writeFileSync(join(dataDir, 'capacity.json'), '{"costs":{"lookMs":-1}}');
    expect(readBoxLoad(dataDir)).toBeUndefined();
    capacity.save(assignments);
    expect(JSON.parse(readFileSync(join(dataDir, 'capacity.json'), 'utf8')).costs.lookMs).toBe(80);
  });

  test('that cannot be written is logged, no more', async () => {
    const { capacity, dataDir, lines } = ledger();
    await ask(capacity.metered(costly().model), 6);
    rmSync(dataDir, { recursive: true });
    capacity.save(assignments);
    expect(lines).toEqual(['the measured capacity is not written']);
    mkdirSync(dataDir);
    capacity.save(assignments);
    expect(readBoxLoad(dataDir)).toBeDefined();
  });
});
