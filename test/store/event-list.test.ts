import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { commitOf, ended, eventOf, START, tempStore } from './temp-store.ts';

const HOUR = 3_600_000;

/** Twelve ended events, one an hour, over three cameras and two rules; the newest is open. */
function filled(): Store {
  const { store } = tempStore();
  for (let hour = 0; hour < 12; hour++) {
    const event = eventOf({
      startedAt: START + hour * HOUR,
      cameraId: ['aisle-1', 'aisle-2', 'dock'][hour % 3] ?? '',
      ruleId: hour % 2 === 0 ? 'empty-shelf' : 'spill',
      words: hour % 2 === 0 ? 'Alert me when a shelf is empty' : 'Critical: a liquid is spilled on the café floor',
      question: hour % 2 === 0 ? 'Is a shelf empty?' : 'Is a liquid on the floor?',
      severity: hour % 4 === 1 ? 'critical' : 'warning',
    });
    store.events.commit(commitOf('new', event));
    if (hour < 11) store.events.commit(commitOf('end', ended(event)));
  }
  return store;
}

const hours = (store: Store, ...args: Parameters<Store['listEvents']>): number[] =>
  store.listEvents(...args).events.map((event) => (event.startedAt - START) / HOUR);

describe('the list of events', () => {
  test('comes newest first, page by page, without gaps or repeats, also when new ones arrive meanwhile', () => {
    const store = filled();
    const first = store.listEvents({}, { limit: 5 });
    expect(first.events.map((event) => (event.startedAt - START) / HOUR)).toEqual([11, 10, 9, 8, 7]);
    store.events.commit(commitOf('new', eventOf({ startedAt: START + 50 * HOUR, cameraId: 'new' })));
    const second = store.listEvents({}, { limit: 5, before: first.next ?? '' });
    expect(second.events.map((event) => (event.startedAt - START) / HOUR)).toEqual([6, 5, 4, 3, 2]);
    const third = store.listEvents({}, { limit: 5, before: second.next ?? '' });
    expect(third.events.map((event) => (event.startedAt - START) / HOUR)).toEqual([1, 0]);
    expect(third.next).toBeNull();
  });

  test.each([
    ['time: from is in, to is out', { from: START + 3 * HOUR, to: START + 6 * HOUR }, [5, 4, 3]],
    ['camera', { cameraId: 'dock' }, [11, 8, 5, 2]],
    ['rule', { ruleId: 'spill' }, [11, 9, 7, 5, 3, 1]],
    ['severity', { severity: 'critical' as const }, [9, 5, 1]],
    ['open', { status: 'open' as const }, [11]],
    [
      'ended and all together',
      { status: 'ended' as const, cameraId: 'dock', ruleId: 'spill', from: START + 3 * HOUR },
      [5],
    ],
    ['a word', { text: 'shelf' }, [10, 8, 6, 4, 2, 0]],
    ['a word without its accent and case', { text: 'CAFE' }, [11, 9, 7, 5, 3, 1]],
    ['the beginning of the last word', { text: 'liquid spil' }, [11, 9, 7, 5, 3, 1]],
    ['all words, not any', { text: 'shelf liquid' }, []],
    ['a word, a camera and a time', { text: 'floor', cameraId: 'dock', from: START + 6 * HOUR }, [11]],
    ['a word and a rule whose name has a dash', { text: 'empty', ruleId: 'empty-shelf', cameraId: 'aisle-2' }, [10, 4]],
    ['text that is only signs finds as if it were not there', { text: '"*()-', cameraId: 'dock' }, [11, 8, 5, 2]],
  ])('filters by %s', (_, filter, expected) => {
    expect(hours(filled(), filter)).toEqual(expected);
  });

  test.each([
    '"',
    "'; DROP TABLE event; --",
    'NEAR(a b)',
    'shelf AND',
    '* OR *',
    'words:shelf',
    '\u0000x',
    'a'.repeat(10_000),
  ])('takes %j as words, not as syntax', (text) => {
    const store = filled();
    expect(() => store.listEvents({ text })).not.toThrow();
    expect(store.listEvents().events).toHaveLength(12);
  });

  test('pages a search the same way', () => {
    const store = filled();
    const first = store.listEvents({ text: 'shelf' }, { limit: 4 });
    expect(hours(store, { text: 'shelf' }, { limit: 4, before: first.next ?? '' })).toEqual([2, 0]);
  });

  test('refuses a place that is none', () => {
    expect(() => filled().listEvents({}, { before: '../etc' })).toThrow(/no place in the list/);
  });
});

describe('what people say of an event', () => {
  test('is kept with it and can be searched for', async () => {
    const { store, clock } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    store.reviews.acknowledge(event.id, 'ada');
    await clock.advance(1_000);
    store.reviews.acknowledge(event.id, 'bob');
    store.reviews.judge(event.id, 'wrong', 'bob');
    store.reviews.annotate(event.id, 'a cardboard box stood in front');
    expect(store.readEvent(event.id)?.review).toEqual({
      acknowledgedAt: START,
      acknowledgedBy: 'ada',
      judgement: 'wrong',
      judgedAt: START + 1_000,
      judgedBy: 'bob',
      note: 'a cardboard box stood in front',
    });
    const count = (filter: object): number => store.listEvents(filter).events.length;
    expect(count({ text: 'cardboard' })).toBe(1);
    store.reviews.annotate(event.id, 'a trolley');
    expect([count({ text: 'cardboard' }), count({ text: 'trolley' })]).toEqual([0, 1]);
    expect([count({ judgement: 'wrong' }), count({ judgement: 'none' }), count({ acknowledged: false })]).toEqual([
      1, 0, 0,
    ]);
    store.reviews.judge(event.id, null, 'bob');
    expect(store.readEvent(event.id)?.review).toMatchObject({ judgement: null, judgedAt: null, judgedBy: null });
  });

  test('outlives later changes of the event', () => {
    const { store } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    store.reviews.acknowledge(event.id, 'ada');
    store.events.commit(commitOf('end', ended(event)));
    expect(store.readEvent(event.id)).toMatchObject({ endReason: 'clear', review: { acknowledgedBy: 'ada' } });
  });

  test('needs an event, and a note of bearable length', () => {
    const { store } = tempStore();
    expect(() => store.reviews.acknowledge('nope', 'ada')).toThrow(/no event "nope"/);
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    expect(() => store.reviews.annotate(event.id, 'x'.repeat(4_001))).toThrow(/4000 characters/);
  });
});
