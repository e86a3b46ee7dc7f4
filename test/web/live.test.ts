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
    runId: 'r1',
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
  const next = async (): Promise<string> => {
    const chunk = await stream?.read();
    return chunk?.done ? '' : decoder.decode(chunk?.value);
  };
  return {
    next,
    /** Everything up to and with the chunk that holds `wanted`. */
    async until(wanted: string): Promise<string> {
      let text = '';
      for (;;) {
        const chunk = await next();
        if (chunk === '') throw new Error(`the stream ended before "${wanted}": ${text.slice(-300)}`);
        text += chunk;
        if (text.includes(wanted)) return text;
      }
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
    const client = clients.open({ since: clients.place() });
    for (let i = 0; i < 1_000; i++) changed({ kind: 'frame', cameraId: i % 2 ? 'a' : 'b' });
    expect((await client.next()).changes).toEqual([
      { kind: 'frame', cameraId: 'b' },
      { kind: 'frame', cameraId: 'a' },
    ]);
  });

  test('are never sent more than one batch per interval', async () => {
    const { clients, changed, clock } = setUp();
    const client = clients.open({ since: clients.place() });
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
    const client = clients.open({ since: clients.place() });
    const beat = client.next();
    await clock.advance(15_000);
    expect(await beat).toEqual({ changes: [], everything: false, place: 'r1.0' });
  });

  test('that missed too much take everything anew instead of a queue without end', async () => {
    const { clients, changed } = setUp();
    const client = clients.open({ since: clients.place() });
    for (let i = 0; i < 2_000; i++) changed({ kind: 'event', eventId: `e${i}` });
    const late = clients.place();
    for (let i = 2_000; i < 5_000; i++) changed({ kind: 'event', eventId: `e${i}` });
    expect(await client.next()).toEqual({ changes: [], everything: true, place: 'r1.5000' });
    expect((await clients.open({ since: late }).next()).everything).toBe(true);
    expect((await clients.open({ since: 'r1.4998' }).next()).changes).toHaveLength(2);
  });

  test('that come back go on where they were; strangers to this run take everything', async () => {
    const { clients, changed } = setUp(9);
    const drawn = clients.place();
    changed({ kind: 'health' });
    const first = await clients.open({ since: drawn }).next();
    expect(first.changes).toEqual([{ kind: 'health' }]);
    changed({ kind: 'rules' });
    expect((await clients.open({ since: first.place }).next()).changes).toEqual([{ kind: 'rules' }]);
    for (const since of [undefined, '', 'r0.1', 'r1.99', 'r1.x', 'r1.-1']) {
      expect([since, (await clients.open({ since }).next()).everything]).toEqual([since, true]);
    }
  });

  test('beyond the limit are refused until one leaves', () => {
    const { clients } = setUp(1);
    const client = clients.open({ since: clients.place() });
    expect(() => clients.open({ since: clients.place() })).toThrow(WatchwordError);
    client.close();
    expect(() => clients.open({ since: clients.place() })).not.toThrow();
  });

  test('leave no listener, no timer and no promise behind', async () => {
    const { clients, clock, listeners } = setUp();
    const [one, two] = [
      clients.open({ tokenHash: 's1', since: clients.place() }),
      clients.open({ tokenHash: 's2', since: clients.place() }),
    ];
    const [first, second] = [one.next(), two.next()];
    await settle();
    expect([listeners.size, clock.sleeping, clients.count]).toEqual([1, 2, 2]);
    clients.closeSession('s1');
    await expect(first).rejects.toThrow('closed');
    expect(clients.count).toBe(1);
    clients.close();
    await expect(second).rejects.toThrow('closed');
    await settle();
    expect([listeners.size, clock.sleeping, clients.count]).toEqual([0, 0, 0]);
  });
});

describe('the live page', () => {
  const placeOf = (html: string): string => decodeURIComponent(/since=([^"&]+)/.exec(html)?.[1] ?? '');

  test('sends what changed since it was drawn, and nothing else', async () => {
    const { store, web, visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const since = placeOf(await (await viewer.get('/')).text());
    store.states = store.states.map((status) =>
      status.cameraId === 'warehouse-1' ? { ...status, phase: 'firing', score: 0.99 } : status,
    );
    store.changed({ kind: 'state', ruleId: 'fallen-robot', cameraId: 'warehouse-1' });
    const stream = reader(await viewer.get(`/live?view=now&since=${since}`));
    const text = await stream.until('id="camera-warehouse-1"');
    expect(text).toContain('99\u00a0%');
    expect(text).not.toContain('id="camera-aisle-3"');
    const id = /^id: (.+)$/m.exec(text)?.[1] ?? '';
    await stream.cancel();
    expect(web.liveClients()).toBe(0);

    store.changed({ kind: 'camera', cameraId: 'aisle-3' });
    const again = reader(await viewer.get(`/live?view=now&since=${since}`, { 'Last-Event-ID': id }));
    expect(await again.until('id="camera-aisle-3"')).not.toContain('id="camera-warehouse-1"');
    await again.cancel();
  });

  test('sends everything to a page of an earlier run', async () => {
    const { visitor } = await openWeb();
    const stream = reader(await (await visitor('viewer')).get('/live?view=now&since=earlier.7'));
    const text = await stream.until('data: ');
    for (const camera of ['aisle-3', 'loading-dock']) expect(text).toContain(`id="camera-${camera}"`);
    expect(text).toContain('id="open-events"');
    await stream.cancel();
  });

  test('tells the list of events which is the newest that its filter lets through', async () => {
    const { store, visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const open = async (query: string) => {
      const since = placeOf(await (await viewer.get(`/events?${query}`)).text());
      return reader(await viewer.get(`/live?view=events&query=${encodeURIComponent(query)}&since=${since}`));
    };
    const [all, filtered] = [await open(''), await open('camera=entrance')];
    store.changed({ kind: 'event', eventId: 'mm8x0-robot' });
    const text = await all.until('newest-event');
    expect(text).toContain('<li id="event-mm8x0-robot"');
    expect(text).toContain('data: event-mm8w8-exit');
    expect(await filtered.until('newest-event')).toContain('data: event-mm8w9-spill');
    await all.cancel();
    await filtered.cancel();
  });

  test('of 200 visits leaves nothing behind', async () => {
    const { store, web, visitor } = await openWeb();
    const viewer = await visitor('viewer');
    for (let i = 0; i < 200; i++) {
      const stream = reader(await viewer.get(i % 2 ? '/live?view=events' : '/api/v1/live'));
      await stream.next();
      await stream.cancel();
    }
    await store.clock.advance(1);
    expect([web.liveClients(), store.clock.sleeping, store.listeners.size]).toEqual([0, 0, 1]);
    web.close();
    expect(store.listeners.size).toBe(0);
  });

  test('ends with its session and says so', async () => {
    const { web, visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const stream = reader(await viewer.get('/live?view=cameras'));
    await stream.until('data: ');
    await viewer.post('/logout');
    await stream.until('event: session-ended');
    expect(await stream.next()).toBe('');
    expect(web.liveClients()).toBe(0);
  });

  test('ends at the next heartbeat when the session’s time is over', async () => {
    const store = fakeStore();
    store.settings = { ...store.settings, sessionMs: 20_000 };
    const { visitor } = await openWeb(store);
    const stream = reader(await (await visitor('viewer')).get('/live?view=rules'));
    await stream.until('data: ');
    await store.clock.advance(16_000);
    await stream.until(': still here');
    await store.clock.advance(16_000);
    await stream.until('session-ended');
  });

  test('as JSON names what changed with its newest state', async () => {
    const { store, visitor } = await openWeb();
    const stream = reader(await (await visitor('viewer')).get('/api/v1/live'));
    const first = await stream.until('event: health');
    expect(first.match(/event: camera/g)).toHaveLength(6);
    expect(first.match(/event: state/g)).toHaveLength(7);
    store.changed({ kind: 'event', eventId: 'mm8x1-shelf' });
    await store.clock.advance(1_000);
    const message = await stream.until('event: event');
    expect(message).toMatch(/event: event\ndata: \{"id":"mm8x1-shelf".*\nid: r-17\.1\n/);
    await stream.cancel();
  });

  test('refuses views that do not exist', async () => {
    const { visitor } = await openWeb();
    expect((await (await visitor('viewer')).get('/live?view=secrets')).status).toBe(400);
  });
});
