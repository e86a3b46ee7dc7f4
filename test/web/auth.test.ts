import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ensureAdmin } from '../../src/web/auth.ts';
import { addressGroup } from '../../src/web/login-limit.ts';
import { hashPassword, isWeaker, SCRYPT_COST, verifyPassword } from '../../src/web/passwords.ts';
import { localPath } from '../../src/web/routes/login.tsx';
import { CHEAP, fakeStore, PASSWORDS } from './fixture.ts';
import { openWeb } from './visitor.ts';

const MINUTE = 60_000;

describe('logging in', () => {
  test('sets a cookie that scripts cannot read and other sites cannot send along', async () => {
    const { visitor } = await openWeb();
    const response = await (await visitor()).post('/login', { name: ' Admin ', password: PASSWORDS.admin });
    expect(response.status).toBe(303);
    const cookie = response.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/^watchword_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('the cookie is for TLS only when the request came over TLS', async () => {
    const { web } = await openWeb();
    const body = new URLSearchParams({ name: 'admin', password: PASSWORDS.admin });
    const response = await web.app.request('https://box.local/login', { method: 'POST', body });
    expect(response.headers.get('Set-Cookie')).toContain('; Secure');
  });

  test('only the hash of a session is stored', async () => {
    const { store, visitor } = await openWeb();
    const token = (await visitor('viewer')).cookie.split('=')[1] ?? '';
    const [session] = store.sessions.values();
    expect(session?.tokenHash).toBe(createHash('sha256').update(token).digest('hex'));
    expect(JSON.stringify([...store.sessions])).not.toContain(token);
  });

  test('a wrong password and an unknown name get the same answer, and no password is shown or logged', async () => {
    const { store, visitor } = await openWeb();
    const nobody = await visitor();
    const wrong = await nobody.post('/login', { name: 'admin', password: 'hunter2hunter2' });
    const unknown = await nobody.post('/login', { name: 'nosuch', password: 'hunter2hunter2' });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const [one, two] = [await wrong.text(), await unknown.text()];
    expect(one).toContain('wrong name or password');
    expect(two.replaceAll('nosuch', 'admin')).toBe(one);
    expect(one + JSON.stringify(store.logs)).not.toContain('hunter2');
  });

  test('goes on to the page that was asked for, but never to another site', async () => {
    const { visitor } = await openWeb();
    const nobody = await visitor();
    const asked = await nobody.get('/events?camera=aisle-3');
    expect(asked.headers.get('Location')).toBe('/login?next=%2Fevents%3Fcamera%3Daisle-3');
    const login = await nobody.post('/login', {
      name: 'viewer',
      password: PASSWORDS.viewer,
      next: '/events?camera=aisle-3',
    });
    expect(login.headers.get('Location')).toBe('/events?camera=aisle-3');
    for (const evil of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      '/\r\nx',
      '/login',
      '',
    ]) {
      expect(localPath(evil)).toBe('/');
    }
  });

  test('a session ends when its time is over, when it logs out, and when its user is gone', async () => {
    const { store, visitor } = await openWeb();
    const [one, two, three] = [await visitor('viewer'), await visitor('viewer'), await visitor('operator')];
    await one.post('/logout');
    expect((await one.get('/')).status).toBe(303);
    expect((await two.get('/')).status).toBe(200);
    store.users.delete('operator');
    expect((await three.get('/')).status).toBe(303);
    await store.clock.advance(30 * 24 * 60 * MINUTE + 1);
    expect((await two.get('/')).status).toBe(303);
  });

  test('an API token identifies a program by its hash and needs no CSRF token', async () => {
    const { store, web } = await openWeb();
    store.tokens.set(createHash('sha256').update('secret-token').digest('hex'), { name: 'erp', role: 'operator' });
    const ask = (token: string) =>
      web.app.request('/api/v1/events/mm8x1-shelf/acknowledge', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
      });
    expect((await ask('secret-token')).status).toBe(200);
    expect(store.events[1]?.review.acknowledgedBy).toBe('erp');
    const refused = await ask('other');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('WWW-Authenticate')).toContain('Bearer');
  });
});

describe('guessing passwords', () => {
  test('is stopped per name after eight tries and possible again after ten minutes', async () => {
    const { store, visitor } = await openWeb();
    const nobody = await visitor();
    const guess = (password: string) => nobody.post('/login', { name: 'admin', password });
    for (let i = 0; i < 8; i++) expect((await guess(`guess ${i}`)).status).toBe(401);
    expect((await guess(PASSWORDS.admin)).status).toBe(429);
    await store.clock.advance(10 * MINUTE);
    expect((await guess(PASSWORDS.admin)).status).toBe(303);
  });

  test('is stopped per address over all names', async () => {
    const { visitor } = await openWeb();
    const nobody = await visitor();
    for (let i = 0; i < 20; i++) await nobody.post('/login', { name: `name-${i}`, password: 'x' });
    expect((await nobody.post('/login', { name: 'fresh', password: 'x' })).status).toBe(429);
  });

  test('by a stranger does not lock out whoever logged in from their own address before', async () => {
    const store = fakeStore();
    store.settings = { passwordCost: CHEAP, trustProxy: true };
    const { visitor } = await openWeb(store);
    const from = async (address: string, password: string): Promise<number> =>
      (await (await visitor()).post('/login', { name: 'admin', password }, { 'X-Forwarded-For': address })).status;
    expect(await from('10.0.0.5', PASSWORDS.admin)).toBe(303);
    for (let i = 0; i < 9; i++) await from('10.0.0.66', `guess ${i}`);
    expect(await from('10.0.0.66', PASSWORDS.admin)).toBe(429);
    expect(await from('10.0.0.5', PASSWORDS.admin)).toBe(303);
  });

  test('a forwarded address is believed only behind a proxy of one’s own', async () => {
    const { visitor } = await openWeb();
    const nobody = await visitor();
    for (let i = 0; i < 20; i++)
      await nobody.post('/login', { name: `n${i}`, password: 'x' }, { 'X-Forwarded-For': `10.1.1.${i}` });
    expect((await nobody.post('/login', { name: 'a', password: 'x' }, { 'X-Forwarded-For': '10.9.9.9' })).status).toBe(
      429,
    );
  });

  test('an IPv6 network counts as one address', () => {
    expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2:ffff::1'));
    expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'));
    expect(addressGroup('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(addressGroup('fe80::1%eth0')).toBe(addressGroup('fe80::2'));
  });
});

describe('forged requests', () => {
  test('without the page’s token, with another session’s token or from another site change nothing', async () => {
    const { store, visitor } = await openWeb();
    const [mine, other] = [await visitor('operator'), await visitor('admin')];
    const path = '/events/mm8x1-shelf/acknowledge';
    expect((await mine.post(path, { _csrf: '' })).status).toBe(403);
    expect((await mine.post(path, { _csrf: other.csrf })).status).toBe(403);
    expect((await mine.post(path, {}, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await mine.post(path, {}, { 'Sec-Fetch-Site': 'same-site' })).status).toBe(403);
    expect((await mine.send(`/api/v1${path}`, {}, { 'X-CSRF-Token': 'x.y' })).status).toBe(403);
    expect(store.events[1]?.review.acknowledgedAt).toBeNull();
    expect((await mine.post(path, {}, { Origin: 'http://localhost' })).status).toBe(303);
    expect(store.events[1]?.review.acknowledgedBy).toBe('operator');
  });

  test('another site cannot log a browser in', async () => {
    const { visitor } = await openWeb();
    const login = await (await visitor()).post(
      '/login',
      { name: 'viewer', password: PASSWORDS.viewer },
      { Origin: 'null' },
    );
    expect(login.status).toBe(403);
    expect(login.headers.get('Set-Cookie')).toBeNull();
  });

  test('every page has a token of its own', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const tokenOf = async (): Promise<string | undefined> =>
      /_csrf" value="([^"]+)/.exec(await (await viewer.get('/account')).text())?.[1];
    expect(await tokenOf()).not.toBe(await tokenOf());
  });
});

describe('people', () => {
  test('change their password, which ends all of their sessions', async () => {
    const { visitor, store } = await openWeb();
    const [here, phone, other] = [await visitor('viewer'), await visitor('viewer'), await visitor('operator')];
    const form = { current: PASSWORDS.viewer, next: 'correct horse battery' };
    expect((await here.post('/account/password', { ...form, current: 'nope' })).status).toBe(400);
    expect((await here.post('/account/password', { ...form, next: 'short' })).status).toBe(400);
    expect((await here.post('/account/password', form)).headers.get('Location')).toBe('/login?changed');
    expect([(await here.get('/')).status, (await phone.get('/')).status, (await other.get('/')).status]).toEqual([
      303, 303, 200,
    ]);
    expect(await verifyPassword('correct horse battery', store.users.get('viewer')?.passwordHash ?? '')).toBe(true);
  });

  test('are added and removed by an admin; names are checked and the last admin stays', async () => {
    const { visitor, store } = await openWeb();
    const admin = await visitor('admin');
    const add = (name: string, password = 'long enough words') =>
      admin.post('/system/people', { name, password, role: 'operator' });
    expect((await add('Mia')).status).toBe(303);
    expect(store.users.get('mia')?.role).toBe('operator');
    expect((await add('mia')).status).toBe(409);
    expect((await add('a<b>')).status).toBe(400);
    expect((await add('short', 'x')).status).toBe(400);
    expect((await admin.post('/system/people/mia/remove')).status).toBe(303);
    expect((await admin.post('/system/people/admin/remove')).status).toBe(409);
    expect([...store.users.keys()]).toEqual(['viewer', 'operator', 'admin']);
  });
});

describe('passwords', () => {
  test('are hashed with 32 MiB and three passes of scrypt and say so', async () => {
    const hash = await hashPassword('correct horse');
    expect(hash).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('correct horse ', hash)).toBe(false);
    expect(isWeaker(hash)).toBe(false);
    expect(isWeaker(await hashPassword('x', CHEAP))).toBe(true);
  });

  test('a damaged or greedy hash matches nothing', async () => {
    expect(await verifyPassword('x', '')).toBe(false);
    expect(await verifyPassword('x', 'bcrypt$1$2$3$a$b')).toBe(false);
    await expect(verifyPassword('x', 'scrypt$1073741824$8$1$AAAA$AAAA')).rejects.toThrow('too much work');
  });

  test('a weak stored hash is made anew at the next login', async () => {
    const store = fakeStore();
    store.settings = { passwordCost: { ...CHEAP, N: 2 ** 5 } };
    const { visitor } = await openWeb(store);
    await visitor('viewer');
    expect(store.users.get('viewer')?.passwordHash).toMatch(/^scrypt\$32\$8\$1\$/);
    expect((await (await visitor('viewer')).get('/')).status).toBe(200);
  });

  test('the first start makes an admin with a password that is hard to guess; the second start makes nothing', async () => {
    const store = fakeStore();
    const { users, clock } = store.deps();
    const first = await ensureAdmin(users, clock);
    expect(first.password).toMatch(/^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/);
    expect(await verifyPassword(first.password ?? '', store.users.get('admin')?.passwordHash ?? '')).toBe(true);
    expect(store.users.get('admin')).toMatchObject({ role: 'admin', createdAt: clock.now() });
    expect(await ensureAdmin(users, clock)).toEqual({ created: false });
    expect(SCRYPT_COST.N * SCRYPT_COST.r * 128).toBe(32 * 1024 * 1024);
  });
});
