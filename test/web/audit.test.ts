import { describe, expect, test } from 'vitest';
import { auditPageSchema } from '../../src/web/api/audit-schemas.ts';
import { tempStore } from '../store/temp-store.ts';
import { fakeStore, NOW, PASSWORDS } from './fixture.ts';
import { openWeb } from './visitor.ts';

const told = (entries: ReadonlyArray<{ who: string | null; act: string; about: string }>): string[] =>
  entries.map(({ who, act, about }) => `${who} ${act} ${about}`);

describe('the audit log on the page', () => {
  test('tells of logins, refused ones too, and never of the password', async () => {
    const { store, visitor } = await openWeb();
    const stranger = await visitor();
    await stranger.post('/login', { name: 'Admin ', password: 'hunter2hunter2' });
    await stranger.post('/login', { name: 'root', password: 'hunter2hunter2' });
    const viewer = await visitor('viewer');
    await viewer.post('/account/password', { current: 'wrong password', next: 'another password' });
    expect(told(store.audit.list({ limit: 9 }))).toEqual([
      'null login-refused viewer',
      'viewer logged-in viewer',
      'null login-refused root',
      'null login-refused admin',
    ]);
    expect(JSON.stringify(store.audit.list({ limit: 9 }))).not.toMatch(/hunter2|password"/);
  });

  test('a login goes on when the log cannot be written', async () => {
    const { store, visitor } = await openWeb();
    store.audit.add = () => {
      throw new Error('database or disk is full');
    };
    expect((await visitor('viewer')).cookie).toMatch(/^watchword_session=/);
    expect(store.logs.map(({ message }) => message)).toContain('a login is not in the audit log');
  });

  test('shows who did what, narrowed down, page by page', async () => {
    const { store, visitor } = await openWeb();
    for (let number = 0; number < 120; number++)
      store.audit.add({ who: 'ana', act: 'rule-saved', about: `rule-${number}`, detail: '1' });
    store.audit.add({ who: 'mqtt', act: 'rule-silenced', about: 'spill', detail: 'ended' });
    const admin = await visitor('admin');
    const first = await (await admin.get('/system/audit?who=ana')).text();
    expect(first.match(/data-audit=/g)).toHaveLength(50);
    expect(first).toContain('rule-119');
    expect(first).not.toContain('spill');
    const older = /hx-get="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(older).toMatch(/^\/system\/audit\?who=ana&cursor=\d+$/);
    const rows = await (await admin.get(older, { 'HX-Request': 'true' })).text();
    expect(rows).not.toContain('<html');
    expect([rows.includes('rule-69'), rows.includes('rule-70')]).toEqual([true, false]);
    const byMqtt = await (await admin.get('/system/audit?act=rule-silenced')).text();
    expect(byMqtt).toContain('a command over MQTT');
    expect(byMqtt.match(/data-audit=/g)).toHaveLength(1);
    expect(await (await admin.get('/system/audit?text=nothing')).text()).toContain('Nothing matches');
    expect((await admin.get('/system/audit?from=2026-13-01')).status).toBe(400);
    expect((await admin.get('/system/audit?cursor=x')).status).toBe(400);
  });

  test('what people typed is shown as text', async () => {
    const { store, visitor } = await openWeb();
    store.audit.add({ who: '<b>ana', act: 'event-noted', about: '"><script>', detail: '<img src=x onerror=alert(1)>' });
    const page = await (await (await visitor('admin')).get('/system/audit')).text();
    expect(page).not.toMatch(/<script>|<img src=x|<b>ana/);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('the system page leads admins there, and nobody else', async () => {
    const { visitor } = await openWeb();
    expect(await (await (await visitor('admin')).get('/system')).text()).toContain('href="/system/audit"');
    expect(await (await (await visitor('operator')).get('/system')).text()).not.toContain('/system/audit');
  });

  test('programs read it as they read events', async () => {
    const { store, visitor } = await openWeb();
    store.audit.add({ who: 'ana', act: 'user-added', about: 'ben', detail: 'viewer' });
    store.audit.add({ who: 'cli', act: 'token-removed', about: 'nvr' });
    const admin = await visitor('admin');
    const page = auditPageSchema.parse(await (await admin.get('/api/v1/audit?limit=2')).json());
    expect(told(page.entries)).toEqual(['admin logged-in admin', 'cli token-removed nvr']);
    expect(page.entries[1]?.at).toBe(new Date(NOW).toISOString());
    const rest = auditPageSchema.parse(await (await admin.get(`/api/v1/audit?limit=2&cursor=${page.next}`)).json());
    expect([told(rest.entries), rest.next]).toEqual([['ana user-added ben'], null]);
    const refused = await admin.get('/api/v1/audit?act=nonsense');
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { kind: 'invalid-input' } }]);
  });

  test('people are added, removed and change their password under their own name', async () => {
    const { store: real } = tempStore();
    const store = fakeStore();
    const { users, sessions, audit } = real;
    const deps = { ...store.deps(), users, sessions, audit };
    store.deps = () => deps;
    await store.addUsers();
    for (const person of store.users.values()) users.put(person);
    const { visitor } = await openWeb(store);
    const admin = await visitor('admin');
    await admin.post('/system/people', { name: 'new', role: 'viewer', password: 'long enough' });
    await admin.post('/system/people', { name: 'CLI', role: 'viewer', password: 'long enough' });
    await admin.post('/system/people/new/remove');
    await (await visitor('viewer')).post('/account/password', {
      current: PASSWORDS.viewer,
      next: 'another password',
    });
    const kept = told(audit.list({ limit: 5 }).reverse());
    expect(kept).toEqual([
      'admin logged-in admin',
      'admin user-added new',
      'admin user-removed new',
      'viewer logged-in viewer',
      'viewer password-changed viewer',
    ]);
  });
});
