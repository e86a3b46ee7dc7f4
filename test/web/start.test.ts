import { expect, test } from 'vitest';
import { fakeStore, PASSWORDS } from './fixture.ts';
import { MemoryFirstRun } from './memory-first-run.ts';
import { openWeb } from './visitor.ts';

async function freshBox() {
  const store = fakeStore();
  store.firstRun = new MemoryFirstRun();
  return openWeb(store);
}

test('a box that is set up has no guide, and nobody is sent to it', async () => {
  const { visitor } = await openWeb();
  const admin = await visitor('admin');
  expect((await admin.get('/start')).status).toBe(404);
  const login = await (await visitor()).post('/login', { name: 'admin', password: PASSWORDS.admin });
  expect(login.headers.get('Location')).toBe('/');
});

test('only an admin is led through, and only when they asked for nothing else', async () => {
  const { visitor } = await freshBox();
  const nobody = await visitor();
  const to = async (name: 'admin' | 'operator', next = '/'): Promise<string | null> =>
    (await nobody.post('/login', { name, password: PASSWORDS[name], next })).headers.get('Location');
  expect([await to('admin'), await to('admin', '/events'), await to('operator')]).toEqual(['/start', '/events', '/']);
  const operator = await visitor('operator');
  expect((await operator.get('/start')).status).toBe(403);
  expect((await operator.post('/start/site', { name: 'x', timeZone: 'UTC' })).status).toBe(403);
});

test('the printed password is replaced once without being asked for, never again', async () => {
  const { store, visitor } = await freshBox();
  const admin = await visitor('admin');
  const answer = await admin.post('/start/password', { next: 'three blue pallets' });
  expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/start']);
  const session = answer.headers.get('Set-Cookie') ?? '';
  expect(session).toContain('HttpOnly');
  const changed = store.users.get('admin')?.passwordHash;
  store.firstRun = Object.assign(new MemoryFirstRun(), { done: { ...new MemoryFirstRun().done, password: true } });
  const { visitor: later } = await openWeb(store);
  const nobody = await later();
  const again = await nobody.post('/login', { name: 'admin', password: 'three blue pallets' });
  nobody.cookie = /^(watchword_session=[^;]+)/.exec(again.headers.get('Set-Cookie') ?? '')?.[1] ?? '';
  nobody.csrf = /name="_csrf" value="([^"]+)"/.exec(await (await nobody.get('/account')).text())?.[1] ?? '';
  expect((await nobody.post('/start/password', { next: 'somebody else’s words' })).status).toBe(409);
  expect(store.users.get('admin')?.passwordHash).toBe(changed);
});
