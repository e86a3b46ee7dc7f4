import { describe, expect, test } from 'vitest';
import type { User } from '../../src/store/users.ts';
import { START, tempStore } from './temp-store.ts';

const ADA: User = { name: 'Ada', role: 'admin', passwordHash: 'scrypt$1', createdAt: START };
const BOB: User = { name: 'bob', role: 'operator', passwordHash: 'scrypt$2', createdAt: START };

describe('users', () => {
  test('are added, found regardless of case, replaced by name', () => {
    const { store } = tempStore();
    store.users.put(ADA);
    store.users.put(BOB);
    expect(store.users.get('ada')).toEqual(ADA);
    store.users.put({ ...BOB, name: 'BOB', passwordHash: 'scrypt$3', role: 'viewer' });
    expect(store.users.list()).toEqual([ADA, { ...BOB, passwordHash: 'scrypt$3', role: 'viewer' }]);
    expect(store.users.get('carol')).toBeUndefined();
  });

  test('the last admin can neither be removed nor made less', () => {
    const { store } = tempStore();
    store.users.put(ADA);
    store.users.put(BOB);
    expect(() => store.users.remove('Ada')).toThrow(/last admin/);
    expect(() => store.users.put({ ...ADA, role: 'viewer' })).toThrow(/last admin/);
    expect(store.users.get('Ada')).toEqual(ADA);
    store.users.put({ ...BOB, role: 'admin' });
    store.users.remove('Ada');
    expect(store.users.list().map((user) => user.name)).toEqual(['bob']);
  });
});

describe('sessions', () => {
  const session = (tokenHash: string, userName: string, expiresAt = START + 3_600_000) => ({
    tokenHash,
    userName,
    createdAt: START,
    expiresAt,
  });

  test('are found by the hash of their token until they end, expire or their user goes', () => {
    const { store } = tempStore();
    store.users.put(ADA);
    store.users.put(BOB);
    store.sessions.put(session('a1', 'Ada'));
    store.sessions.put(session('a2', 'ada', START + 7_200_000));
    store.sessions.put(session('b1', 'bob', START + 7_200_000));
    store.sessions.put(session('b2', 'bob', START + 7_200_000));
    expect(store.sessions.get('a1')).toEqual(session('a1', 'Ada'));
    store.sessions.removeExpired(START + 3_600_000);
    expect([store.sessions.get('a1'), store.sessions.get('a2')?.userName]).toEqual([undefined, 'ada']);
    expect(store.sessions.removeOfUser('Ada')).toEqual(['a2']);
    store.sessions.remove('b1');
    expect(store.sessions.get('b1')).toBeUndefined();
    store.users.remove('bob');
    expect(store.sessions.get('b2')).toBeUndefined();
  });

  test('a new password keeps sessions: the web part decides which of them end', () => {
    const { store } = tempStore();
    store.users.put(ADA);
    store.sessions.put(session('a1', 'Ada'));
    store.users.put({ ...ADA, passwordHash: 'scrypt$9' });
    expect(store.sessions.get('a1')).toBeDefined();
  });

  test('need a user', () => {
    const { store } = tempStore();
    expect(() => store.sessions.put(session('x', 'nobody'))).toThrow(/FOREIGN KEY/);
  });
});
