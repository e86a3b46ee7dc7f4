import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitOf, ended, eventOf, pictureOf, START, tempStore } from './temp-store.ts';

describe('committing', () => {
  test('an event, its message and its picture are kept together', async () => {
    const { store, dataDir } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event, { evidence: [pictureOf('jpeg bytes')] }));
    expect(store.events.get(event.id)).toEqual(event);
    expect(store.outbox.pending('mqtt', 10).map(({ change }) => change.key)).toEqual([`${event.id}:new:1`]);
    const [record] = store.evidence.ofEvent(event.id);
    expect(record).toMatchObject({ role: 'deciding', bytes: 10, score: 0.8, capturedAt: START });
    expect(record && Buffer.from((await store.evidence.read(record)) ?? []).toString()).toBe('jpeg bytes');
    expect(existsSync(join(dataDir, 'evidence', '2026-03-02'))).toBe(true);
  });

  test('each change updates the event; each message stays as it was', () => {
    const { store } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    const worse = { ...event, score: 0.95, stale: true, severity: 'critical' as const, revision: 2 };
    store.events.commit(commitOf('update', worse));
    store.events.commit(commitOf('end', ended(worse)));
    expect(store.events.get(event.id)).toEqual(ended(worse));
    expect(store.outbox.pending('mqtt', 10).map(({ change }) => change.event)).toEqual([event, worse, ended(worse)]);
  });

  test('what is held back is recorded and nobody is told', () => {
    const { store } = tempStore();
    const { alertedAt: _, ...held } = eventOf({ revision: 0 });
    store.events.commit(commitOf('new', held, { alert: false }));
    expect(store.events.get(held.id)).toEqual(held);
    expect(store.outbox.pending('mqtt', 10)).toEqual([]);
    store.events.commit(commitOf('new', { ...held, revision: 1, alertedAt: START + 5 }));
    expect(store.outbox.pending('mqtt', 10)).toHaveLength(1);
    expect(store.events.get(held.id)?.alertedAt).toBe(START + 5);
  });

  test('doing it twice equals doing it once', () => {
    const { store } = tempStore();
    const event = eventOf();
    const commit = commitOf('new', event, { evidence: [pictureOf('a')] });
    store.events.commit(commit);
    store.events.commit(commit);
    expect(store.log.list({}, { limit: 9 }).events).toHaveLength(1);
    expect(store.outbox.pending('mqtt', 10)).toHaveLength(1);
    expect(store.outbox.depth().messages).toBe(1);
    expect(store.evidence.ofEvent(event.id)).toHaveLength(1);
  });

  test('a change that comes again after a newer one does not undo it', () => {
    const { store } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    store.events.commit(commitOf('end', ended(event)));
    store.events.commit(commitOf('new', event));
    expect(store.events.get(event.id)).toEqual(ended(event));
    expect(store.outbox.pending('mqtt', 10)).toHaveLength(2);
  });

  test('a transaction that fails leaves neither event nor message, and no file once swept', () => {
    const { store, dataDir } = tempStore();
    const first = eventOf();
    store.events.commit(commitOf('new', first));
    const second = eventOf({ startedAt: START + 1 });
    expect(() => store.events.commit(commitOf('new', second, { evidence: [pictureOf('b')] }))).toThrow(/UNIQUE/);
    expect(store.events.get(second.id)).toBeUndefined();
    expect(store.outbox.pending('mqtt', 10)).toHaveLength(1);
    expect(store.evidence.sweep(Number.POSITIVE_INFINITY)).toBe(1);
    expect(readdirSync(join(dataDir, 'evidence'))).toEqual([]);
  });

  test('the database itself holds one open event per rule and camera', () => {
    const { store } = tempStore();
    const first = eventOf();
    store.events.commit(commitOf('new', first));
    expect(() => store.events.commit(commitOf('new', eventOf()))).toThrow(/UNIQUE/);
    store.events.commit(commitOf('end', ended(first)));
    store.events.commit(commitOf('new', eventOf()));
    expect(store.log.list({}, { limit: 9 }).events).toHaveLength(2);
  });

  test('events of the same millisecond all find a place', () => {
    const { store } = tempStore();
    for (let index = 0; index < 40; index++)
      store.events.commit(commitOf('new', eventOf({ cameraId: `camera-${index}` })));
    expect(store.log.list({}, { limit: 100 }).events).toHaveLength(40);
  });

  test('a sweep leaves what rows refer to and takes what none does', () => {
    const { store, dataDir } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event, { evidence: [pictureOf('kept')] }));
    writeFileSync(join(dataDir, 'evidence', '2026-03-02', 'left-over.jpg'), 'x');
    expect(store.evidence.sweep(Number.POSITIVE_INFINITY)).toBe(1);
    const [record] = store.evidence.ofEvent(event.id);
    expect(readFileSync(join(dataDir, 'evidence', record?.path ?? ''), 'utf8')).toBe('kept');
  });

  test('two pictures of the same millisecond are kept apart', async () => {
    const { store } = tempStore();
    const event = eventOf();
    const [first, second] = ['first', 'second'].map((text) => pictureOf(text, { role: 'best' }));
    store.events.commit(commitOf('new', event, { evidence: first ? [first] : [] }));
    store.events.commit(commitOf('update', { ...event, revision: 2 }, { evidence: second ? [second] : [] }));
    const contents = await Promise.all(store.evidence.ofEvent(event.id).map((record) => store.evidence.read(record)));
    expect(contents.map((content) => Buffer.from(content ?? []).toString())).toEqual(['first', 'second']);
  });
});

describe('what the next process needs', () => {
  test('open events come back with the last yes that is known', () => {
    const { store, dataDir, clock } = tempStore();
    const open = eventOf();
    const over = eventOf({ cameraId: 'aisle-2' });
    store.events.commit(commitOf('new', open, { changedAt: START + 5_000 }));
    store.events.commit(commitOf('new', over));
    store.events.commit(commitOf('end', ended(over)));
    expect(store.events.open()).toEqual([{ event: open, lastYesAt: START + 5_000 }]);
    const rule = { id: open.ruleId, question: open.question, expects: 'yes' as const, zone: null };
    const verdict = { ruleId: open.ruleId, cameraId: open.cameraId, frameSeq: 1, at: 0, score: 0.9 };
    store.verdicts.record({ ...verdict, capturedAt: START + 9_000, value: 'yes' }, rule);
    store.verdicts.record({ ...verdict, capturedAt: START + 11_000, value: 'no' }, rule);
    store.close();
    const again = tempStore({ dataDir, clock }).store;
    expect(again.events.open()).toEqual([{ event: open, lastYesAt: START + 9_000 }]);
  });

  test('and when each rule last alerted on each camera', () => {
    const { store } = tempStore();
    for (const [offset, cameraId] of [
      [0, 'aisle-1'],
      [60_000, 'aisle-1'],
      [30_000, 'dock'],
    ] as const) {
      const event = eventOf({ startedAt: START + offset, cameraId });
      store.events.commit(commitOf('new', event));
      store.events.commit(commitOf('end', ended(event)));
    }
    expect(store.events.lastAlerts()).toEqual([
      { ruleId: 'empty-shelf', cameraId: 'aisle-1', alertedAt: START + 60_000 },
      { ruleId: 'empty-shelf', cameraId: 'dock', alertedAt: START + 30_000 },
    ]);
  });

  test('a run without a stop is one that was killed', async () => {
    const { store, dataDir, clock } = tempStore();
    expect(store.previousRun).toBeUndefined();
    await clock.advance(90_000);
    store.runs.seen();
    store.close();
    const second = tempStore({ dataDir, clock });
    expect(second.store.previousRun).toMatchObject({ startedAt: START, stoppedAt: START + 90_000, version: '0.0.0' });
  });
});
