import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Daemon, logIn, startDaemon, temporaryFolder } from '../support/daemon.ts';
import { makeClip } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let folder: ReturnType<typeof temporaryFolder>;
let daemon: Daemon;

beforeAll(async () => {
  folder = temporaryFolder();
  makeClip(join(folder.path, 'clip.mp4'));
  daemon = await startDaemon({ dataDir: folder.path });
}, 60_000);

afterAll(async () => {
  await daemon.stop();
  folder.remove();
});

test('a camera of one’s own takes the place of the demo store: the box starts anew by itself, at the same address', async () => {
  await until(() => daemon.log().includes('admin password'), 'the first password');
  const visit = await logIn(daemon);
  const page = await (await visit('/start?step=camera')).text();
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
  expect(page).toContain('Keep the demo store');
  const runOf = async (): Promise<string | undefined> =>
    visit('/api/v1/system')
      .then(async (answer) => (answer.ok ? ((await answer.json()) as { run: string }).run : undefined))
      // It may go in the middle of an answer.
      .catch(() => undefined);
  const before = await runOf();
  const answer = await visit('/start/camera', {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ _csrf: csrf, name: 'Back door', source: 'file:clip.mp4' }),
  });
  expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/start?restarting']);
  // The session goes on: nobody has to log in again.
  await until(async () => ![undefined, before].includes(await runOf()), 'the box to be back', 60_000);
  const cameras = (await (await visit('/api/v1/cameras')).json()) as Array<{ id: string }>;
  expect(cameras.map(({ id }) => id)).toEqual(['back-door']);
  await until(async () => (await visit('/api/v1/cameras/back-door/snapshot.jpg')).ok, 'its first picture', 30_000);
  expect(await (await visit('/api/v1/rules')).json()).toEqual([]);
  const config = parse(readFileSync(join(folder.path, 'watchword.yaml'), 'utf8')) as Record<string, unknown>;
  expect(config).toMatchObject({ site: { id: 'demo' }, rules: './rules', data: '.' });
  expect(daemon.log().match(/admin password/g)).toHaveLength(1);
}, 120_000);
