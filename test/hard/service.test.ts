import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { tempFolder } from '../store/temp-store.ts';
import { openNotifySocket } from '../support/notify-socket.ts';
import { makeClip } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const WATCHDOG_MS = 1_000;

/** The program as systemd starts it, with one camera of its own. */
async function service() {
  const folder = tempFolder();
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'shelf.yaml'), 'rule: Alert me when a shelf is empty for 5 minutes\n');
  makeClip(join(folder, 'clip.mp4'));
  const config = join(folder, 'watchword.yaml');
  const cameras = 'cameras: { cam: { source: "file:clip.mp4", every: 500ms } }';
  writeFileSync(config, `site: { id: service }\n${cameras}\nweb: { port: 0 }\nmqtt: { port: 0 }\n`);
  const socket = await openNotifySocket(join(folder, 'notify'));
  onTestFinished(() => socket.stop());
  const child = spawn(MAIN, ['start', '--config', config, '--data', join(folder, 'data')], {
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      NOTIFY_SOCKET: socket.path,
      WATCHDOG_USEC: String(WATCHDOG_MS * 1_000),
    },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await until(() => socket.messages.some((message) => message.includes('READY=1')), 'READY=1', 60_000);
  return { socket, child, ended };
}

describe('the program under systemd', () => {
  test('tells a real socket that it is ready, alive and stopping, in this order', { timeout: 120_000 }, async () => {
    const { socket, child, ended } = await service();
    expect(socket.messages[0]).toBe('READY=1 STATUS=watching 1 cameras');
    const fed = (): number => socket.messages.filter((message) => message === 'WATCHDOG=1').length;
    await until(() => fed() >= 3, 'the watchdog to be fed', 30_000);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await until(() => socket.messages.includes('STOPPING=1'), 'STOPPING=1');
    expect(socket.messages.lastIndexOf('WATCHDOG=1')).toBeLessThan(socket.messages.indexOf('STOPPING=1'));
  });

  test('feeds the watchdog no more when it is stopped in its tracks', { timeout: 120_000 }, async () => {
    const { socket, child } = await service();
    await until(() => socket.messages.includes('WATCHDOG=1'), 'the watchdog to be fed', 30_000);
    child.kill('SIGSTOP');
    await systemClock.sleep(WATCHDOG_MS / 2);
    const before = socket.messages.length;
    await systemClock.sleep(3 * WATCHDOG_MS);
    expect(socket.messages.length).toBe(before);
  });

  test('ends gracefully at the first signal and at once at the second', { timeout: 120_000 }, async () => {
    const { child, ended } = await service();
    child.kill('SIGTERM');
    child.kill('SIGINT');
    const began = systemClock.monotonic();
    expect(await ended).toEqual([1, null]);
    expect(systemClock.monotonic() - began).toBeLessThan(2_000);
  });
});
