import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESK, launchBrowser, openPage, PHONE } from './support/browser.ts';
import { adminPassword, startDaemon, subscribe, temporaryFolder } from './support/daemon.ts';
import { until } from './support/until.ts';

/**
 * Takes the README's pictures of the running demo store: `npm run build && node --import tsx test/screenshots.ts`. With a folder
 * behind it, every page in both sizes goes there. Waits until four incidents began, so that the pages show what they are for.
 */
const [given] = process.argv.slice(2);
const folder = given ?? fileURLToPath(new URL('../.github/pictures', import.meta.url));
const PAGES = ['/', '/events', '/rules', '/cameras', '/system'];
const IN_README = ['now-desk', 'event-phone'];

mkdirSync(folder, { recursive: true });
const data = temporaryFolder();
const daemon = await startDaemon({ dataDir: data.path });
const browser = await launchBrowser();
try {
  const subscriber = await subscribe(daemon.ready);
  await subscriber.until((messages) => messages.filter(({ type }) => type === 'new').length >= 4);
  for (const [size, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
    const { page, context, complaints } = await openPage(browser, {
      baseURL: new URL(daemon.ready.web).origin,
      viewport,
    });
    await page.goto('/login');
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill(adminPassword(daemon));
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const latest = await page.request
      .get('/api/v1/events?limit=1')
      .then(async (answer) => ((await answer.json()) as { events: Array<{ id: string }> }).events[0]);
    for (const path of latest ? [...PAGES, `/events/${latest.id}`] : PAGES) {
      const shown = path === '/' ? 'now' : path.startsWith('/events/') ? 'event' : path.slice(1);
      const name = `${shown}-${size}`;
      if (!given && !IN_README.includes(name)) continue;
      await page.goto(path);
      // Every picture on the page is there before it is taken.
      await until(
        () =>
          page.evaluate<boolean>(
            '[...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight)',
          ),
        'the pictures on the screen',
      );
      await page.screenshot({ path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 82 });
    }
    for (const complaint of complaints) process.stderr.write(`${size}: ${complaint}\n`);
    await context.close();
  }
  await subscriber.stop();
} finally {
  await browser.close();
  await daemon.stop();
  data.remove();
}
