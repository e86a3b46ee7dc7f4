import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OnStretch, replay } from '../../src/events/replay.ts';
import type { Verdict } from '../../src/rules/verdict.ts';
import { type SeriesValue, series } from '../support/series.ts';
import { ruleOf, TrackerBench } from './observing.ts';

const START = Date.parse('2026-03-02T09:00:00Z');
const SCORES = { yes: 0.8, no: 0.1 };

function verdictOf(value: SeriesValue, at: number): Verdict {
  const said = value === 'unknown' ? { cause: 'dark' as const } : { score: SCORES[value], mass: 1 };
  return { ruleId: 'empty-shelf', cameraId: 'aisle-1', frameSeq: 1, capturedAt: at, at, value, ...said };
}

function played(text: string, changes: Parameters<typeof ruleOf>[0] = {}, hours?: OnStretch[]) {
  const samples = series(text, { startAt: START });
  const until = (samples.at(-1)?.at ?? START) + 1_000;
  const verdicts = samples.map(({ value, at }) => ({ verdict: verdictOf(value, at), gated: false }));
  const rule = ruleOf(changes);
  return replay({ rule, cameraId: 'aisle-1', verdicts, until, hours: hours ?? [{ from: START, to: until }] });
}

/** Seconds since the start. */
const seconds = (ms: number | null): number | null => (ms === null ? null : (ms - START) / 1_000);
const spans = (replayed: ReturnType<typeof played>) =>
  replayed.events.map(({ startedAt, endedAt, endReason }) => [seconds(startedAt), seconds(endedAt), endReason]);

describe('a replay', () => {
  test('opens and ends an event as the live pipeline does', () => {
    const replayed = played('n2 y6 n5');
    expect(spans(replayed)).toEqual([[2, 7, 'clear']]);
    expect(replayed.alertedAt.map(seconds)).toEqual([5]);
  });

  test('leaves an event open that is open at the end', () => {
    expect(spans(played('n2 y6'))).toEqual([[2, null, undefined]]);
  });

  test('ends an event when the hours of its rule end, and starts anew with the next', () => {
    const hours = [
      { from: START, to: START + 6_000 },
      { from: START + 10_000, to: START + 20_000 },
    ];
    expect(spans(played('y20', {}, hours))).toEqual([
      [0, 5, 'schedule'],
      [10, null, undefined],
    ]);
  });

  test('judges nothing outside the hours', () => {
    const replayed = played('y20', {}, [{ from: START + 30_000, to: START + 40_000 }]);
    expect([replayed.events, replayed.coverage.scheduledMs]).toEqual([[], 0]);
    expect(played('y20', {}, []).coverage.share).toBeNull();
  });

  test('holds alerts back for the cooldown, not events', () => {
    const replayed = played('y5 n4 y5 n4 y5 n4', { cooldownMs: 15_000 });
    expect(replayed.events).toHaveLength(3);
    expect(replayed.alertedAt.map(seconds)).toEqual([3, 21]);
  });

  test('counts what was watched, and the longest gap with its cause', () => {
    const { coverage } = played('n10 ?5 n5 _30 n10');
    expect(coverage.scheduledMs).toBe(60_000);
    expect(coverage.lostMs.dark).toBe(5_000);
    expect(coverage.longestGap).toMatchObject({ cause: 'not-asked', ms: 29_500, from: START + 20_500 });
    expect(coverage.share).toBeCloseTo((60_000 - 5_000 - 29_500) / 60_000, 6);
  });

  test('gives the events that the live tracker gives for the same verdicts, whatever they are', async () => {
    const word = fc.tuple(fc.constantFrom('y', 'y', 'n', '?', '_'), fc.integer({ min: 1, max: 9 }));
    const text = fc
      .array(word, { minLength: 1, maxLength: 20 })
      .map((words) => words.map((each) => each.join('')).join(' '));
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(0, 12_000), async (played_, cooldownMs) => {
        const bench = new TrackerBench({ minUpdateGapMs: 60_000 });
        bench.rule = ruleOf({ cooldownMs });
        await bench.play(played_);
        const live = new Map(bench.commits.map(({ change }) => [change.event.id, change.event]));
        const told = bench.commits.filter(({ change, alert }) => alert && change.type === 'new');
        const replayed = played(played_, { cooldownMs });
        const pick = ({
          startedAt,
          endedAt,
          alertedAt,
        }: {
          startedAt: number;
          endedAt: number | null;
          alertedAt?: number;
        }) => [startedAt, endedAt, alertedAt];
        expect(replayed.events.map(pick)).toEqual([...live.values()].map(pick));
        expect(replayed.alertedAt).toEqual(told.map(({ change }) => change.changedAt));
      }),
      { numRuns: 100 },
    );
  });
});
