import { readFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { subscribe } from '../support/daemon.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let running: TestApp | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const ON = 'Alert me when a shelf is empty\n';

test('an edited rule takes effect while running, a broken edit is reported and leaves the previous version in force', {
  timeout: 60_000,
}, async () => {
  const asked = new Set<string>();
  const box = await startTestApp({
    rules: { shelf: `rule: ${ON}clearAfter: 1s\nevery: 200ms\n` },
    scoreOf(question) {
      asked.add(question);
      return question.includes('robot') ? 0.99 : 0.01;
    },
  });
  running = box;
  const { app } = box;
  const subscriber = await subscribe({ ready: true, web: app.webUrl, mqtt: app.mqttUrl, topicBase: app.topicBase });

  box.writeRule('shelf', 'rule: Alert me when a robot is lying on the floor\nclearAfter: 1s\nevery: 200ms\n');
  await subscriber.until((messages) => messages.some(({ type }) => type === 'new'));
  expect([...asked]).toContain('Is a robot lying on the floor?');

  const broken = new Promise<string>((resolve) => {
    app.health.onChange(({ part, status, reason }) => part === 'rules' && status !== 'ok' && resolve(reason));
  });
  box.writeRule('shelf', 'rule: Alert me when\n  ruel: typo\n');
  expect(await broken).toContain('shelf.yaml');
  expect(
    box.lines.some(({ level, fields }) => level === 'error' && String(fields.finding).includes('shelf.yaml')),
  ).toBe(true);

  // Still asked as before the broken edit: the event stays open until the rule is mended to ask something else.
  const judgedBefore = asked.size;
  box.writeRule('shelf', `rule: ${ON}clearAfter: 1s\nevery: 200ms\n`);
  await subscriber.until((messages) => messages.some(({ type }) => type === 'end'));
  expect(asked.size).toBe(judgedBefore);
  expect(app.health.get('rules')?.status).toBe('ok');
  await subscriber.stop();
});

test('switching a rule off over MQTT edits its file, ends its event and says so', { timeout: 60_000 }, async () => {
  const box = await startTestApp({ rules: { shelf: `# keep me\nrule: ${ON}every: 200ms\n` }, scoreOf: () => 0.99 });
  running = box;
  const { app } = box;
  const ready = { ready: true as const, web: app.webUrl, mqtt: app.mqttUrl, topicBase: app.topicBase };
  const subscriber = await subscribe(ready);
  await subscriber.until((messages) => messages.some(({ type }) => type === 'new'));
  const client = await connectAsync(app.mqttUrl);
  await client.publishAsync(`${app.topicBase}/rule/shelf/enabled/set`, 'OFF', { qos: 1 });
  await subscriber.until((messages) => messages.some(({ type }) => type === 'end'));
  expect(readFileSync(`${box.folder}/rules/shelf.yaml`, 'utf8')).toBe(
    `# keep me\nrule: ${ON}every: 200ms\nenabled: false\n`,
  );
  await client.endAsync();
  await subscriber.stop();
});
