import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp } from '../../src/web/web-app.tsx';
import { launchBrowser, openPage, overflowOf, PHONE } from '../support/browser.ts';
import { CHEAP, FakeStore, fakeStore, PASSWORDS } from './fixture.ts';
import { openWeb } from './visitor.ts';

const STREAM = { Accept: 'application/x-ndjson' };

async function openAsk() {
  const store = fakeStore();
  store.takePictures();
  const { visitor } = await openWeb(store);
  const viewer = await visitor('viewer');
  const lines = async (form: Record<string, string>): Promise<Array<Record<string, unknown>>> => {
    const text = await (await viewer.post('/ask', form, STREAM)).text();
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  return { store, viewer, lines };
}

describe('asking about a picture', () => {
  test('tells the very picture, the score and the words, each as it is known', async () => {
    const { store, viewer, lines } = await openAsk();
    const told = await lines({ question: ' Is a shelf empty? ', camera: 'aisle-3' });
    expect(told).toEqual([
      { question: 'Is a shelf empty?', name: 'Aisle 3, cereals', picture: expect.stringMatching('/ask/pictures/') },
      { score: 0.93 },
      { words: 'Yes,' },
      { words: ' a shelf' },
      { words: ' is empty.' },
    ]);
    const shown = await viewer.get(String(told[0]?.picture));
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(Buffer.from(store.frames.get('aisle-3')?.jpeg ?? []));
  });

  test('is about the event’s frame when an event is given', async () => {
    const { store, lines } = await openAsk();
    const seen: Uint8Array[] = [];
    store.answer = async (_question, jpeg) => void seen.push(jpeg);
    await lines({ question: 'What is it?', event: 'mm8x0-robot', camera: 'aisle-3' });
    expect(seen).toEqual([store.snapshots.get('mm8x0-robot')]);
  });

  test('says what is in the way, and nothing of what is inside the box', async () => {
    const { store, lines } = await openAsk();
    const asked = { question: 'Is it?', camera: 'aisle-3' };
    expect(await lines({ camera: 'aisle-3' })).toEqual([{ error: 'the question is empty' }]);
    expect(await lines({ question: 'Is it?', camera: 'loading-dock' })).toEqual([
      { error: 'there is no picture of Loading dock yet' },
    ]);
    store.answer = async (_question, _jpeg, tell) => {
      tell({ words: 'So far' });
      throw new WatchwordError('timeout', 'the model took too long');
    };
    expect((await lines(asked)).slice(1)).toEqual([{ words: 'So far' }, { error: 'the model took too long' }]);
    store.answer = async () => Promise.reject(new Error('rtsp://user:secret@10.0.0.1'));
    expect((await lines(asked)).slice(1)).toEqual([{ error: 'something went wrong in the box' }]);
  });

  test('works without scripts, with the whole answer on the page', async () => {
    const { viewer } = await openAsk();
    const html = await (await viewer.post('/ask', { question: 'Is a shelf empty?', camera: 'aisle-3' })).text();
    expect(html).toContain('Yes, a shelf is empty.');
    expect(html).toMatch(/src="\/ask\/pictures\/[^"]+" alt="Aisle 3, cereals"/);
  });

  test('is stopped at the model when nobody waits for the answer any more', async () => {
    const { store, viewer } = await openAsk();
    const stopped = new Promise<void>((resolve) => {
      store.answer = async (_question, _jpeg, tell, signal) => {
        tell({ words: 'on and on' });
        signal.addEventListener('abort', () => resolve());
        await stopped;
      };
    });
    const response = await viewer.post('/ask', { question: 'Tell me all', camera: 'aisle-3' }, STREAM);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await stopped;
  });
});

describe('the Ask page in a real browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('shows words as they come, without leaving the page', async () => {
    const store = new FakeStore(systemClock);
    store.settings = { passwordCost: CHEAP };
    await store.addUsers();
    store.takePictures();
    const server = new WebServer({ web: createWebApp(store.deps()), host: '127.0.0.1', port: 0 });
    const { url } = await server.start();
    onTestFinished(() => server.stop(AbortSignal.abort()));
    const { page, context, complaints } = await openPage(browser, { baseURL: url, viewport: PHONE });
    onTestFinished(() => context.close());
    await context.request.post('/login', { form: { name: 'viewer', password: PASSWORDS.viewer }, maxRedirects: 0 });

    let goOn = (): void => undefined;
    store.answer = async (_question, _jpeg, tell) => {
      tell({ score: 0.93 });
      tell({ words: 'A shelf' });
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      tell({ words: ' with <b>gaps</b>.' });
    };
    await page.goto('/ask');
    await page.locator('.asked-cameras').getByText('Entrance').click();
    await page.getByLabel('Your question').fill('Is a shelf empty?');
    await page.keyboard.press('Enter');
    const answer = page.locator('.answer').first();
    await answer.getByText('A shelf', { exact: true }).waitFor();
    await answer.getByText('93').waitFor();
    expect(await answer.locator('img').getAttribute('alt')).toBe('Entrance');
    goOn();
    // Words of a model are words, never markup.
    await answer.getByText('A shelf with <b>gaps</b>.').waitFor();
    store.answer = async () => Promise.reject(new WatchwordError('too-many', 'others are asking the model already'));
    await page.getByRole('button', { name: 'Is anybody there?' }).click();
    await page.locator('.answer').first().getByText('others are asking the model already').waitFor();
    expect(await page.locator('.answer').count()).toBe(2);
    expect(await overflowOf(page)).toEqual({ pixels: 0, elements: [] });
    expect(complaints).toEqual([]);
  });
});
