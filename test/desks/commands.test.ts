import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCommands } from '../../src/desks/commands.ts';
import { ruleOf } from '../events/observing.ts';
import { commitOf, eventOf, START, tempStore } from '../store/temp-store.ts';

describe('commands over MQTT', () => {
  test('are carried out, and the audit log tells each with what it changed', async () => {
    const { store, clock, dataDir } = tempStore();
    const file = join(dataDir, 'empty-shelf.yaml');
    writeFileSync(file, 'rule: a shelf is empty\n');
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    const commands = createCommands({
      ...{ store, clock, silenced: () => undefined, tell: () => undefined },
      rules: () => [ruleOf({ id: 'empty-shelf', file })],
    });
    await commands.setRuleEnabled('empty-shelf', false);
    await commands.silenceRule('empty-shelf', START + 60_000);
    await commands.acknowledgeEvent(event.id);
    for (const refused of [
      () => commands.setRuleEnabled('nothing', true),
      () => commands.silenceRule('nothing', null),
      () => commands.acknowledgeEvent('nothing'),
    ]) {
      await expect(refused()).rejects.toMatchObject({ kind: 'not-found' });
    }
    expect(readFileSync(file, 'utf8')).toContain('enabled: false');
    const told = store.audit
      .list({ limit: 9 })
      .map(({ who, act, about, detail }) => `${who} ${act} ${about} ${detail}`);
    expect(told.reverse()).toEqual([
      'mqtt rule-switched empty-shelf off',
      'mqtt rule-silenced empty-shelf until 2026-03-02T09:01:00.000Z',
      `mqtt event-acknowledged ${event.id} `,
    ]);
  });
});
