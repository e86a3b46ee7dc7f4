import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommandDesk, parseCommand } from '../../src/alerts/commands.ts';
import { topicsUnder } from '../../src/alerts/topics.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { RecordingTarget } from '../support/alerts-setup.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

const topics = topicsUnder('watchword/shop');
const ENABLED = 'watchword/shop/rule/empty-shelf/enabled/set';
const SILENCE = 'watchword/shop/rule/empty-shelf/silence/set';
const ACKNOWLEDGE = 'watchword/shop/event/lx1-abc/acknowledge';

function setUp() {
  const clock = new ManualClock();
  const target = new RecordingTarget();
  const results: unknown[][] = [];
  const lines: string[] = [];
  const desk = new CommandDesk({
    topics,
    target,
    clock,
    logger: createLogger((level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`)),
    results: {
      ruleEnabled: (...args) => results.push(['enabled', ...args]),
      ruleSilenced: (...args) => results.push(['silence', ...args]),
      eventAcknowledged: (...args) => results.push(['acknowledge', ...args]),
    },
  });
  const send = async (topic: string, payload: string, retained = false): Promise<void> => {
    desk.take(topic, Buffer.from(payload), retained);
    await desk.idle();
  };
  return { clock, target, results, lines, desk, send };
}

describe('commands over MQTT', () => {
  test('each command is carried out and its result told', async () => {
    const { clock, target, results, send } = setUp();
    await send(ENABLED, 'OFF');
    await send(ENABLED, ' on\n');
    await send(SILENCE, '30');
    await send(SILENCE, '0');
    await send(ACKNOWLEDGE, '');
    const until = clock.now() + 30 * 60_000;
    expect(target.calls).toEqual([
      ['enabled', 'empty-shelf', false],
      ['enabled', 'empty-shelf', true],
      ['silence', 'empty-shelf', until],
      ['silence', 'empty-shelf', null],
      ['acknowledge', 'lx1-abc'],
    ]);
    expect(results).toEqual([...target.calls.slice(0, 4), ['acknowledge', 'lx1-abc', clock.now()]]);
  });

  test.each([
    [ENABLED, 'perhaps'],
    [ENABLED, ''],
    [ENABLED, '{"state":"ON"}'],
    [SILENCE, '-5'],
    [SILENCE, '1.5'],
    [SILENCE, '10081'],
    [SILENCE, '1e3'],
    [SILENCE, ''],
    [ACKNOWLEDGE, 'no'],
    [ENABLED, `ON${' '.repeat(100)}`],
    ['watchword/shop/rule/../enabled/set', 'ON'],
    ['watchword/shop/rule/Empty/enabled/set', 'ON'],
    ['watchword/shop/rule//enabled/set', 'ON'],
    ['watchword/shop/rule/empty-shelf/enabled', 'ON'],
    ['watchword/shopping/rule/empty-shelf/enabled/set', 'ON'],
  ])('%s with %j changes nothing and is logged', async (topic, payload) => {
    const { target, results, lines, send } = setUp();
    await send(topic, payload);
    expect(target.calls).toEqual([]);
    expect(results).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  test('a retained command is ignored', async () => {
    const { target, send } = setUp();
    await send(ENABLED, 'OFF', true);
    expect(target.calls).toEqual([]);
  });

  test('a command about something that does not exist has no result', async () => {
    const { results, lines, send } = setUp();
    await send('watchword/shop/rule/no-such/enabled/set', 'OFF');
    await send('watchword/shop/event/no-such/acknowledge', '');
    expect(results).toEqual([]);
    expect(lines.filter((line) => line.includes('could not be carried out'))).toHaveLength(2);
  });

  test('the same mistake a thousand times is one line a minute', async () => {
    const { lines, send } = setUp();
    for (let count = 0; count < 1_000; count++) await send(ENABLED, 'nonsense');
    expect(lines).toHaveLength(1);
  });

  test('more commands at once than wait are refused, not queued without bound', async () => {
    const { target, desk } = setUp();
    for (let count = 0; count < 500; count++) desk.take(ENABLED, Buffer.from('ON'), false);
    await desk.idle();
    await settle();
    expect(target.calls.length).toBeGreaterThan(0);
    expect(target.calls.length).toBeLessThanOrEqual(51);
  });

  test('whatever the bytes are, only a valid command changes anything', async () => {
    const level = fc.oneof(
      fc.constantFrom(
        'rule',
        'event',
        'camera',
        'empty-shelf',
        'lx1-abc',
        'enabled',
        'silence',
        'set',
        'acknowledge',
        '',
        '+',
        '#',
      ),
      fc.string(),
    );
    const topic = fc.oneof(
      fc.constantFrom(ENABLED, SILENCE, ACKNOWLEDGE),
      fc.array(level, { maxLength: 6 }).map((levels) => `watchword/shop/${levels.join('/')}`),
      fc.string(),
    );
    const payload = fc.oneof(
      fc.constantFrom('ON', 'OFF', 'on', '15', '0', '', 'PRESS', 'true').map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.string().map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(topic, payload, fc.boolean()), { maxLength: 5 }), async (messages) => {
        const { target, desk } = setUp();
        let valid = 0;
        for (const [where, bytes, retained] of messages) {
          desk.take(where, bytes, retained);
          await desk.idle();
          const word = bytes.toString('utf8').trim().toUpperCase();
          const accepted =
            (where === ENABLED && ['ON', 'OFF'].includes(word)) ||
            (where === SILENCE && /^\d{1,5}$/.test(word) && Number(word) <= 10_080) ||
            (where === ACKNOWLEDGE && ['', 'ON', 'PRESS', 'TRUE', 'ACKNOWLEDGE'].includes(word));
          if (accepted && !retained && bytes.length <= 64) valid++;
        }
        expect(target.calls.length).toBe(valid);
      }),
      { numRuns: 3_000 },
    );
  });

  test('parsing never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (topic, bytes) => {
        parseCommand(topics, topic, bytes);
        parseCommand(topics, `watchword/shop/${topic}`, bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});
