import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeClip } from '../../src/cameras/clip-file.ts';
import { makeNumberedClip } from '../support/clips.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { Firefox, firefoxProgram } from '../support/firefox.ts';

test("an event's clip plays in Firefox", { timeout: 180_000 }, async ({ skip, onTestFinished }) => {
  const program = firefoxProgram();
  if (program === undefined) return skip('needs apt-get install firefox-esr');
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder.path, name);
  await makeNumberedClip(file('camera.mp4'), { seconds: 12, fps: 25, gopSeconds: 2 });
  const copy = ['-c', 'copy', '-muxdelay', '0', '-muxpreload', '0', '-f', 'mpegts'];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', file('camera.mp4'), ...copy, file('camera.ts')]);
  await writeClip(readFileSync(file('camera.ts')), file('event.mp4'));
  const server = createServer((request, response) => {
    if (request.url !== '/event.mp4') {
      response.setHeader('Content-Type', 'text/html').end('<video src="/event.mp4" muted autoplay></video>');
    } else response.setHeader('Content-Type', 'video/mp4').end(readFileSync(file('event.mp4')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const firefox = await Firefox.launch(program);
  onTestFinished(async () => {
    await firefox.close();
    server.closeAllConnections();
    server.close();
    folder.remove();
  });
  await firefox.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const video = 'document.querySelector("video")';
  await expect
    .poll(() => firefox.look(`${video}.error?.message ?? ${video}.currentTime > 1`), { timeout: 60_000, interval: 500 })
    .toBe(true);
  expect(await firefox.look(`[${video}.videoWidth, ${video}.videoHeight, Math.round(${video}.duration)]`)).toEqual([
    320, 180, 12,
  ]);
});
