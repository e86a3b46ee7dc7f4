import type { IClientOptions } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import type { SessionShelf } from '../../src/alerts/durable-sessions.ts';
import type { Store } from '../../src/store/store.ts';
import { tempStore } from '../store/temp-store.ts';
import { type AlertsSetup, alertsWith, catalog } from '../support/alerts-setup.ts';
import { Subscriber } from '../support/broker.ts';
import { lifeOf } from '../support/memory-outbox.ts';
import { until } from '../support/until.ts';

const EVENTS = 'watchword/shop/events';
const PHONE: IClientOptions = { clientId: 'phone', clean: false };

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Alerting with the embedded broker, as one run of the process; its outbox ends with it. */
async function run(brokerSessions: SessionShelf): Promise<AlertsSetup> {
  const setup = alertsWith({ port: 0 }, { brokerSessions });
  stops.push(() => setup.alerts.stop());
  await setup.alerts.start();
  setup.alerts.setCatalog(catalog);
  await until(() => setup.health.get('broker')?.status === 'ok', 'the connection');
  return setup;
}

async function connect(setup: AlertsSetup, options: IClientOptions, filters: string[] = []): Promise<Subscriber> {
  const subscriber = await Subscriber.connect(setup.alerts.mqttUrl, filters, { reconnectPeriod: 0, ...options });
  stops.push(() => subscriber.stop());
  return subscriber;
}

async function say(setup: AlertsSetup, ...eventIds: string[]): Promise<void> {
  for (const eventId of eventIds) setup.outbox.append(...lifeOf(eventId));
  await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
}

const keysOf = (subscriber: Subscriber): string[] =>
  subscriber.texts(EVENTS).map((text) => (JSON.parse(text) as { key: string }).key);

const kept = (store: Store): string[] =>
  store.brokerSessions.load().map(({ clientId, waiting }) => `${clientId} ${waiting.length}`);

describe('a durable session of the embedded broker', () => {
  test('outlives the process with what waits for it, in order and once', async () => {
    const { store } = tempStore();
    const first = await run(store.brokerSessions);
    await (await connect(first, PHONE, [EVENTS])).stop();
    await say(first, 'before');
    await first.alerts.stop();
    expect(kept(store)).toEqual(['phone 3']);

    const second = await run(store.brokerSessions);
    await say(second, 'after');
    const phone = await connect(second, PHONE);
    await until(() => phone.messages.length >= 6, 'what waited');
    expect(keysOf(phone)).toEqual(
      ['before', 'after'].flatMap((id) => [`${id}:new:1`, `${id}:update:2`, `${id}:end:3`]),
    );
    await until(() => kept(store)[0] === 'phone 0', 'the acknowledgements');
    await phone.stop();
    await second.alerts.stop();

    const third = await run(store.brokerSessions);
    const again = await connect(third, PHONE);
    await say(third, 'last');
    await until(() => again.messages.length >= 3, 'the newest');
    expect(keysOf(again)[0]).toBe('last:new:1');
  });

  test('gets what is new behind what waited, however fast it comes', async () => {
    const { store } = tempStore();
    const setup = await run(store.brokerSessions);
    await (await connect(setup, PHONE, [EVENTS])).stop();
    await say(setup, ...Array.from({ length: 100 }, (_, number) => `old-${number}`));
    const coming = connect(setup, PHONE);
    for (let number = 0; number < 100; number++) setup.outbox.append(...lifeOf(`new-${number}`));
    const phone = await coming;
    await until(() => new Set(keysOf(phone)).size === 600, 'all alerts');
    const seen = [...new Set(keysOf(phone))];
    expect(seen.slice(0, 300).every((key) => key.startsWith('old-'))).toBe(true);
    for (let number = 0; number < 100; number++) {
      const ofEvent = seen.filter((key) => key.startsWith(`new-${number}:`)).map((key) => key.split(':')[1]);
      expect(ofEvent).toEqual(['new', 'update', 'end']);
    }
    await until(() => kept(store)[0] === 'phone 0', 'the acknowledgements');
  });

  test('is forgotten when its client asks for a clean one, or unsubscribes', async () => {
    const { store } = tempStore();
    const setup = await run(store.brokerSessions);
    await (await connect(setup, PHONE, [EVENTS])).stop();
    const tablet = await connect(setup, { clientId: 'tablet', clean: false }, [EVENTS]);
    await tablet.client.unsubscribeAsync(EVENTS);
    await say(setup, 'missed');
    expect(kept(store)).toEqual(['phone 3']);
    const clean = await connect(setup, { ...PHONE, clean: true }, [EVENTS]);
    expect(kept(store)).toEqual([]);
    await say(setup, 'next');
    await until(() => clean.messages.length >= 3, 'the alerts');
    expect(keysOf(clean)).toEqual(['next:new:1', 'next:update:2', 'next:end:3']);
    expect(kept(store)).toEqual([]);
  });

  test('keeps its room for alerts: states that nobody hears do not wait', async () => {
    const { store } = tempStore();
    const setup = await run(store.brokerSessions);
    setup.alerts.states.camera('aisle-1', true);
    const before = await connect(setup, PHONE, [EVENTS, 'watchword/shop/camera/+/available']);
    await until(() => before.last('watchword/shop/camera/aisle-1/available') === 'online', 'the first state');
    await before.client.endAsync();
    setup.alerts.states.camera('aisle-1', false);
    const observer = await connect(setup, {}, ['watchword/shop/camera/aisle-1/available']);
    await until(() => observer.last('watchword/shop/camera/aisle-1/available') === 'offline', 'the newest state');
    await say(setup, 'missed');
    const phone = await connect(setup, PHONE);
    await until(() => phone.messages.length >= 3, 'the alerts');
    expect(keysOf(phone)).toEqual(['missed:new:1', 'missed:update:2', 'missed:end:3']);
    expect(phone.texts('watchword/shop/camera/aisle-1/available')).toEqual([]);
  });

  test('that was away longest makes room when there are too many', async () => {
    const { store } = tempStore();
    for (let number = 0; number < 200; number++)
      store.brokerSessions.save(`old-${String(number).padStart(3, '0')}`, [{ topic: EVENTS, qos: 1 }]);
    const setup = await run(store.brokerSessions);
    await say(setup, 'told');
    expect(kept(store)).toHaveLength(200);
    await connect(setup, PHONE, [EVENTS]);
    const sessions = kept(store);
    expect(sessions).toHaveLength(200);
    expect(sessions.at(-1)).toBe('phone 0');
    expect([sessions.includes('old-000 3'), sessions.includes('old-001 3')]).toEqual([false, true]);
  });

  test('drops its oldest updates when too much waits, never new or end, and counts them', async () => {
    const { store } = tempStore();
    const first = await run(store.brokerSessions);
    await (await connect(first, PHONE, [EVENTS])).stop();
    const wanted = Array.from({ length: 300 }, (_, number) => lifeOf(`e${number}`, 2));
    for (const [number, life] of wanted.entries()) {
      first.outbox.append(...life);
      // In turns, so that what is oldest does not depend on how many go out at once.
      if (number % 10 === 9) await until(() => first.outbox.left('mqtt') === 0, 'the delivery');
    }
    expect(first.alerts.droppedForSessions()).toBe(200);
    expect(kept(store)).toEqual(['phone 1000']);
    await first.alerts.stop();

    const second = await run(store.brokerSessions);
    await say(second, 'last');
    expect(second.alerts.droppedForSessions()).toBe(3);
    const phone = await connect(second, PHONE);
    await until(() => phone.messages.length >= 1_000, 'what waited');
    const keys = keysOf(phone);
    const told = [...wanted, lifeOf('last')].flat().map(({ key }) => key);
    expect(told.filter((key) => !key.includes(':update:') && !keys.includes(key))).toEqual([]);
    const missed = told.filter((key) => !keys.includes(key));
    expect(missed).toHaveLength(203);
    expect(missed.every((key) => Number(key.slice(1).split(':')[0]) < 110)).toBe(true);
    expect(keys).toHaveLength(1_000);
  });

  test.each(['away', 'connected'])(
    'that is %s and takes nothing is forgotten when new and end fill all room',
    async (where) => {
      const { store } = tempStore();
      // It was away longer and has little waiting: it is not who pays.
      store.brokerSessions.save('a-tablet', [{ topic: EVENTS, qos: 1 }]);
      store.brokerSessions.save('phone', [{ topic: EVENTS, qos: 1 }]);
      for (let number = 0; number < 20_000; number++)
        store.brokerSessions.enqueue(['phone'], {
          ...{ key: `before ${number + 1}`, topic: EVENTS, qos: 1 },
          payload: Buffer.from(`{"type":"new","key":"e${number}:new:1"}`),
        });
      const setup = await run(store.brokerSessions);
      expect(kept(store)).toEqual(['a-tablet 0', 'phone 20000']);
      let isCut = where === 'away';
      if (!isCut) {
        const { client } = await connect(setup, PHONE);
        client.handleMessage = () => undefined;
        client.once('close', () => {
          isCut = true;
        });
      }
      // Some may have been acknowledged before it stopped taking them.
      for (let number = 0; number < 100; number++) setup.outbox.append(...lifeOf(`last-${number}`).slice(0, 1));
      await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
      await until(() => isCut, 'the end of the connection');
      expect(kept(store)).toEqual(['a-tablet 100']);
      expect(setup.alerts.droppedForSessions()).toBeGreaterThan(20_000);
      expect(setup.lines.some((line) => line.includes('too many messages waiting'))).toBe(true);
    },
  );

  test('goes on without a disk: alerts arrive, and the log says what is not kept', async () => {
    const full = (): never => {
      throw new Error('database or disk is full');
    };
    const setup = await run({ load: full, save: full, seen: full, forget: full, enqueue: full, remove: full });
    const phone = await connect(setup, PHONE, [EVENTS]);
    await say(setup, 'told');
    await until(() => phone.messages.length === 3, 'the alerts');
    expect(setup.lines.some((line) => line.includes('not kept over a restart'))).toBe(true);
    await phone.stop();
    await say(setup, 'missed');
    const again = await connect(setup, PHONE);
    await until(() => again.messages.length === 3, 'what waited in memory');
  });
});
