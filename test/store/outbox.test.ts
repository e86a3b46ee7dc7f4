import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { commitOf, ended, eventOf, START, tempStore } from './temp-store.ts';

const keys = (store: Store, channel: 'mqtt' | 'webhook' = 'mqtt'): string[] =>
  store.outbox.pending(channel, 1_000).map(({ change }) => change.key.replace(/^[^:]*:/, ''));

describe('the outbox', () => {
  test('gives messages in commit order, and goes on behind what is in flight', () => {
    const { store } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    store.events.commit(commitOf('update', { ...event, revision: 2 }));
    store.events.commit(commitOf('end', ended({ ...event, revision: 2 })));
    const [first, second] = store.outbox.pending('mqtt', 2);
    expect([first?.change.type, second?.change.type, first?.createdAt]).toEqual(['new', 'update', START]);
    expect(store.outbox.pending('mqtt', 10, second?.id).map(({ change }) => change.type)).toEqual(['end']);
  });

  test('a delivered message is gone, also for the next process; one in between stays', () => {
    const { store, dataDir } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    store.events.commit(commitOf('end', ended(event)));
    const [first] = store.outbox.pending('mqtt', 10);
    store.outbox.markDelivered('mqtt', [first?.id ?? 0, 999]);
    store.outbox.markDelivered('mqtt', [first?.id ?? 0]);
    expect(keys(store)).toEqual(['end:2']);
    store.close();
    const again = tempStore({ dataDir });
    expect(keys(again.store)).toEqual(['end:2']);
    expect(again.store.outbox.depth()).toMatchObject({ messages: 1, oldestAt: START, dropped: 0 });
  });

  test('each channel has its own mark; the message goes when all have it', () => {
    const { store } = tempStore({ channels: ['mqtt', 'webhook'] });
    store.events.commit(commitOf('new', eventOf()));
    const [message] = store.outbox.pending('mqtt', 10);
    store.outbox.markDelivered('mqtt', [message?.id ?? 0]);
    expect([keys(store, 'mqtt'), keys(store, 'webhook')]).toEqual([[], ['new:1']]);
    expect(store.outbox.depth().messages).toBe(1);
    store.outbox.markDelivered('webhook', [message?.id ?? 0]);
    expect(store.outbox.depth()).toEqual({ messages: 0, bytes: 0, oldestAt: null, dropped: 0 });
  });

  test('a channel added later starts from then on; one removed holds nothing back', () => {
    const { store, dataDir } = tempStore({ channels: ['mqtt'] });
    store.events.commit(commitOf('new', eventOf()));
    store.close();
    const both = tempStore({ dataDir, channels: ['mqtt', 'webhook'] }).store;
    expect([keys(both, 'mqtt'), keys(both, 'webhook')]).toEqual([['new:1'], []]);
    both.close();
    const other = tempStore({ dataDir, channels: ['webhook'] }).store;
    expect(other.outbox.depth().messages).toBe(0);
    expect(keys(other, 'mqtt')).toEqual([]);
  });

  test('tells who listens after each commit that added a message', () => {
    const { store } = tempStore();
    let told = 0;
    const stop = store.outbox.onAppended(() => told++);
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    store.events.commit(commitOf('update', { ...event, stale: true }, { alert: false }));
    stop();
    store.events.commit(commitOf('end', ended(event)));
    expect(told).toBe(1);
  });

  test('a listener that throws neither undoes the commit nor stops the others', () => {
    const { store } = tempStore();
    let told = 0;
    store.outbox.onAppended(() => {
      throw new Error('listener');
    });
    store.outbox.onAppended(() => told++);
    store.events.commit(commitOf('new', eventOf()));
    expect([told, keys(store)]).toEqual([1, ['new:1']]);
  });
});

describe('its bounds', () => {
  function fill(store: Store, events: number): void {
    for (let index = 0; index < events; index++) {
      const event = eventOf({ cameraId: `camera-${index}` });
      store.events.commit(commitOf('new', event));
      store.events.commit(commitOf('update', { ...event, revision: 2 }));
      store.events.commit(commitOf('end', ended({ ...event, revision: 2 })));
    }
  }

  test('the oldest updates go first when too many wait, and order is kept', () => {
    const { store } = tempStore({ outbox: { maxMessages: 10 } });
    fill(store, 4);
    expect(keys(store)).toEqual([
      'new:1',
      'end:3',
      'new:1',
      'end:3',
      'new:1',
      'update:2',
      'end:3',
      'new:1',
      'update:2',
      'end:3',
    ]);
    expect(store.outbox.depth()).toMatchObject({ messages: 10, dropped: 2 });
  });

  test('new and end are never dropped, however many', () => {
    const { store } = tempStore({ outbox: { maxMessages: 4 } });
    fill(store, 10);
    expect(keys(store)).toEqual(Array.from({ length: 10 }, () => ['new:1', 'end:3']).flat());
  });

  test('bytes are a bound too', () => {
    const { store } = tempStore({ outbox: { maxBytes: 1 } });
    fill(store, 2);
    expect(keys(store)).toEqual(['new:1', 'end:3', 'new:1', 'end:3']);
  });

  test('updates that waited too long go; the rest of the event stays', async () => {
    const { store, clock } = tempStore({ outbox: { maxAgeMs: 3_600_000 } });
    fill(store, 1);
    await clock.advance(3_600_000);
    store.outbox.dropOld(clock.now());
    expect(keys(store)).toEqual(['new:1', 'update:2', 'end:3']);
    await clock.advance(1);
    store.outbox.dropOld(clock.now());
    expect(keys(store)).toEqual(['new:1', 'end:3']);
    expect(store.outbox.depth().dropped).toBe(1);
  });
});
