import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Coverage, type CoverageBucket, type Outcome } from '../../src/events/coverage.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-03-02T09:00:00Z');

/** One rule on one camera, asked every second; `at` in seconds from the start of an hour. */
class CoverageBench {
  readonly coverage = new Coverage();
  /** Wall clock minus monotonic clock. */
  offset = START;

  constructor(everyMs = 1_000) {
    this.coverage.begin('spill', 'dock', everyMs, this.moment(0));
  }

  moment(second: number) {
    return { at: second * 1_000, capturedAt: this.offset + second * 1_000 };
  }

  turns(from: number, to: number, outcome: Outcome): void {
    for (let second = from; second < to; second++) this.coverage.turn('spill', 'dock', outcome, this.moment(second));
  }

  endedAt(second: number): CoverageBucket[] {
    this.coverage.end('spill', 'dock', this.moment(second));
    return this.coverage.flush(this.moment(second));
  }
}

describe('coverage', () => {
  test('a rule that is answered at each turn was watched all the time', () => {
    const bench = new CoverageBench();
    bench.turns(0, 60, 'evaluated');
    expect(bench.endedAt(60)).toEqual([
      {
        ruleId: 'spill',
        cameraId: 'dock',
        from: START,
        scheduledMs: 60_000,
        evaluatedMs: 60_000,
        gatedMs: 0,
        lostMs: {},
        longestGap: null,
      },
    ]);
  });

  test('unknown is lost time, by its cause, until the next answer', () => {
    const bench = new CoverageBench();
    bench.turns(0, 10, 'evaluated');
    bench.turns(10, 15, 'dark');
    bench.turns(15, 17, 'timeout');
    bench.turns(17, 20, 'evaluated');
    expect(bench.endedAt(20)).toMatchObject([
      {
        scheduledMs: 20_000,
        evaluatedMs: 13_000,
        lostMs: { dark: 5_000, timeout: 2_000 },
        longestGap: { ms: 7_000, from: START + 10_000, cause: 'dark' },
      },
    ]);
  });

  test('an answer counts for one and a half intervals; what is beyond was not asked, or dropped', () => {
    const bench = new CoverageBench();
    bench.turns(0, 1, 'evaluated');
    bench.turns(10, 11, 'evaluated');
    bench.coverage.dropped('dock');
    bench.turns(20, 21, 'evaluated');
    expect(bench.endedAt(21)).toMatchObject([
      {
        evaluatedMs: 4_000,
        lostMs: { 'not-asked': 8_500, dropped: 8_500 },
        longestGap: { ms: 8_500, from: START + 1_500 },
      },
    ]);
  });

  test('a gated turn is watched, but counted apart', () => {
    const bench = new CoverageBench();
    bench.turns(0, 5, 'evaluated');
    bench.turns(5, 10, 'gated');
    expect(bench.endedAt(10)).toMatchObject([{ evaluatedMs: 5_000, gatedMs: 5_000, lostMs: {}, longestGap: null }]);
  });

  test('a lost camera is lost time for its rules only', () => {
    const bench = new CoverageBench();
    bench.coverage.begin('spill', 'aisle', 1_000, bench.moment(0));
    bench.turns(0, 10, 'evaluated');
    bench.coverage.cameraLost('dock', bench.moment(10));
    bench.turns(30, 31, 'evaluated');
    bench.coverage.end('spill', 'aisle', bench.moment(31));
    const buckets = bench.endedAt(31);
    expect(Object.fromEntries(buckets.map((bucket) => [bucket.cameraId, bucket.lostMs]))).toEqual({
      dock: { 'camera-lost': 20_000 },
      aisle: { 'not-asked': 31_000 },
    });
  });

  test('hours are kept apart, and a gap over the hour keeps its whole length', () => {
    const bench = new CoverageBench();
    bench.turns(0, 3_000, 'evaluated');
    bench.coverage.cameraLost('dock', bench.moment(3_000));
    bench.turns(4_000, 4_100, 'evaluated');
    const buckets = bench.endedAt(4_100);
    expect(buckets).toMatchObject([
      { from: START, scheduledMs: HOUR, lostMs: { 'camera-lost': 600_000 }, longestGap: { ms: 600_000 } },
      {
        from: START + HOUR,
        scheduledMs: 500_000,
        longestGap: { ms: 1_000_000, from: START + 3_000_000, cause: 'camera-lost' },
      },
    ]);
  });

  test('only scheduled time counts', () => {
    const bench = new CoverageBench();
    bench.turns(0, 10, 'evaluated');
    bench.coverage.end('spill', 'dock', bench.moment(10));
    bench.turns(20, 30, 'evaluated');
    bench.coverage.begin('spill', 'dock', 1_000, bench.moment(100));
    bench.turns(100, 110, 'evaluated');
    const sums = bench.endedAt(110).map((bucket) => bucket.scheduledMs);
    expect(sums).toEqual([10_000, 10_000]);
  });

  test('a flush gives each stretch once, and waits for a turn that is still with the model', () => {
    const bench = new CoverageBench();
    let scheduled = 0;
    for (let second = 0; second < 60; second++) {
      // The answer about second n comes when n + 1 has begun.
      const [bucket] = bench.coverage.flush(bench.moment(second + 1));
      scheduled += bucket?.scheduledMs ?? 0;
      bench.coverage.turn('spill', 'dock', 'evaluated', bench.moment(second));
    }
    const [rest] = bench.endedAt(60);
    expect(scheduled + (rest?.scheduledMs ?? 0)).toBe(60_000);
    expect(rest?.lostMs).toEqual({});
  });

  test('a step of the wall clock changes the hour it counts in, never how much', () => {
    const bench = new CoverageBench();
    bench.turns(0, 10, 'evaluated');
    bench.offset += 5 * HOUR;
    bench.turns(10, 20, 'evaluated');
    const buckets = bench.endedAt(20);
    expect(buckets.reduce((sum, bucket) => sum + bucket.evaluatedMs, 0)).toBe(20_000);
    expect(buckets.map((bucket) => bucket.from)).toEqual([START, START + 5 * HOUR]);
  });

  test('the share covers the last day', () => {
    const bench = new CoverageBench();
    expect(bench.coverage.share('spill', 'dock')).toBeNull();
    bench.turns(0, 30, 'evaluated');
    bench.turns(30, 60, 'dark');
    bench.turns(60, 61, 'evaluated');
    expect(bench.coverage.share('spill', 'dock')).toBe(0.5);
    bench.turns(61, 100_000, 'evaluated');
    expect(bench.coverage.share('spill', 'dock')).toBe(1);
  });

  test('whatever happens, evaluated, gated and lost make up the scheduled time exactly', () => {
    const outcome = fc.constantFrom<Outcome>('evaluated', 'gated', 'dark', 'timeout', 'camera-lost');
    const turn = fc.record({
      outcome,
      ms: fc.integer({ min: 1, max: 100_000 }),
      flush: fc.boolean(),
      drop: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), fc.integer({ min: 100, max: 20_000 }), (turns, everyMs) => {
        const bench = new CoverageBench(everyMs);
        const buckets: CoverageBucket[] = [];
        let at = 0;
        for (const { outcome: each, ms, flush, drop } of turns) {
          at += ms;
          if (drop) bench.coverage.dropped('dock');
          bench.coverage.turn('spill', 'dock', each, bench.moment(at / 1_000));
          if (flush) buckets.push(...bench.coverage.flush(bench.moment(at / 1_000 + 1)));
        }
        buckets.push(...bench.endedAt(at / 1_000 + 5));
        const sum = (of: (bucket: CoverageBucket) => number): number =>
          buckets.reduce((total, each) => total + of(each), 0);
        const lost = (bucket: CoverageBucket): number =>
          Object.values(bucket.lostMs).reduce((total, ms) => total + ms, 0);
        expect(sum((each) => each.scheduledMs)).toBeCloseTo(at + 5_000, 3);
        expect(sum((each) => each.evaluatedMs + each.gatedMs + lost(each))).toBeCloseTo(at + 5_000, 3);
        for (const each of buckets) expect(each.scheduledMs).toBeLessThanOrEqual(HOUR + 1e-6);
      }),
      { numRuns: 200 },
    );
  });
});
