import { describe, expect, test } from 'vitest';
import type { CoverageBucket } from '../../src/events/coverage.ts';
import { START, tempStore } from './temp-store.ts';

const HOUR = 3_600_000;

function bucket(hour: number, changes: Partial<CoverageBucket> = {}): CoverageBucket {
  const sums = { scheduledMs: HOUR, evaluatedMs: HOUR, gatedMs: 0, lostMs: {}, longestGap: null };
  return { ruleId: 'spill', cameraId: 'dock', from: START + hour * HOUR, ...sums, ...changes };
}

describe('coverage by the hour', () => {
  test('adds up, by cause, and keeps the longest gap', () => {
    const { store } = tempStore();
    store.coverage.add([
      bucket(0, {
        evaluatedMs: HOUR / 2,
        lostMs: { dark: HOUR / 2 },
        longestGap: { ms: 100, from: START, cause: 'dark' },
      }),
      bucket(0, {
        scheduledMs: 500,
        evaluatedMs: 0,
        lostMs: { dark: 300, timeout: 200 },
        longestGap: { ms: 500, from: START + 7, cause: 'timeout' },
      }),
    ]);
    store.coverage.add([
      bucket(1, { evaluatedMs: 0, gatedMs: HOUR, longestGap: { ms: 50, from: START, cause: 'dark' } }),
    ]);
    store.coverage.add([bucket(0, { cameraId: 'aisle' }), bucket(24)]);
    const day = { since: START, until: START + 24 * HOUR };
    expect(store.coverage.summaries(day)).toEqual([
      {
        ruleId: 'spill',
        cameraId: 'aisle',
        scheduledMs: HOUR,
        evaluatedMs: HOUR,
        gatedMs: 0,
        lostMs: {},
        longestGap: null,
        share: 1,
      },
      {
        ruleId: 'spill',
        cameraId: 'dock',
        scheduledMs: 2 * HOUR + 500,
        evaluatedMs: HOUR / 2,
        gatedMs: HOUR,
        lostMs: { dark: HOUR / 2 + 300, timeout: 200 },
        longestGap: { ms: 500, from: START + 7, cause: 'timeout' },
        share: (1.5 * HOUR) / (2 * HOUR + 500),
      },
    ]);
    expect(store.coverage.summaries({ ...day, cameraId: 'aisle' })).toHaveLength(1);
    expect(store.coverage.summaries({ ...day, ruleId: 'other' })).toEqual([]);
  });

  test('what is too old goes, with its causes', () => {
    const { store } = tempStore();
    store.coverage.add([bucket(0, { lostMs: { dark: 5 } }), bucket(1, { lostMs: { dark: 7 } })]);
    store.coverage.removeBefore(START + HOUR);
    expect(store.coverage.summaries({ since: START, until: START + 24 * HOUR })).toMatchObject([
      { lostMs: { dark: 7 } },
    ]);
  });
});

describe('silences', () => {
  test('hold until their time, over a restart, or until they are ended', async () => {
    const { store, dataDir, clock } = tempStore();
    store.silences.set('spill', START + 60_000);
    store.silences.set('fall', START + 60_000);
    store.silences.set('fall', null);
    store.close();
    const again = tempStore({ dataDir, clock }).store;
    expect([again.silences.until('spill'), again.silences.until('fall')]).toEqual([START + 60_000, null]);
    await clock.advance(60_000);
    expect(again.silences.until('spill')).toBeNull();
  });
});

describe('tokens for machines', () => {
  test('are found by their hash, once per name, until removed', () => {
    const { store } = tempStore();
    store.tokens.add({ name: 'grafana', role: 'viewer', createdAt: START }, 'hash-1');
    expect(store.tokens.find('hash-1')).toEqual({ name: 'grafana', role: 'viewer', createdAt: START });
    expect(() => store.tokens.add({ name: 'grafana', role: 'admin', createdAt: START }, 'hash-2')).toThrow(
      /"grafana" already/,
    );
    expect(store.tokens.list()).toHaveLength(1);
    store.tokens.remove('grafana');
    expect(store.tokens.find('hash-1')).toBeUndefined();
  });
});
