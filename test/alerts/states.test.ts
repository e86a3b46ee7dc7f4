import { describe, expect, test } from 'vitest';
import { RetainedTopics } from '../../src/alerts/retained.ts';
import { RuleStates, type RuleStateUpdate } from '../../src/alerts/states.ts';
import { topicsUnder } from '../../src/alerts/topics.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import type { Verdict } from '../../src/rules/verdict.ts';
import { catalog, shelfRule } from '../support/alerts-setup.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { RecordingSink } from '../support/recording-sink.ts';

const topics = topicsUnder('watchword/shop');
const STATE = 'watchword/shop/camera/aisle-1/rule/empty-shelf/state';
const ATTRIBUTES = 'watchword/shop/camera/aisle-1/rule/empty-shelf/attributes';
const SNAPSHOT = 'watchword/shop/camera/aisle-1/rule/empty-shelf/snapshot';
const CAMERA = 'watchword/shop/camera/aisle-1/available';

function setUp() {
  const clock = new ManualClock();
  const sink = new RecordingSink();
  const retained = new RetainedTopics({ sink, clock, logger: silentLogger });
  const states = new RuleStates({ retained, topics, clock, logger: silentLogger });
  const abort = new AbortController();
  const running = states.run(abort.signal);
  retained.up();
  states.setCatalog(catalog);
  let seq = 0;
  const say = (value: Verdict['value'], phase: RuleStateUpdate['phase'], more: Partial<Verdict> = {}): void =>
    states.update({
      verdict: {
        ruleId: 'empty-shelf',
        cameraId: 'aisle-1',
        frameSeq: ++seq,
        capturedAt: clock.now(),
        at: clock.monotonic(),
        value,
        score: 0.9,
        mass: 1,
        ...more,
      },
      phase,
      since: clock.now() - 60_000,
      coverage: 0.97,
    });
  const stop = async (): Promise<void> => {
    abort.abort(new Error('done'));
    await running;
  };
  return { clock, sink, retained, states, say, stop };
}

describe('retained rule states', () => {
  test('ON only while the rule fires: pending is not an alarm', async () => {
    const { sink, say, stop } = setUp();
    say('no', 'inactive');
    await settle();
    expect(sink.retained.get(STATE)).toBe('OFF');
    say('yes', 'pending');
    await settle();
    expect(sink.retained.get(STATE)).toBe('OFF');
    say('yes', 'firing');
    await settle();
    expect(sink.retained.get(STATE)).toBe('ON');
    await stop();
  });

  test.each(['silence', 'unknown verdicts'])('%s for more than three intervals is unknown, never OFF', async (kind) => {
    const { clock, sink, say, stop } = setUp();
    say('yes', 'firing');
    for (let second = 0; second < 10; second += 2) {
      await clock.advance(2_000);
      if (kind === 'unknown verdicts') say('unknown', 'firing', { cause: 'dark' });
      expect(sink.retained.get(STATE)).toBe('ON');
    }
    await clock.advance(2_000);
    expect(sink.retained.get(STATE)).toBe('unknown');
    say('yes', 'firing');
    await settle();
    expect(sink.retained.get(STATE)).toBe('ON');
    expect(sink.published.filter(({ topic, payload }) => topic === STATE && payload === 'OFF')).toEqual([]);
    await stop();
  });

  test('answers between the thresholds keep the state: hysteresis is not blindness', async () => {
    const { clock, sink, say, stop } = setUp();
    say('yes', 'firing');
    for (let second = 0; second < 60; second += 2) {
      await clock.advance(2_000);
      say('unknown', 'firing', { cause: 'undecided', score: 0.5 });
    }
    expect(sink.retained.get(STATE)).toBe('ON');
    await stop();
  });

  test('before the first verdict of a run the broker keeps what it had, then it becomes unknown', async () => {
    const { clock, sink, stop } = setUp();
    await clock.advance(9_000);
    expect(sink.count(STATE)).toBe(0);
    await clock.advance(2_000);
    expect(sink.retained.get(STATE)).toBe('unknown');
    await stop();
  });

  test('an unchanged state is repeated only to keep it from expiring', async () => {
    const { clock, sink, say, stop } = setUp();
    for (let second = 0; second < 300; second += 2) {
      say('no', 'inactive');
      await clock.advance(2_000);
    }
    expect(sink.count(STATE)).toBeGreaterThanOrEqual(10);
    expect(sink.count(STATE)).toBeLessThanOrEqual(11);
    expect(sink.count(ATTRIBUTES)).toBeLessThanOrEqual(31);
    await stop();
  });

  test('attributes tell score, since, last evaluation, coverage and question', async () => {
    const { sink, say, stop } = setUp();
    say('yes', 'firing');
    await settle();
    expect(sink.json(ATTRIBUTES)).toEqual({
      rule: 'empty-shelf',
      words: 'Alert me when a shelf is empty for 5 minutes',
      question: 'Is a shelf empty?',
      score: 0.9,
      verdict: 'yes',
      cause: null,
      since: '2026-03-02T08:59:00.000Z',
      lastEvaluated: '2026-03-02T09:00:00.000Z',
      coverage: 0.97,
      scheduled: true,
    });
    await stop();
  });

  test('outside its hours a rule is OFF on purpose, whatever verdict still comes in', async () => {
    const { clock, sink, states, say, stop } = setUp();
    say('yes', 'firing');
    states.scheduled('aisle-1', 'empty-shelf', false);
    say('yes', 'firing');
    await clock.advance(600_000);
    expect(sink.retained.get(STATE)).toBe('OFF');
    states.scheduled('aisle-1', 'empty-shelf', true);
    await clock.advance(5_000);
    expect(sink.retained.get(STATE)).toBe('OFF');
    await clock.advance(10_000);
    expect(sink.retained.get(STATE)).toBe('unknown');
    say('yes', 'firing');
    await settle();
    expect(sink.retained.get(STATE)).toBe('ON');
    await stop();
  });

  test('a rule that is switched off is unknown: nobody looks', async () => {
    const { clock, sink, states, say, stop } = setUp();
    say('yes', 'firing');
    states.setCatalog({ ...catalog, rules: [{ ...shelfRule, enabled: false }] });
    await clock.advance(1_000);
    expect(sink.retained.get(STATE)).toBe('unknown');
    await stop();
  });

  test('a picture is published once per event, and everything again after a reconnect', async () => {
    const { sink, retained, states, say, stop } = setUp();
    say('yes', 'firing');
    const jpeg = new Uint8Array([0xff, 0xd8, 1]);
    states.snapshot({ cameraId: 'aisle-1', ruleId: 'empty-shelf', eventId: 'a', jpeg });
    states.snapshot({ cameraId: 'aisle-1', ruleId: 'empty-shelf', eventId: 'a', jpeg: new Uint8Array([2]) });
    states.camera('aisle-1', true);
    await settle();
    expect(sink.count(SNAPSHOT)).toBe(1);
    expect(sink.retained.get(SNAPSHOT)).toEqual(jpeg);
    retained.down();
    sink.retained.clear();
    states.camera('aisle-1', false);
    states.camera('aisle-1', true);
    states.camera('aisle-1', false);
    retained.up();
    await settle();
    expect(sink.retained.get(SNAPSHOT)).toEqual(jpeg);
    expect(sink.retained.get(STATE)).toBe('ON');
    expect(sink.retained.get(CAMERA)).toBe('offline');
    expect(sink.count(CAMERA)).toBe(2);
    await stop();
  });

  test('pictures kept for a reconnect are bounded: the oldest give way', async () => {
    const { sink, retained, states, stop } = setUp();
    const cameras = Array.from({ length: 80 }, (_, index) => `cam-${index}`);
    states.setCatalog({ cameras: cameras.map((id) => ({ id })), rules: [{ ...shelfRule, cameras }] });
    for (const cameraId of cameras) {
      states.snapshot({ cameraId, ruleId: 'empty-shelf', eventId: cameraId, jpeg: new Uint8Array(700_000) });
    }
    states.snapshot({ cameraId: 'cam-0', ruleId: 'empty-shelf', eventId: 'big', jpeg: new Uint8Array(2_000_000) });
    for (let turn = 0; turn < 10; turn++) await settle();
    sink.retained.clear();
    retained.down();
    retained.up();
    for (let turn = 0; turn < 10; turn++) await settle();
    const kept = [...sink.retained.keys()].filter((topic) => topic.endsWith('/snapshot'));
    expect(kept).toHaveLength(Math.floor((32 * 1024 * 1024) / 700_000));
    expect(kept.at(-1)).toContain('cam-79');
    await stop();
  });

  test('a removed rule and a removed camera leave nothing behind, and late verdicts of them are ignored', async () => {
    const { clock, sink, states, say, stop } = setUp();
    say('yes', 'firing');
    states.snapshot({ cameraId: 'aisle-1', ruleId: 'empty-shelf', eventId: 'a', jpeg: new Uint8Array([1]) });
    states.camera('aisle-1', true);
    await settle();
    states.setCatalog({ cameras: [], rules: [] });
    say('yes', 'firing');
    states.camera('aisle-1', true);
    await clock.advance(60_000);
    expect([...sink.retained.keys()]).toEqual([]);
    await stop();
  });
});
