import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CapacityLedger, overloadOf, readBoxLoad, refuseOverload } from '../src/capacity.ts';
import { Health } from '../src/platform/health.ts';
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
  const health = new Health(() => clock.now());
  return { dataDir, lines, health, capacity: new CapacityLedger({ dataDir, cameras, clock, logger, health }) };
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

describe('a box that would fall behind', () => {
  const light = { share: 0.2, total: 0.9, delayMs: 5_000 };
  const heavy = { share: 0.5, total: 1.2, delayMs: 9_000 };

  test('refuses a rule that pushes it there, and says what would come of it', () => {
    expect(() => refuseOverload(light)).not.toThrow();
    expect(() => refuseOverload(undefined)).not.toThrow();
    expect(() => refuseOverload(heavy)).toThrow(/120 % of the model's time, and each is asked 1\.2 times as seldom/);
    expect(() => refuseOverload(heavy, light)).toThrow(expect.objectContaining({ kind: 'too-large' }));
  });

  test('still lets a rule be changed that takes no more than before', () => {
    expect(() => refuseOverload(heavy, heavy)).not.toThrow();
    expect(() => refuseOverload({ ...heavy, share: 0.4 }, heavy)).not.toThrow();
  });

  test('says so in health while it lasts, with rules that were written by hand', async () => {
    const { capacity, health } = ledger();
    await ask(capacity.metered(costly().model), 6);
    capacity.save(assignments);
    expect(health.get('capacity')).toMatchObject({ status: 'ok' });
    const many = Array.from({ length: 12 }, () => ({
      rule: ruleOf({ everyMs: 80 }),
      cameraId: 'aisle-1',
      scheduled: true,
    }));
    const fast = new CapacityLedger({
      ...{ dataDir: tempFolder(), clock: new ManualClock(), logger: createLogger(() => undefined), health },
      cameras: [{ id: 'aisle-1', settings: { everyMs: 80 } }],
    });
    await ask(fast.metered(costly().model), 6);
    fast.save(many);
    expect(health.get('capacity')).toMatchObject({ status: 'degraded' });
    expect(health.get('capacity')?.reason).toContain("190 % of the model's time");
    fast.save(many.slice(0, 1));
    expect(health.get('capacity')?.reason).toContain('110 %');
    fast.save([]);
    expect(health.get('capacity')).toMatchObject({ status: 'ok', reason: '' });
  });

  test('names the rule of a folder that takes most', () => {
    const box = { costs: { lookMs: 100, questionMs: 10 }, parts: [], cameras: { a: 100, b: 100 } };
    const [small, large] = [
      ruleOf({ id: 'small', cameras: ['a'], everyMs: 1_000 }),
      ruleOf({ id: 'large', cameras: ['a', 'b'], everyMs: 125 }),
    ];
    expect(overloadOf([small], box)).toBeUndefined();
    const overload = overloadOf([small, large], box);
    expect(overload?.heaviest.id).toBe('large');
    expect(overload?.total).toBeCloseTo(2 * (110 / 125) + 10 / 1_000, 9);
    expect(overloadOf([small, { ...large, enabled: false }], box)).toBeUndefined();
  });
});
