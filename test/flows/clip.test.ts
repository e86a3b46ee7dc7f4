import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launchBrowser, openPage } from '../support/browser.ts';
import { frameNumber, makeNumberedClip } from '../support/clips.ts';
import { subscribe, temporaryFolder } from '../support/daemon.ts';
import { startTestApp } from '../support/test-app.ts';

const FPS = 25;

test('an event comes with a clip that agrees with its picture and plays in a browser', async ({ onTestFinished }) => {
  const folder = temporaryFolder();
  await makeNumberedClip(join(folder.path, 'dock.mp4'), { seconds: 100, fps: FPS, gopSeconds: 1 });
  const box = await startTestApp({
    rules: { shelf: 'rule: Alert me when a shelf is empty for 6 seconds\nevery: 1s\ncameras: [dock]\n' },
    cameras: `  dock: { source: "file:${folder.path}/dock.mp4", every: 1s, clips: true }`,
    scoreOf: () => 0.99,
  });
  const browser = await launchBrowser();
  onTestFinished(async () => {
    await browser.close();
    await box.stop();
    folder.remove();
  });
  const { webUrl, mqttUrl, topicBase, adminPassword = '' } = box.app;
  const subscriber = await subscribe({ ready: true, web: webUrl, mqtt: mqttUrl, topicBase });
  await subscriber.until((messages) => messages.some(({ type }) => type === 'new'));
  await subscriber.stop();
  const { event } = subscriber.messages[0] as unknown as {
    event: Record<'id' | 'changedAt' | 'clipUrl' | 'snapshotUrl', string>;
  };
  expect(event.clipUrl).toBe(`/api/v1/events/${event.id}/clip.mp4`);

  const { page, context, complaints } = await openPage(browser, { baseURL: webUrl });
  await context.request.post('/login', { form: { name: 'admin', password: adminPassword }, maxRedirects: 0 });
  await expect
    .poll(async () => (await context.request.get(event.clipUrl)).status(), { timeout: 60_000, interval: 500 })
    .toBe(200);
  const mp4 = join(folder.path, 'event.mp4');
  writeFileSync(mp4, await (await context.request.get(event.clipUrl)).body());

  // The clip's picture at the time of the deciding frame, against the deciding frame itself, by the numbers painted in both.
  const [name = ''] = readdirSync(join(box.folder, 'data/clips'));
  const startsAt = Number(name.split('.')[1]);
  const offset = (Date.parse(event.changedAt) - startsAt) / 1_000;
  expect(offset).toBeGreaterThan(4);
  const shown = join(folder.path, 'shown.jpg');
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', mp4, '-ss', offset.toFixed(3), '-frames:v', '1', shown]);
  const decided = await frameNumber(await (await context.request.get(event.snapshotUrl)).body());
  expect(Math.abs((await frameNumber(readFileSync(shown))) - decided) / FPS).toBeLessThanOrEqual(0.5);

  const part = await context.request.get(event.clipUrl, { headers: { Range: 'bytes=4-7' } });
  expect([part.status(), (await part.body()).toString('latin1')]).toEqual([206, 'ftyp']);
  await page.goto(`/events/${event.id}`);
  const look = (words: string) =>
    page.evaluate(`(() => { const video = document.querySelector('video'); return ${words}; })()`);
  await look('video.play()');
  await expect.poll(() => look('video.currentTime'), { timeout: 20_000 }).toBeGreaterThan(1);
  expect(await look('[video.videoWidth, video.duration > 9]')).toEqual([320, true]);
  expect(complaints).toEqual([]);
  await context.close();
}, 150_000);
