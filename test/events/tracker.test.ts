import { describe, expect, test } from 'vitest';
import type { RestoredEvent } from '../../src/events/observation.ts';
import { ruleOf, TrackerBench } from './observing.ts';

const START = Date.parse('2026-03-02T09:00:00Z');

describe('one occurrence is one event', () => {
  test('it opens once, and ends once, with the same id and a key of its own per change', async () => {
    const bench = new TrackerBench();
    await bench.play('n2 y20 n5');
    expect(bench.told).toBe('new end:clear');
    expect(bench.commits.map(({ change }) => change.key)).toEqual([
      `${bench.last.change.event.id}:new:1`,
      `${bench.last.change.event.id}:end:2`,
    ]);
    expect(bench.last.change.event.id).toBe(`${(START + 2_000).toString(36).padStart(9, '0')}-id1`);
  });

  test('it began at the first yes and ended at the last', async () => {
    const bench = new TrackerBench();
    await bench.play('n2 y20 n5');
    const { event } = bench.last.change;
    expect([event.startedAt, event.endedAt]).toEqual([START + 2_000, START + 21_000]);
    expect(bench.commits[0]?.change).toMatchObject({ changedAt: START + 5_000, event: { endedAt: null } });
  });

  test('it keeps the words, the question, the model and the very frame that decided', async () => {
    const bench = new TrackerBench();
    await bench.play('n2 y4', { score: 0.7 });
    const { change, evidence } = bench.last;
    expect(change.event).toMatchObject({
      words: bench.rule.words,
      question: 'Is a shelf empty?',
      model: 'tiny q8',
      weightsHash: 'abc',
      score: 0.7,
    });
    expect(evidence).toEqual([
      {
        role: 'deciding',
        jpeg: Buffer.from('frame 6'),
        capturedAt: START + 5_000,
        width: 320,
        height: 180,
        score: 0.7,
      },
    ]);
  });

  test('cameras and rules do not mix', async () => {
    const bench = new TrackerBench();
    await bench.play('y4', { cameraId: 'aisle-1' });
    await bench.play('y4', { cameraId: 'aisle-2' });
    bench.rule = ruleOf({ id: 'spill' });
    await bench.play('y4 n4', { cameraId: 'aisle-1' });
    expect(bench.told).toBe('new new new end:clear');
    expect(bench.last.change.event).toMatchObject({ ruleId: 'spill', cameraId: 'aisle-1' });
    expect(bench.tracker.view('empty-shelf', 'aisle-2')).toMatchObject({
      phase: 'firing',
      event: { cameraId: 'aisle-2' },
    });
  });

  test('a verdict that is not newer than the last is ignored', async () => {
    const bench = new TrackerBench();
    await bench.play('y4');
    const late = bench.observation('no');
    await bench.play('y3');
    bench.tracker.observe(late);
    await bench.play('n2');
    expect(bench.told).toBe('new');
  });
});

test('a view tells the phase and since when', async () => {
  const bench = new TrackerBench();
  const now = () => bench.tracker.view('empty-shelf', 'aisle-1');
  expect(now()).toBeUndefined();
  await bench.play('n3');
  expect(now()).toMatchObject({ phase: 'inactive', since: START, event: null, verdict: { value: 'no' } });
  await bench.play('y2');
  expect(now()).toMatchObject({ phase: 'pending', since: START + 3_000 });
  await bench.play('y2');
  expect(now()).toMatchObject({ phase: 'firing', since: START + 3_000, event: { startedAt: START + 3_000 } });
  await bench.play('n3');
  expect(now()).toMatchObject({ phase: 'inactive', since: START + 9_000, event: null });
});

describe('updates', () => {
  test('come when the best score rises clearly, with the picture of that score', async () => {
    const bench = new TrackerBench();
    await bench.play('y4', { score: 0.65 });
    await bench.play('y', { score: 0.7 });
    expect(bench.told).toBe('new');
    await bench.play('y', { score: 0.9 });
    expect(bench.told).toBe('new update:score');
    expect(bench.last.evidence).toMatchObject([{ role: 'best', score: 0.9, jpeg: Buffer.from('frame 6') }]);
  });

  test('come when the severity of the rule changes', async () => {
    const bench = new TrackerBench();
    await bench.play('y4');
    bench.rule = ruleOf({ severity: 'critical' });
    await bench.play('y');
    expect(bench.told).toBe('new update:severity');
    expect(bench.last.change.event.severity).toBe('critical');
  });

  test('never become a flood: a flapping camera gives one per gap', async () => {
    const bench = new TrackerBench({ minUpdateGapMs: 60_000 });
    await bench.play('y4');
    for (let second = 0; second < 600; second += 2) {
      bench.tracker.cameraLost('aisle-1');
      await bench.clock.advance(1_000);
      bench.tracker.tick();
      bench.tracker.cameraBack('aisle-1');
      await bench.clock.advance(1_000);
      bench.tracker.tick();
    }
    const updates = bench.commits.filter(({ change }) => change.type === 'update').length;
    expect(updates).toBeGreaterThan(0);
    expect(updates).toBeLessThanOrEqual(10);
  });

  test('that had to wait come with the next tick after the gap, picture and score together', async () => {
    const bench = new TrackerBench({ minUpdateGapMs: 60_000 });
    await bench.play('y4', { score: 0.65 });
    await bench.play('y', { score: 0.95 });
    expect(bench.told).toBe('new');
    await bench.clock.advance(60_000);
    bench.tracker.tick();
    expect(bench.told).toBe('new update:score');
    expect(bench.last).toMatchObject({ change: { event: { score: 0.95 } }, evidence: [{ role: 'best', score: 0.95 }] });
  });

  test('remind while it still fires only when asked to', async () => {
    const quiet = new TrackerBench();
    await quiet.play('y300');
    expect(quiet.told).toBe('new');
    const reminding = new TrackerBench();
    reminding.rule = ruleOf({ remindMs: 100_000 });
    await reminding.play('y300');
    expect(reminding.told).toBe('new update:reminder update:reminder');
  });

  test('remind no more once somebody acknowledged the event, nor more often than the cooldown', async () => {
    const bench = new TrackerBench();
    bench.rule = ruleOf({ remindMs: 60_000, cooldownMs: 100_000 });
    await bench.play('y150');
    expect(bench.told).toBe('new update:reminder');
    bench.acknowledged.add(bench.last.change.event.id);
    await bench.play('y300');
    expect(bench.told).toBe('new update:reminder');
  });
});

describe('silence is not resolution', () => {
  test('losing the camera leaves the event open and marks it stale; the next frame takes the mark back', async () => {
    const bench = new TrackerBench();
    await bench.play('y4');
    bench.tracker.cameraLost('aisle-1');
    expect(bench.last.change).toMatchObject({
      type: 'update',
      reason: 'camera-lost',
      event: { stale: true, endedAt: null },
    });
    await bench.clock.advance(3_600_000);
    bench.tracker.tick();
    expect(bench.told).toBe('new update:camera-lost');
    await bench.play('y');
    expect(bench.told).toBe('new update:camera-lost update:camera-back');
    expect(bench.last.change.event).toMatchObject({ stale: false, endedAt: null });
  });

  test('a camera-lost verdict does the same, and other unknowns do not', async () => {
    const bench = new TrackerBench();
    await bench.play('y4 ?5', { cause: 'dark' });
    expect(bench.told).toBe('new');
    await bench.play('?60', { cause: 'camera-lost' });
    expect(bench.told).toBe('new update:camera-lost');
  });

  test('a frame taken before the loss and judged after it does not bring the camera back', async () => {
    const bench = new TrackerBench();
    await bench.play('y4');
    const inFlight = bench.observation('yes');
    await bench.clock.advance(500);
    bench.tracker.cameraLost('aisle-1');
    bench.tracker.observe(inFlight);
    expect(bench.told).toBe('new update:camera-lost');
  });
});

describe('the wall clock', () => {
  test.each([-86_400_000, 86_400_000])('stepping by %i ms neither ends nor invents an event', async (ms) => {
    const bench = new TrackerBench();
    await bench.play('y2');
    bench.clock.step(ms);
    await bench.play('y');
    expect(bench.told).toBe('');
    await bench.play('y3');
    expect(bench.told).toBe('new');
    bench.clock.step(-ms);
    await bench.play('y30 n');
    bench.clock.step(ms);
    await bench.play('n');
    expect(bench.told).toBe('new');
    await bench.play('n3');
    expect(bench.told).toBe('new end:clear');
    const { startedAt, endedAt } = bench.last.change.event;
    expect(endedAt).toBeGreaterThanOrEqual(startedAt);
  });
});

test('a wall clock set back for good does not make an event end before it began', async () => {
  const bench = new TrackerBench();
  await bench.play('y2');
  bench.clock.step(-86_400_000);
  await bench.play('y10 n3');
  expect(bench.told).toBe('new end:clear');
  expect(bench.last.change.event).toMatchObject({ startedAt: START, endedAt: START });
});

describe('cooldown and silence', () => {
  test('an occurrence within the cooldown is recorded but not told', async () => {
    const bench = new TrackerBench();
    bench.rule = ruleOf({ cooldownMs: 60_000 });
    await bench.play('y5 n5 y5 n5');
    expect(bench.told).toBe('new end:clear (new) (end:clear)');
    expect(bench.last.change.event).toMatchObject({ revision: 0 });
    expect(bench.last.change.event.alertedAt).toBeUndefined();
  });

  test('it is measured from the last alert, and what still fires when it is over is told then', async () => {
    const bench = new TrackerBench();
    bench.rule = ruleOf({ cooldownMs: 60_000 });
    await bench.play('y5 n5 y60 n5');
    expect(bench.told).toBe('new end:clear (new) new end:clear');
    const [first, , , late] = bench.commits;
    expect((late?.change.changedAt ?? 0) - (first?.change.changedAt ?? 0)).toBe(60_000);
    expect(late?.change).toMatchObject({ key: expect.stringMatching(/:new:1$/), event: { revision: 1 } });
  });

  test('a silenced rule records without telling, and tells when the silence is over', async () => {
    const bench = new TrackerBench();
    bench.silenced.add('empty-shelf');
    await bench.play('y10');
    expect(bench.told).toBe('(new)');
    bench.silenced.clear();
    await bench.play('y');
    expect(bench.told).toBe('(new) new');
    bench.silenced.add('empty-shelf');
    await bench.play('n5');
    expect(bench.told).toBe('(new) new end:clear');
  });
});

describe('rules and hours that change while an event is open', () => {
  const cameraIds = ['aisle-1'];

  test('a rule that is removed or switched off ends its event with that reason', async () => {
    for (const rules of [[], [{ rule: ruleOf({ enabled: false }), cameraIds }]]) {
      const bench = new TrackerBench();
      await bench.play('y5');
      bench.tracker.reconcile({ rules, cameraIds });
      expect(bench.told).toBe('new end:rule-removed');
      expect(bench.tracker.views()).toEqual([]);
    }
  });

  test('so does a camera that is removed, and a rule that leaves the camera', async () => {
    const bench = new TrackerBench();
    await bench.play('y5');
    bench.tracker.reconcile({ rules: [{ rule: bench.rule, cameraIds: [] }], cameraIds: [] });
    expect(bench.told).toBe('new end:camera-removed');
    await bench.play('y5');
    bench.tracker.reconcile({ rules: [{ rule: bench.rule, cameraIds: ['dock'] }], cameraIds: ['aisle-1', 'dock'] });
    expect(bench.told).toBe('new end:camera-removed new end:rule-changed');
  });

  test('a rule that asks something else ends the old event and starts anew', async () => {
    const bench = new TrackerBench();
    await bench.play('y5');
    bench.rule = ruleOf({ question: 'Is the shelf full?' });
    await bench.play('y3');
    expect(bench.told).toBe('new end:rule-changed');
    await bench.play('y');
    expect(bench.told).toBe('new end:rule-changed new');
  });

  test('new durations leave it open and count from now on', async () => {
    const bench = new TrackerBench();
    await bench.play('y5');
    bench.rule = ruleOf({ clearAfterMs: 10_000, words: 'the same for longer' });
    bench.tracker.reconcile({ rules: [{ rule: bench.rule, cameraIds }], cameraIds });
    await bench.play('n10');
    expect(bench.told).toBe('new');
    await bench.play('n');
    expect(bench.told).toBe('new end:clear');
    expect(bench.last.change.event.words).toBe(ruleOf().words);
  });

  test('the end of its hours ends it, and pending does not reach into the next hours', async () => {
    const bench = new TrackerBench();
    await bench.play('y5');
    bench.tracker.offSchedule('empty-shelf', 'aisle-1');
    bench.tracker.offSchedule('empty-shelf', 'aisle-1');
    expect(bench.told).toBe('new end:schedule');
    expect(bench.last.change.event.endedAt).toBe(START + 4_000);
    await bench.play('y3');
    bench.tracker.offSchedule('empty-shelf', 'aisle-1');
    await bench.play('y3');
    expect(bench.told).toBe('new end:schedule');
  });
});

describe('a restart', () => {
  async function restarted(text: string, settings = {}): Promise<TrackerBench> {
    const before = new TrackerBench();
    await before.play(text);
    const open: RestoredEvent[] = before.commits
      .slice(-1)
      .filter(({ change }) => change.type !== 'end')
      .map(({ change }) => ({ event: change.event, lastYesAt: before.clock.now() - 1_000 }));
    const after = new TrackerBench(settings);
    await after.clock.advance(600_000);
    after.tracker.restore(open);
    return after;
  }

  test('firing survives it: the same event goes on and ends', async () => {
    const bench = await restarted('y5');
    await bench.play('y3');
    expect(bench.told).toBe('');
    await bench.play('n3');
    expect(bench.told).toBe('end:clear');
    expect(bench.last.change.key).toBe(`${START.toString(36).padStart(9, '0')}-id1:end:2`);
  });

  test('the clear time starts anew', async () => {
    const bench = await restarted('y5 n2');
    await bench.play('n2');
    expect(bench.told).toBe('');
    await bench.play('n');
    expect(bench.told).toBe('end:clear');
    expect(bench.last.change.event.endedAt).toBe(START + 6_000);
  });

  test('pending does not', async () => {
    const bench = await restarted('y3');
    await bench.play('y3');
    expect(bench.told).toBe('');
    await bench.play('y');
    expect(bench.told).toBe('new');
  });

  test('a rule that is gone, or asks something else since, ends its event', async () => {
    const gone = await restarted('y5');
    gone.tracker.reconcile({ rules: [], cameraIds: ['aisle-1'] });
    expect(gone.told).toBe('end:rule-removed');
    const changed = await restarted('y5');
    const rule = ruleOf({ question: 'Is the shelf full?' });
    changed.tracker.reconcile({ rules: [{ rule, cameraIds: ['aisle-1'] }], cameraIds: ['aisle-1'] });
    expect(changed.told).toBe('end:rule-changed');
  });

  test('a cooldown outlives it', async () => {
    const bench = new TrackerBench();
    bench.rule = ruleOf({ cooldownMs: 60_000 });
    bench.tracker.restore([], [{ ruleId: 'empty-shelf', cameraId: 'aisle-1', alertedAt: START - 50_000 }]);
    await bench.play('y4');
    expect(bench.told).toBe('(new)');
    await bench.play('y7');
    expect(bench.told).toBe('(new) new');
  });
});
