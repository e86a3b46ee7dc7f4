import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { commitOf, ended, eventOf, START, tempStore } from '../store/temp-store.ts';
import { alertsWith } from '../support/alerts-setup.ts';
import { hasMosquitto, Subscriber, startMosquitto } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const EVENTS = 10_000;
const AWAY_MS = 6 * 3_600_000;
const EVENTS_TOPIC = 'watchword/shop/events';

const stops: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use on the heap and in buffers, garbage aside. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe.skipIf(!hasMosquitto)('a broker that is away for six hours', () => {
  test(`gets all changes of ${EVENTS} events afterwards, in order, from bounded memory`, {
    timeout: 60_000,
  }, async () => {
    const broker = await startMosquitto();
    stops.push(() => broker.stop());
    const proxy = new TcpProxy(() => ({ host: '127.0.0.1', port: broker.port }));
    await proxy.start();
    stops.push(() => proxy.stop());
    const observer = await Subscriber.connect(`mqtt://127.0.0.1:${broker.port}`, [EVENTS_TOPIC]);
    stops.push(() => observer.stop());
    const { store, clock } = tempStore();
    const { alerts, health } = alertsWith({ url: `mqtt://127.0.0.1:${proxy.port}` }, { outbox: store.outbox, clock });
    stops.push(() => alerts.stop());
    await alerts.start();
    /** Lets real packets pass while the clock goes on at about its real pace. */
    const pass = async (done: () => boolean, what: string, withinMs: number): Promise<void> =>
      until(
        async () => {
          await clock.advance(5);
          return done();
        },
        what,
        withinMs,
      );
    await pass(() => health.get('broker')?.status === 'ok', 'the first connection', 15_000);

    const began = systemClock.monotonic();
    proxy.fault = 'refuse';
    proxy.cut();
    await pass(() => health.get('broker')?.status === 'down', 'the outage to be noticed', 15_000);
    const before = memoryInUse();
    const keys: string[] = [];
    for (let index = 0; index < EVENTS; index++) {
      const opened = eventOf({ cameraId: `aisle-${index % 12}`, startedAt: START + (index * AWAY_MS) / EVENTS });
      const risen = { ...opened, score: 0.95, revision: 2 };
      for (const commit of [commitOf('new', opened), commitOf('update', risen), commitOf('end', ended(risen))]) {
        store.events.commit(commit);
        keys.push(commit.change.key);
      }
      if (index % 100 === 99) await clock.advance(AWAY_MS / (EVENTS / 100));
    }
    expect(clock.now() - START).toBeGreaterThanOrEqual(AWAY_MS);
    expect(store.outbox.depth().messages).toBe(3 * EVENTS);
    expect(observer.messages).toEqual([]);
    const grown = memoryInUse() - before;
    // 30,000 keys that this test remembers are about 2 MB of it; the changes themselves would be 20 MB.
    expect(grown).toBeLessThan(8 * 1024 * 1024);

    proxy.fault = 'none';
    let mostHeld = 0;
    await pass(
      () => {
        mostHeld = Math.max(mostHeld, alerts.deliveryStats().mqtt?.held ?? 0);
        return store.outbox.depth().messages === 0;
      },
      'everything to be delivered',
      90_000,
    );
    await until(() => observer.messages.length >= keys.length, 'the subscriber');
    const tookMs = systemClock.monotonic() - began;
    const seen = observer.texts(EVENTS_TOPIC).map((text) => (JSON.parse(text) as { key: string }).key);
    expect(new Set(seen)).toEqual(new Set(keys));
    const revisions = new Map<string, number>();
    for (const key of new Set(seen)) {
      const [id = '', , revision] = key.split(':');
      expect(Number(revision), key).toBe((revisions.get(id) ?? 0) + 1);
      revisions.set(id, Number(revision));
    }
    expect(mostHeld).toBeLessThan(2_300);
    process.stdout.write(
      `broker away: ${EVENTS} events, ${seen.length} messages in ${(tookMs / 1_000).toFixed(1)} s of real time; memory grew ` +
        `by ${(grown / 2 ** 20).toFixed(1)} MB while it was away, ${mostHeld} messages held at most\n`,
    );
  });
});
