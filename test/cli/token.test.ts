import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { token } from '../../src/cli/token.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { openStore } from '../../src/store/store.ts';
import { recordIo } from '../support/command-io.ts';
import { temporaryFolder } from '../support/daemon.ts';

/** A store as while the daemon runs, and the command on its folder. */
function box() {
  const folder = temporaryFolder();
  const store = openStore({ dataDir: folder.path, clock: systemClock, logger: silentLogger, version: 'test' });
  onTestFinished(() => {
    store.close();
    folder.remove();
  });
  const run = async (...args: string[]) => {
    const io = recordIo();
    const code = await runCommand(token, [...args, '--data', folder.path], io);
    return { code, out: io.out(), err: io.err(), lines: io.lines };
  };
  return { store, run };
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

test('a token is shown once, lets its holder in, and is kept as a hash only', async () => {
  const { store, run } = box();
  const added = await run('add', 'wms', '--role', 'viewer', '--json');
  const [{ token: secret } = { token: '' }] = added.lines() as Array<{ token: string }>;
  expect(secret).toMatch(/^ww_[\w-]{32}$/);
  expect(store.tokens.find(hash(secret))).toMatchObject({ name: 'wms', role: 'viewer' });
  const listed = await run('list', '--json');
  expect(listed.lines()).toMatchObject([{ name: 'wms', role: 'viewer' }]);
  expect(listed.out).not.toContain(secret);
});

test('a removed token lets nobody in any more', async () => {
  const { store, run } = box();
  const [{ token: secret } = { token: '' }] = (
    await run('add', 'wms', '--role', 'operator', '--json')
  ).lines() as Array<{
    token: string;
  }>;
  expect((await run('remove', 'wms')).code).toBe(0);
  expect(store.tokens.find(hash(secret))).toBeUndefined();
  const told = store.audit.list({ limit: 9 }).map(({ who, act, about }) => `${who} ${act} ${about}`);
  expect(told).toEqual(['cli token-removed wms', 'cli token-added wms']);
});

test.each([
  [['add', 'wms'], /a new token needs --role/],
  [['add', 'wms', '--role', 'boss'], /there is no role "boss"/],
  [['add', 'a b', '--role', 'viewer'], /"a b" is no token name/],
  [['remove', 'nobody'], /there is no token "nobody"/],
  [['rename', 'wms'], /no "token rename"/],
])('%j is told what is wrong', async (args, words) => {
  const { code, err } = await box().run(...args);
  expect(code).not.toBe(0);
  expect(err).toMatch(words);
});

test('a name is taken once', async () => {
  const { run } = box();
  await run('add', 'wms', '--role', 'viewer');
  const again = await run('add', 'wms', '--role', 'viewer');
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('there is a token "wms" already') });
});
