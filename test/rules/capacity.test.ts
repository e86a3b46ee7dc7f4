import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoxLoad, partsOf, planOf } from '../../src/rules/capacity.ts';

const costs = { lookMs: 100, questionMs: 20 };
const ruleOf = (changes: Partial<Parameters<typeof planOf>[0]> = {}) => ({
  ...{ cameras: ['aisle-1'], zone: null, everyMs: 2_000, forMs: 0 },
  ...changes,
});
const boxOf = (rules: ReadonlyArray<ReturnType<typeof ruleOf>>, cameras: BoxLoad['cameras'] = {}): BoxLoad => ({
  costs,
  cameras,
  parts: partsOf(rules.flatMap((rule) => rule.cameras.map((cameraId) => ({ cameraId, rule })))),
});

describe('the capacity plan', () => {
  it('of the first rule is its look and its question over its interval', () => {
    expect(planOf(ruleOf(), boxOf([])).share).toBeCloseTo(120 / 2_000, 9);
  });

  it('of a rule beside another is its question alone: they share the look', () => {
    const plan = planOf(ruleOf(), boxOf([ruleOf()]));
    expect(plan.share).toBeCloseTo(20 / 2_000, 9);
    expect(plan.total).toBeCloseTo(140 / 2_000, 9);
  });

  it('of a rule with a zone of its own, or on another camera, is a look of its own', () => {
    expect(planOf(ruleOf({ zone: 'ramp' }), boxOf([ruleOf()])).share).toBeCloseTo(120 / 2_000, 9);
    expect(planOf(ruleOf({ cameras: ['yard'] }), boxOf([ruleOf()])).share).toBeCloseTo(120 / 2_000, 9);
  });

  it('of a rule that asks more often pays for the looks in between', () => {
    const plan = planOf(ruleOf({ everyMs: 1_000 }), boxOf([ruleOf()]));
    expect(plan.share).toBeCloseTo(100 / 1_000 - 100 / 2_000 + 20 / 1_000, 9);
  });

  it('asks no camera more often than it gives pictures', () => {
    const plan = planOf(ruleOf({ everyMs: 1_000 }), boxOf([], { 'aisle-1': 10_000 }));
    expect(plan.share).toBeCloseTo(120 / 10_000, 9);
    expect(plan.delayMs).toBe(10_000 + 10_000 + 10_000 + 120);
  });

  it('adds to a camera that is slower than its rules what one more question costs', () => {
    const box = boxOf([ruleOf({ everyMs: 1_000 })], { 'aisle-1': 10_000 });
    expect(planOf(ruleOf({ everyMs: 500 }), box).share).toBeCloseTo(20 / 10_000, 9);
  });

  it('tells at worst after a frame, a look, the time it must hold in whole looks, and the answer', () => {
    const cameras = { 'aisle-1': 2_000 };
    expect(planOf(ruleOf(), boxOf([], cameras)).delayMs).toBe(2_000 + 2_000 + 2_000 + 120);
    expect(planOf(ruleOf({ forMs: 5_000 }), boxOf([], cameras)).delayMs).toBe(2_000 + 2_000 + 6_000 + 120);
  });

  it('stretches intervals when the box falls behind', () => {
    const crowd = Array.from({ length: 40 }, (_, at) => ruleOf({ cameras: [`cam-${at}`] }));
    const { total, delayMs } = planOf(ruleOf(), boxOf(crowd));
    expect(total).toBeCloseTo((41 * 120) / 2_000, 9);
    expect(delayMs).toBeCloseTo(2 * 2_000 * total + 120, 6);
  });

  it('never says that a rule costs nothing, and adds up whatever the order', () => {
    const rule = fc.record({
      cameras: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
      zone: fc.constantFrom(null, 'ramp'),
      everyMs: fc.integer({ min: 100, max: 60_000 }),
      forMs: fc.integer({ min: 0, max: 60_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 8 }),
        rule,
        fc.integer({ min: 100, max: 20_000 }),
        (others, one, sampledMs) => {
          const cameras = { a: sampledMs, b: 2_000 };
          const plan = planOf(one, boxOf(others, cameras));
          expect(plan.share).toBeGreaterThan(0);
          const [first, ...rest] = [...others, one].reverse();
          if (first) expect(planOf(first, boxOf(rest, cameras)).total).toBeCloseTo(plan.total, 6);
          expect(plan.delayMs).toBeGreaterThan(one.forMs);
        },
      ),
    );
  });
});
