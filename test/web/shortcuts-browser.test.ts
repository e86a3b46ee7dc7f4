import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { WebServer } from '../../src/web/server.ts';
import { TimeText } from '../../src/web/time-text.ts';
import { createWebApp } from '../../src/web/web-app.tsx';
import { DESK, launchBrowser, openPage, PHONE } from '../support/browser.ts';
import { CHEAP, demoEvent, FakeStore, PASSWORDS } from './fixture.ts';
import { demoPicture } from './pictures.ts';

const HOUR_MS = 3_600_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Counts what a person presses. */
class Hand {
  presses = 0;
  async press(what: Locator): Promise<void> {
    this.presses++;
    await what.click();
  }
}

async function openStore(viewport: {
  width: number;
  height: number;
}): Promise<{ store: FakeStore<typeof systemClock>; page: Page }> {
  const store = new FakeStore(systemClock);
  store.settings = { passwordCost: CHEAP };
  await store.addUsers();
  store.takePictures();
  const server = new WebServer({ web: createWebApp(store.deps()), host: '127.0.0.1', port: 0 });
  const { url } = await server.start();
  onTestFinished(() => server.stop(AbortSignal.abort()));
  const { page, context, complaints } = await openPage(browser, { baseURL: url, viewport });
  onTestFinished(async () => {
    expect(complaints).toEqual([]);
    await context.close();
  });
  await context.request.post('/login', { form: { name: 'operator', password: PASSWORDS.operator }, maxRedirects: 0 });
  await page.goto('/');
  return { store, page };
}

describe.for([
  ['phone', PHONE],
  ['desk', DESK],
] as const)('what people do every day, on a %s', { timeout: 60_000 }, ([, viewport]) => {
  test('an alert is marked wrong and its rule silenced for an hour with at most three presses', async () => {
    const { store, page } = await openStore(viewport);
    const hand = new Hand();
    const card = page.locator('#event-mm8w8-exit');
    await hand.press(card.getByRole('button', { name: 'Wrong' }));
    await hand.press(card.getByRole('button', { name: 'Silence for 1 hr' }));
    await card.getByText(/^Silent until/).waitFor();
    expect(hand.presses).toBeLessThanOrEqual(3);
    expect(store.events[0]?.review).toMatchObject({ mark: 'wrong', markedBy: 'operator' });
    const until = store.silenced.get('blocked-exit') ?? 0;
    expect(Math.abs(until - systemClock.now() - HOUR_MS)).toBeLessThan(5 * 60_000);
    // The way back, and the same on the event's own page, where an alert's link leads.
    await card.getByRole('button', { name: 'End silence' }).click();
    await expect.poll(() => store.silenced.size, { timeout: 15_000 }).toBe(0);
    await page.goto('/events/mm8w8-exit');
    await page.getByRole('button', { name: 'Silence for 8 hr' }).click();
    await page.getByText(/^Silent until/).waitFor();
    expect(store.silenced.get('blocked-exit') ?? 0).toBeGreaterThan(until);
  });

  test('“was the exit blocked yesterday?” is answered with its frame after at most four presses', async () => {
    const { store, page } = await openStore(viewport);
    const [exit] = store.events;
    if (!exit) throw new Error('no event');
    const times = new TimeText('en', 'Europe/Berlin', systemClock.now());
    const noonYesterday = times.dayStart(times.day(1)) + 12 * HOUR_MS;
    const yesterday = demoEvent({
      ...exit.event,
      id: 'yesterday-exit',
      startedAt: noonYesterday,
      endedAt: noonYesterday + 60_000,
    });
    store.events = [
      ...store.events,
      yesterday,
      demoEvent({ id: 'yesterday-shelf', startedAt: noonYesterday, endedAt: noonYesterday + 1 }),
    ];
    store.snapshots.set('yesterday-exit', demoPicture('exit_blocked', 45));
    const hand = new Hand();
    await hand.press(page.getByRole('link', { name: 'Rules' }));
    await hand.press(page.locator('#rule-blocked-exit').getByRole('link', { name: 'Events' }));
    await hand.press(page.getByRole('link', { name: 'Yesterday' }));
    const rows = page.locator('#event-list > li');
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(1);
    await hand.press(rows.getByRole('link', { name: exit.event.words }));
    const frame = page.locator('.evidence img');
    await expect
      .poll(() => page.evaluate("document.querySelector('.evidence img').naturalWidth"), { timeout: 15_000 })
      .toBeGreaterThan(0);
    expect(await frame.getAttribute('src')).toContain('yesterday-exit');
    expect(hand.presses).toBeLessThanOrEqual(4);
  });
});
