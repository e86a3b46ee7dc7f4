import type { Browser } from 'playwright-core';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Role } from '../../src/web/deps.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { openPage, type WatchedPage } from '../support/browser.ts';
import { CHEAP, FakeStore, PASSWORDS } from './fixture.ts';
import { DONE } from './memory-backtests.ts';
import { MemoryFirstRun } from './memory-first-run.ts';

/** Every page of a box that is set up, with something on it. */
export const EVERY_PAGE = [
  '/',
  '/events',
  '/events/mm8x1-shelf',
  '/events/mm8x0-robot',
  '/rules',
  '/rules/new',
  '/rules/spill/edit',
  '/rules/spill/versions',
  '/rules/spill/file',
  '/rules/empty-shelf/backtest',
  `/rules/empty-shelf/backtest?test=${DONE}`,
  '/rules/empty-shelf/coverage',
  '/ask',
  '/ask?event=mm8x1-shelf',
  '/cameras',
  '/add-camera',
  '/cameras/aisle-3',
  '/cameras/aisle-3/zones',
  '/add-camera',
  '/reports',
  '/reports?kind=shift',
  '/system',
  '/system/audit',
  '/account',
] as const;

/** The steps of the guided start, on a box that is fresh. */
export const START_PAGES = ['password', 'site', 'camera', 'rule', 'alert'].map((step) => `/start?step=${step}`);

export interface ServedStore {
  readonly store: FakeStore<Clock>;
  readonly web: WebApp;
  readonly baseURL: string;
  stop(): Promise<void>;
}

/** A store behind a real server, with the machine's clock; `fresh`: not set up yet. */
export async function serveStore({ fresh = false } = {}): Promise<ServedStore> {
  const store = new FakeStore(systemClock);
  store.settings = { passwordCost: CHEAP, liveIntervalMs: 50 };
  await store.addUsers();
  store.takePictures();
  store.drawn.set('aisle-3', {
    zones: {
      shelf: [
        [0.1, 0.2],
        [0.6, 0.2],
        [0.6, 0.8],
      ],
    },
    masks: [
      [
        [0.7, 0.1],
        [0.9, 0.1],
        [0.9, 0.4],
      ],
    ],
  });
  await store.upkeep.backup();
  store.tokens.set('a hash', { name: 'till-1', role: 'viewer' });
  if (fresh) store.firstRun = new MemoryFirstRun();
  store.health.report('broker', 'degraded', 'no answer from mqtt://10.0.4.2; trying again');
  const web = createWebApp(store.deps());
  const server = new WebServer({ web, host: '127.0.0.1', port: 0 });
  const { url } = await server.start();
  return { store, web, baseURL: url, stop: () => server.stop(AbortSignal.abort()) };
}

/** A browser that is logged in, without drawing the form: the context keeps the cookie. */
export async function openLoggedIn(
  browser: Browser,
  options: Parameters<typeof openPage>[1] & { role?: Role },
): Promise<WatchedPage> {
  const { role = 'admin', ...rest } = options;
  const watched = await openPage(browser, rest);
  const form = { name: role, password: PASSWORDS[role] };
  await watched.context.request.post('/login', { form, maxRedirects: 0 });
  return watched;
}
