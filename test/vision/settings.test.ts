import { expect, test } from 'vitest';
import { parseYaml } from '../../src/platform/findings.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { openConfiguredModel } from '../../src/vision/open-model.ts';
import { modelSettingsSchema } from '../../src/vision/settings.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ChatServer } from './endpoint/chat-server.ts';

const problems = (text: string): string[] =>
  parseYaml(text, 'watchword.yaml', modelSettingsSchema).findings.map(({ line, message }) => `${line}: ${message}`);

test('a package or a server may be named, with what belongs to it', () => {
  expect(problems('{}')).toEqual([]);
  expect(problems('package: ./vlm\ndtype: q4\nthreads: 2')).toEqual([]);
  expect(problems('endpoint: http://box:8000/v1\nname: vlm\napiKey: sk-1\ntimeout: 10s\nconcurrency: 8')).toEqual([]);
  expect(modelSettingsSchema.parse({ endpoint: 'https://box/v1', timeout: '1.5s' })).toMatchObject({
    timeoutMs: 1_500,
  });
  expect(modelSettingsSchema.parse({})).toMatchObject({ device: 'auto' });
});

test.each([
  ['endpoint: http://box/v1\npackage: ./vlm', /^2: .*package.*does not go together/],
  ['endpoint: http://box/v1\ndevice: auto', /^2: .*device.*does not go together/],
  ['apiKey: sk-very-secret', /^1: .*apiKey.*needs "endpoint"/],
  ['endpoint: ftp://box', /^1: .*http/],
  ['endpoint: box', /^1: .*http/],
  ['endpoint: http://box\ntimeout: soon', /^2: .*not a duration/],
  ['endpoint: http://box\ntimeout: 1h', /^2: .*between/],
  ['endpoint: http://box\nconcurrency: 0', /^2: .*at least 1/],
])('%j is refused where it stands, without its secrets', (text, expected) => {
  const found = problems(text);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
  expect(found[0]).not.toContain('very-secret');
});

test('a server that the settings name is what is opened', async () => {
  const server = new ChatServer();
  await server.start();
  const settings = modelSettingsSchema.parse({ endpoint: server.url, apiKey: 'sk-1' });
  const model = await openConfiguredModel({
    settings,
    bundledModel: 'not used',
    clock: new ManualClock(),
    logger: silentLogger,
  });
  expect(model.identity).toMatchObject({ name: 'some-vlm', device: 'endpoint' });
  expect(server.requests[0]?.authorization).toBe('Bearer sk-1');
  await model.close();
  await server.stop();
});
