import { describe, expect, test } from 'vitest';
import type { AuditFilter } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/store.ts';
import { commitOf, eventOf, START, tempStore } from './temp-store.ts';

/** Oldest first: who did what to what, with its detail. */
const told = (store: Store): string[] =>
  store.audit
    .list({ limit: 1_000 })
    .reverse()
    .map(({ who, act, about, detail }) => `${who} ${act} ${about} ${detail}`.trim());

const user = (name: string, role: 'viewer' | 'admin', passwordHash = 'scrypt$16$8$1$salt$hash') => ({
  ...{ name, role, passwordHash, createdAt: START },
});

describe('the audit log', () => {
  test('tells who acknowledged, marked and noted which event, and what is not there is not told', async () => {
    const { store, clock } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    await clock.advance(5_000);
    store.log.acknowledge(event.id, 'ana', clock.now());
    store.log.acknowledge(event.id, 'ben', clock.now());
    store.log.mark(event.id, 'wrong', 'ben', clock.now());
    store.log.mark(event.id, null, 'ana', clock.now());
    store.log.note(event.id, 'a cardboard box', 'ana', clock.now());
    store.log.note('nothing', 'x', 'ana', clock.now());
    expect(told(store)).toEqual([
      `ana event-acknowledged ${event.id}`,
      `ben event-marked ${event.id} wrong`,
      `ana event-marked ${event.id} none`,
      `ana event-noted ${event.id} a cardboard box`,
    ]);
    expect(store.audit.list({ limit: 1 })).toMatchObject([{ at: START + 5_000, who: 'ana' }]);
    expect(store.log.get(event.id)?.review.acknowledgedBy).toBe('ana');
  });

  test('tells of people, tokens, silences and rules saved on the page, without any secret', () => {
    const { store } = tempStore();
    store.users.put(user('ana', 'admin'));
    store.users.put(user('ben', 'viewer'), 'ana');
    store.users.put(user('ben', 'admin'), 'ana');
    store.users.put(user('ben', 'admin', 'scrypt$16$8$1$salt$other'), 'ben');
    store.users.put(user('ben', 'admin', 'scrypt$32$8$1$salt$dearer'));
    store.users.remove('ben', 'ana');
    store.users.remove('ben', 'ana');
    store.tokens.add({ name: 'nvr', role: 'viewer', createdAt: START }, 'secrethash', 'ana');
    expect(() => store.tokens.add({ name: 'nvr', role: 'viewer', createdAt: START }, 'other', 'ana')).toThrow();
    store.tokens.remove('nvr');
    store.silences.set('spill', START + 60_000, 'mqtt');
    store.silences.set('spill', null, 'ana');
    store.ruleVersions.add('spill', { savedAt: START, savedBy: null, text: 'rule: a\n' });
    store.ruleVersions.add('spill', { savedAt: START, savedBy: 'ana', text: 'rule: b\n' });
    expect(told(store)).toEqual([
      'null user-added ana admin',
      'ana user-added ben viewer',
      'ana user-changed ben admin',
      'ben password-changed ben admin',
      'ana user-removed ben',
      'ana token-added nvr viewer',
      'null token-removed nvr',
      'mqtt rule-silenced spill until 2026-03-02T09:01:00.000Z',
      'ana rule-silenced spill ended',
      'ana rule-saved spill 2',
    ]);
    expect(JSON.stringify(store.audit.list({ limit: 100 }))).not.toMatch(/scrypt|secrethash|rule: b/);
  });

  test('a change that is refused is not told, as if nobody had tried', () => {
    const { store } = tempStore();
    store.users.put(user('ana', 'admin'));
    expect(() => store.users.remove('ana', 'ben')).toThrow(expect.objectContaining({ kind: 'conflict' }));
    expect(told(store)).toEqual(['null user-added ana admin']);
  });

  test('is read page by page, newest first, and outlives a restart', () => {
    const { store, dataDir } = tempStore();
    for (let number = 0; number < 5; number++) store.silences.set(`rule-${number}`, null, 'ana');
    store.close();
    const again = tempStore({ dataDir }).store;
    const first = again.audit.list({ limit: 2 });
    const second = again.audit.list({ limit: 2, before: first.at(-1)?.id ?? 0 });
    expect([...first, ...second].map(({ about }) => about)).toEqual(['rule-4', 'rule-3', 'rule-2', 'rule-1']);
  });

  test('is narrowed down to who, what, words and when, all at once', async () => {
    const { store, clock } = tempStore();
    store.audit.add({ who: 'ana', act: 'rule-saved', about: 'spill', detail: '2' });
    store.audit.add({ who: null, act: 'login-refused', about: 'root', detail: '10.0.0.7' });
    await clock.advance(60_000);
    store.audit.add({ who: 'ana', act: 'event-noted', about: 'mm8x1', detail: 'A cardboard BOX' });
    store.audit.add({ who: 'ben', act: 'rule-saved', about: 'empty-shelf', detail: '7' });
    const found = (filter: AuditFilter): string[] =>
      store.audit.list({ limit: 9 }, filter).map(({ who, about }) => `${who} ${about}`);
    expect(found({ who: 'ana' })).toEqual(['ana mm8x1', 'ana spill']);
    expect(found({ who: null })).toEqual(['null root']);
    expect(found({ act: 'rule-saved' })).toEqual(['ben empty-shelf', 'ana spill']);
    expect(found({ act: 'rule-saved', who: 'ana' })).toEqual(['ana spill']);
    expect(found({ text: 'SHELF' })).toEqual(['ben empty-shelf']);
    expect(found({ text: 'cardboard box' })).toEqual(['ana mm8x1']);
    expect(found({ text: '%' })).toEqual([]);
    expect(found({ since: START + 60_000 })).toEqual(['ben empty-shelf', 'ana mm8x1']);
    expect(found({ since: START, until: START + 60_000 })).toEqual(['null root', 'ana spill']);
    expect(store.audit.names()).toEqual(['ana', 'ben']);
  });

  test('tells of a hundred refused logins an hour, so that guessing pushes nothing out', async () => {
    const { store, clock } = tempStore();
    for (let number = 0; number < 250; number++) store.audit.refused(`guess-${number}`, '10.0.0.7');
    expect(store.audit.list({ limit: 1_000 })).toHaveLength(100);
    await clock.advance(3_600_000);
    store.audit.refused('root', '10.0.0.8');
    expect(store.audit.list({ limit: 1 })).toMatchObject([
      { who: null, about: 'root', detail: '10.0.0.8 (and 150 before it that are not listed)' },
    ]);
  });

  test("nobody gets a name that stands for the box's own doing", () => {
    const { store } = tempStore();
    for (const name of ['mqtt', 'CLI', 'box']) {
      const refused = expect.objectContaining({ kind: 'invalid-input' });
      expect(() => store.users.put(user(name, 'viewer'), 'ana')).toThrow(refused);
      expect(() => store.tokens.add({ name, role: 'viewer', createdAt: START }, 'hash', 'ana')).toThrow(refused);
    }
    expect(told(store)).toEqual([]);
  });
});
