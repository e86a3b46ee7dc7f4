import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DESK, launchBrowser, openPage, overflowOf, type Page, PHONE, type WatchedPage } from '../support/browser.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { demoPicture } from './pictures.ts';

// A browser and the whole box on a busy machine of two cores take their time.
const TIMEOUT_MS = 120_000;
const SHELF = '# keep me\nrule: Alert me when a shelf is empty\nevery: 200ms\n';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

let box: TestApp;
let watched: WatchedPage;
afterEach(async () => {
  await watched.context.close();
  await box.stop();
});

/** Counts what a person presses; typing is not counted. */
class Hand {
  presses = 0;
  async press(what: Locator): Promise<void> {
    this.presses++;
    await what.click();
  }
}

async function openBox(viewport = DESK): Promise<Page> {
  box = await startTestApp({
    rules: { shelf: SHELF },
    scoreOf: (question) => (question.includes('door') ? 0.97 : 0.02),
    cameras: '  back: { source: "file:clip.mp4", name: Back door, every: 200ms }',
  });
  watched = await openPage(browser, { baseURL: box.app.webUrl, viewport });
  return watched.page;
}

async function logIn(page: Page, hand = new Hand()): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(box.app.adminPassword ?? '');
  await hand.press(page.getByRole('button', { name: 'Log in' }));
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

const ruleFile = (name: string): string => readFileSync(join(box.folder, 'rules', `${name}.yaml`), 'utf8');

describe('the rule editor in a real browser', { timeout: TIMEOUT_MS }, () => {
  for (const [size, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
    test(`brings a new rule live on a camera with at most six presses, on a ${size}`, async () => {
      const page = await openBox(viewport);
      const hand = new Hand();
      await logIn(page, hand);
      await hand.press(page.getByRole('link', { name: 'Rules' }));
      await hand.press(page.getByRole('link', { name: 'New rule' }));
      await page
        .getByLabel('What should the box tell you about?')
        .pressSequentially('Critical: alert me when a door is open');
      await page.locator('#understood .span-severity').getByText('how loud').waitFor();
      await page.locator('#understood').getByText('Is a door open?').waitFor();
      await hand.press(page.getByRole('checkbox', { name: 'Back door' }));
      await page.locator('#understood .camera-links').getByText('Back door').waitFor();
      await expect.poll(() => page.locator('.try-tile').count(), { timeout: 15_000 }).toBe(1);
      await hand.press(page.getByRole('button', { name: 'Save rule' }));
      await page.locator('[data-saved=in-force]').waitFor();
      expect(hand.presses).toBeLessThanOrEqual(6);
      expect(ruleFile('door-open')).toBe('rule: "Critical: alert me when a door is open"\ncameras: [back]\n');
      expect(await overflowOf(page)).toEqual({ pixels: 0, elements: [] });
      // Live: the camera's own page shows what the rule says of it.
      await page.goto('/cameras/back');
      await page.locator('.state-firing').getByText('Critical: alert me when a door is open').waitFor();
      expect(watched.complaints).toEqual([]);
    });
  }

  test('answers on the newest picture, on an own and on a pasted one, and says what it cannot read', async () => {
    const page = await openBox(PHONE);
    await logIn(page);
    await page.goto('/rules/new?words=Alert me when a door is open');
    await page.getByRole('button', { name: 'Try it on the newest picture of Back door' }).click();
    await page.locator('.trial[data-verdict=yes]').getByText('97').waitFor();
    const picture = {
      name: 'mine.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from(demoPicture('shelf_runs_empty', 5)),
    };
    await page.getByLabel('A picture of your own').setInputFiles(picture);
    await page.locator('.trial').getByText('mine.jpg').waitFor();
    // The sentence that is there when the button is pressed is the one that is tried.
    await page.getByLabel('What should the box').fill('Alert me when a shelf is empty');
    const paste = `(() => {
      const bytes = Uint8Array.from(atob('${picture.buffer.toString('base64')}'), (c) => c.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], 'pasted.jpg', { type: 'image/jpeg' }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    })()`;
    await page.evaluate(paste);
    await page.locator('.trial[data-verdict=no]').getByText('pasted.jpg').waitFor();
    expect(await overflowOf(page)).toEqual({ pixels: 0, elements: [] });
    expect(watched.complaints).toEqual([]);
    await page.getByLabel('A picture of your own').setInputFiles({ ...picture, buffer: Buffer.from('no picture') });
    await page.locator('#trial').getByText('no picture that the box can read').waitFor();
  });

  test('changes a rule and keeps its file’s comments, meets a change from elsewhere, and deletes', async () => {
    const page = await openBox();
    await logIn(page);
    await page.goto('/rules');
    await page.locator('#rule-shelf').getByRole('link', { name: 'Change' }).click();
    const words = page.getByLabel('What should the box tell you about?');
    await words.fill('Alert me when a shelf is half empty');
    await page.getByRole('button', { name: 'Save rule' }).click();
    await page.locator('[data-saved=in-force]').waitFor();
    expect(ruleFile('shelf')).toBe('# keep me\nrule: Alert me when a shelf is half empty\nevery: 200ms\n');

    await page.locator('#rule-shelf').getByRole('link', { name: 'Change' }).click();
    writeFileSync(join(box.folder, 'rules', 'shelf.yaml'), 'rule: Alert me when a shelf has fallen\n');
    await words.fill('Alert me when a shelf is dirty');
    await page.getByRole('button', { name: 'Save rule' }).click();
    await page.getByRole('alert').getByText('Alert me when a shelf has fallen').waitFor();
    await page.getByRole('button', { name: 'Save rule' }).click();
    await page.locator('[data-saved=in-force]').waitFor();
    expect(ruleFile('shelf')).toBe('rule: Alert me when a shelf is dirty\n');

    // What is broken by hand shows by itself, and leaves the rule in force.
    writeFileSync(join(box.folder, 'rules', 'shelf.yaml'), 'rule: Alert me when a shelf is dirty\nevry: 1s\n');
    await page.locator('.findings').getByText('unknown setting "evry"').waitFor();
    await page.locator('#rule-shelf').waitFor();

    await page.locator('#rule-shelf').getByRole('link', { name: 'Change' }).click();
    await page.getByText('Delete this rule').click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('Deleted.').waitFor();
    await page.locator('#rule-shelf').waitFor({ state: 'detached' });

    // Nothing is lost: what was written by hand is a version too.
    await page.getByRole('link', { name: 'Take it back' }).click();
    expect(await page.locator('.past-rule pre').allTextContents()).toEqual([
      'rule: Alert me when a shelf is dirty\nevry: 1s\n',
      'rule: Alert me when a shelf is dirty\n',
      'rule: Alert me when a shelf has fallen\n',
      '# keep me\nrule: Alert me when a shelf is half empty\nevery: 200ms\n',
      SHELF,
    ]);
    await page.locator('.past-rule').last().getByRole('button', { name: 'Restore' }).click();
    await page.locator('[data-saved=in-force]').waitFor();
    expect(ruleFile('shelf')).toBe(SHELF);
    // The conflict's own status is the one thing the console remarks.
    expect(watched.complaints.filter((text) => !text.includes('409'))).toEqual([]);
  });

  test('a rule silenced at its event stays so in the box, with who did it', async () => {
    const page = await openBox(PHONE);
    await logIn(page);
    box.writeRule('door', 'rule: Alert me when a door is open\nevery: 200ms\n');
    const card = page.locator('#open-events .card').first();
    await card.getByRole('button', { name: 'Wrong' }).click();
    await card.getByRole('button', { name: 'Silence for 1 hr' }).click();
    await card.getByText(/^Silent until/).waitFor();
    await page.goto('/rules');
    await page
      .locator('#rule-door')
      .getByText(/^Silent until/)
      .waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test('is used with the keyboard alone', async () => {
    const page = await openBox();
    await logIn(page);
    await page.goto('/rules/new');
    // The browser gives the focus with its first frame.
    await page.locator('#words:focus').waitFor();
    await page.keyboard.type('Alert me when a door is open');
    await page.locator('#understood').getByText('Is a door open?').waitFor();
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement.textContent || document.activeElement.value');
    for (let steps = 0; (await focused()) !== 'Save rule'; steps++) {
      expect(steps).toBeLessThan(40);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.locator('[data-saved=in-force]').waitFor();
  });
});
