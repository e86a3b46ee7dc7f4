import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { afterEach, describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { systemClock } from '../../src/platform/clock.ts';
import { type AlertsSetup, alertsWith, catalog, shelfRule } from '../support/alerts-setup.ts';
import { hasMosquitto, type Mosquitto, makeCertificates, Subscriber, startMosquitto } from '../support/broker.ts';
import { lifeOf } from '../support/memory-outbox.ts';
import { until } from '../support/until.ts';

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function mosquittoWith(lines?: string[], prepare?: (folder: string) => void): Promise<Mosquitto> {
  const mosquitto = await startMosquitto({ ...(lines ? { lines } : {}), ...(prepare ? { prepare } : {}) });
  stops.push(() => mosquitto.stop());
  return mosquitto;
}

async function started(
  mqtt: Record<string, unknown>,
  more: Parameters<typeof alertsWith>[1] = {},
): Promise<AlertsSetup> {
  const setup = alertsWith(mqtt, more);
  stops.push(() => setup.alerts.stop());
  setup.alerts.setCatalog(catalog);
  await setup.alerts.start();
  return setup;
}

const connected = (setup: AlertsSetup): Promise<void> =>
  until(() => setup.health.get('broker')?.status === 'ok', 'the connection');

async function observer(port: number, filters: string[]): Promise<Subscriber> {
  const subscriber = await Subscriber.connect(`mqtt://127.0.0.1:${port}`, filters);
  stops.push(() => subscriber.stop());
  return subscriber;
}

const passwordFile = (folder: string): void => {
  execFileSync('mosquitto_passwd', ['-b', '-c', join(folder, 'passwd'), 'watchword', 'right password'], {
    stdio: 'ignore',
  });
};

describe.skipIf(!hasMosquitto)('an external broker', () => {
  test('with user and password; a wrong one is told in health without repeating it', async () => {
    const { port, folder } = await mosquittoWith(['allow_anonymous false', 'password_file %d/passwd'], passwordFile);
    writeFileSync(join(folder, 'secret'), 'right password\n');
    const setup = await started({
      url: `mqtt://127.0.0.1:${port}`,
      user: 'watchword',
      passwordFile: join(folder, 'secret'),
    });
    setup.outbox.append(...lifeOf('a'));
    await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
    await setup.alerts.stop();
    const wrong = await started({ url: `mqtt://watchword:wrong-password@127.0.0.1:${port}` });
    // mosquitto calls a wrong password "not authorized" under MQTT 5.
    await until(() => /refused the user|does not allow/.test(wrong.health.get('broker')?.reason ?? ''), 'the reason');
    expect(wrong.health.get('broker')?.status).toBe('down');
    expect(JSON.stringify([wrong.lines, wrong.health.parts(), wrong.alerts.mqttUrl])).not.toContain('wrong-password');
  });

  test('over TLS with a client certificate; an unknown authority is refused', async () => {
    const lines = [
      'allow_anonymous true',
      'cafile %d/ca.crt',
      'certfile %d/server.crt',
      'keyfile %d/server.key',
      'require_certificate true',
    ];
    const { port, folder } = await mosquittoWith(lines, makeCertificates);
    const url = `mqtts://127.0.0.1:${port}`;
    const certificate = { certFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') };
    const setup = await started({ url, caFile: join(folder, 'ca.crt'), ...certificate });
    setup.outbox.append(...lifeOf('a'));
    await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
    await setup.alerts.stop();
    const stranger = await started({ url, ...certificate });
    await until(() => /certificate/.test(stranger.health.get('broker')?.reason ?? ''), 'the refusal');
    const missing = await started({ url, caFile: join(folder, 'no-such.crt') });
    await until(() => missing.health.get('broker')?.reason.includes('does not exist') ?? false, 'the missing file');
    expect(missing.health.get('broker')?.reason).toContain('no-such.crt');
  });

  test('after a broker lost its memory, states, discovery and availability are there again', async () => {
    const mosquitto = await mosquittoWith();
    const setup = await started({ url: `mqtt://127.0.0.1:${mosquitto.port}` });
    await connected(setup);
    setup.alerts.states.camera('aisle-1', true);
    await mosquitto.restart();
    const late = await observer(mosquitto.port, ['#']);
    await until(
      () => late.messages.some(({ topic }) => topic.startsWith('homeassistant/device/watchword_shop/aisle-1')),
      'discovery',
    );
    await until(() => late.last('watchword/shop/camera/aisle-1/available') === 'online', 'the camera');
    expect(late.last('watchword/shop/available')).toBe('online');
    expect(late.last('watchword/shop/rule/empty-shelf/enabled')).toBe('ON');
    expect(JSON.parse(late.last('watchword/shop/status') ?? '')).toEqual({
      evaluationsPerMinute: 30,
      p95LatencyMs: 120,
      openEvents: 0,
      alertsWaiting: 0,
    });
  });

  test("Home Assistant's birth is answered with everything once more", async () => {
    const { port } = await mosquittoWith();
    const setup = await started({ url: `mqtt://127.0.0.1:${port}` });
    await connected(setup);
    const home = await observer(port, ['homeassistant/#', 'watchword/#']);
    await until(() => home.last('watchword/shop/rule/empty-shelf/enabled') === 'ON', 'the first time');
    await systemClock.sleep(100);
    const seen = home.messages.length;
    await home.client.publishAsync('homeassistant/status', 'online', { qos: 1 });
    const again = (topic: string): boolean => home.messages.slice(seen).some((message) => message.topic === topic);
    await until(() => again('homeassistant/device/watchword_shop/aisle-1/config'), 'discovery again');
    await until(() => again('watchword/shop/available'), 'availability again');
  });

  test('what an earlier run left behind for rules and cameras that are gone is cleared', async () => {
    const { port } = await mosquittoWith();
    const before = await started({ url: `mqtt://127.0.0.1:${port}` });
    before.alerts.setCatalog({
      cameras: [...catalog.cameras, { id: 'old-cam' }],
      rules: [shelfRule, { ...shelfRule, id: 'old-rule' }],
    });
    await connected(before);
    before.alerts.states.camera('old-cam', true);
    const watcher = await observer(port, ['#']);
    await until(() => watcher.last('watchword/shop/camera/old-cam/available') === 'online', 'the first run');
    await until(() => watcher.last('watchword/shop/rule/old-rule/enabled') === 'ON', 'the first run');
    await before.alerts.stop();
    const after = await started({ url: `mqtt://127.0.0.1:${port}` });
    await connected(after);
    await until(() => watcher.last('watchword/shop/camera/old-cam/available') === '', 'the camera to go');
    await until(() => watcher.last('watchword/shop/rule/old-rule/enabled') === '', 'the rule to go');
    await until(() => watcher.last('homeassistant/device/watchword_shop/old-cam/config') === '', 'its device to go');
    await until(
      () =>
        (watcher.last('homeassistant/device/watchword_shop/aisle-1/config') ?? '').includes(
          '"rule_old-rule":{"platform":"binary_sensor"}',
        ),
      'its entity to go',
    );
    expect(watcher.last('watchword/shop/rule/empty-shelf/enabled')).toBe('ON');
  });

  test('a command is carried out and answered on its state topic', async () => {
    const { port } = await mosquittoWith();
    const setup = await started({ url: `mqtt://127.0.0.1:${port}` });
    await connected(setup);
    const operator = await observer(port, ['watchword/shop/#']);
    await operator.client.publishAsync('watchword/shop/rule/empty-shelf/silence/set', '15', { qos: 1 });
    await until(() => (operator.last('watchword/shop/rule/empty-shelf/silence') ?? '').includes('Z"'), 'the silence');
    await operator.client.publishAsync('watchword/shop/event/lx1-abc/acknowledge', '', { qos: 1 });
    await until(() => operator.last('watchword/shop/event/lx1-abc/acknowledged') !== undefined, 'the acknowledgement');
    expect(JSON.parse(operator.last('watchword/shop/event/lx1-abc/acknowledged') ?? '')).toMatchObject({
      id: 'lx1-abc',
    });
    expect(setup.target.calls.map(([name]) => name)).toEqual(['silence', 'acknowledge']);
  });
});

describe('an external broker that does not speak MQTT 5', () => {
  async function aedesOn(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function aedes(): Promise<Aedes> {
    const broker = await Aedes.createBroker();
    stops.push(() => new Promise<void>((resolve) => broker.close(resolve)));
    return broker;
  }

  test('is spoken to in 3.1.1', async () => {
    const broker = await aedes();
    const address = await aedesOn(createServer((socket) => void broker.handle(socket)));
    const setup = await started({ url: `mqtt://${address}` });
    setup.outbox.append(...lifeOf('a'));
    await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
    expect(setup.lines.some((line) => line.includes('connected') && line.includes('3.1.1'))).toBe(true);
    await setup.alerts.stop();
  });

  test('also over WebSockets', async () => {
    const broker = await aedes();
    const server = createHttpServer();
    new WebSocketServer({ server }).on('connection', (socket) => void broker.handle(createWebSocketStream(socket)));
    const setup = await started({ url: `ws://${await aedesOn(server)}/mqtt` });
    setup.outbox.append(...lifeOf('a'));
    await until(() => setup.outbox.left('mqtt') === 0, 'the delivery');
    await setup.alerts.stop();
  });
});
