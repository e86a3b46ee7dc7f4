import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp } from '../../src/web/web-app.tsx';
import { DESK, launchBrowser, openPage, PHONE } from '../support/browser.ts';
import { CHEAP, FakeStore, PASSWORDS } from './fixture.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test.for([
  ['a phone', PHONE],
  ['a desk', DESK],
] as const)(
  'on %s a camera is found, chosen and added',
  { timeout: 60_000 },
  async ([, viewport], { onTestFinished }) => {
    const store = new FakeStore(systemClock);
    store.settings = { passwordCost: CHEAP };
    await store.addUsers();
    const server = new WebServer({ web: createWebApp(store.deps()), host: '127.0.0.1', port: 0 });
    const { url } = await server.start();
    const { page, context, complaints } = await openPage(browser, { baseURL: url, viewport });
    onTestFinished(async () => {
      await context.close();
      await server.stop(AbortSignal.abort());
    });
    const login = { form: { name: 'admin', password: PASSWORDS.admin }, maxRedirects: 0 };
    await context.request.post('/login', login);
    await page.goto('/cameras');
    await page.getByRole('link', { name: 'Add a camera' }).click();
    await page.getByRole('button', { name: 'Search the network' }).click();
    await page.getByRole('button', { name: 'Choose Dome 4' }).click();
    expect(await page.getByLabel('Address').inputValue()).toBe('10.0.0.9');
    await page.getByLabel('User').fill('me');
    await page.getByLabel('Password').fill('secret');
    await page.getByLabel('Keep a clip').check();
    // Nothing to scroll sideways, and nothing that assistive technology cannot use.
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await page.getByRole('button', { name: 'Try it and add it' }).click();
    await page.getByRole('status').filter({ hasText: 'is added and watched from now on' }).waitFor();
    expect(await page.content()).not.toContain('secret');
    expect(store.cameraDesk.added).toMatchObject([{ id: 'dome-4-b', address: '10.0.0.9', clips: true, by: 'admin' }]);
    expect(complaints).toEqual([]);
  },
);
