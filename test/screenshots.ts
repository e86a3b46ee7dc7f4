import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { DESK, launchBrowser, openPage, PHONE } from './support/browser.ts';
import { adminPassword, startDaemon, subscribe, temporaryFolder } from './support/daemon.ts';
import { until } from './support/until.ts';

/**
 * Takes pictures of every page of the running demo store, on a phone and on a desk, in light and dark colours:
 * `npm run screenshots`, with a folder behind it into that one. Waits until incidents began, so that the pages show what
 * they are for. The README shows two of them.
 */
const [given] = process.argv.slice(2);
const folder = given ?? fileURLToPath(new URL('../.github/pictures', import.meta.url));
const INCIDENTS = 4;
/** Wide enough to read, small enough for a repository. */
const DESK_WIDTH = 880;
const QUALITY = 45;
const IN_README: Record<string, string> = { 'now-desk-light': 'now-desk.jpg', 'event-phone-light': 'event-phone.jpg' };

const SENTENCE = 'Critical: tell me at once when a robot has fallen over in the warehouse';
const PAGES: Readonly<Record<string, string>> = {
  start: '/start?step=site',
  now: '/',
  events: '/events',
  event: '/events/LATEST',
  rules: '/rules',
  'rule-new': `/rules/new?words=${encodeURIComponent(SENTENCE)}`,
  'rule-edit': '/rules/blocked-exit/edit',
  'rule-file': '/rules/blocked-exit/file',
  'rule-versions': '/rules/blocked-exit/versions',
  'rule-past': '/rules/blocked-exit/backtest',
  'rule-coverage': '/rules/blocked-exit/coverage',
  cameras: '/cameras',
  camera: '/cameras/aisle-1',
  zones: '/cameras/aisle-1/zones',
  'camera-add': '/add-camera',
  ask: '/ask?event=LATEST',
  reports: '/reports',
  system: '/system',
  audit: '/system/audit',
  account: '/account',
  login: '/login',
};

async function logIn(page: Page, password: string): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/** A zone and a mask on one camera: something to show. */
async function draw(page: Page): Promise<void> {
  await page.goto('/cameras/aisle-1/zones');
  const form = new URLSearchParams({ 'kind.0': 'zone', 'name.0': 'shelf', 'kind.1': 'mask', 'name.1': '' });
  for (const name of ['version', '_csrf'])
    form.set(name, await page.locator(`input[name=${name}]`).first().inputValue());
  const corners = {
    'x.0': [12, 74, 74, 12],
    'y.0': [18, 22, 78, 92],
    'x.1': [86, 100, 100, 86],
    'y.1': [0, 0, 22, 22],
  };
  for (const [name, values] of Object.entries(corners)) for (const value of values) form.append(name, String(value));
  await page.request.post('/cameras/aisle-1/zones', {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    data: form.toString(),
    maxRedirects: 0,
  });
}

async function latestEvent(page: Page): Promise<string> {
  const { events } = (await (await page.request.get('/api/v1/events?limit=1')).json()) as {
    events: Array<{ id: string }>;
  };
  return events[0]?.id ?? '';
}

async function shoot(page: Page, name: string): Promise<void> {
  // Every picture on the page is there before it is taken.
  await until(
    () =>
      page.evaluate<boolean>(
        '[...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight)',
      ),
    'the pictures on the screen',
  );
  const png = await page.screenshot({ type: 'png' });
  const picture = sharp(png);
  const small = name.includes('-desk-') ? picture.resize({ width: DESK_WIDTH }) : picture;
  writeFileSync(join(folder, `${name}.webp`), await small.webp({ quality: QUALITY, effort: 6 }).toBuffer());
  const shown = IN_README[name];
  if (shown) writeFileSync(join(folder, shown), await sharp(png).jpeg({ quality: 82 }).toBuffer());
}

mkdirSync(folder, { recursive: true });
for (const old of readdirSync(folder)) if (old.endsWith('.webp')) rmSync(join(folder, old));
const data = temporaryFolder();
const daemon = await startDaemon({ dataDir: data.path });
const browser = await launchBrowser();
try {
  await until(() => daemon.log().includes('admin password'), 'the first password');
  const subscriber = await subscribe(daemon.ready);
  await subscriber.until((messages) => messages.filter(({ type }) => type === 'new').length >= INCIDENTS);
  const baseURL = new URL(daemon.ready.web).origin;
  let session: Awaited<ReturnType<BrowserContext['cookies']>> = [];
  // The guided start first: once it is over it does not come back.
  for (const round of ['fresh', 'set up'] as const) {
    for (const [size, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
      for (const dark of [false, true]) {
        const { page, context, complaints } = await openPage(browser, { baseURL, viewport, dark });
        if (session.length === 0) {
          await logIn(page, adminPassword(daemon));
          session = await context.cookies();
          await draw(page);
        } else await context.addCookies(session);
        const latest = await latestEvent(page);
        for (const [shown, address] of Object.entries(PAGES)) {
          if ((shown === 'start') !== (round === 'fresh')) continue;
          if (shown === 'login') await context.clearCookies();
          await page.goto(address.replace('LATEST', latest));
          await shoot(page, `${shown}-${size}-${dark ? 'dark' : 'light'}`);
        }
        for (const complaint of complaints) process.stderr.write(`${size}: ${complaint}\n`);
        if (round === 'fresh' && size === 'desk' && dark) {
          await page.getByRole('button', { name: 'Skip the rest' }).click();
          await page.getByRole('heading', { name: 'Cameras' }).waitFor();
        }
        await context.close();
      }
    }
  }
  await subscriber.stop();
} finally {
  await browser.close();
  await daemon.stop();
  data.remove();
}
const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
process.stderr.write(`${readdirSync(folder).length} pictures, ${Math.round(bytes / 1000)} KB\n`);
