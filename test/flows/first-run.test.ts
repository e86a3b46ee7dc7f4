import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { launchBrowser, openPage, PHONE, type WatchedPage } from '../support/browser.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const NEW_PASSWORD = 'three blue pallets';

describe('a fresh box set up on a phone', { timeout: 90_000 }, () => {
  let running: TestApp;
  let watched: WatchedPage;
  let browser: Awaited<ReturnType<typeof launchBrowser>>;

  beforeAll(async () => {
    browser = await launchBrowser();
    running = await startTestApp({ rules: {}, scoreOf: () => 0.95, every: '200ms' });
    watched = await openPage(browser, { baseURL: new URL(running.app.webUrl).origin, viewport: PHONE });
  });

  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  const logIn = async (password: string): Promise<void> => {
    const { page } = watched;
    await page.goto('/login');
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
  };

  test('it begins after the first login, with a password of one’s own', async () => {
    const { page } = watched;
    await logIn(running.app.adminPassword ?? '');
    await page.waitForURL('**/start');
    await page.getByLabel('New password').fill('short');
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Use this password' }).click();
    await page.getByLabel('Name of the store').waitFor();
  });

  test('it is taken up again where it was left, also by a link on the first page', async () => {
    const { page } = watched;
    await watched.context.clearCookies();
    await logIn(NEW_PASSWORD);
    await page.waitForURL('**/start');
    await page.goto('/');
    await page.getByRole('link', { name: 'Go on setting up' }).click();
    await page.getByLabel('Name of the store').waitFor();
  });

  test('name and hours stand in the file with its comments, and hold at once', async () => {
    const { page } = watched;
    await page.getByLabel('Name of the store').fill('Hafen Market');
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await page.getByLabel('Saturday: closes').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Saturday: give both times or none.').waitFor();
    await page.getByLabel('Saturday: closes').fill('14:00');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('banner').getByText('Hafen Market').waitFor();
    const { site, calendars } = parse(readFileSync(join(running.folder, 'watchword.yaml'), 'utf8')) as {
      site: object;
      calendars: object;
    };
    expect(site).toEqual({ id: 'test', name: 'Hafen Market', timeZone: 'Asia/Tokyo' });
    expect(calendars).toEqual({ 'opening hours': { 'mon-fri': '08:00-20:00', sat: '08:00-14:00' } });
  });

  test('a camera that is there already needs no step, one more can be added', async () => {
    const { page } = watched;
    // The box's own camera counts: the rule is next.
    await page.getByLabel('What should the box tell you about?').waitFor();
    await page.getByRole('link', { name: 'Change it: A camera' }).click();
    await page.getByLabel('Name').fill('Back door');
    await page.getByLabel('Address').fill('ftp://10.0.0.9/x');
    await page.getByRole('button', { name: 'Use this camera' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Back door');
    await page.getByLabel('Address').fill('file:clip.mp4');
    await page.getByRole('button', { name: 'Use this camera' }).click();
    await page.getByLabel('What should the box tell you about?').waitFor();
    const cameras = await (await page.request.get('/api/v1/cameras')).json();
    expect((cameras as Array<{ id: string }>).map(({ id }) => id)).toEqual(['cam', 'back-door']);
  });

  test('it ends with a working alert, and does not come back', async () => {
    const { page } = watched;
    await page.getByRole('button', { name: 'Tell me when a person is in the picture' }).click();
    await page.getByRole('button', { name: 'Use this rule' }).click();
    await page.getByText('It works: this is your first alert.').waitFor({ timeout: 30_000 });
    await page.getByText('watchword/test/events').waitFor();
    await page.getByRole('button', { name: 'To the cameras' }).click();
    await page.getByRole('heading', { name: 'Open events' }).waitFor();
    await page.goto('/start');
    expect(new URL(page.url()).pathname).toBe('/');
    expect(await page.getByRole('link', { name: 'Go on setting up' }).count()).toBe(0);
    await watched.context.clearCookies();
    await logIn(NEW_PASSWORD);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  });
});
