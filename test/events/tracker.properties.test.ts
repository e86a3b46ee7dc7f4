import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventCommit } from '../../src/events/event.ts';
import type { UnknownCause } from '../../src/rules/verdict.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { SeriesValue } from '../support/series.ts';
import { ruleOf, TrackerBench } from './observing.ts';

interface Act {
  readonly value: SeriesValue;
  readonly seconds: number;
  readonly ntpMs: number;
  readonly trouble: 'none' | 'disk-full' | 'disk-back' | 'camera-lost' | 'camera-back';
}

const act: fc.Arbitrary<Act> = fc.record({
  value: fc.constantFrom<SeriesValue>('yes', 'yes', 'yes', 'no', 'no', 'unknown'),
  seconds: fc.integer({ min: 1, max: 8 }),
  ntpMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: -1e8, max: 1e8 })),
  trouble: fc.oneof(
    { weight: 12, arbitrary: fc.constant('none' as const) },
    fc.constantFrom('disk-full' as const, 'disk-back' as const, 'camera-lost' as const, 'camera-back' as const),
  ),
});

/** Plays acts second by second; what the store kept, in order. */
async function play(acts: readonly Act[], options: { ntp?: boolean; disk?: boolean } = {}): Promise<EventCommit[]> {
  const { ntp = true, disk = true } = options;
  const bench = new TrackerBench({}, new ManualClock());
  bench.rule = ruleOf({ cooldownMs: 20_000 });
  for (const { value, seconds, ntpMs, trouble } of acts) {
    if (ntp) bench.clock.step(ntpMs);
    if (disk && trouble === 'disk-full') bench.diskFull = true;
    if (trouble === 'disk-back') bench.diskFull = false;
    if (trouble === 'camera-lost') bench.tracker.cameraLost('aisle-1');
    if (trouble === 'camera-back') bench.tracker.cameraBack('aisle-1');
    const cause: UnknownCause = trouble === 'camera-lost' ? 'camera-lost' : 'dark';
    await bench.play(`${value === 'unknown' ? '?' : value[0]}${seconds}`, { cause });
  }
  bench.diskFull = false;
  await bench.clock.advance(2_000);
  bench.tracker.tick();
  expect(bench.queue.waiting).toBe(0);
  return bench.commits;
}

const phases = (commits: readonly EventCommit[]): string =>
  commits
    .map(({ change, alert }) => `${change.type}${alert ? '' : '-'}@${change.event.id.replace(/^.*-/, '')}`)
    .join(' ');

describe('whatever happens to verdicts, clock, disk and camera', () => {
  test('each event opens once, ends at most once, and never two are open', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
        let open: string | null = null;
        const seen = new Set<string>();
        for (const { change, alert } of await play(acts)) {
          const { id, startedAt, endedAt } = change.event;
          // A `new` that was held back comes a second time, when it is told.
          const told = change.type === 'new' && alert && open === id;
          if (change.type === 'new' && !told) {
            expect(open).toBeNull();
            expect(seen.has(id)).toBe(false);
            seen.add(id);
            open = id;
          }
          expect(open).toBe(id);
          if (change.type === 'end') {
            expect(endedAt).toBeGreaterThanOrEqual(startedAt);
            open = null;
          } else expect(endedAt).toBeNull();
        }
      }),
      { numRuns: 60 },
    );
  });

  test('revisions count what is told without a gap, and no key comes twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
        const told = (await play(acts)).filter(({ alert }) => alert).map(({ change }) => change);
        expect(new Set(told.map(({ key }) => key)).size).toBe(told.length);
        const revisions = new Map<string, number>();
        for (const { event } of told) {
          expect(event.revision).toBe((revisions.get(event.id) ?? 0) + 1);
          revisions.set(event.id, event.revision);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('steps of the wall clock and a disk that was full for a while change nothing of what is kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
        const calm = phases(await play(acts, { ntp: false, disk: false }));
        expect(phases(await play(acts, { ntp: true, disk: true }))).toBe(calm);
      }),
      { numRuns: 60 },
    );
  });
});
