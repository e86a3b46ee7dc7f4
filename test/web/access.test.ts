import { beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/web/api/operations.ts';
import type { Role } from '../../src/web/deps.ts';
import { fakeStore } from './fixture.ts';
import { DONE, FRAME_AT } from './memory-backtests.ts';
import { MemoryFirstRun } from './memory-first-run.ts';
import { openWeb, type Visit, type Visitor } from './visitor.ts';

type Who = 'nobody' | Role;
const EVERYBODY: readonly Who[] = ['nobody', 'viewer', 'operator', 'admin'];

/** Every route, the least role it needs, and a request that a permitted person gets an answer to. */
const ROUTES: ReadonlyArray<{
  route: string;
  role: Who;
  path?: string;
  form?: Record<string, string>;
  json?: unknown;
  status?: number;
}> = [
  { route: 'GET /', role: 'viewer' },
  { route: 'GET /events', role: 'viewer' },
  { route: 'GET /events/export.csv', role: 'viewer' },
  { route: 'GET /events/export.json', role: 'viewer' },
  { route: 'GET /events/:id', role: 'viewer', path: '/events/mm8x1-shelf' },
  {
    route: 'POST /events/:id/acknowledge',
    role: 'operator',
    path: '/events/mm8x1-shelf/acknowledge',
    form: {},
    status: 303,
  },
  {
    route: 'POST /events/:id/mark',
    role: 'operator',
    path: '/events/mm8x1-shelf/mark',
    form: { mark: 'wrong' },
    status: 303,
  },
  {
    route: 'POST /events/:id/note',
    role: 'operator',
    path: '/events/mm8x1-shelf/note',
    form: { note: 'refilled' },
    status: 303,
  },
  {
    route: 'POST /events/:id/silence',
    role: 'operator',
    path: '/events/mm8x1-shelf/silence',
    form: { hours: '1' },
    status: 303,
  },
  { route: 'GET /events/:id/thumb.jpg', role: 'viewer', path: '/events/mm8x1-shelf/thumb.jpg' },
  { route: 'GET /cameras/:id/tile.jpg', role: 'viewer', path: '/cameras/aisle-3/tile.jpg' },
  { route: 'GET /rules', role: 'viewer' },
  { route: 'GET /rules/new', role: 'operator' },
  { route: 'POST /rules/understand', role: 'operator', form: { words: 'a shelf is empty' } },
  {
    route: 'POST /rules/try',
    role: 'operator',
    form: { words: 'a shelf is empty', camera: 'aisle-3' },
  },
  { route: 'GET /rules/tried/:key', role: 'operator', path: '/rules/tried/gone', status: 404 },
  { route: 'POST /rules', role: 'operator', form: { words: 'a door is open' }, status: 303 },
  { route: 'GET /rules/:id/edit', role: 'operator', path: '/rules/spill/edit' },
  {
    route: 'POST /rules/:id/save',
    role: 'operator',
    path: '/rules/spill/save',
    form: { words: 'a door is open', version: 'old' },
    status: 409,
  },
  {
    route: 'POST /rules/:id/enabled',
    role: 'operator',
    path: '/rules/spill/enabled',
    form: { enabled: 'no' },
    status: 303,
  },
  {
    route: 'POST /rules/:id/delete',
    role: 'operator',
    path: '/rules/spill/delete',
    form: { version: 'old' },
    status: 409,
  },
  { route: 'GET /rules/:id/file', role: 'operator', path: '/rules/spill/file' },
  {
    route: 'POST /rules/:id/file',
    role: 'operator',
    path: '/rules/spill/file',
    form: { text: 'rule: a door is open', version: 'old' },
    status: 409,
  },
  { route: 'GET /rules/:id/versions', role: 'viewer', path: '/rules/spill/versions' },
  {
    route: 'POST /rules/:id/restore',
    role: 'operator',
    path: '/rules/spill/restore',
    form: { number: '99', version: 'old' },
    status: 404,
  },
  { route: 'GET /rules/:id/backtest', role: 'viewer', path: '/rules/empty-shelf/backtest' },
  { route: 'GET /rules/:id/coverage', role: 'viewer', path: '/rules/empty-shelf/coverage' },
  { route: 'GET /rules/backtest', role: 'operator', path: '/rules/backtest?words=a+shelf+is+empty' },
  { route: 'POST /rules/backtest', role: 'operator', form: { words: 'a shelf is empty' }, status: 303 },
  { route: 'POST /backtests', role: 'operator', form: { rule: 'empty-shelf', camera: 'aisle-3' }, status: 303 },
  { route: 'POST /backtests/:id/cancel', role: 'operator', path: '/backtests/gone/cancel', form: {}, status: 404 },
  {
    route: 'GET /backtests/:id/frames/:at/thumb.jpg',
    role: 'viewer',
    path: `/backtests/${DONE}/frames/1/thumb.jpg`,
    status: 404,
  },
  {
    route: 'POST /backtests/:id/mark',
    role: 'operator',
    path: `/backtests/${DONE}/mark`,
    form: { at: String(FRAME_AT), mark: 'right' },
    status: 303,
  },
  {
    route: 'POST /backtests/:id/fit',
    role: 'operator',
    path: `/backtests/${DONE}/fit`,
    form: { target: '2' },
    status: 303,
  },
  {
    route: 'POST /backtests/:id/apply',
    role: 'operator',
    path: `/backtests/${DONE}/apply`,
    form: { raise: '0.5' },
    status: 409,
  },
  { route: 'GET /ask', role: 'viewer' },
  { route: 'POST /ask', role: 'viewer', form: { question: 'Is anybody there?', camera: 'aisle-3' } },
  { route: 'GET /ask/pictures/:key', role: 'viewer', path: '/ask/pictures/gone', status: 404 },
  { route: 'GET /v1/models', role: 'viewer' },
  { route: 'GET /v1/models/:name', role: 'viewer', path: '/v1/models/gone', status: 503 },
  { route: 'POST /v1/chat/completions', role: 'viewer', json: {}, status: 503 },
  { route: 'GET /cameras', role: 'viewer' },
  { route: 'GET /cameras/:id', role: 'viewer', path: '/cameras/aisle-3' },
  { route: 'GET /add-camera', role: 'admin' },
  { route: 'POST /add-camera', role: 'admin', form: { id: 'dock', address: '10.0.0.9' } },
  { route: 'POST /add-camera/search', role: 'admin', form: {} },
  { route: 'POST /add-camera/choose', role: 'admin', form: { address: '10.0.0.9', name: 'Dock' } },
  // Only for WebSockets: see live-view.test.ts.
  { route: 'GET /cameras/:id/zones', role: 'admin', path: '/cameras/aisle-3/zones' },
  {
    route: 'POST /cameras/:id/zones',
    role: 'admin',
    path: '/cameras/aisle-3/zones',
    form: { version: '23' },
    status: 303,
  },
  { route: 'GET /reports', role: 'viewer' },
  { route: 'GET /start', role: 'admin' },
  { route: 'POST /start/password', role: 'admin', form: { next: 'three blue pallets' }, status: 409 },
  {
    route: 'POST /start/site',
    role: 'admin',
    form: { name: 'Shop', timeZone: 'UTC', 'from.sat': '08:00', 'to.sat': '12:00' },
    status: 303,
  },
  { route: 'POST /start/demo', role: 'admin', form: {}, status: 303 },
  { route: 'POST /start/camera', role: 'admin', form: { name: 'Door', source: 'file:a.mp4' }, status: 303 },
  { route: 'POST /start/rule', role: 'admin', form: { words: 'a door is open' }, status: 303 },
  { route: 'GET /start/alert', role: 'admin' },
  { route: 'POST /start/finish', role: 'admin', form: {}, status: 303 },
  { route: 'GET /cameras/:id/live', role: 'viewer', path: '/cameras/aisle-3/live', status: 404 },
  { route: 'GET /system', role: 'viewer' },
  { route: 'GET /system/audit', role: 'admin' },
  {
    route: 'POST /system/people',
    role: 'admin',
    form: { name: 'new', role: 'viewer', password: 'long enough' },
    status: 303,
  },
  {
    route: 'POST /system/people/:name/remove',
    role: 'admin',
    path: '/system/people/gone/remove',
    form: {},
    status: 303,
  },
  {
    route: 'POST /system/people/:name/role',
    role: 'admin',
    path: '/system/people/gone/role',
    form: { role: 'viewer' },
    status: 303,
  },
  { route: 'POST /system/tokens', role: 'admin', form: { name: 'till-1', role: 'viewer' } },
  {
    route: 'POST /system/tokens/:name/remove',
    role: 'admin',
    path: '/system/tokens/till-1/remove',
    form: {},
    status: 303,
  },
  { route: 'POST /system/backups', role: 'admin', form: {}, status: 303 },
  { route: 'GET /system/backups/:name', role: 'admin', path: '/system/backups/gone.db', status: 404 },
  { route: 'POST /system/log', role: 'admin', form: { level: 'warn' }, status: 303 },
  { route: 'POST /system/restart', role: 'admin', form: {} },
  { route: 'GET /login', role: 'nobody' },
  { route: 'POST /login', role: 'nobody', form: { name: 'viewer', password: 'viewer password' }, status: 303 },
  { route: 'GET /language', role: 'nobody', path: '/language?to=en', status: 303 },
  { route: 'POST /logout', role: 'viewer', form: {}, status: 303 },
  { route: 'GET /account', role: 'viewer' },
  { route: 'POST /account/appearance', role: 'viewer', form: { language: 'en', theme: 'dark' }, status: 303 },
  { route: 'POST /account/password', role: 'viewer', form: { current: 'x', next: 'also long enough' }, status: 400 },
  { route: 'GET /live', role: 'viewer', path: '/live?view=now' },
  { route: 'GET /static/:name', role: 'nobody', path: '/static/nothing.js', status: 404 },
  { route: 'GET /favicon.ico', role: 'nobody', status: 302 },
  { route: 'GET /healthz', role: 'nobody' },
  { route: 'GET /readyz', role: 'nobody' },
  { route: 'GET /metrics', role: 'viewer' },
  { route: 'GET /api/v1/cameras', role: 'viewer' },
  { route: 'POST /api/v1/cameras', role: 'admin', json: { id: 'dock', address: '10.0.0.9' } },
  { route: 'POST /api/v1/cameras/discover', role: 'admin', json: {} },
  { route: 'POST /api/v1/cameras/describe', role: 'admin', json: { address: '10.0.0.9' } },
  { route: 'GET /api/v1/cameras/:id/snapshot.jpg', role: 'viewer', path: '/api/v1/cameras/aisle-3/snapshot.jpg' },
  { route: 'GET /api/v1/rules', role: 'viewer' },
  { route: 'GET /api/v1/rules/findings', role: 'viewer' },
  { route: 'GET /api/v1/states', role: 'viewer' },
  { route: 'GET /api/v1/events', role: 'viewer' },
  { route: 'GET /api/v1/events/:id', role: 'viewer', path: '/api/v1/events/mm8x1-shelf' },
  { route: 'GET /api/v1/events/:id/snapshot.jpg', role: 'viewer', path: '/api/v1/events/mm8x1-shelf/snapshot.jpg' },
  {
    route: 'GET /api/v1/events/:id/clip.mp4',
    role: 'viewer',
    path: '/api/v1/events/mm8x1-shelf/clip.mp4',
    status: 404,
  },
  { route: 'GET /api/v1/events/:id/scores', role: 'viewer', path: '/api/v1/events/mm8x1-shelf/scores' },
  {
    route: 'POST /api/v1/events/:id/acknowledge',
    role: 'operator',
    path: '/api/v1/events/mm8x1-shelf/acknowledge',
    json: {},
  },
  {
    route: 'POST /api/v1/events/:id/mark',
    role: 'operator',
    path: '/api/v1/events/mm8x1-shelf/mark',
    json: { mark: 'right' },
  },
  {
    route: 'POST /api/v1/events/:id/note',
    role: 'operator',
    path: '/api/v1/events/mm8x1-shelf/note',
    json: { note: 'x' },
  },
  { route: 'GET /api/v1/audit', role: 'admin' },
  { route: 'GET /api/v1/backtests', role: 'viewer' },
  {
    route: 'POST /api/v1/backtests',
    role: 'operator',
    json: { rule: 'empty-shelf', camera: 'aisle-3', since: '2026-03-01T09:00:00Z' },
  },
  { route: 'GET /api/v1/backtests/:id', role: 'viewer', path: `/api/v1/backtests/${DONE}` },
  { route: 'DELETE /api/v1/backtests/:id', role: 'operator', path: '/api/v1/backtests/gone', status: 404 },
  { route: 'GET /api/v1/backtests/:id/scores', role: 'viewer', path: `/api/v1/backtests/${DONE}/scores` },
  {
    route: 'GET /api/v1/backtests/:id/frames/:at/snapshot.jpg',
    role: 'viewer',
    path: `/api/v1/backtests/${DONE}/frames/${FRAME_AT}/snapshot.jpg`,
  },
  {
    route: 'POST /api/v1/backtests/:id/frames/:at/mark',
    role: 'operator',
    path: `/api/v1/backtests/${DONE}/frames/${FRAME_AT}/mark`,
    json: { mark: 'right' },
  },
  { route: 'POST /api/v1/backtests/:id/fit', role: 'operator', path: `/api/v1/backtests/${DONE}/fit`, json: {} },
  {
    route: 'POST /api/v1/backtests/:id/fit/apply',
    role: 'operator',
    path: `/api/v1/backtests/${DONE}/fit/apply`,
    json: { raise: 0.5 },
    status: 409,
  },
  { route: 'GET /api/v1/coverage', role: 'viewer' },
  { route: 'GET /api/v1/rules/:id/false-alarms', role: 'viewer', path: '/api/v1/rules/spill/false-alarms' },
  { route: 'GET /api/v1/reports', role: 'viewer' },
  { route: 'GET /api/v1/health', role: 'viewer' },
  { route: 'GET /api/v1/system', role: 'viewer' },
  { route: 'GET /api/v1/live', role: 'viewer' },
  { route: 'GET /api/v1/openapi.json', role: 'viewer' },
];

describe('access', () => {
  let visit: Visit;

  beforeAll(async () => {
    const store = fakeStore();
    store.takePictures();
    // The printed password is replaced already.
    store.firstRun = Object.assign(new MemoryFirstRun(), { done: { ...new MemoryFirstRun().done, password: true } });
    visit = await openWeb(store);
  });

  test('every route is in the table', () => {
    const routes = new Set(
      visit.web.app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
    );
    expect([...routes].sort()).toEqual(ROUTES.map(({ route }) => route).sort());
  });

  test('the description of the API names each of its routes with the role it needs', () => {
    const described = OPERATIONS.map(({ method, path, role }) => `${method.toUpperCase()} /api/v1${path} ${role}`);
    const api = ROUTES.filter(({ route }) => route.includes(' /api/v1/')).map(({ route, role }) => `${route} ${role}`);
    expect(described.sort()).toEqual(api.sort());
  });

  test.for(ROUTES)('$route is for $role and above', async (row) => {
    for (const who of EVERYBODY) {
      const visitor = await visitorFor(visit, who, row.route);
      visit.store.users.set('gone', { name: 'gone', role: 'viewer', passwordHash: '', createdAt: 0 });
      visit.store.users.delete('new');
      const response = await ask(visitor, row);
      await response.body?.cancel();
      const permitted = EVERYBODY.indexOf(who) >= EVERYBODY.indexOf(row.role);
      if (permitted) {
        // A logged-in person is sent on from the login page.
        const expected = row.route === 'GET /login' && who !== 'nobody' ? 303 : (row.status ?? 200);
        expect([who, response.status]).toEqual([who, expected]);
      } else if (who === 'nobody') {
        const isProgram = / \/(api|v1|metrics)/.test(row.route);
        expect([who, response.status]).toEqual([who, isProgram ? 401 : 303]);
        if (!isProgram) expect(response.headers.get('Location')).toMatch(/^\/login/);
      } else expect([who, response.status]).toEqual([who, 403]);
    }
  });

  test('what is refused changes nothing', async () => {
    const before = structuredClone(visit.store.events);
    const viewer = await visit.visitor('viewer');
    for (const action of ['acknowledge', 'mark', 'note']) {
      await viewer.post(`/events/mm8w9-spill/${action}`, { mark: 'wrong', note: 'x' });
      await viewer.send(`/api/v1/events/mm8w9-spill/${action}`, { mark: 'wrong', note: 'x' });
    }
    expect(visit.store.events).toEqual(before);
  });

  test('a route without a gate is closed to everybody', async () => {
    const { web, visitor } = await openWeb();
    web.app.get('/forgotten', (c) => c.text('secret'));
    const response = await (await visitor('admin')).get('/forgotten');
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('secret');
  });
});

const known = new Map<Who, Visitor>();

/** Some requests end the session they come with: those get one of their own. */
async function visitorFor(visit: Visit, who: Who, route: string): Promise<Visitor> {
  const ends = /^POST \/(login|logout|account\/password)$/.test(route);
  const visitor = (!ends && known.get(who)) || (await visit.visitor(who === 'nobody' ? undefined : who));
  if (!ends) known.set(who, visitor);
  return visitor;
}

function ask(visitor: Visitor, row: (typeof ROUTES)[number]): Promise<Response> {
  const [method, route = ''] = row.route.split(' ');
  const path = row.path ?? route;
  if (method === 'GET') return visitor.get(path);
  if (method === 'DELETE') return visitor.remove(path);
  return row.json === undefined ? visitor.post(path, row.form) : visitor.send(path, row.json);
}
