import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Role } from '../../src/web/deps.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { DESK, launchBrowser, openPage, overflowOf, PHONE, type WatchedPage } from '../support/browser.ts';
import { EVERY_PAGE } from './every-page.ts';
import { CHEAP, demoEvent, FakeStore, PASSWORDS } from './fixture.ts';

const EVIL = `<img src=x onerror="document.title='hacked'"><script>document.title='hacked'</script>`;

// A browser on a busy machine of two cores takes its time.
const TIMEOUT_MS = 60_000;
const poll: typeof expect.poll = (probe, options) => expect.poll(probe, { timeout: 15_000, ...options });

let browser: Browser;
const stops: Array<() => Promise<void>> = [];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await Promise.all(stops.map((stop) => stop()));
});

/** A store of its own behind a real server, with the machine's clock. */
async function openStore(): Promise<{ store: FakeStore<Clock>; web: WebApp; baseURL: string }> {
  const store = new FakeStore(systemClock);
  store.settings = { passwordCost: CHEAP, liveIntervalMs: 50 };
  await store.addUsers();
  store.takePictures();
  store.health.report('broker', 'degraded', 'no answer from mqtt://10.0.4.2; trying again');
  const web = createWebApp(store.deps());
  const server = new WebServer({ web, host: '127.0.0.1', port: 0 });
  const { url } = await server.start();
  stops.push(() => server.stop(AbortSignal.abort()));
  return { store, web, baseURL: url };
}

/** Logs in with the form and waits for the first page. */
async function logIn({ page }: WatchedPage, role: Role): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('Name').fill(role);
  await page.getByLabel('Password').fill(PASSWORDS[role]);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/** The same without drawing the form: the context keeps the cookie. */
async function logInQuietly({ context }: WatchedPage, role: Role): Promise<void> {
  await context.request.post('/login', { form: { name: role, password: PASSWORDS[role] }, maxRedirects: 0 });
}

describe('each page in a real browser', { timeout: TIMEOUT_MS }, () => {
  /** These only look. */
  let shared: ReturnType<typeof openStore>;

  beforeAll(() => {
    shared = openStore();
  });

  for (const [size, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
    for (const dark of [false, true]) {
      test(`fits a ${size} in ${dark ? 'dark' : 'light'} colours and complains about nothing`, async () => {
        const watched = await openPage(browser, { baseURL: (await shared).baseURL, viewport, dark });
        const { page, complaints, context } = watched;
        await logInQuietly(watched, 'admin');
        for (const path of EVERY_PAGE) {
          await page.goto(path, { waitUntil: 'load' });
          expect([path, await overflowOf(page)]).toEqual([path, { pixels: 0, elements: [] }]);
        }
        expect(complaints).toEqual([]);
        await context.close();
      });
    }
  }

  test('offers nothing to tap that is smaller than a finger on a phone', async () => {
    const watched = await openPage(browser, { baseURL: (await shared).baseURL, viewport: PHONE });
    await logInQuietly(watched, 'operator');
    for (const path of ['/', '/events', '/events/mm8x1-shelf', '/rules', '/rules/spill/edit', '/ask']) {
      await watched.page.goto(path);
      const small = await watched.page.evaluate(
        "[...document.querySelectorAll('button, nav a, summary, select, .chip')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).map(e => e.outerHTML.slice(0, 80))",
      );
      expect([path, small]).toEqual([path, []]);
    }
    await watched.context.close();
  });
});

describe('a person with a browser', { timeout: TIMEOUT_MS }, () => {
  test('sees an event appear by itself, opens it and marks it wrong', async () => {
    const { store, web, baseURL } = await openStore();
    const watched = await openPage(browser, { baseURL, viewport: PHONE });
    const { page, complaints } = watched;
    store.events = [];
    await logIn(watched, 'operator');
    await page.getByText('Nothing is open.').waitFor();
    await poll(() => web.liveClients()).toBe(1);

    const startedAt = systemClock.now() - 65_000;
    store.events = [
      demoEvent({
        id: 'fresh',
        words: 'Alert me when a robot has fallen',
        cameraId: 'warehouse-1',
        severity: 'critical',
        startedAt,
      }),
    ];
    store.states = store.states.map((s) =>
      s.cameraId === 'warehouse-1' ? { ...s, phase: 'firing', value: 'yes', score: 0.97 } : s,
    );
    store.changed({ kind: 'event', eventId: 'fresh' });
    store.changed({ kind: 'state', ruleId: 'fallen-robot', cameraId: 'warehouse-1' });

    const tile = page.locator('#camera-warehouse-1');
    await tile.getByText('Alert', { exact: true }).waitFor();
    expect(await page.locator('#open-badge').textContent()).toBe('1');
    await page.getByRole('link', { name: 'Alert me when a robot has fallen' }).click();
    await page.getByRole('heading', { level: 1, name: 'Alert me when a robot has fallen' }).waitFor();
    await page.getByRole('button', { name: 'Wrong' }).click();
    await page.getByRole('button', { name: 'Wrong', pressed: true }).waitFor();
    expect(store.events[0]?.review).toMatchObject({ mark: 'wrong', markedBy: 'operator' });

    const ended = { ...demoEvent({ id: 'fresh', startedAt, endedAt: startedAt + 30_000 }) };
    store.events = [ended];
    store.changed({ kind: 'event', eventId: 'fresh' });
    await page.getByText('over after 30 sec').waitFor();
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await watched.context.close();
  });

  test('is connected to what happens, however late all scripts but the first come', async () => {
    const { web, baseURL } = await openStore();
    const watched = await openPage(browser, { baseURL });
    await logInQuietly(watched, 'viewer');
    let scripts = 0;
    await watched.page.route('**/static/*.js', (route) => (scripts++ === 0 ? route.continue() : undefined));
    await watched.page.goto('/events', { waitUntil: 'commit' });
    await poll(() => web.liveClients()).toBe(1);
    expect(scripts).toBeGreaterThan(1);
    await watched.context.close();
  });

  test('sees a new picture and a lost camera without a reload', async () => {
    const { store, web, baseURL } = await openStore();
    const watched = await openPage(browser, { baseURL });
    const { page } = watched;
    await logInQuietly(watched, 'viewer');
    await page.goto('/');
    await poll(() => web.liveClients()).toBe(1);
    const picture = page.locator('#camera-entrance img');
    await page.evaluate("document.querySelector('#camera-entrance img').known = true");
    const frame = store.frames.get('entrance');
    if (frame) store.frames.set('entrance', { ...frame, seq: 900 });
    store.changed({ kind: 'frame', cameraId: 'entrance' });
    await poll(() => picture.getAttribute('src')).toMatch(/-900$/);
    // The same element shows the new picture: nothing flickers.
    expect(await page.evaluate("document.querySelector('#camera-entrance img').known")).toBe(true);
    store.cameras = store.cameras.map((c) =>
      c.id === 'entrance' ? { ...c, health: 'down', cause: 'wrong password' } : c,
    );
    store.changed({ kind: 'camera', cameraId: 'entrance' });
    await page.locator('#camera-entrance').getByText('wrong password').waitFor();
    await watched.context.close();
  });

  test('goes through the list with the keyboard alone', async () => {
    const { store, baseURL } = await openStore();
    const watched = await openPage(browser, { baseURL });
    const { page } = watched;
    await logInQuietly(watched, 'operator');
    await page.goto('/events?mark=none');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.locator('#event-mm8x1-shelf').getByText('Acknowledged').waitFor();
    await page.keyboard.press('w');
    await page.locator('#event-mm8x1-shelf [data-key=w][aria-pressed=true]').waitFor();
    expect(store.events[1]?.review).toMatchObject({ acknowledgedBy: 'operator', mark: 'wrong' });
    // Rows stay where they are while the live stream keeps them right; what is new is said in a line.
    await page.getByText('There are newer events.').waitFor({ state: 'hidden' });
    store.events = [demoEvent({ id: 'newer', startedAt: systemClock.now() }), ...store.events];
    store.changed({ kind: 'event', eventId: 'newer' });
    await page.getByText('There are newer events.').waitFor();
    await page.keyboard.press('k');
    await page.keyboard.press('r');
    await page.locator('#event-mm8w8-exit [data-key=r][aria-pressed=true]').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/events/mm8w8-exit');
    // Letters typed into a note are letters.
    await page.getByLabel('Note').fill('');
    await page.getByLabel('Note').pressSequentially('jaw');
    await page.getByRole('button', { name: 'Save note' }).click();
    await poll(() => store.events[1]?.review.note).toBe('jaw');
    expect(store.events[1]?.review.mark).toBe('right');
    await watched.context.close();
  });

  test('sees the score over time drawn', async () => {
    const { baseURL } = await openStore();
    const watched = await openPage(browser, { baseURL });
    const { page } = watched;
    await logInQuietly(watched, 'viewer');
    await page.goto('/events/mm8x1-shelf');
    await page.locator('.timeline canvas').waitFor();
    const colours = `(() => {
      const { width, height } = document.querySelector('.timeline canvas');
      const { data } = document.querySelector('.timeline canvas').getContext('2d').getImageData(0, 0, width, height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`;
    await poll(() => page.evaluate(colours)).toBeGreaterThan(20);
    await page.locator('.timeline .u-over').hover();
    await poll(() => page.locator('.readout').textContent()).toMatch(/\d\d:\d\d · \d+\u00a0%/);
    await watched.context.close();
  });

  test('is not harmed by what others wrote', async () => {
    const { store, baseURL } = await openStore();
    store.rules = store.rules.map((rule) => ({ ...rule, words: EVIL, question: EVIL, spans: [] }));
    store.cameras = store.cameras.map((camera) => ({ ...camera, name: EVIL }));
    store.events = store.events.map(({ event, review }) => ({
      event: { ...event, words: EVIL },
      review: { ...review, note: EVIL },
    }));
    const watched = await openPage(browser, { baseURL });
    const { page, complaints } = watched;
    await logInQuietly(watched, 'admin');
    for (const path of ['/', '/events', '/events/mm8x1-shelf', '/rules', '/cameras']) {
      await page.goto(path, { waitUntil: 'load' });
      if (path === '/') {
        store.changed({ kind: 'camera', cameraId: 'entrance' });
        store.changed({ kind: 'event', eventId: 'mm8x1-shelf' });
      }
      expect(await page.locator('main img[src="x"], main script').count()).toBe(0);
      expect(await page.title()).not.toBe('hacked');
    }
    expect(complaints).toEqual([]);
    await watched.context.close();
  });

  test('is sent to the login page when the session ends elsewhere', async () => {
    const { web, baseURL } = await openStore();
    const watched = await openPage(browser, { baseURL });
    const other = await openPage(browser, { baseURL });
    await logInQuietly(watched, 'viewer');
    await logInQuietly(other, 'viewer');
    await watched.page.goto('/');
    await poll(() => web.liveClients()).toBe(1);
    await other.page.goto('/account');
    await other.page.getByLabel('Current password').fill(PASSWORDS.viewer);
    await other.page.getByLabel('New password').fill('correct horse battery');
    await other.page.getByRole('button', { name: 'Change' }).click();
    await other.page.getByText('The password was changed').waitFor();
    await watched.page.waitForURL('**/login');
    await watched.context.close();
    await other.context.close();
  });

  test('can do without scripts', async () => {
    const { store, baseURL } = await openStore();
    const context = await browser.newContext({ baseURL, javaScriptEnabled: false, locale: 'en-GB' });
    const page = await context.newPage();
    await logIn({ page, context, complaints: [] }, 'operator');
    await page.goto('/events/mm8w9-spill');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged by operator').waitFor();
    expect(store.events[3]?.review.acknowledgedBy).toBe('operator');
    await context.close();
  });
});
