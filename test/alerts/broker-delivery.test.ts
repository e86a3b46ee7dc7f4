import { afterEach, describe, expect, test } from 'vitest';
import { Delivery } from '../../src/alerts/delivery.ts';
import { MqttChannel, type MqttChannelOptions } from '../../src/alerts/mqtt-channel.ts';
import { mqttReceiver } from '../../src/alerts/mqtt-receiver.ts';
import { noLinks } from '../../src/alerts/payload.ts';
import { topicsUnder } from '../../src/alerts/topics.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { freePort, hasMosquitto, type Received, Subscriber, startMosquitto } from '../support/broker.ts';
import { change, lifeOf, MemoryOutbox } from '../support/memory-outbox.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const topics = topicsUnder('watchword/shop');
const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function daemon(url: string, options: Partial<MqttChannelOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger((_level, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`));
  const outbox = new MemoryOutbox();
  const channel = new MqttChannel({
    endpoint: () => ({ target: url }),
    protocol: 'auto',
    clientId: 'watchword-shop',
    availableTopic: topics.available,
    clock: systemClock,
    logger,
    connectTimeoutMs: 300,
    ackTimeoutMs: 300,
    retry: { minMs: 20, maxMs: 60 },
    ...options,
  });
  const receiver = mqttReceiver({ channel, topics, links: noLinks, perCamera: true });
  const delivery = new Delivery({ outbox, receiver, clock: systemClock, logger });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await delivery.stop();
    await channel.stop();
  };
  stops.push(stop);
  channel.start();
  delivery.start();
  return { outbox, channel, delivery, lines, stop };
}

async function broker(lines?: string[]) {
  const mosquitto = await startMosquitto(lines ? { lines } : {});
  stops.push(() => mosquitto.stop());
  return mosquitto;
}

async function subscriber(port: number, filters: string[], clientId = 'observer'): Promise<Subscriber> {
  const subscribed = await Subscriber.connect(`mqtt://127.0.0.1:${port}`, filters, { clientId, clean: false });
  stops.push(() => subscribed.stop());
  return subscribed;
}

async function proxyTo(port: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(() => ({ host: '127.0.0.1', port }));
  await proxy.start();
  stops.push(() => proxy.stop());
  return proxy;
}

/** Every key at least once, each key with one content, and per event the first sight of each change in order. */
function expectComplete(messages: readonly Received[], keys: readonly string[]): void {
  const contents = new Map<string, string>();
  const order = new Map<string, number>();
  for (const { topic, payload } of messages) {
    if (topic !== topics.events) continue;
    const text = payload.toString();
    const { key, event } = JSON.parse(text) as { key: string; event: { id: string; revision: number } };
    expect(contents.get(key) ?? text).toBe(text);
    if (!contents.has(key)) {
      expect(event.revision, key).toBe((order.get(event.id) ?? 0) + 1);
      order.set(event.id, event.revision);
    }
    contents.set(key, text);
  }
  expect([...contents.keys()].sort()).toEqual([...keys].sort());
}

describe.skipIf(!hasMosquitto)('delivery through mosquitto', () => {
  test('speaks MQTT 5 where the broker does, and 3.1.1 when told to', async () => {
    const { port } = await broker();
    const auto = daemon(`mqtt://127.0.0.1:${port}`);
    await until(() => auto.channel.session !== undefined, 'the connection');
    expect(auto.channel.session?.protocolVersion).toBe(5);
    expect(auto.channel.session?.receiveMaximum).toBeGreaterThanOrEqual(20);
    await auto.stop();
    const old = daemon(`mqtt://127.0.0.1:${port}`, { protocol: '3.1.1' });
    await until(() => old.channel.session !== undefined, 'the connection');
    expect(old.channel.session?.protocolVersion).toBe(4);
  });

  test('publishes the documented payload, not retained, and on the camera topic for Home Assistant', async () => {
    const { port } = await broker();
    const observer = await subscriber(port, ['watchword/shop/#']);
    const { outbox } = daemon(`mqtt://127.0.0.1:${port}`);
    outbox.append(change('lx1-abc', 'end', 3));
    await until(() => outbox.left('mqtt') === 0 && observer.messages.length >= 3, 'the alert');
    const alert = observer.messages.find(({ topic }) => topic === topics.events);
    expect(alert?.retain).toBe(false);
    expect(JSON.parse(alert?.payload.toString() ?? '')).toEqual({
      type: 'end',
      key: 'lx1-abc:end:3',
      event: {
        id: 'lx1-abc',
        rule: 'empty-shelf',
        words: 'Alert me when a shelf is empty for 5 minutes',
        question: 'Is a shelf empty?',
        camera: 'aisle-1',
        severity: 'warning',
        startedAt: '2026-03-02T09:00:00.000Z',
        endedAt: '2026-03-02T09:01:00.000Z',
        score: 0.91,
        model: 'watchword-tiny int8',
        weightsHash: 'a1b2c3',
        stale: false,
        revision: 3,
        changedAt: '2026-03-02T09:00:03.000Z',
        snapshotUrl: null,
        clipUrl: null,
      },
    });
    expect(JSON.parse(observer.last('watchword/shop/camera/aisle-1/events') ?? '')).toMatchObject({
      event_type: 'end',
      key: 'lx1-abc:end:3',
      rule: 'empty-shelf',
    });
  });

  test('a broker that is down at boot is normal: events are delivered once it comes', async () => {
    const port = await freePort();
    const { outbox, channel, lines } = daemon(`mqtt://127.0.0.1:${port}`);
    outbox.append(...lifeOf('early'));
    await until(() => lines.some((line) => line.includes('not connected')), 'the warning');
    expect(channel.session).toBeUndefined();
    const again = await startMosquitto({ port });
    stops.push(() => again.stop());
    await until(() => outbox.left('mqtt') === 0, 'the delivery');
  });

  test('a broker that goes away and comes back misses nothing and gets everything in order', async () => {
    const mosquitto = await broker(['allow_anonymous true', 'persistence true', 'persistence_location %d/']);
    const observer = await subscriber(mosquitto.port, [topics.events]);
    const { outbox } = daemon(`mqtt://127.0.0.1:${mosquitto.port}`);
    const keys: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 40; index++) {
        const life = lifeOf(`r${round}-${index}`);
        keys.push(...life.map(({ key }) => key));
        outbox.append(...life);
      }
      if (round === 1) await mosquitto.restart();
    }
    await until(() => outbox.left('mqtt') === 0, 'the delivery');
    await until(() => new Set(observer.texts(topics.events)).size >= keys.length, 'the observer');
    expectComplete(observer.messages, keys);
  });

  test('through a line that is cut, delayed and black-holed, an observer sees every change, in order, with one content per key', async () => {
    const { port } = await broker();
    const observer = await subscriber(port, [topics.events]);
    const proxy = await proxyTo(port);
    const { outbox, channel } = daemon(`mqtt://127.0.0.1:${proxy.port}`);
    const keys: string[] = [];
    const faults: Array<() => void> = [
      () => proxy.cut(),
      () => {
        proxy.fault = 'black-hole';
      },
      () => {
        proxy.fault = 'black-hole-answers';
      },
      () => {
        proxy.cutAfterBytes = 3_000;
      },
      () => {
        proxy.fault = 'refuse';
        proxy.cut();
      },
    ];
    for (let round = 0; round < 15; round++) {
      await until(() => channel.session !== undefined, 'the connection');
      faults[round % faults.length]?.();
      for (let index = 0; index < 20; index++) {
        const life = lifeOf(`r${round}-${index}`, round % 3);
        keys.push(...life.map((one) => one.key));
        outbox.append(...life);
      }
      await systemClock.sleep(30);
      proxy.fault = 'none';
      proxy.cutAfterBytes = 0;
      if (round % faults.length === 1) proxy.cut();
    }
    await until(() => outbox.left('mqtt') === 0, 'the delivery');
    await until(() => new Set(observer.texts(topics.events)).size >= keys.length, 'the observer');
    expectComplete(observer.messages, keys);
    expect(proxy.connections).toBeGreaterThan(5);
  });

  test('a broker that accepts everything and acknowledges nothing is left after the time limit, and all is sent again', async () => {
    const { port } = await broker();
    const observer = await subscriber(port, [topics.events]);
    const proxy = await proxyTo(port);
    const { outbox, channel, lines } = daemon(`mqtt://127.0.0.1:${proxy.port}`);
    await until(() => channel.session !== undefined, 'the connection');
    proxy.fault = 'black-hole-answers';
    const life = lifeOf('a');
    outbox.append(...life);
    await until(() => lines.some((line) => line.includes('does not acknowledge')), 'the time limit');
    expect(outbox.left('mqtt')).toBe(3);
    proxy.fault = 'none';
    proxy.cut();
    await until(() => outbox.left('mqtt') === 0, 'the delivery');
    await until(() => new Set(observer.texts(topics.events)).size === 3, 'the observer');
    expectComplete(
      observer.messages,
      life.map(({ key }) => key),
    );
    expect(observer.texts(topics.events).length).toBeGreaterThan(3);
  });

  test('online when connected, offline by will when the line is cut, offline again at a graceful stop', async () => {
    const { port } = await broker();
    const observer = await subscriber(port, [topics.available]);
    const proxy = await proxyTo(port);
    const { channel, stop } = daemon(`mqtt://127.0.0.1:${proxy.port}`);
    await until(() => observer.last(topics.available) === 'online', 'the birth');
    proxy.fault = 'refuse';
    proxy.cut();
    await until(() => observer.last(topics.available) === 'offline', 'the will');
    proxy.fault = 'none';
    await until(() => observer.last(topics.available) === 'online', 'the next birth');
    await until(() => channel.session !== undefined, 'the session');
    await stop();
    await until(() => observer.last(topics.available) === 'offline', 'the goodbye');
    const late = await subscriber(port, [topics.available], 'late');
    await until(() => late.last(topics.available) === 'offline', 'the retained state');
    expect(late.messages[0]?.retain).toBe(true);
  });

  test('two boxes with one site id throw each other out, and are told so', async () => {
    const { port } = await broker();
    const one = daemon(`mqtt://127.0.0.1:${port}`);
    await until(() => one.channel.session !== undefined, 'the connection');
    daemon(`mqtt://127.0.0.1:${port}`);
    await until(() => one.lines.some((line) => line.includes('same site id')), 'the hint');
  });

  test('a wrong address, a closed port and a wrong scheme are told once, without the password', async () => {
    const port = await freePort();
    const { lines } = daemon(`mqtt://operator:hunter2secret@127.0.0.1:${port}`);
    await until(() => lines.length > 0, 'the warning');
    await systemClock.sleep(100);
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain('hunter2secret');
  });
});
