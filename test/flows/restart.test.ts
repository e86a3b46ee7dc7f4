import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Daemon, type Subscriber, startDaemon, subscribe, temporaryFolder } from '../support/daemon.ts';

const ROBOT_FALLS = new URL('../../models/watchword-tiny/demo/robot_falls.mp4', import.meta.url).pathname;

const folder = temporaryFolder();
const running: Array<{ stop(): Promise<unknown> }> = [];
afterAll(async () => {
  for (const each of running) await each.stop();
  folder.remove();
});

/** A robot that stands for 4 s, lies for 10 s and stands again for 9 s, over and over. */
function makeScene(file: string): void {
  const parts = [
    [16, 20],
    [35, 45],
    [64, 73],
  ].map(([from, to], i) => `[0:v]trim=${from}:${to},setpts=PTS-STARTPTS[p${i}]`);
  const filter = `${parts.join(';')};[p0][p1][p2]concat=n=3`;
  execFileSync('ffmpeg', ['-v', 'error', '-i', ROBOT_FALLS, '-filter_complex', filter, '-g', '8', '-y', file]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

test('an event open at kill -9 is still open after the start and ends when the scene says so', {
  timeout: 150_000,
}, async () => {
  const config = join(folder.path, 'watchword.yaml');
  mkdirSync(join(folder.path, 'rules'));
  makeScene(join(folder.path, 'robot.mp4'));
  writeFileSync(
    join(folder.path, 'rules', 'fallen.yaml'),
    'rule: Alert me when a robot is lying on the floor for 2 seconds\nevery: 500ms\nclearAfter: 5s\n',
  );
  writeFileSync(
    config,
    `site: { id: kill }\ncameras: { lane: { source: "file:robot.mp4", every: 500ms } }\nweb: { port: 0 }\nmqtt: { port: ${await freePort()} }\n`,
  );
  const dataDir = join(folder.path, 'data');

  const first = await startDaemon({ dataDir, config });
  running.push(first);
  const subscriber: Subscriber = await subscribe(first.ready);
  running.push(subscriber);
  await subscriber.until((messages) => messages.some(({ type }) => type === 'new'));
  await first.kill();

  const second: Daemon = await startDaemon({ dataDir, config });
  running.push(second);
  const ends = (): typeof subscriber.messages => subscriber.messages.filter(({ type }) => type === 'end');
  await subscriber.until(() => ends().length > 0);

  const opened = subscriber.messages.filter(({ type }) => type === 'new');
  const ids = new Set(subscriber.messages.map(({ event }) => event.id));
  expect(ids.size).toBe(1);
  expect(ends()[0]?.event.id).toBe(opened[0]?.event.id);
  // At least once, and the same key never with other content.
  for (const message of subscriber.messages) {
    const same = subscriber.messages.filter(({ key }) => key === message.key);
    for (const twin of same) expect(twin).toEqual(message);
  }
  // The broker of the killed process went with it; what it had not acknowledged was told again by the next one.
  expect(Date.parse(ends()[0]?.event.endedAt ?? '')).toBeGreaterThan(Date.parse(opened[0]?.event.startedAt ?? ''));
});
