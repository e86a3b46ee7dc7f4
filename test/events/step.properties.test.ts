import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INACTIVE, type RuleState, step, type Timing } from '../../src/events/step.ts';
import type { Sample, SeriesValue } from '../support/series.ts';

interface Happening {
  readonly change: 'raise' | 'resolve';
  readonly at: number;
  /** First yes of the stretch, and the last yes before the change. */
  readonly since: number;
  readonly lastYes: number;
}

function run(
  samples: readonly Sample[],
  timing: Timing,
  from: RuleState = INACTIVE,
): { happenings: Happening[]; state: RuleState } {
  const happenings: Happening[] = [];
  let state = from;
  for (const { value, at } of samples) {
    const next = step(state, value, at, timing);
    const firing = next.change === 'resolve' ? state : next.state;
    if (next.change && firing.phase === 'firing') {
      happenings.push({ change: next.change, at, since: firing.since, lastYes: firing.lastYes });
    }
    state = next.state;
  }
  return { happenings, state };
}

const value = fc.oneof(
  { weight: 5, arbitrary: fc.constant<SeriesValue>('yes') },
  { weight: 3, arbitrary: fc.constant<SeriesValue>('no') },
  { weight: 2, arbitrary: fc.constant<SeriesValue>('unknown') },
);

// Runs of one value are what durations are about; single random values would hardly ever hold.
const input = fc
  .array(fc.tuple(value, fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 8 })), {
    maxLength: 25,
  })
  .map((runs) => {
    let at = 0;
    const samples: Sample[] = [];
    for (const [each, steps] of runs) {
      for (const ms of steps) {
        at += ms;
        samples.push({ value: each, at });
      }
    }
    return samples;
  });

const timing = fc.record<Timing>({
  forMs: fc.integer({ min: 0, max: 12_000 }),
  clearAfterMs: fc.integer({ min: 0, max: 12_000 }),
  minYesSamples: fc.integer({ min: 1, max: 4 }),
  maxGapMs: fc.integer({ min: 0, max: 10_000 }),
  maxClearGapMs: fc.integer({ min: 0, max: 10_000 }),
});

const check = <T>(property: fc.IPropertyWithHooks<T>): void => fc.assert(property, { numRuns: 1_000 });

describe('whatever the verdicts and their times', () => {
  test('the inputs tried do raise and resolve', () => {
    const all = fc
      .sample(fc.tuple(input, timing), { numRuns: 500, seed: 1 })
      .map(([samples, t]) => run(samples, t).happenings.length);
    expect(all.filter((count) => count >= 2).length).toBeGreaterThan(50);
  });

  test('no event is shorter than the time that must hold, nor has fewer yes samples than needed', () => {
    check(
      fc.property(input, timing, (samples, t) => {
        for (const { change, at, since, lastYes } of run(samples, t).happenings) {
          expect(lastYes - since).toBeGreaterThanOrEqual(t.forMs);
          const until = change === 'raise' ? at : lastYes;
          const yes = samples.filter((each) => each.value === 'yes' && each.at >= since && each.at <= until);
          expect(yes.length).toBeGreaterThanOrEqual(t.minYesSamples);
        }
      }),
    );
  });

  test('there are never two open events: raise and resolve alternate', () => {
    check(
      fc.property(input, timing, (samples, t) => {
        const words = run(samples, t).happenings.map((happening) => happening.change);
        expect(words).toEqual(words.map((_, index) => (index % 2 === 0 ? 'raise' : 'resolve')));
      }),
    );
  });

  test('unknown-only input never changes a state', () => {
    check(
      fc.property(input, timing, fc.array(fc.integer({ min: 1, max: 1e6 })), (samples, t, steps) => {
        const before = run(samples, t).state;
        const unknowns: Sample[] = [];
        for (const ms of steps) {
          unknowns.push({ value: 'unknown', at: ((unknowns.at(-1) ?? samples.at(-1))?.at ?? 0) + ms });
        }
        const after = run(unknowns, t, before);
        expect(after).toEqual({ happenings: [], state: before });
      }),
    );
  });

  test('unknown moves nothing: raise comes on a yes, resolve on a no', () => {
    check(
      fc.property(input, timing, (samples, t) => {
        const at = new Map(samples.map((sample) => [sample.at, sample.value]));
        for (const happening of run(samples, t).happenings) {
          expect(at.get(happening.at)).toBe(happening.change === 'raise' ? 'yes' : 'no');
        }
      }),
    );
  });

  test('an event ends only after no, without a yes between, held for the whole clear time', () => {
    check(
      fc.property(input, timing, (samples, t) => {
        for (const { change, at, lastYes } of run(samples, t).happenings) {
          if (change !== 'resolve') continue;
          const cleared = samples.filter((sample) => sample.at > lastYes && sample.at <= at);
          expect(cleared.some((sample) => sample.value === 'yes')).toBe(false);
          const noes = cleared.filter((sample) => sample.value === 'no').map((sample) => sample.at);
          // The seen part alone: from the newest gap that was too long.
          let since = noes[0] ?? at;
          noes.forEach((each, index) => {
            if (index > 0 && each - (noes[index - 1] ?? each) > t.maxClearGapMs) since = each;
          });
          expect(at - since).toBeGreaterThanOrEqual(t.clearAfterMs);
        }
      }),
    );
  });

  test('a time shift of the whole input shifts the output', () => {
    check(
      fc.property(input, timing, fc.integer({ min: 0, max: 1e9 }), (samples, t, shift) => {
        const shifted = run(
          samples.map((sample) => ({ ...sample, at: sample.at + shift })),
          t,
        ).happenings;
        const expected = run(samples, t).happenings.map(({ change, at, since, lastYes }) => ({
          change,
          at: at + shift,
          since: since + shift,
          lastYes: lastYes + shift,
        }));
        expect(shifted).toEqual(expected);
      }),
    );
  });

  test('splitting a run at any point and restoring the state from JSON gives the same events', () => {
    check(
      fc.property(input, timing, fc.nat(), (samples, t, cut) => {
        const at = samples.length === 0 ? 0 : cut % (samples.length + 1);
        const first = run(samples.slice(0, at), t);
        const second = run(samples.slice(at), t, JSON.parse(JSON.stringify(first.state)) as RuleState);
        expect([...first.happenings, ...second.happenings]).toEqual(run(samples, t).happenings);
      }),
    );
  });
});
