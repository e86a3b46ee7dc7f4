import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { START, tempStore } from './temp-store.ts';

describe('users', () => {
  test('are created, found regardless of case, listed without their hash', () => {
    const { store } = tempStore();
    const ada = store.users.create({ name: 'Ada', role: 'admin', passwordHash: 'scrypt$1' });
    expect(store.users.find('ada')).toEqual({ ...ada, passwordHash: 'scrypt$1' });
    expect(store.users.get(ada.id)).toEqual(ada);
    expect(store.users.list()).toEqual([{ id: ada.id, name: 'Ada', role: 'admin', createdAt: START }]);
    expect(store.users.find('bob')).toBeUndefined();
    expect(() => store.users.create({ name: 'ADA', role: 'viewer', passwordHash: 'x' })).toThrow(/user "ADA" already/);
  });

  test('a new password ends the sessions made with the old one', () => {
    const { store } = tempStore();
    const ada = store.users.create({ name: 'ada', role: 'admin', passwordHash: 'old' });
    const { token } = store.sessions.create(ada.id, 60_000);
    store.users.setPasswordHash(ada.id, 'new');
    expect(store.users.find('ada')?.passwordHash).toBe('new');
    expect(store.sessions.find(token)).toBeUndefined();
    expect(() => store.users.setPasswordHash(99, 'new')).toThrow(/no user 99/);
  });

  test('the last admin can neither be removed nor made less', () => {
    const { store } = tempStore();
    const ada = store.users.create({ name: 'ada', role: 'admin', passwordHash: 'x' });
    const bob = store.users.create({ name: 'bob', role: 'operator', passwordHash: 'x' });
    expect(() => store.users.remove(ada.id)).toThrow(/last admin/);
    expect(() => store.users.setRole(ada.id, 'viewer')).toThrow(/last admin/);
    expect(store.users.get(ada.id)?.role).toBe('admin');
    store.users.setRole(bob.id, 'admin');
    store.users.remove(ada.id);
    expect(store.users.list().map((user) => user.name)).toEqual(['bob']);
  });
});

describe('sessions', () => {
  test('are found by their token until they expire, are ended, or their user goes', async () => {
    const { store, clock } = tempStore();
    const ada = store.users.create({ name: 'ada', role: 'admin', passwordHash: 'x' });
    const bob = store.users.create({ name: 'bob', role: 'viewer', passwordHash: 'x' });
    const first = store.sessions.create(ada.id, 3_600_000);
    const second = store.sessions.create(ada.id, 7_200_000);
    const third = store.sessions.create(bob.id, 7_200_000);
    expect(first.token).not.toBe(second.token);
    expect(store.sessions.find(first.token)).toMatchObject({
      user: ada,
      createdAt: START,
      expiresAt: START + 3_600_000,
    });
    await clock.advance(3_600_000);
    expect(store.sessions.find(first.token)).toBeUndefined();
    expect(store.sessions.find(second.token)?.seenAt).toBe(START);
    expect(store.sessions.find(second.token)?.seenAt).toBe(START + 3_600_000);
    expect(store.sessions.removeExpired()).toBe(1);
    store.sessions.remove(second.token);
    expect(store.sessions.find(second.token)).toBeUndefined();
    store.users.remove(bob.id);
    expect(store.sessions.find(third.token)).toBeUndefined();
  });

  test('the token itself is never in the database', () => {
    const { store, dataDir } = tempStore();
    const ada = store.users.create({ name: 'ada', role: 'admin', passwordHash: 'x' });
    const { token } = store.sessions.create(ada.id, 60_000);
    store.close();
    const bytes = readFileSync(join(dataDir, 'watchword.db'));
    expect(bytes.includes(Buffer.from(token)) || bytes.includes(Buffer.from(token, 'base64url'))).toBe(false);
  });
});
