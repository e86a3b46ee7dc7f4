import { describe, expect, test } from 'vitest';
import { createMetrics, type MetricsSources } from '../src/metrics.ts';
import type { Judgement } from '../src/pipeline.ts';
import { Health } from '../src/platform/health.ts';
import { ruleOf } from './events/observing.ts';
import { ManualClock } from './support/manual-clock.ts';

function bench(changes: Partial<MetricsSources> = {}) {
  const clock = new ManualClock();
  const health = new Health(() => clock.now());
  health.report('broker', 'down', 'gone');
  const metrics = createMetrics({
    cameras: [{ id: 'aisle-1', status: () => ({ frames: 12, reconnects: 2 }) }] as never,
    counts: () => ({ dropped: 4, stale: 1, skipped: 30, judged: 7, lastJudgedAt: 0 }),
    health,
    outboxDepth: () => ({ messages: 3, bytes: 900, oldestAt: clock.now() - 90_000, dropped: 5 }),
    now: () => clock.now(),
    openEvents: () => 2,
    served: () => [],
    delivered: () => ({ mqtt: { delivered: 11 } }),
    droppedForSessions: () => 3,
    ...changes,
  });
  return { clock, metrics };
}

/** Samples by name and labels. */
async function samples(metrics: ReturnType<typeof createMetrics>): Promise<Map<string, number>> {
  const text = await metrics.registry.metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

describe('the metrics', () => {
  test('tell frames, drops, skips, the outbox with its age, health and what the process takes', async () => {
    const { metrics } = bench();
    const told = await samples(metrics);
    expect(
      Object.fromEntries([...told].filter(([name]) => !/process_|nodejs_|seconds_(bucket|sum|count)/.test(name))),
    ).toEqual({
      'watchword_camera_frames{camera="aisle-1"}': 12,
      'watchword_camera_reconnects{camera="aisle-1"}': 2,
      'watchword_frames{outcome="dropped"}': 4,
      'watchword_frames{outcome="stale"}': 1,
      'watchword_frames{outcome="skipped"}': 30,
      'watchword_frames{outcome="judged"}': 7,
      'watchword_health{part="broker"}': 2,
      watchword_outbox_messages: 3,
      watchword_outbox_bytes: 900,
      watchword_outbox_age_seconds: 90,
      watchword_outbox_dropped: 5,
      watchword_open_events: 2,
      'watchword_delivered{channel="mqtt"}': 11,
      watchword_session_dropped: 3,
    });
    for (const name of ['watchword_process_resident_memory_bytes', 'watchword_nodejs_eventloop_lag_p99_seconds'])
      expect(told.get(name), name).toBeGreaterThanOrEqual(0);
  });

  test('count verdicts by value and cause, and what a look took, in histograms', async () => {
    const { metrics } = bench();
    const frame = {
      cameraId: 'aisle-1',
      seq: 1,
      capturedAt: 0,
      at: 1_000,
      jpeg: new Uint8Array(),
      width: 1,
      height: 1,
    };
    const verdict = { ruleId: 'empty-shelf', cameraId: 'aisle-1', frameSeq: 1, capturedAt: 0, at: 1_000 };
    const judgement: Judgement = {
      ...{ frame, modelMs: 200, offeredAt: 1_010, startedAt: 1_020, finishedAt: 1_400 },
      verdicts: [
        { rule: ruleOf(), verdict: { ...verdict, value: 'yes', score: 0.9 }, gated: false },
        { rule: ruleOf(), verdict: { ...verdict, value: 'unknown', cause: 'dark' }, gated: false },
      ],
    };
    metrics.judged(judgement);
    const told = await samples(metrics);
    expect(told.get('watchword_verdicts_total{value="yes",cause=""}')).toBe(1);
    expect(told.get('watchword_verdicts_total{value="unknown",cause="dark"}')).toBe(1);
    expect(told.get('watchword_model_seconds_sum')).toBeCloseTo(0.2, 5);
    expect(told.get('watchword_verdict_latency_seconds_sum')).toBeCloseTo(0.4, 5);
    expect(told.get('watchword_verdict_latency_seconds_bucket{le="0.25"}')).toBe(0);
    expect(told.get('watchword_verdict_latency_seconds_bucket{le="0.5"}')).toBe(1);
  });

  test('an empty outbox has no age', async () => {
    const { metrics } = bench({ outboxDepth: () => ({ messages: 0, bytes: 0, oldestAt: null, dropped: 0 }) });
    expect((await samples(metrics)).get('watchword_outbox_age_seconds')).toBe(0);
  });
});
