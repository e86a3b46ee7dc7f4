import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { createReportDesk, createReporter, type ReportDeskOptions } from '../../src/desks/report-desk.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { commitOf, eventOf, tempStore } from '../store/temp-store.ts';
import { alertsWith } from '../support/alerts-setup.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Monday morning in Berlin. */
const NOON = Date.parse('2026-03-02T11:00:00Z');
const SHIFTS = [
  { name: 'late', startsAt: 14 * 60 },
  { name: 'early', startsAt: 6 * 60 },
  { name: 'night', startsAt: 22 * 60 },
];

/** A store with a morning's events: two spills on the dock, a shelf still empty, a covered camera. */
function morning() {
  const clock = new ManualClock(NOON);
  const { store } = tempStore({ clock });
  const add = (more: Parameters<typeof eventOf>[0]): void => {
    const event = eventOf({ ruleId: 'spill', cameraId: 'dock', ...more });
    const { endReason: _, ...begun } = event;
    store.events.commit(commitOf('new', { ...begun, endedAt: null }));
    if (event.endedAt !== null) store.events.commit(commitOf('end', { ...event, revision: 2 }));
  };
  const over = (id: string, startedAt: number, ms: number, more: object = {}): void =>
    add({ id, startedAt, endedAt: startedAt + ms, endReason: 'clear', ...more });
  over('s1', NOON - 4 * HOUR, 10 * MINUTE);
  over('s2', NOON - 2 * HOUR, 42 * MINUTE);
  over('s3', NOON - HOUR, 5 * MINUTE, { cameraId: 'aisle' });
  // Its rule's hours ended: that mended nothing.
  over('v1', NOON - 3 * HOUR, 20 * MINUTE, { ruleId: 'vest', endReason: 'schedule' });
  // Of the day before, but open into this one.
  over('n1', NOON - 14 * HOUR, 9 * HOUR, { ruleId: 'door' });
  add({ id: 'e1', ruleId: 'shelf', cameraId: 'aisle', startedAt: NOON - 30 * MINUTE, severity: 'critical' });
  over('c1', NOON - 90 * MINUTE, 6 * MINUTE, { ruleId: 'camera-problem' });
  store.log.acknowledge('e1', 'mia', NOON - 20 * MINUTE);
  store.log.mark('s3', 'wrong', 'mia', NOON);
  const bucket = { from: NOON - 2 * HOUR, scheduledMs: HOUR, gatedMs: 0, longestGap: null };
  store.coverage.add([
    { ...bucket, ruleId: 'spill', cameraId: 'dock', evaluatedMs: HOUR - 6 * MINUTE, lostMs: { covered: 6 * MINUTE } },
    {
      ...bucket,
      ruleId: 'vest',
      cameraId: 'dock',
      evaluatedMs: HOUR - 8 * MINUTE,
      lostMs: { covered: 5 * MINUTE, dropped: 3 * MINUTE },
    },
    { ...bucket, ruleId: 'shelf', cameraId: 'aisle', evaluatedMs: HOUR, lostMs: {} },
  ]);
  const options: ReportDeskOptions = {
    ...{ log: store.log, coverage: store.coverage, rules: () => [], timeZone: () => 'Europe/Berlin' },
    ...{ shifts: SHIFTS, dayAt: 6 * 60, publish: () => undefined, clock, logger: silentLogger },
  };
  return { clock, store, options, desk: createReportDesk(options) };
}

test('the day report counts, lists and measures what was open in it', () => {
  const { desk } = morning();
  const window = desk.window('day', '2026-03-02');
  if (!window) throw new Error('there is no such day');
  const report = desk.make(window);
  expect(report.counts).toEqual({ started: 6, resolved: 6, open: 1, critical: 1, acknowledged: 1, wrong: 1 });
  expect(report.open.map(({ id, lastedMs }) => [id, lastedMs])).toEqual([['e1', 30 * MINUTE]]);
  expect(report.resolved.map(({ id }) => id)).toEqual(['n1', 's2', 'v1', 's1', 'c1', 's3']);
  expect(report.repeated).toEqual([
    { ruleId: 'spill', words: expect.any(String), cameraId: 'dock', times: 2, totalMs: 52 * MINUTE },
  ]);
  // Neither what was marked wrong, nor a rule whose hours ended, nor a camera's own problem.
  expect(report.timeToFix.medianMs).toBe(42 * MINUTE);
  expect(
    report.timeToFix.rules.map(({ ruleId, resolved, medianMs, longestMs }) => [ruleId, resolved, medianMs, longestMs]),
  ).toEqual([
    ['door', 1, 9 * HOUR, 9 * HOUR],
    ['spill', 2, 10 * MINUTE, 42 * MINUTE],
  ]);
  expect(report.coverage.share).toBeCloseTo(1 - 14 / 180, 10);
  expect(report.coverage.pairs.map(({ ruleId, mainCause }) => [ruleId, mainCause])).toEqual([
    ['vest', 'covered'],
    ['spill', 'covered'],
  ]);
  expect(report.cameras).toEqual([{ cameraId: 'dock', problems: 1, blindMs: 6 * MINUTE, causes: ['covered'] }]);
});

test('a shift tells what it hands over: open at its end, though it was resolved later', () => {
  const { desk, clock } = morning();
  expect(desk.latest('shift', 'now')).toMatchObject({ name: 'early', date: '2026-03-02' });
  const night = desk.latest('shift', 'ended');
  if (!night) throw new Error('no shift has ended');
  expect([night.name, night.date, night.until]).toEqual(['night', '2026-03-01', Date.parse('2026-03-02T05:00:00Z')]);
  expect(desk.make(night).open.map(({ id }) => id)).toEqual(['n1']);
  expect(desk.make(night).madeAt).toBe(clock.now());
});

test('reports are told once each, when their time is over', async () => {
  const { options, desk, clock } = morning();
  const told: Array<[string, string]> = [];
  const publish: ReportDeskOptions['publish'] = (kind, payload) =>
    void told.push([kind, (JSON.parse(payload) as { key: string }).key]);
  const part = createReporter({ ...options, desk, publish });
  await part.start?.(new AbortController().signal);
  await clock.advance(0);
  // The night had an event that was open; the day before began it.
  expect(told).toEqual([
    ['day', 'day:2026-03-01'],
    ['shift', 'shift:2026-03-01:night'],
  ]);
  await clock.advance(2 * HOUR);
  expect(told.slice(2)).toEqual([]);
  await clock.advance(2 * MINUTE);
  expect(told.slice(2)).toEqual([['shift', 'shift:2026-03-02:early']]);
  await clock.advance(16 * HOUR);
  expect(told.slice(3)).toEqual([
    ['shift', 'shift:2026-03-02:late'],
    ['day', 'day:2026-03-02'],
    ['shift', 'shift:2026-03-02:night'],
  ]);
  await part.stop?.();
});

test('nothing is told of a time before the box was there', async () => {
  const clock = new ManualClock(NOON);
  const { store } = tempStore({ clock });
  const told: string[] = [];
  const { options } = morning();
  const fresh = {
    ...options,
    clock,
    log: store.log,
    coverage: store.coverage,
    publish: (kind: string) => void told.push(kind),
  };
  const part = createReporter({ ...fresh, desk: createReportDesk(fresh) });
  await part.start?.(new AbortController().signal);
  await clock.advance(2 * MINUTE);
  await part.stop?.();
  expect(told).toEqual([]);
});

test('subscribers find the newest report at the broker, also those who come later', async () => {
  const { alerts } = alertsWith({ port: 0 });
  await alerts.start();
  alerts.report('day', JSON.stringify({ key: 'day:2026-03-01' }));
  alerts.report('day', JSON.stringify({ key: 'day:2026-03-02' }));
  const client = await connectAsync(alerts.mqttUrl);
  const seen: string[] = [];
  client.on('message', (topic, payload, { retain }) => seen.push(`${topic} ${retain} ${payload}`));
  await until(async () => {
    await client.subscribeAsync('watchword/shop/report/+');
    return seen.length > 0;
  }, 'the report');
  expect(seen[0]).toBe('watchword/shop/report/day true {"key":"day:2026-03-02"}');
  await client.endAsync(true);
  await alerts.stop();
});
