import { describe, expect, test } from 'vitest';
import type { EventFilter } from '../../src/store/event-list.ts';
import type { Store } from '../../src/store/store.ts';
import { commitOf, ended, eventOf, pictureOf, START, tempStore } from './temp-store.ts';

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

type Page = { limit?: number; cursor?: string };

function list(store: Store, filter: EventFilter = {}, page: Page = {}): { hours: number[]; next: string | null } {
  const { events, next } = store.log.list(filter, { limit: 50, ...page });
  return { hours: events.map(({ event }) => (event.startedAt - START) / HOUR), next };
}

const hours = (store: Store, filter?: EventFilter, page?: Page): number[] => list(store, filter, page).hours;

describe('the list of events', () => {
  test('comes newest first, page by page, without gaps or repeats, also when new ones arrive meanwhile', () => {
    const store = filled();
    const first = list(store, {}, { limit: 5 });
    expect(first.hours).toEqual([11, 10, 9, 8, 7]);
    store.events.commit(commitOf('new', eventOf({ startedAt: START + 50 * HOUR, cameraId: 'new' })));
    const second = list(store, {}, { limit: 5, cursor: first.next ?? '' });
    expect(second.hours).toEqual([6, 5, 4, 3, 2]);
    const third = list(store, {}, { limit: 5, cursor: second.next ?? '' });
    expect(third.hours).toEqual([1, 0]);
    expect(third.next).toBeNull();
  });

  test.each([
    ['time: since is in, until is out', { since: START + 3 * HOUR, until: START + 6 * HOUR }, [5, 4, 3]],
    ['camera', { cameraId: 'dock' }, [11, 8, 5, 2]],
    ['rule', { ruleId: 'spill' }, [11, 9, 7, 5, 3, 1]],
    ['severity', { severity: 'critical' as const }, [9, 5, 1]],
    ['open', { state: 'open' as const }, [11]],
    [
      'ended and all together',
      { state: 'ended' as const, cameraId: 'dock', ruleId: 'spill', since: START + 3 * HOUR },
      [5],
    ],
    ['a word', { text: 'shelf' }, [10, 8, 6, 4, 2, 0]],
    ['a word without its accent and case', { text: 'CAFE' }, [11, 9, 7, 5, 3, 1]],
    ['the beginning of a word', { text: 'liqu* spilled' }, [11, 9, 7, 5, 3, 1]],
    ['another form of a word', { text: 'spills' }, [11, 9, 7, 5, 3, 1]],
    ['all words, not any', { text: 'shelf liquid' }, []],
    ['a word, a camera and a time', { text: 'floor', cameraId: 'dock', since: START + 6 * HOUR }, [11]],
    ['a word and a rule whose name has a dash', { text: 'empty', ruleId: 'empty-shelf', cameraId: 'aisle-2' }, [10, 4]],
    ['text that is only signs finds as if it were not there', { text: '"*()-', cameraId: 'dock' }, [11, 8, 5, 2]],
  ])('filters by %s', (_, filter, expected) => {
    expect(hours(filled(), filter)).toEqual(expected);
  });

  test('takes whatever is typed as words, not as syntax', () => {
    const store = filled();
    const typed = [
      '"',
      "'; DROP TABLE event; --",
      'NEAR(a b)',
      'shelf AND',
      '* OR *',
      'words:shelf',
      '\u0000x',
      'a'.repeat(10_000),
    ];
    for (const text of typed) expect(() => list(store, { text }), text.slice(0, 20)).not.toThrow();
    expect(hours(store)).toHaveLength(12);
  });

  test('pages a search the same way', () => {
    const store = filled();
    const first = list(store, { text: 'shelf' }, { limit: 4 });
    expect(hours(store, { text: 'shelf' }, { limit: 4, cursor: first.next ?? '' })).toEqual([2, 0]);
  });

  test('refuses a place that is none', () => {
    expect(() => list(filled(), {}, { cursor: '../etc' })).toThrow(/no place in the list/);
  });
});

describe('what people say of an event', () => {
  test('is kept with it and can be searched for', () => {
    const { store } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    expect(store.log.acknowledge(event.id, 'ada', START)).toBe(true);
    store.log.acknowledge(event.id, 'bob', START + 1_000);
    store.log.mark(event.id, 'wrong', 'bob', START + 1_000);
    store.log.note(event.id, 'a cardboard box stood in front', 'bob', START + 1_000);
    expect(store.log.get(event.id)?.review).toEqual({
      acknowledgedAt: START,
      acknowledgedBy: 'ada',
      mark: 'wrong',
      markedBy: 'bob',
      note: 'a cardboard box stood in front',
    });
    const count = (filter: EventFilter): number => hours(store, filter).length;
    expect(count({ text: 'cardboard' })).toBe(1);
    store.log.note(event.id, 'a trolley', 'ada', START);
    expect([count({ text: 'cardboard' }), count({ text: 'trolley' })]).toEqual([0, 1]);
    expect([count({ mark: 'wrong' }), count({ mark: 'none' }), count({ acknowledged: false })]).toEqual([1, 0, 0]);
    store.log.mark(event.id, null, 'bob', START);
    expect(store.log.get(event.id)?.review).toMatchObject({ mark: null, markedBy: null });
  });

  test('outlives later changes of the event', () => {
    const { store } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    expect(store.log.countOpen()).toBe(1);
    store.log.acknowledge(event.id, 'ada', START);
    store.events.commit(commitOf('end', ended(event)));
    expect(store.log.get(event.id)).toMatchObject({ event: { endReason: 'clear' }, review: { acknowledgedBy: 'ada' } });
    expect(store.log.countOpen()).toBe(0);
  });

  test('needs an event, and a note of bearable length', () => {
    const { store } = tempStore();
    expect(store.log.acknowledge('nope', 'ada', START)).toBe(false);
    expect(store.log.mark('nope', 'right', 'ada', START)).toBe(false);
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    expect(() => store.log.note(event.id, 'x'.repeat(4_001), 'ada', START)).toThrow(/4000 characters/);
  });

  test('the snapshot is the deciding frame', async () => {
    const { store } = tempStore();
    const event = eventOf();
    const evidence = [pictureOf('earlier', { role: 'before' as const }), pictureOf('decided')];
    store.events.commit(commitOf('new', event, { evidence }));
    expect(Buffer.from((await store.log.snapshot(event.id)) ?? []).toString()).toBe('decided');
    expect(await store.log.snapshot('nope')).toBeUndefined();
  });
});
