import { describe, expect, test } from 'vitest';
import { createRuleRecords } from '../../src/backtest/rule-records.ts';
import { poissonInterval, trendOf } from '../../src/evaluation/rates.ts';
import { commitOf, ended, eventOf, START, tempStore } from '../store/temp-store.ts';

const HOUR = 3_600_000;

describe('how rules did', () => {
  test('coverage is told by the days of the site, with the longest gap and why', () => {
    const { store, clock } = tempStore();
    // 09:00 in UTC; in Tokyo the day began at 15:00 UTC of the day before.
    const bucket = (from: number, dark: number) => ({
      ...{ ruleId: 'empty-shelf', cameraId: 'aisle-1', from, scheduledMs: HOUR, evaluatedMs: HOUR - dark, gatedMs: 0 },
      lostMs: dark > 0 ? { dark } : {},
      longestGap: dark > 0 ? { ms: dark, from: from + 60_000, cause: 'dark' as const } : null,
    });
    const first = Date.parse('2026-03-01T13:00:00Z');
    store.coverage.add([0, 1, 2, 3].map((hour) => bucket(first + hour * HOUR, hour === 2 ? 15 * 60_000 : 0)));
    const record = (timeZone: string) =>
      createRuleRecords({ coverage: store.coverage, events: store.log, timeZone, clock });
    const shares = (timeZone: string) =>
      record(timeZone)
        .coverage({ from: '2026-03-01', to: '2026-03-02', ruleId: 'empty-shelf' })
        .map(({ day, share, longestGap }) => [day, share, longestGap?.cause]);
    expect(shares('UTC')).toEqual([['2026-03-01', 0.9375, 'dark']]);
    expect(shares('Asia/Tokyo')).toEqual([
      ['2026-03-01', 1, undefined],
      ['2026-03-02', 0.875, 'dark'],
    ]);
    expect(() => record('UTC').coverage({ from: '2026-03-40', to: '2026-03-02' })).toThrow('no days');
    expect(() => record('UTC').coverage({ from: '2025-01-01', to: '2026-03-02' })).toThrow('more than 92 days');
  });

  test('false alarms are counted by camera and day, per day that it ran', () => {
    const { store, clock } = tempStore();
    const mark = (day: number, cameraId: string, said: 'right' | 'wrong' | null): void => {
      const event = eventOf({ startedAt: Date.parse('2026-02-20T12:00:00Z') + day * 24 * HOUR, cameraId });
      store.events.commit(commitOf('new', event));
      store.events.commit(commitOf('end', ended(event)));
      if (said) store.log.mark(event.id, said, 'olga', START);
    };
    for (let day = 0; day < 5; day++) for (let event = 0; event < 4; event++) mark(day, 'aisle-1', 'wrong');
    for (let day = 5; day < 10; day++) mark(day, 'aisle-1', day === 9 ? 'wrong' : 'right');
    mark(9, 'aisle-2', null);
    const record = createRuleRecords({ coverage: store.coverage, events: store.log, timeZone: 'UTC', clock });
    const [one, two] = record.falseAlarms('empty-shelf', { from: '2026-01-20', to: '2026-03-01' });
    expect(one).toMatchObject({ cameraId: 'aisle-1', events: 25, right: 4, wrong: 21, trend: 'falling' });
    expect(one?.perDay?.rate).toBeCloseTo(2.1);
    expect(one?.days.find(({ events }) => events > 0)).toEqual({ day: '2026-02-20', events: 4, right: 0, wrong: 4 });
    expect(two).toMatchObject({ cameraId: 'aisle-2', wrong: 0, perDay: { rate: 0, low: 0 }, trend: 'unknown' });
    // A box that has run for an hour says little of a day.
    store.coverage.add([
      {
        ...{ ruleId: 'spill', cameraId: 'aisle-1', from: START, scheduledMs: HOUR, evaluatedMs: HOUR, gatedMs: 0 },
        ...{ lostMs: {}, longestGap: null },
      },
    ]);
    expect(record.falseAlarms('spill', { from: '2026-02-20', to: '2026-03-02' })[0]?.perDay?.high).toBeCloseTo(
      3.67 * 24,
      0,
    );
    expect(record.falseAlarms('other', { from: '2026-02-20', to: '2026-03-01' })).toEqual([]);
  });

  test('intervals of counts are close to those of the tables', () => {
    // Exact: chi-square quantiles of 2n and 2n + 2 degrees of freedom, halved.
    const exact: ReadonlyArray<readonly [number, number, number]> = [
      [0, 0, 3.689],
      [1, 0.0253, 5.572],
      [5, 1.6235, 11.668],
      [20, 12.217, 30.888],
    ];
    for (const [count, low, high] of exact) {
      const [lower, upper] = poissonInterval(count);
      expect(Math.abs(upper - high) / high).toBeLessThan(0.01);
      expect(Math.abs(lower - low)).toBeLessThan(0.013 + 0.01 * low);
    }
  });

  test('a trend is told only from what chance does not do', () => {
    const week = (count: number) => ({ count, length: 7 });
    expect(trendOf(week(2), week(2))).toBe('unknown');
    expect(trendOf(week(6), week(8))).toBe('steady');
    expect(trendOf(week(3), week(20))).toBe('rising');
    expect(trendOf(week(20), week(3))).toBe('falling');
    expect(trendOf({ count: 20, length: 14 }, { count: 10, length: 7 })).toBe('steady');
  });
});
