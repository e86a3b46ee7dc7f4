import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CommandIo, runCommand } from '../../src/cli/command.ts';
import { user } from '../../src/cli/user.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { verifyPassword } from '../../src/web/passwords.ts';
import { temporaryFolder } from '../support/daemon.ts';

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
beforeEach(() => {
  folder = temporaryFolder();
  // As while the daemon runs.
  store = openStore({ dataDir: folder.path, clock: systemClock, logger: silentLogger, version: 'test' });
});
afterEach(() => {
  store.close();
  folder.remove();
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io: CommandIo = {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
    isTTY: false,
  };
  const code = await runCommand(user, [...args, '--data', folder.path], io);
  return { code, out, err };
}

test('a user is added with a made-up password that works, and listed', async () => {
  const added = await run('add', 'Maria', '--role', 'operator', '--json');
  const { password } = JSON.parse(added.out) as { password: string };
  expect(added.code).toBe(0);
  expect(await verifyPassword(password, store.users.get('maria')?.passwordHash ?? '')).toBe(true);
  expect(JSON.parse((await run('list', '--json')).out)).toMatchObject({ name: 'maria', role: 'operator' });
});

test('a new password ends the sessions of its user', async () => {
  await run('add', 'maria', '--role', 'viewer');
  store.sessions.put({
    tokenHash: 'a'.repeat(64),
    userName: 'maria',
    createdAt: 1,
    expiresAt: Number.MAX_SAFE_INTEGER,
  });
  expect((await run('password', 'Maria')).code).toBe(0);
  const told = store.audit.list({ limit: 9 }).map(({ who, act, about }) => `${who} ${act} ${about}`);
  expect(told).toEqual(['cli password-changed maria', 'cli user-added maria']);
  expect(store.sessions.get('a'.repeat(64))).toBeUndefined();
});

test('the last admin stays', async () => {
  await run('add', 'admin', '--role', 'admin');
  const removed = await run('remove', 'admin');
  expect(removed).toMatchObject({ code: 1, err: expect.stringContaining('the last admin stays') });
  await run('add', 'second', '--role', 'admin');
  expect((await run('remove', 'admin')).code).toBe(0);
});

test.each([
  [['add', 'maria'], 2, 'a new user needs --role'],
  [['add', 'maria', '--role', 'boss'], 2, 'there is no role "boss"'],
  [['add', 'ma ria', '--role', 'viewer'], 2, 'is no user name'],
  [['password', 'nobody'], 1, 'there is no user "nobody"'],
  [['promote', 'maria'], 2, 'no "user promote"'],
  [['add'], 2, 'needs a name'],
])('%j is refused', async (args, code, message) => {
  expect(await run(...args)).toMatchObject({ code, err: expect.stringContaining(message) });
});
