import { connect } from 'node:net';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/alerts/commands.ts';
import { topicsUnder } from '../../src/alerts/topics.ts';
import { alertsWith, catalog } from '../support/alerts-setup.ts';
import { until } from '../support/until.ts';
import { HARD, Seeded, seedOf } from './seeded.ts';
import { mutated, strangeJson, strangeText } from './strange-words.ts';

const COMMANDS = HARD ? 100_000 : 10_000;
const CONNECTIONS = HARD ? 2_000 : 150;
const topics = topicsUnder('watchword/shop');
const VALID = [
  ['watchword/shop/rule/empty-shelf/enabled/set', 'ON'],
  ['watchword/shop/rule/empty-shelf/enabled/set', 'off'],
  ['watchword/shop/rule/empty-shelf/silence/set', '30'],
  ['watchword/shop/event/lx1-abc/acknowledge', ''],
] as const;

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function strangeTopic(random: Seeded): string {
  const [topic] = random.pick(VALID);
  if (random.chance(0.3)) return topic;
  if (random.chance(0.5)) return mutated(topic, random);
  const levels = topic.split('/');
  levels[random.below(levels.length)] = strangeText(random);
  return levels.join('/');
}

function strangePayload(random: Seeded): Buffer {
  const [, payload] = random.pick(VALID);
  if (random.chance(0.3)) return Buffer.from(mutated(payload, random));
  if (random.chance(0.3)) return Buffer.from(Array.from({ length: random.below(100) }, () => random.below(256)));
  return Buffer.from(random.chance(0.5) ? strangeText(random) : JSON.stringify(strangeJson(random)));
}

describe('MQTT that nobody should send', () => {
  test(`${COMMANDS} strange commands: a command means exactly what its topic and payload say, or nothing`, () => {
    const random = new Seeded(seedOf(31));
    let taken = 0;
    for (let turn = 0; turn < COMMANDS; turn++) {
      const [topic, payload] = [strangeTopic(random), strangePayload(random)];
      const what = `seed ${random.seed}, command ${turn}: ${JSON.stringify(topic)} ${payload.toString('hex').slice(0, 200)}`;
      const command = parseCommand(topics, topic, payload);
      if (typeof command === 'string') continue;
      taken++;
      const id = 'ruleId' in command ? command.ruleId : command.eventId;
      expect(id, what).toMatch(/^[a-z0-9][a-z0-9_-]{0,95}$/);
      const suffix = { enabled: 'enabled/set', silence: 'silence/set', acknowledge: 'acknowledge' }[command.command];
      const kind = command.command === 'acknowledge' ? 'event' : 'rule';
      expect(topic, what).toBe(`watchword/shop/${kind}/${id}/${suffix}`);
      const word = payload.toString().trim().toUpperCase();
      if (command.command === 'enabled') expect(word, what).toBe(command.enabled ? 'ON' : 'OFF');
      if (command.command === 'silence') expect(`${command.minutes}`, what).toBe(`${Number(word)}`);
      if (command.command === 'silence') expect(command.minutes, what).toBeLessThanOrEqual(7 * 24 * 60);
    }
    expect(taken).toBeGreaterThan(COMMANDS / 500);
  });

  test(`${CONNECTIONS} connections full of garbage, and guests without the password, change nothing and stop nobody`, {
    timeout: 120_000,
  }, async () => {
    const random = new Seeded(seedOf(32));
    const { alerts, target, health } = alertsWith({ port: 0, user: 'guest', password: 'right password' });
    stops.push(() => alerts.stop());
    await alerts.start();
    alerts.setCatalog(catalog);
    await until(() => health.get('broker')?.status === 'ok', 'the broker');
    const port = Number(new URL(alerts.mqttUrl).port);
    for (let turn = 0; turn < CONNECTIONS; turn++) await sendGarbage(port, random);
    const guessing = connectAsync(alerts.mqttUrl, { username: 'guest', password: 'wrong', reconnectPeriod: 0 });
    await expect(guessing).rejects.toThrow();
    expect(target.calls).toEqual([]);

    const guest = await connectAsync(alerts.mqttUrl, { username: 'guest', password: 'right password' });
    stops.push(() => guest.endAsync(true));
    await guest.publishAsync('watchword/shop/event/lx1-abc/acknowledge', '', { qos: 1 });
    await until(() => target.calls.length === 1, 'the command of one who may');
    expect(health.get('broker')?.status).toBe('ok');
  });
});

/** CONNECT of MQTT 3.1.1 with a client id and, at times, a user and a password that are wrong. */
function connectPacket(random: Seeded): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value.slice(0, 60));
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  const login = random.chance(0.5);
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([4, login ? 0xc2 : 0x02, 0, 60]),
    text(strangeText(random)),
    ...(login ? [text('guest'), text(strangeText(random))] : []),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

/** PUBLISH of a command, QoS 0. */
function publishPacket(topic: string, payload: string): Buffer {
  const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic + payload)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** One connection: a login that must fail, commands all the same, some bytes wrong; over when the broker cuts it. */
function sendGarbage(port: number, random: Seeded): Promise<void> {
  const [topic, payload] = random.pick(VALID);
  const packets = Buffer.concat([
    ...(random.chance(0.8) ? [connectPacket(random)] : []),
    ...(random.chance(0.8) ? [publishPacket(topic, payload)] : []),
    Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))),
  ]);
  for (let wrong = random.below(4); wrong > 0 && packets.length > 0; wrong--)
    packets[random.below(packets.length)] = random.below(256);
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.once('close', () => resolve());
    socket.end(packets);
  });
}
