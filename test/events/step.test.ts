import { describe, expect, test } from 'vitest';
import { INACTIVE, type RuleState, type StepChange, step, type Timing } from '../../src/events/step.ts';
import { timingOf } from '../../src/events/timing.ts';
import { type Sample, series } from '../support/series.ts';

const TIMING: Timing = { forMs: 3_000, clearAfterMs: 2_000, minYesSamples: 2, maxGapMs: 5_000, maxClearGapMs: 5_000 };

/** `raise@4 resolve@9`: every change with the second it came. */
function changes(samples: readonly Sample[], timing: Timing = TIMING, from: RuleState = INACTIVE): string {
  const seen: string[] = [];
  let state = from;
  for (const { value, at } of samples) {
    const next: { state: RuleState; change?: StepChange } = step(state, value, at, timing);
    state = next.state;
    if (next.change) seen.push(`${next.change}@${at / 1_000}`);
  }
  return seen.join(' ');
}

describe('opening', () => {
  test.each([
    ['n y3 n', '', 'yes that does not hold long enough opens nothing'],
    ['n y4', 'raise@4', 'yes held for the whole time opens at the sample that completes it'],
    ['n y3 n y3 n', '', 'a no in between starts the hold anew'],
    ['y ?2 y', 'raise@3', 'unknown does not break the hold'],
    ['y ?9', '', 'unknown never completes the hold by itself'],
    ['y _4 y', 'raise@5', 'two samples within the allowed gap vouch for the time between'],
    ['y ?6 y y2', '', 'a gap longer than allowed starts the hold anew'],
    ['y ?6 y4', 'raise@10', 'after too long a gap the whole time must be seen again'],
    ['?9', '', 'unknown alone opens nothing'],
  ])('%s -> "%s": %s', (text, expected) => {
    expect(changes(series(text))).toBe(expected);
  });

  test('however short the time, one yes sample is not enough', () => {
    const timing = { ...TIMING, forMs: 0 };
    expect(changes(series('y n y n'), timing)).toBe('');
    expect(changes(series('n y2'), timing)).toBe('raise@2');
  });
});

describe('ending', () => {
  test.each([
    ['y4 n3', 'raise@3 resolve@6', 'no held for the whole time ends it'],
    ['y4 n2 y n2', 'raise@3', 'a yes in between starts the clear time anew'],
    ['y4 n2 y n3', 'raise@3 resolve@9', 'and the whole time must be clear again'],
    ['y4 ?60', 'raise@3', 'unknown alone never ends it'],
    ['y4 n ?60', 'raise@3', 'one no and then unknown never ends it'],
    ['y4 n ?6 n', 'raise@3', 'a no after a long unknown gap does not end it'],
    ['y4 n ?6 n n2', 'raise@3 resolve@13', 'a no after a long unknown gap starts the clear time anew'],
    ['y4 n ? n ? n', 'raise@3 resolve@6', 'every other frame unknown still ends what is clear'],
    ['y4 n ?2 y ?2 n', 'raise@3', 'a yes after unknown keeps it open'],
  ])('%s -> "%s": %s', (text, expected) => {
    expect(changes(series(text))).toBe(expected);
  });

  test('without a clear time the first no ends it', () => {
    expect(changes(series('y4 n'), { ...TIMING, clearAfterMs: 0 })).toBe('raise@3 resolve@4');
  });

  test('after it ended the next occurrence is held to the full time again', () => {
    expect(changes(series('y4 n3 y4'))).toBe('raise@3 resolve@6 raise@10');
  });
});

test('an unknown verdict returns the very same state', () => {
  const states: RuleState[] = [
    INACTIVE,
    { phase: 'pending', since: 0, yesSamples: 1, lastYes: 0 },
    { phase: 'firing', since: 0, lastYes: 0, clearSince: 1, lastNo: 1 },
  ];
  for (const state of states) expect(step(state, 'unknown', 1e12, TIMING)).toEqual({ state });
  for (const state of states) expect(step(state, 'unknown', 1e12, TIMING).state).toBe(state);
});

test('a duration of whole intervals is reached with its last sample, though cameras are late or early by some ms', () => {
  const timing = timingOf({ forMs: 4_000, clearAfterMs: 10_000, everyMs: 2_000 });
  const yes = (...times: number[]): Sample[] => times.map((at) => ({ value: 'yes', at }));
  expect(changes(yes(0, 2_003.4, 3_998.7), timing)).toBe('raise@3.9987');
  expect(changes(yes(0, 2_000, 3_900), timing)).toBe('');
});

test('the gap allowed follows the sampling, the time that must hold, and the change gate', () => {
  const rule = { forMs: 300_000, clearAfterMs: 30_000, everyMs: 2_000 };
  expect(timingOf(rule)).toEqual({
    forMs: 299_950,
    clearAfterMs: 29_950,
    minYesSamples: 2,
    maxGapMs: 60_000,
    maxClearGapMs: 10_000,
  });
  expect(timingOf({ ...rule, forMs: 10_000 }).maxGapMs).toBe(10_000);
  expect(timingOf({ ...rule, everyMs: 60_000 }).maxClearGapMs).toBe(300_000);
  expect(timingOf(rule, { maxSkipMs: 30_000 }).maxClearGapMs).toBe(34_000);
});
