import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IClientOptions } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { type AlertsSetup, alertsWith, catalog } from '../support/alerts-setup.ts';
import { freePort, makeCertificates, Subscriber } from '../support/broker.ts';
import { lifeOf } from '../support/memory-outbox.ts';
import { until } from '../support/until.ts';

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function started(mqtt: Record<string, unknown> = {}): Promise<AlertsSetup> {
  const setup = alertsWith({ port: 0, ...mqtt });
  stops.push(() => setup.alerts.stop());
  await setup.alerts.start();
  setup.alerts.setCatalog(catalog);
  await until(() => setup.health.get('broker')?.status === 'ok', 'the connection');
  return setup;
}

async function guest(setup: AlertsSetup, filters: string[], options: IClientOptions = {}): Promise<Subscriber> {
  const subscriber = await Subscriber.connect(setup.alerts.mqttUrl, filters, { reconnectPeriod: 0, ...options });
  stops.push(() => subscriber.stop());
  return subscriber;
}

describe('the embedded broker', () => {
  test('a guest sees birth, alerts in order and the goodbye', async () => {
    const setup = await started();
    expect(setup.alerts.mqttUrl).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
    const observer = await guest(setup, ['watchword/shop/#']);
    setup.outbox.append(...lifeOf('lx1-abc'));
    await until(() => observer.texts('watchword/shop/events').length === 3, 'the alerts');
    const keys = observer.texts('watchword/shop/events').map((text) => (JSON.parse(text) as { key: string }).key);
    expect(keys).toEqual(['lx1-abc:new:1', 'lx1-abc:update:2', 'lx1-abc:end:3']);
    expect(observer.last('watchword/shop/available')).toBe('online');
    await setup.alerts.stop();
    await until(() => observer.last('watchword/shop/available') === 'offline', 'the goodbye');
    expect(setup.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  test.each([
    'watchword/shop/events',
    'watchword/shop/available',
    'watchword/shop/camera/aisle-1/available',
    'watchword/shop/camera/aisle-1/events',
    'watchword/shop/camera/aisle-1/rule/empty-shelf/state',
    'watchword/shop/rule/empty-shelf/enabled',
    'watchword/shop/event/lx1-abc/acknowledged',
    'homeassistant/device/watchword_shop/aisle-1/config',
    'homeassistant/binary_sensor/x/config',
    'watchword/shop/rule/empty-shelf/enabled/set/more',
    'watchword/other/rule/empty-shelf/enabled/set',
    'anything',
  ])('a guest cannot publish to %s, alive or by will', async (topic) => {
    const setup = await started();
    const observer = await guest(setup, ['#']);
    const intruder = await guest(setup, [], {
      will: { topic, payload: Buffer.from('forged by will'), qos: 1, retain: true },
    });
    const gone = new Promise<void>((resolve) => intruder.client.once('close', () => resolve()));
    intruder.client.publish(topic, 'forged', { qos: 1, retain: true });
    await gone;
    setup.outbox.append(...lifeOf('after'));
    await until(
      () => observer.texts('watchword/shop/events').some((text) => text.includes('after:end')),
      'a later alert',
    );
    expect(observer.messages.filter(({ payload }) => payload.toString().startsWith('forged'))).toEqual([]);
    const late = await guest(setup, ['#']);
    await until(() => late.last('watchword/shop/available') !== undefined, 'the retained messages');
    expect(late.messages.filter(({ payload }) => payload.toString().startsWith('forged'))).toEqual([]);
  });

  test('a guest can command, and a retained command is not kept', async () => {
    const setup = await started();
    const operator = await guest(setup, ['watchword/shop/rule/#']);
    await operator.client.publishAsync('watchword/shop/rule/empty-shelf/enabled/set', 'OFF', { qos: 1, retain: true });
    await until(() => operator.last('watchword/shop/rule/empty-shelf/enabled') === 'OFF', 'the result');
    expect(setup.target.calls).toEqual([['enabled', 'empty-shelf', false]]);
    const late = await guest(setup, ['watchword/shop/rule/#']);
    await until(() => late.last('watchword/shop/rule/empty-shelf/enabled') === 'OFF', 'the retained state');
    expect(late.texts('watchword/shop/rule/empty-shelf/enabled/set')).toEqual([]);
  });

  test("a guest that takes the daemon's client id is refused and the daemon stays", async () => {
    const setup = await started();
    await expect(guest(setup, [], { clientId: 'watchword-shop' })).rejects.toThrow(/identifier/i);
    expect(setup.health.get('broker')?.status).toBe('ok');
  });

  test('$SYS is closed to guests', async () => {
    const setup = await started();
    const curious = await guest(setup, []);
    await expect(curious.client.subscribeAsync('$SYS/#')).rejects.toThrow();
  });

  test('with credentials only the right pair is admitted', async () => {
    const setup = await started({ user: 'ops', password: 'correct horse' });
    for (const [username, password] of [
      ['ops', 'wrong horse'],
      ['opsc', 'orrect horse'],
      ['', ''],
    ]) {
      const options: IClientOptions = username ? { username, password: password ?? '' } : {};
      await expect(guest(setup, [], options)).rejects.toThrow(/bad user ?name/i);
    }
    const observer = await guest(setup, ['#'], { username: 'ops', password: 'correct horse' });
    await until(() => observer.last('watchword/shop/available') === 'online', 'the birth');
    expect(setup.lines.join('\n')).not.toContain('correct horse');
    expect(setup.lines.join('\n')).not.toContain('wrong horse');
  });

  test('a packet that claims to be huge is refused by its header', async () => {
    const setup = await started();
    const port = Number(new URL(setup.alerts.mqttUrl).port);
    const socket = connectTcp({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // PUBLISH with a remaining length of 200 MB, of which nothing ever comes.
    socket.write(Buffer.from([0x30, 0x80, 0x84, 0xaf, 0x5f]));
    await closed;
    expect(setup.health.get('broker')?.status).toBe('ok');
  });

  test('noise on the port harms nobody', async () => {
    const setup = await started();
    const observer = await guest(setup, ['watchword/shop/events']);
    const port = Number(new URL(setup.alerts.mqttUrl).port);
    for (const noise of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01',
      '\x10\x00',
      '\x00'.repeat(5_000),
      '\x10\x0c\x00\x04MQTT\x05\x00\x00\x00\x00\x00',
    ]) {
      const socket = connectTcp({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.end(Buffer.from(noise, 'latin1'));
      await new Promise((resolve) => socket.once('close', resolve));
    }
    setup.outbox.append(...lifeOf('after'));
    await until(() => observer.texts('watchword/shop/events').length === 3, 'the alerts');
  });

  test('connections beyond the limit are turned away', async () => {
    const setup = await started({ maxConnections: 2 });
    await guest(setup, []);
    await guest(setup, []);
    const socket = connectTcp({ port: Number(new URL(setup.alerts.mqttUrl).port), host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(setup.lines.some((line) => line.includes('no room'))).toBe(true);
    expect(setup.health.get('broker')?.status).toBe('ok');
  });

  test('a taken port is told in health, and the broker comes up by itself when it is free', async () => {
    const first = await started();
    const port = Number(new URL(first.alerts.mqttUrl).port);
    const second = alertsWith({ port });
    stops.push(() => second.alerts.stop());
    await second.alerts.start();
    await until(() => second.health.get('broker')?.reason.includes('is taken') ?? false, 'the reason');
    expect(second.health.get('broker')?.status).toBe('down');
    await first.alerts.stop();
    await until(() => second.health.get('broker')?.status === 'ok', 'the recovery');
  });

  test('speaks TLS with its own certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-tls-'));
    stops.push(async () => rmSync(folder, { recursive: true }));
    makeCertificates(folder);
    writeFileSync(join(folder, 'password'), 'a long password\n');
    const setup = await started({
      user: 'ops',
      passwordFile: join(folder, 'password'),
      certFile: join(folder, 'server.crt'),
      keyFile: join(folder, 'server.key'),
    });
    expect(setup.alerts.mqttUrl).toMatch(/^mqtts:/);
    const ca = readFileSync(join(folder, 'ca.crt'));
    const observer = await guest(setup, ['#'], { username: 'ops', password: 'a long password', ca });
    await until(() => observer.last('watchword/shop/available') === 'online', 'the birth');
    await expect(guest(setup, [], { username: 'ops', password: 'a long password' })).rejects.toThrow(/certificate/i);
  });

  test('a durable subscriber that was away gets what it missed, up to a limit', async () => {
    const setup = await started();
    const durable: IClientOptions = { clientId: 'phone', clean: false };
    const first = await guest(setup, ['watchword/shop/events'], durable);
    await first.stop();
    setup.outbox.append(...lifeOf('missed'));
    for (let index = 0; index < 400; index++) setup.outbox.append(...lifeOf(`more${index}`));
    await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
    const again = await guest(setup, [], durable);
    await until(() => again.texts('watchword/shop/events').length >= 1_000, 'the missed alerts');
    for (const end of ['missed:new', 'missed:end', 'more399:end'])
      expect(again.texts('watchword/shop/events').some((text) => text.includes(end))).toBe(true);
    expect(again.messages.length).toBe(1_000);
    expect(setup.lines.filter((line) => line.includes('not connected'))).toEqual([]);
    expect(setup.lines.some((line) => line.includes('too many messages waiting'))).toBe(true);
  });

  test('a port of its own is used when one is given', async () => {
    const port = await freePort();
    const setup = await started({ port });
    expect(setup.alerts.mqttUrl).toBe(`mqtt://127.0.0.1:${port}`);
  });
});
