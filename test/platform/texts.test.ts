import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseDuration } from '../../src/platform/duration.ts';
import { describeError, WatchwordError } from '../../src/platform/errors.ts';
import { formatFinding, parseYaml } from '../../src/platform/findings.ts';
import { createLogger, type LogFields } from '../../src/platform/logger.ts';
import { nearest } from '../../src/platform/nearest.ts';
import { RepeatLimiter } from '../../src/platform/repeats.ts';
import { maskSecrets } from '../../src/platform/secrets.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('secrets', () => {
  test.each([
    ['rtsp://admin:hunter2@10.0.0.7/ch0', 'rtsp://***@10.0.0.7/ch0'],
    ['open rtsp://admin:p@ss:w@10.0.0.7:554/ch0 failed', 'open rtsp://***@10.0.0.7:554/ch0 failed'],
    ['http://cam/snap.jpg?user=admin&pwd=hunter2&x=1', 'http://cam/snap.jpg?user=***&pwd=***&x=1'],
    ['mqtts://box@broker:8883', 'mqtts://***@broker:8883'],
    ['unknown setting "rtsp//admin:hunter2@10.0.0.7/ch0"', 'unknown setting "rtsp//***@10.0.0.7/ch0"'],
    ['unknown setting "mqtt.password:hunter2"', 'unknown setting "mqtt.password:***"'],
    [
      'the broker refused the user or the password: check both',
      'the broker refused the user or the password: check both',
    ],
    ['write to store@example.org about http://plain/path', 'write to store@example.org about http://plain/path'],
  ])('%s is masked', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  test('no password of any characters survives in a URL', () => {
    const secret = fc.string({ minLength: 4, maxLength: 20 }).filter((s) => !/[\s/?#'"*]/.test(s));
    fc.assert(
      fc.property(
        secret,
        (password) => !maskSecrets(`error at rtsp://u:${password}@cam/1: no`).includes(`:${password}@`),
      ),
    );
  });
});

test('log fields are bound, errors become text and every value is masked', () => {
  const lines: Array<{ message: string; fields: LogFields }> = [];
  const logger = createLogger((_, message, fields) => lines.push({ message, fields })).child({ camera: 'aisle' });
  logger.warn('cannot open rtsp://a:b@c/1', { error: new Error('401 for rtsp://a:b@c/1'), ms: 3 });
  expect(lines).toEqual([
    { message: 'cannot open rtsp://***@c/1', fields: { camera: 'aisle', error: '401 for rtsp://***@c/1', ms: 3 } },
  ]);
  logger.info('cameras', { all: [{ source: 'rtsp://a:b@c/1', error: new Error('no rtsp://a:b@c/1') }], none: null });
  expect(lines.at(-1)?.fields).toEqual({
    ...{ camera: 'aisle', none: null },
    all: [{ source: 'rtsp://***@c/1', error: 'no rtsp://***@c/1' }],
  });
});

test('a repeating warning is let through once per interval with its count', async () => {
  const clock = new ManualClock();
  const lines: LogFields[] = [];
  const repeats = new RepeatLimiter({
    clock,
    logger: createLogger((_, __, fields) => lines.push(fields)),
    intervalMs: 1_000,
  });
  for (let i = 0; i < 50; i++) repeats.log('warn', 'same', 'lost');
  await clock.advance(1_000);
  repeats.log('warn', 'same', 'lost');
  expect(lines).toEqual([{}, { repeats: 49 }]);
});

test('an error tells where and what to do in one line', () => {
  const error = new WatchwordError('not-found', 'no such model', {
    where: 'models/x',
    hint: 'Run watchword models list',
  });
  expect(describeError(error)).toBe('no such model (models/x). Run watchword models list');
});

test.each([
  ['500ms', 500],
  ['2s', 2_000],
  ['5 min', 300_000],
  ['1.5h', 5_400_000],
  ['7d', 604_800_000],
  ['soon', undefined],
  ['-1s', undefined],
])('%s as a duration', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('the nearest names are offered for a misspelled one', () => {
  expect(nearest('aisle-l', ['aisle-1', 'aisle-2', 'dock'])).toEqual(['aisle-1', 'aisle-2']);
  expect(nearest('zebra', ['aisle-1'])).toEqual([]);
});

describe('findings', () => {
  const schema = z.strictObject({
    site: z.strictObject({ name: z.string() }),
    cameras: z.record(z.string(), z.strictObject({ source: z.string() })),
  });
  const find = (text: string) => parseYaml(text, 'watchword.yaml', schema).findings.map(formatFinding);

  test('a sound file has a value and no finding', () => {
    const parsed = parseYaml('site:\n  name: Shop\ncameras: {}\n', 'watchword.yaml', schema);
    expect(parsed.value).toEqual({ site: { name: 'Shop' }, cameras: {} });
    expect(parsed.findings).toEqual([]);
  });

  test('all problems are reported at once, each at its place', () => {
    const text = 'site:\n  name: 7\ncameras:\n  aisle:\n    sorce: rtsp://x\n';
    expect(find(text)).toEqual([
      expect.stringContaining('watchword.yaml:2:9: error: "site.name"'),
      expect.stringContaining('watchword.yaml:5:5: error: "cameras.aisle.source"'),
      expect.stringContaining(
        'watchword.yaml:5:5: error: unknown setting "cameras.aisle.sorce". Did you mean "source"?',
      ),
    ]);
  });

  test('broken YAML is one finding at the line that broke it', () => {
    expect(find('site:\n  name: "open\n')[0]).toMatch(/^watchword.yaml:[23]:\d+: error: /);
  });

  test('no piece of the file is quoted: it may be a password', () => {
    for (const text of [
      'site: {}\n hunter2\n',
      'a: [1\nb: hunter2]\n: }',
      'p: !hunter2\n',
      'p: *hunter2\n',
      '} hunter2',
    ])
      expect(find(text).join(), text).not.toContain('hunter2');
  });

  test('an alias to nothing is a finding where it stands', () => {
    expect(find('site: { name: x }\ncameras: { dock: { source: *-dock } }\n')).toEqual([
      'watchword.yaml:2:28: error: what begins with * is an alias to YAML, and this one stands for nothing. Put it in quotes',
    ]);
    const many = Array.from({ length: 9 }, (_, level) => `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`);
    expect(find(`a: &a-1 [x]\n${many.join('\n')}\n`)).toEqual([expect.stringContaining('Excessive alias count')]);
  });
});
