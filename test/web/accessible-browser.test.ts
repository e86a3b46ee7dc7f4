import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DESK, launchBrowser, type Page, PHONE } from '../support/browser.ts';
import { EVERY_PAGE, openLoggedIn, type ServedStore, START_PAGES, serveStore } from './every-page.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { phone: PHONE, desk: DESK };

let browser: Browser;
let setUp: ServedStore;
let fresh: ServedStore;

beforeAll(async () => {
  [browser, setUp, fresh] = await Promise.all([launchBrowser(), serveStore(), serveStore({ fresh: true })]);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await Promise.all([setUp.stop(), fresh.stop()]);
});

/** What axe-core finds that keeps somebody out: `rule: element`. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, any, all }) =>
        id + ': ' + html.slice(0, 160) + ' ' + ([...any, ...all][0]?.message ?? ''))))`);
}

describe('every page for everybody', { timeout: 240_000 }, () => {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const dark of [false, true]) {
      test(`axe-core finds nothing serious on a ${size} in ${dark ? 'dark' : 'light'} colours`, async () => {
        const found: Array<[path: string, barrier: string]> = [];
        for (const [box, paths] of [
          [setUp, EVERY_PAGE],
          [fresh, START_PAGES],
        ] as const) {
          const { page, context, complaints } = await openLoggedIn(browser, { baseURL: box.baseURL, viewport, dark });
          for (const path of paths) {
            await page.goto(path, { waitUntil: 'load' });
            for (const barrier of await barriers(page)) found.push([path, barrier]);
          }
          expect(complaints).toEqual([]);
          await context.clearCookies();
          await page.goto('/login');
          for (const barrier of await barriers(page)) found.push(['/login', barrier]);
          await context.close();
        }
        expect(found).toEqual([]);
      });
    }
  }

  test('every action of every page is reached with the Tab key, and shows that it is', async () => {
    for (const [box, paths] of [
      [setUp, EVERY_PAGE],
      [fresh, START_PAGES],
    ] as const) {
      const { page, context } = await openLoggedIn(browser, { baseURL: box.baseURL });
      for (const path of paths) {
        await page.goto(path, { waitUntil: 'load' });
        const wanted = await page.evaluate<number>(MARK_ACTIONS);
        // A field for a time is several stops.
        for (let pressed = 0; pressed < 2 * wanted + 24; pressed++) {
          await page.keyboard.press('Tab');
          if (await page.evaluate<boolean>(NOTE_FOCUS)) break;
        }
        expect([path, await page.evaluate<string[]>(MISSED)]).toEqual([path, []]);
      }
      await context.close();
    }
  });
});

/** Numbers everything that can be done on the page; returns how many. Of radio buttons one group is one stop. */
const MARK_ACTIONS = `(() => {
  document.activeElement?.blur();
  const groups = new Set();
  window.wanted = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter((element) => {
      if (element.disabled || !element.checkVisibility({ visibilityProperty: true })) return false;
      if (element.closest('details:not([open])') && element.tagName !== 'SUMMARY') return false;
      if (element.type !== 'radio') return true;
      if (groups.has(element.name)) return false;
      return groups.add(element.name);
    });
  window.reached = new Set();
  window.unseen = [];
  return window.wanted.length;
})()`;

/** Notes what has the focus; true when nothing is missing any more. */
const NOTE_FOCUS = `(() => {
  const element = document.activeElement;
  const first = element?.type === 'radio' ? window.wanted.find(({ name, type }) => type === 'radio' && name === element.name) : element;
  window.reached.add(first);
  const shows = (of, pseudo) => {
    const { outlineStyle, outlineWidth, boxShadow, backgroundColor } = getComputedStyle(of, pseudo);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || (pseudo && (boxShadow !== 'none' || backgroundColor !== 'rgba(0, 0, 0, 0)'));
  };
  if (element && element !== document.body && !shows(element) && !shows(element, '::before') && !shows(element, '::after'))
    window.unseen.push('shows no focus: ' + element.outerHTML.slice(0, 120));
  return window.wanted.every((each) => window.reached.has(each));
})()`;

const MISSED = `[
  ...window.wanted.filter((element) => !window.reached.has(element)).map((element) => 'not reached: ' + element.outerHTML.slice(0, 120)),
  ...window.unseen,
]`;
