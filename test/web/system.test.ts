import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openWeb } from './visitor.ts';

test('everybody sees cost, queue, coverage, disk and broker; only admins what changes them', async () => {
  const { visitor } = await openWeb();
  const seen = await (await (await visitor('viewer')).get('/system')).text();
  for (const fact of [
    '37\u00a0% of the model’s time',
    '3 messages',
    '98.2\u00a0%',
    '41.2 GB of 118 GB',
    'mqtt://127.0.0.1:1883',
  ]) {
    expect(seen).toContain(fact);
  }
  for (const action of ['/system/backups', '/system/log', '/system/restart', '/system/tokens', '/system/people']) {
    expect(seen).not.toContain(`action="${action}"`);
    expect(await (await (await visitor('admin')).get('/system')).text()).toContain(`action="${action}"`);
  }
});

test('a backup is written, named and downloaded; nothing else of the disk is', async () => {
  const { visitor } = await openWeb();
  const admin = await visitor('admin');
  const written = await admin.post('/system/backups');
  expect(written.status).toBe(303);
  const page = await (await admin.get(written.headers.get('Location') ?? '')).text();
  expect(page).toContain('Written and checked: watchword-20260301T090000Z.db');
  const file = await admin.get('/system/backups/watchword-20260301T090000Z.db');
  expect(file.headers.get('Content-Disposition')).toBe('attachment; filename="watchword-20260301T090000Z.db"');
  expect(await file.text()).toBe('SQLite format 3');
  expect((await admin.get('/system/backups/..%2F..%2Fwatchword.db')).status).toBe(404);
  expect((await (await visitor('operator')).get('/system/backups/watchword-20260301T090000Z.db')).status).toBe(403);
});

test('a token is shown once, works at once, and not after it was taken back', async () => {
  const { web, store, visitor } = await openWeb();
  const admin = await visitor('admin');
  const page = await (await admin.post('/system/tokens', { name: 'Till-1', role: 'viewer' })).text();
  const token = /<code class="new-token">([\w-]+)<\/code>/.exec(page)?.[1] ?? '';
  expect(token).toHaveLength(43);
  expect(store.tokens.get(createHash('sha256').update(token).digest('hex'))).toMatchObject({ name: 'till-1' });
  const asked = (): Promise<Response> =>
    Promise.resolve(web.app.request('/api/v1/health', { headers: { Authorization: `Bearer ${token}` } }));
  expect((await asked()).status).toBe(200);
  expect(await (await admin.get('/system')).text()).not.toContain(token);
  expect((await admin.post('/system/tokens', { name: 'till-1', role: 'viewer' })).status).toBe(409);
  expect((await admin.post('/system/tokens', { name: 'no/name', role: 'viewer' })).status).toBe(400);
  await admin.post('/system/tokens/till-1/remove');
  expect((await asked()).status).toBe(401);
});

test('a role changes with the next request, and the last admin stays one', async () => {
  const { visitor } = await openWeb();
  const admin = await visitor('admin');
  const viewer = await visitor('viewer');
  expect((await viewer.get('/rules/new')).status).toBe(403);
  expect((await admin.post('/system/people/viewer/role', { role: 'operator' })).status).toBe(303);
  expect((await viewer.get('/rules/new')).status).toBe(200);
  const last = await admin.post('/system/people/admin/role', { role: 'viewer' });
  expect(last.status).toBe(409);
  expect(await last.text()).toContain('the last admin');
});

test('what is logged changes until the next start, and a new start is said while it lasts', async () => {
  const { store, visitor } = await openWeb();
  const admin = await visitor('admin');
  expect((await admin.post('/system/log', { level: 'debug' })).status).toBe(303);
  expect(store.upkeep.level).toBe('debug');
  expect((await admin.post('/system/log', { level: 'loud' })).status).toBe(400);
  const restarting = await admin.post('/system/restart');
  expect(await restarting.text()).toContain('data-then="/system"');
  expect(store.upkeep.restarts).toBe(1);
});
