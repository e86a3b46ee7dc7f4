import { describe, expect, test } from 'vitest';
import { WatchwordError } from '../../src/platform/errors.ts';
import type { LiveChange } from '../../src/web/deps.ts';
import { LiveClients } from '../../src/web/live-clients.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { fakeStore } from './fixture.ts';
import { openWeb } from './visitor.ts';

function setUp(most = 3) {
  const clock = new ManualClock();
  const listeners = new Set<(change: LiveChange) => void>();
  const clients = new LiveClients({
    clock,
    most,
    intervalMs: 1_000,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const changed = (change: LiveChange): void => {
    for (const listener of listeners) listener(change);
  };
  return { clock, listeners, clients, changed };
}

/** Reads a stream text by text. */
function reader(response: Response) {
  const stream = response.body?.getReader();
  const decoder = new TextDecoder();
  return {
    async next(): Promise<string> {
      const chunk = await stream?.read();
      return chunk?.done ? '' : decoder.decode(chunk?.value);
    },
    async cancel(): Promise<void> {
      await stream?.cancel();
      await settle();
    },
  };
}

describe('live clients', () => {
  test('get each thing that changed once, however often it changed', async () => {
    const { clients, changed } = setUp();
    const client = clients.open(undefined);
    for (let i = 0; i < 1_000; i++) changed({ kind: 'frame', cameraId: i % 2 ? 'a' : 'b' });
    expect((await client.next()).changes).toEqual([
      { kind: 'frame', cameraId: 'b' },
      { kind: 'frame', cameraId: 'a' },
    ]);
  });

  test('are never sent more than one batch per interval', async () => {
    const { clients, changed, clock } = setUp();
    const client = clients.open(undefined);
    changed({ kind: 'health' });
    await client.next();
    changed({ kind: 'health' });
    let arrived = false;
    const second = client.next().then(() => {
      arrived = true;
    });
    await clock.advance(999);
    expect(arrived).toBe(false);
    await clock.advance(1);
    await second;
  });

  test('get a heartbeat when nothing changes', async () => {
    const { clients, clock } = setUp();
    const client = clients.open(undefined);
    const beat = client.next();
    await clock.advance(15_000);
    expect(await beat).toEqual({ changes: [], everything: false });
  });

  test('that are slow take everything anew instead of a queue without end', async () => {
    const { clients, changed } = setUp();
    const client = clients.open(undefined);
    for (let i = 0; i < 5_000; i++) changed({ kind: 'event', eventId: `e${i}` });
    const batch = await client.next();
    expect(batch.everything).toBe(true);
    expect(batch.changes).toHaveLength(2_000);
  });

  test('beyond the limit are refused until one leaves', () => {
    const { clients } = setUp(1);
    const client = clients.open(undefined);
    expect(() => clients.open(undefined)).toThrow(WatchwordError);
    client.close();
    expect(() => clients.open(undefined)).not.toThrow();
  });

  test('leave no listener, no timer and no promise behind', async () => {
    const { clients, clock, listeners } = setUp();
    const [one, two] = [clients.open('s1'), clients.open('s2')];
    const [first, second] = [one.next(), two.next()];
    await settle();
    expect([listeners.size, clock.sleeping, clients.count]).toEqual([1, 2, 2]);
    clients.close('s1');
    await expect(first).rejects.toThrow('closed');
    expect([listeners.size, clients.count]).toEqual([1, 1]);
    clients.close();
    await expect(second).rejects.toThrow('closed');
    await settle();
    expect([listeners.size, clock.sleeping, clients.count]).toEqual([0, 0, 0]);
  });
});

describe('the live page', () => {
  test('sends everything at once, then the pieces that changed', async () => {
    const { store, visitor } = await openWeb();
    const stream = reader(await (await visitor('viewer')).get('/live?view=now'));
    const first = await stream.next();
    expect(first).toContain('id="camera-aisle-3"');
    expect(first).toContain('id="camera-loading-dock"');
    store.states = store.states.map((status) =>
      status.cameraId === 'warehouse-1' ? { ...status, phase: 'firing', score: 0.99 } : status,
    );
    store.changed({ kind: 'state', ruleId: 'fallen-robot', cameraId: 'warehouse-1' });
    const second = await stream.next();
    expect(second).toContain('id="camera-warehouse-1"');
    expect(second).toContain('99\u00a0%');
    expect(second).not.toContain('id="camera-aisle-3"');
    await stream.cancel();
    expect(store.listeners.size).toBe(0);
  });

  test('of 200 visits leaves nothing behind', async () => {
    const { store, visitor } = await openWeb();
    const viewer = await visitor('viewer');
    for (let i = 0; i < 200; i++) {
      const stream = reader(await viewer.get(i % 2 ? '/live?view=events' : '/api/v1/live'));
      await stream.next();
      await stream.cancel();
    }
    await store.clock.advance(1);
    expect([store.listeners.size, store.clock.sleeping]).toEqual([0, 0]);
  });

  test('ends with its session and says so', async () => {
    const { store, visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const stream = reader(await viewer.get('/live?view=cameras'));
    await stream.next();
    await viewer.post('/logout');
    expect(await stream.next()).toContain('event: session-ended');
    expect(await stream.next()).toBe('');
    expect(store.listeners.size).toBe(0);
  });

  test('ends at the next heartbeat when the session’s time is over', async () => {
    const store = fakeStore();
    store.settings = { ...store.settings, sessionMs: 20_000 };
    const { visitor } = await openWeb(store);
    const stream = reader(await (await visitor('viewer')).get('/live?view=rules'));
    await stream.next();
    await store.clock.advance(15_000);
    expect(await stream.next()).toContain(': still here');
    await store.clock.advance(16_000);
    expect(await stream.next()).toContain('session-ended');
  });

  test('as JSON names what changed with its newest state', async () => {
    const { store, visitor } = await openWeb();
    const stream = reader(await (await visitor('viewer')).get('/api/v1/live'));
    let text = '';
    while (!text.includes('event: health')) text += await stream.next();
    expect(text.match(/event: camera/g)).toHaveLength(6);
    expect(text.match(/event: state/g)).toHaveLength(7);
    store.changed({ kind: 'event', eventId: 'mm8x1-shelf' });
    await store.clock.advance(1_000);
    const message = await stream.next();
    expect(message).toMatch(/^event: event\ndata: \{"id":"mm8x1-shelf"/);
    await stream.cancel();
  });

  test('refuses views that do not exist', async () => {
    const { visitor } = await openWeb();
    expect((await (await visitor('viewer')).get('/live?view=secrets')).status).toBe(400);
  });
});
