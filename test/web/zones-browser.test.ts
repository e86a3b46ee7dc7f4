import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp } from '../../src/web/web-app.tsx';
import { DESK, launchBrowser, openPage, type Page, PHONE, type WatchedPage } from '../support/browser.ts';
import { CHEAP, FakeStore, PASSWORDS } from './fixture.ts';

let browser: Browser;
const stops: Array<() => Promise<void>> = [];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await Promise.all(stops.map((stop) => stop()));
});

async function openZones(viewport: {
  width: number;
  height: number;
}): Promise<WatchedPage & { store: FakeStore<Clock> }> {
  const store = new FakeStore(systemClock);
  store.settings = { passwordCost: CHEAP };
  await store.addUsers();
  store.takePictures();
  const server = new WebServer({ web: createWebApp(store.deps()), host: '127.0.0.1', port: 0 });
  const { url } = await server.start();
  stops.push(() => server.stop(AbortSignal.abort()));
  const watched = await openPage(browser, { baseURL: url, viewport, touch: viewport === PHONE });
  await watched.context.request.post('/login', {
    form: { name: 'admin', password: PASSWORDS.admin },
    maxRedirects: 0,
  });
  await watched.page.goto('/cameras/aisle-3/zones');
  return { ...watched, store };
}

/** A place on the picture in shares of its size, in pixels of the page. */
async function placeOn(page: Page, [x, y]: readonly [number, number]): Promise<{ x: number; y: number }> {
  await page.locator('.stage').scrollIntoViewIfNeeded();
  const box = await page.locator('.stage').boundingBox();
  if (!box) throw new Error('there is no stage');
  return { x: box.x + x * box.width, y: box.y + y * box.height };
}

const save = (page: Page): Locator => page.getByRole('button', { name: 'Save zones and masks' });
const CORNERS = [
  [0.2, 0.2],
  [0.7, 0.2],
  [0.7, 0.8],
] as const;

/** Within half a percent: a mouse points at whole pixels. */
function expectNear(points: ReadonlyArray<readonly [number, number]> | undefined, wanted: typeof CORNERS): void {
  expect(points).toHaveLength(wanted.length);
  for (const [i, [x, y]] of wanted.entries()) {
    expect(Math.abs((points?.[i]?.[0] ?? 9) - x)).toBeLessThan(0.005);
    expect(Math.abs((points?.[i]?.[1] ?? 9) - y)).toBeLessThan(0.008);
  }
}

describe('zones and masks on the picture', { timeout: 60_000 }, () => {
  test('a zone is drawn and a point dragged with the mouse', async () => {
    const { page, context, store, complaints } = await openZones(DESK);
    await page.getByRole('button', { name: 'Draw a zone' }).click();
    for (const corner of [CORNERS[0], CORNERS[1], [0.5, 0.5] as const]) {
      const { x, y } = await placeOn(page, corner);
      await page.mouse.click(x, y);
    }
    await page.getByRole('button', { name: 'Close the shape' }).click();
    await page.getByLabel('Name').fill('till-1');
    const from = await placeOn(page, [0.5, 0.5]);
    const to = await placeOn(page, CORNERS[2]);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 4 });
    await page.mouse.up();
    await save(page).click();
    await page.getByText('Saved and in force.').waitFor();
    expectNear(store.drawn.get('aisle-3')?.zones['till-1'], CORNERS);
    expect(await page.locator('.outline-zone').count()).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a mask is drawn with fingers on a phone', async () => {
    const { page, context, store } = await openZones(PHONE);
    await page.getByRole('button', { name: 'Draw a mask' }).tap();
    for (const corner of CORNERS) {
      const { x, y } = await placeOn(page, corner);
      await page.touchscreen.tap(x, y);
    }
    await page.getByRole('button', { name: 'Close the shape' }).click();
    await save(page).click();
    await page.getByText('Saved and in force.').waitFor();
    expectNear(store.drawn.get('aisle-3')?.masks[0], CORNERS);
    await context.close();
  });

  test('a zone is drawn, a point moved and one removed with the keyboard alone', async () => {
    const { page, context, store } = await openZones(DESK);
    await page.getByRole('button', { name: 'Draw a zone' }).focus();
    await page.keyboard.press('Enter');
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    // The cross begins in the middle: 20 % with Shift, 2 % without.
    await press(
      'Space',
      'Shift+ArrowRight',
      'Space',
      'Shift+ArrowDown',
      'Space',
      'Shift+ArrowLeft',
      'ArrowLeft',
      'Space',
    );
    await press('Enter');
    await page.keyboard.type('door');
    await page.getByRole('button', { name: 'Point 1 of' }).focus();
    await press('ArrowUp', 'Shift+ArrowLeft');
    await page.getByRole('button', { name: 'Point 4 of' }).focus();
    await press('Delete');
    await save(page).focus();
    await press('Enter');
    await page.getByText('Saved and in force.').waitFor();
    expect(store.drawn.get('aisle-3')).toEqual({
      zones: {
        door: [
          [0.45, 0.495],
          [0.7, 0.5],
          [0.7, 0.7],
        ],
      },
      masks: [],
    });
    await context.close();
  });

  test('the numbers beside do the same without the picture', async () => {
    const { page, context, store } = await openZones(DESK);
    const square = [
      [0.1, 0.1],
      [0.4, 0.1],
      [0.4, 0.4],
      [0.1, 0.4],
    ] as const;
    store.drawn.set('aisle-3', { zones: { shelf: square }, masks: [CORNERS] });
    await page.reload();
    await page.locator('.shape-zone summary').click();
    await page.locator('.shape-zone').getByLabel('Point 2: % from the left').fill('90');
    await page.locator('.shape-zone').getByRole('button', { name: 'Remove point 4' }).click();
    await page.getByRole('button', { name: 'Remove Privacy mask 1' }).click();
    await save(page).click();
    await page.getByText('Saved and in force.').waitFor();
    expect(store.drawn.get('aisle-3')).toEqual({
      zones: {
        shelf: [
          [0.1, 0.1],
          [0.9, 0.1],
          [0.4, 0.4],
        ],
      },
      masks: [],
    });
    await context.close();
  });

  test('a shape that crosses itself is refused with words and stays on the page', async () => {
    const { page, context, store } = await openZones(DESK);
    await page.getByRole('button', { name: 'Draw a zone' }).click();
    for (const corner of [
      [0.2, 0.2],
      [0.8, 0.8],
      [0.8, 0.2],
      [0.2, 0.8],
    ] as const) {
      const { x, y } = await placeOn(page, corner);
      await page.mouse.click(x, y);
    }
    await page.keyboard.press('Enter');
    await page.getByLabel('Name').fill('tie');
    await save(page).click();
    await page.getByRole('alert').getByText('Zone tie: crosses itself').waitFor();
    expect(store.drawn.size).toBe(0);
    expect(await page.locator('.handle').count()).toBe(4);
    await context.close();
  });
});
