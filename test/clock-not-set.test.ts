import { describe, expect, test } from 'vitest';
import { Health } from '../src/platform/health.ts';
import type { CompiledRule } from '../src/rules/rule.ts';
import { WEEKDAYS } from '../src/rules/schedule.ts';
import { Watch } from '../src/watch.ts';
import { ruleOf, TrackerBench } from './events/observing.ts';
import { ManualClock } from './support/manual-clock.ts';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const byDay = ruleOf({ id: 'by-day', schedule: [{ days: WEEKDAYS, from: '08:00', to: '20:00' }] });
const always = ruleOf({ id: 'always' });

function box(wall: number, rules: CompiledRule[] = [byDay, always]) {
  const bench = new TrackerBench({}, new ManualClock(wall));
  const health = new Health(() => bench.clock.now());
  const nothing = (): void => undefined;
  const watch = new Watch({
    ...{ clock: bench.clock, health, timeZone: 'UTC', calendars: {}, cameras: [{ id: 'aisle-1' }], rules: () => rules },
    ...{ model: () => null, tracker: bench.tracker, tell: nothing },
    store: {
      verdicts: { record: nothing } as never,
      coverage: { add: nothing } as never,
      silences: { until: () => null } as never,
    },
    alerts: {
      states: { update: nothing, snapshot: nothing, scheduled: nothing, camera: nothing },
      setCatalog: nothing,
    },
  });
  const on = (): string[] => watch.assignments.filter(({ scheduled }) => scheduled).map(({ rule }) => rule.id);
  return { bench, health, watch, on };
}

describe('a clock that is not set', () => {
  test('pauses the rules with hours and says so, until it is set', () => {
    const { bench, health, watch, on } = box(Date.parse('1970-01-01T12:00:00Z'));
    watch.refresh();
    expect(on()).toEqual(['always']);
    expect(health.get('clock')).toMatchObject({
      status: 'degraded',
      reason: 'the clock shows 1970-01-01, it is not set: rules with hours pause',
    });
    bench.clock.step(NOON - bench.clock.now());
    watch.tick();
    expect(on()).toEqual(['by-day', 'always']);
    expect(health.get('clock')?.status).toBe('ok');
  });

  test('ends no event that was open; set, it ends those whose hours are over', async () => {
    const { bench, watch } = box(NOON, [byDay]);
    bench.rule = byDay;
    watch.refresh();
    await bench.play('y6');
    expect(bench.told).toBe('new');
    bench.clock.step(Date.parse('1970-01-01T03:00:00Z') - bench.clock.now());
    watch.tick();
    expect(bench.told).toBe('new');
    bench.clock.step(Date.parse('2026-03-02T23:00:00Z') - bench.clock.now());
    watch.tick();
    expect(bench.told).toBe('new end:schedule');
  });
});
