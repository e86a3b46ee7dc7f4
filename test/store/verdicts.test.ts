import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/rules/verdict.ts';
import type { Store } from '../../src/store/store.ts';
import { START, tempStore } from './temp-store.ts';

const RULE = { id: 'empty-shelf', question: 'Is a shelf empty?', expects: 'yes', zone: null } as const;
const ALL = { ruleId: 'empty-shelf', cameraId: 'aisle-1', since: START, until: START + 3_600_000, limit: 100 };

function record(
  store: Store,
  second: number,
  verdict: Partial<Verdict>,
  rule: Parameters<Store['verdicts']['record']>[1] = RULE,
): void {
  const times = { capturedAt: START + second * 1_000, at: second * 1_000, frameSeq: second };
  store.verdicts.record({ ruleId: rule.id, cameraId: 'aisle-1', value: 'no', ...times, ...verdict }, rule);
}

describe('verdicts over time', () => {
  test('come back as they were, oldest first, once flushed', () => {
    const { store } = tempStore();
    record(store, 0, { value: 'yes', score: 0.91237, mass: 0.99 });
    record(store, 2, { value: 'unknown', cause: 'dark' });
    record(store, 1, { value: 'no', score: 0 });
    expect(store.verdicts.scores(ALL)).toEqual([]);
    store.flush();
    expect(store.verdicts.scores(ALL)).toEqual([
      { capturedAt: START, value: 'yes', score: 0.9124, mass: 0.99 },
      { capturedAt: START + 1_000, value: 'no', score: 0 },
      { capturedAt: START + 2_000, value: 'unknown', cause: 'dark' },
    ]);
    expect(store.verdicts.scores({ ...ALL, since: START + 1_000, until: START + 2_000 })).toHaveLength(1);
    expect(store.verdicts.scores({ ...ALL, cameraId: 'dock' })).toEqual([]);
    expect(store.verdicts.scores({ ...ALL, limit: 1 })).toMatchObject([{ capturedAt: START }]);
  });

  test('a score belongs to the question it answered', () => {
    const { store } = tempStore();
    record(store, 0, { value: 'yes', score: 0.9 });
    record(store, 1, { value: 'no', score: 0.2 }, { ...RULE, question: 'Is the shelf full?' });
    store.flush();
    expect(store.verdicts.scores(ALL)).toHaveLength(2);
    expect(store.verdicts.scores({ ...ALL, question: RULE.question })).toMatchObject([{ score: 0.9 }]);
  });

  test('closing writes what waits', () => {
    const { store, dataDir } = tempStore();
    record(store, 0, { value: 'yes' });
    store.close();
    expect(tempStore({ dataDir }).store.verdicts.scores(ALL)).toHaveLength(1);
  });

  test('a timeline counts and averages equal parts', () => {
    const { store } = tempStore();
    for (let second = 0; second < 120; second++) {
      record(
        store,
        second,
        second < 60 ? { value: 'no', score: 0.1 } : { value: 'yes', score: second === 90 ? 1 : 0.5 },
      );
    }
    record(store, 150, { value: 'unknown', cause: 'timeout' });
    store.flush();
    const timeline = store.verdicts.timeline({ ...ALL, until: START + 240_000 }, 4);
    expect(timeline).toEqual([
      { from: START, yes: 0, no: 60, unknown: 0, minScore: 0.1, maxScore: 0.1, meanScore: 0.1 },
      {
        from: START + 60_000,
        yes: 60,
        no: 0,
        unknown: 0,
        minScore: 0.5,
        maxScore: 1,
        meanScore: expect.closeTo(0.508, 3),
      },
      { from: START + 120_000, yes: 0, no: 0, unknown: 1, minScore: null, maxScore: null, meanScore: null },
    ]);
  });

  test('what waits is bounded: the oldest goes and is counted', () => {
    const { store } = tempStore();
    for (let index = 0; index < 50_010; index++) record(store, index, { value: 'no' });
    expect(store.verdicts.dropped).toBe(10);
    store.flush();
    expect(store.verdicts.scores({ ...ALL, until: Number.MAX_SAFE_INTEGER })[0]?.capturedAt).toBe(START + 10_000);
  });
});
