import { describe, expect, test } from 'vitest';
import { type Duty, Scheduler } from '../../src/vision/scheduler.ts';
import { HARD } from '../hard/seeded.ts';

const duty = (cameraId: string, ruleId: string, everyMs = 2_000, weight = 1): Duty => ({
  cameraId,
  ruleId,
  everyMs,
  weight,
});

/** Runs the scheduler on a simulated clock; every camera always has a fresh frame; one turn costs `costMs`. */
function simulate(duties: Duty[], costMs: number, forMs: number) {
  const scheduler = new Scheduler();
  scheduler.setDuties(duties, 0);
  const turns = new Map<string, number[]>();
  let worstLateMs = Number.NEGATIVE_INFINITY;
  for (let now = 0; now < forMs; ) {
    const turn = scheduler.next(now, () => true);
    if (!turn) {
      now = Math.max(
        now + 1,
        scheduler.nextDueAt(() => true),
      );
      continue;
    }
    worstLateMs = Math.max(worstLateMs, turn.lateMs);
    for (const ruleId of turn.ruleIds) {
      const key = `${turn.cameraId}/${ruleId}`;
      turns.set(key, [...(turns.get(key) ?? []), now]);
    }
    scheduler.served(turn, now);
    now += costMs;
  }
  return { turns, worstLateMs };
}

function jain(values: number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum ** 2 / (values.length * values.reduce((a, b) => a + b * b, 0));
}

const longestGap = (times: number[]): number => Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? 0)));

describe('scheduler', () => {
  test('all due rules of a camera share one turn', () => {
    const scheduler = new Scheduler();
    scheduler.setDuties([duty('a', 'r1'), duty('a', 'r2'), duty('a', 'slow', 60_000)], 0);
    const first = scheduler.next(0, () => true);
    expect(first?.ruleIds).toEqual(['r1', 'r2', 'slow']);
    if (first) scheduler.served(first, 0);
    expect(scheduler.next(1_000, () => true)).toBeUndefined();
    expect(scheduler.next(2_000, () => true)?.ruleIds).toEqual(['r1', 'r2']);
  });

  test('a camera without a fresh frame is passed over and keeps its claim', () => {
    const scheduler = new Scheduler();
    scheduler.setDuties([duty('a', 'r'), duty('b', 'r')], 0);
    expect(scheduler.next(5_000, (id) => id === 'b')?.cameraId).toBe('b');
    expect(scheduler.next(6_000, (id) => id === 'a')).toMatchObject({ cameraId: 'a', lateMs: 6_000 });
  });

  test('a frame that comes a little early still serves its rule', () => {
    const scheduler = new Scheduler();
    scheduler.setDuties([duty('a', 'r', 2_000)], 0);
    scheduler.served({ cameraId: 'a', ruleIds: ['r'], lateMs: 0 }, 0);
    expect(scheduler.next(1_400, () => true)).toBeUndefined();
    expect(scheduler.next(1_600, () => true)?.ruleIds).toEqual(['r']);
  });

  test('rules that stay keep their due time when the duties are replaced', () => {
    const scheduler = new Scheduler();
    scheduler.setDuties([duty('a', 'r')], 0);
    scheduler.served({ cameraId: 'a', ruleIds: ['r'], lateMs: 0 }, 0);
    scheduler.setDuties([duty('a', 'r'), duty('a', 'new')], 100);
    expect(scheduler.next(100, () => true)?.ruleIds).toEqual(['new']);
  });

  test.each([0.5, 1, 2])('is fair across cameras and bounded in lateness at %s times the load it can carry', (load) => {
    const cameras = Array.from({ length: 10 }, (_, i) => `cam-${i}`);
    const duties = cameras.flatMap((id) => [duty(id, 'r1'), duty(id, 'r2')]);
    const { turns, worstLateMs } = simulate(duties, (2_000 * load) / cameras.length, 600_000);
    const counts = [...turns.values()].map((times) => times.length);
    expect(counts).toHaveLength(20);
    const gapMs = Math.max(...[...turns.values()].map(longestGap));
    if (HARD)
      process.stdout.write(
        `scheduler at ${load * 100} %: Jain ${jain(counts).toFixed(4)}, worst late ${worstLateMs} ms, longest gap ${gapMs} ms\n`,
      );
    expect(jain(counts)).toBeGreaterThanOrEqual(0.95);
    expect(gapMs).toBeLessThanOrEqual(2_000 * Math.max(1, load) * 1.3);
    // Late by what the box lacks, once each round, and never by more: overload does not add up.
    expect(worstLateMs).toBeLessThanOrEqual(2_000 * Math.max(1, load));
  });

  test('under overload rules of different intervals are stretched by about the same factor', () => {
    const duties = [
      ...Array.from({ length: 8 }, (_, i) => duty(`fast-${i}`, 'r', 1_000)),
      ...Array.from({ length: 8 }, (_, i) => duty(`slow-${i}`, 'r', 5_000)),
    ];
    const { turns } = simulate(duties, 200, 600_000); // asks 9.6 turns/s of a box that does 5
    const stretch = (key: string, everyMs: number) => 600_000 / (turns.get(key)?.length ?? 0) / everyMs;
    for (let i = 0; i < 8; i++) {
      expect(stretch(`fast-${i}/r`, 1_000)).toBeGreaterThan(1.5);
      expect(stretch(`fast-${i}/r`, 1_000)).toBeLessThan(2.6);
      expect(stretch(`slow-${i}/r`, 5_000)).toBeLessThan(2.6);
    }
  });

  test('a critical rule is asked more often than a normal one when the box falls behind, and nobody starves', () => {
    const duties = [
      duty('critical', 'r', 1_000, 4),
      ...Array.from({ length: 9 }, (_, i) => duty(`normal-${i}`, 'r', 1_000)),
    ];
    const { turns } = simulate(duties, 200, 300_000);
    const critical = turns.get('critical/r')?.length ?? 0;
    const normal = turns.get('normal-0/r')?.length ?? 0;
    expect(critical).toBeGreaterThan(normal);
    for (let i = 0; i < 9; i++) expect(longestGap(turns.get(`normal-${i}/r`) ?? [])).toBeLessThan(4_000);
  });
});
