import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LiveView, type Viewer } from '../../src/cameras/live-view.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import type { LiveViewing } from '../../src/web/deps.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { launchBrowser, openPage, overflowOf, PHONE } from '../support/browser.ts';
import { ffmpegChildren, frameNumber, makeNumberedClip } from '../support/clips.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { CHEAP, FakeStore, fakeStore, PASSWORDS } from './fixture.ts';

/** Cameras to watch without ffmpeg: what viewers are sent is up to the test. */
class FakeLiveView implements LiveViewing {
  readonly viewers = new Map<Viewer, string>();

  watch(cameraId: string, viewer: Viewer): () => void {
    if (cameraId === 'nobody') throw new WatchwordError('not-found', 'there is no camera "nobody"');
    if (cameraId === 'busy') throw new WatchwordError('too-many', '4 cameras are being viewed already');
    this.viewers.set(viewer, cameraId);
    return () => this.viewers.delete(viewer);
  }
}

describe('a WebSocket to a camera', () => {
  let store: ReturnType<typeof fakeStore>;
  let live: FakeLiveView;
  let web: WebApp;
  let server: WebServer;
  let port: number;
  let cookie: string;

  beforeEach(async () => {
    store = fakeStore();
    store.settings = { passwordCost: CHEAP, maxLiveClients: 2 };
    await store.addUsers();
    store.tokens.set('d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35', {
      name: 'wall',
      role: 'viewer',
    });
    live = new FakeLiveView();
    web = createWebApp({ ...store.deps(), liveView: live });
    server = new WebServer({ web, host: '127.0.0.1', port: 0 });
    port = (await server.start()).port;
    const body = new URLSearchParams({ name: 'viewer', password: PASSWORDS.viewer });
    const answer = await fetch(`http://127.0.0.1:${port}/login`, { method: 'POST', body, redirect: 'manual' });
    cookie = answer.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  });
  afterEach(() => server.stop(AbortSignal.abort()));

  function open(camera: string, headers: Record<string, string>): WebSocket {
    return new WebSocket(`ws://127.0.0.1:${port}/cameras/${camera}/live`, { headers });
  }
  const own = (): Record<string, string> => ({ Cookie: cookie, Origin: `http://127.0.0.1:${port}` });

  /** How it ended: the status of a refused upgrade, or the close code. */
  async function endOf(socket: WebSocket): Promise<number> {
    return new Promise((resolve) => {
      socket.on('unexpected-response', (_request, answer) => {
        resolve(answer.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('close', resolve);
      socket.on('error', () => undefined);
    });
  }

  test('carries the picture and the reasons why there is none', async () => {
    const socket = open('entrance', own());
    const messages: Array<[Buffer, boolean]> = [];
    socket.on('message', (content: Buffer, isBinary) => messages.push([content, isBinary]));
    await expect.poll(() => live.viewers.size).toBe(1);
    const [[viewer, id] = []] = [...live.viewers];
    expect(id).toBe('entrance');
    expect(web.liveViewers()).toBe(1);
    viewer?.send(Uint8Array.of(0x47, 1, 2));
    viewer?.problem?.('the camera is unreachable');
    await expect.poll(() => messages.length).toBe(2);
    expect(messages).toEqual([
      [Buffer.from([0x47, 1, 2]), true],
      [Buffer.from('the camera is unreachable'), false],
    ]);
    expect(viewer?.bufferedAmount()).toBe(0);
    socket.terminate();
    await expect.poll(() => live.viewers.size).toBe(0);
    expect(web.liveViewers()).toBe(0);
  });

  test('needs a login, and a page of this box', async () => {
    const here = `http://127.0.0.1:${port}`;
    expect(await endOf(open('entrance', {}))).toBe(401);
    expect(await endOf(open('entrance', { Cookie: 'watchword_session=guess', Origin: here }))).toBe(401);
    expect(await endOf(open('entrance', { Cookie: cookie, Origin: 'https://evil.example' }))).toBe(403);
    expect(await endOf(open('entrance', { Cookie: cookie, Origin: 'null' }))).toBe(403);
    expect(await endOf(open('entrance', { Cookie: cookie }))).toBe(403);
    expect(await endOf(open('entrance', { ...own(), 'Sec-Fetch-Site': 'cross-site' }))).toBe(403);
    expect(live.viewers.size).toBe(0);
    // Programs bring a token and no origin.
    const program = open('entrance', { Authorization: 'Bearer 2' });
    await expect.poll(() => live.viewers.size).toBe(1);
    program.terminate();
  });

  test('closes with the reason when there is nothing to see', async () => {
    const socket = open('nobody', own());
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4404, 'there is no camera "nobody"']);
    expect(await endOf(open('busy', own()))).toBe(4429);
    const [first, second] = [open('entrance', own()), open('aisle-3', own())];
    await expect.poll(() => live.viewers.size).toBe(2);
    expect(await endOf(open('entrance', own()))).toBe(4429);
    expect(live.viewers.size).toBe(2);
    first.terminate();
    second.terminate();
    // Without the wish to upgrade there is nothing here.
    expect((await fetch(`http://127.0.0.1:${port}/cameras/entrance/live`, { headers: own() })).status).toBe(404);
  });

  test('ends with its session and with the box', async () => {
    const first = open('entrance', own());
    await expect.poll(() => live.viewers.size).toBe(1);
    const ended = endOf(first);
    const page = await (await fetch(`http://127.0.0.1:${port}/account`, { headers: own() })).text();
    const csrf = /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    await fetch(`http://127.0.0.1:${port}/logout`, {
      method: 'POST',
      headers: own(),
      body: new URLSearchParams({ _csrf: csrf }),
      redirect: 'manual',
    });
    expect(await ended).toBe(4401);
    const second = open('entrance', { Authorization: 'Bearer 2' });
    await expect.poll(() => live.viewers.size).toBe(1);
    const stopped = endOf(second);
    await server.stop(AbortSignal.timeout(1_000));
    expect(await stopped).toBe(1001);
    expect(live.viewers.size).toBe(0);
  });

  test('expires in the middle of watching', async () => {
    const socket = open('entrance', own());
    await expect.poll(() => live.viewers.size).toBe(1);
    const ended = endOf(socket);
    await store.clock.advance(31 * 86_400_000);
    for (const viewer of live.viewers.keys()) viewer.send(Uint8Array.of(0x47));
    expect(await ended).toBe(4401);
    expect(live.viewers.size).toBe(0);
  });

  test('of no other protocol stays open, nor one that talks', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    const talker = open('entrance', own());
    await once(talker, 'open');
    talker.send(Buffer.alloc(4_000));
    expect(await endOf(talker)).toBe(1009);
    await expect.poll(() => live.viewers.size).toBe(0);
  });
});

describe('the live picture in a real browser', { timeout: 90_000 }, () => {
  const FPS = 25;
  let browser: Browser;
  let folder: ReturnType<typeof temporaryFolder>;
  beforeAll(async () => {
    folder = temporaryFolder();
    await makeNumberedClip(join(folder.path, 'clip.mp4'), { seconds: 60, fps: FPS, gopSeconds: 1 });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  /** The number painted into the picture that the canvas shows now. */
  async function numberShown(page: Page): Promise<number> {
    const address = await page.evaluate<string>(
      "document.querySelector('.live-picture canvas').toDataURL('image/png')",
    );
    return frameNumber(await sharp(Buffer.from(address.split(',')[1] ?? '', 'base64')).toBuffer());
  }

  test('moves, comes back after a crash, and ends with the page', async ({ onTestFinished }) => {
    const settings = cameraSettingsSchema.parse({ source: `file:${join(folder.path, 'clip.mp4')}` });
    const { view } = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
    const liveView = new LiveView({
      camera: (id) => (id === 'entrance' ? { view, settings } : undefined),
      clock: systemClock,
      logger: silentLogger,
      random: () => 0,
    });
    const store = new FakeStore(systemClock);
    store.settings = { passwordCost: CHEAP };
    await store.addUsers();
    const web = createWebApp({ ...store.deps(), liveView });
    const server = new WebServer({ web, host: '127.0.0.1', port: 0 });
    const { url } = await server.start();
    onTestFinished(async () => {
      await server.stop(AbortSignal.abort());
      await liveView.stop();
    });
    const { page, context, complaints } = await openPage(browser, { baseURL: url });
    await context.request.post('/login', { form: { name: 'viewer', password: PASSWORDS.viewer }, maxRedirects: 0 });
    await page.goto('/cameras/entrance');
    expect(await ffmpegChildren('clip.mp4')).toEqual([]);

    await page.getByRole('button', { name: 'Watch live' }).click();
    const canvas = page.getByRole('img', { name: 'Live picture of' });
    await canvas.waitFor({ timeout: 20_000 });
    const first = await numberShown(page);
    await expect.poll(() => numberShown(page), { timeout: 10_000 }).toBeGreaterThan(first + FPS);
    expect(await canvas.evaluate((element) => Number(element.getAttribute('data-painted')))).toBeGreaterThan(5);

    await page.setViewportSize(PHONE);
    expect(await overflowOf(page)).toEqual({ pixels: 0, elements: [] });

    const [pid = 0] = await ffmpegChildren('clip.mp4');
    process.kill(pid, 'SIGKILL');
    await page
      .getByRole('status')
      .filter({ hasText: /ended|stopped|lost/ })
      .waitFor();
    const atCrash = Number(await canvas.getAttribute('data-painted'));
    await expect
      .poll(async () => Number(await canvas.getAttribute('data-painted')), { timeout: 15_000 })
      .toBeGreaterThan(atCrash + 5);
    expect(liveView.streams()).toMatchObject([{ cameraId: 'entrance', viewers: 1, restarts: 1 }]);

    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => liveView.streams()).toEqual([]);
    await page.getByRole('button', { name: 'Watch live' }).click();
    await expect.poll(() => liveView.streams().length).toBe(1);
    await page.goto('/cameras');
    await expect.poll(() => liveView.streams()).toEqual([]);
    await expect.poll(() => ffmpegChildren('clip.mp4'), { timeout: 10_000 }).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
