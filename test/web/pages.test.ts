import { describe, expect, test } from 'vitest';
import { demoEvent, fakeStore, NOW } from './fixture.ts';
import { openWeb } from './visitor.ts';

const EVIL = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`;
const PAGES = [
  '/',
  '/events',
  '/events/mm8x1-shelf',
  '/rules',
  '/rules/new',
  '/rules/spill/edit',
  '/rules/spill/versions',
  '/rules/spill/file',
  '/rules/empty-shelf/backtest',
  '/rules/backtest?words=a+shelf+is+empty',
  '/rules/empty-shelf/coverage',
  '/ask',
  '/ask?event=mm8x1-shelf',
  '/cameras',
  '/cameras/aisle-3',
  '/system',
  '/account',
  '/login',
  '/nothing',
];

describe('every page', () => {
  test('carries no inline script, style or event attribute, and a policy that forbids them', async () => {
    const { visitor } = await openWeb();
    const admin = await visitor('admin');
    for (const path of PAGES) {
      const response = await admin.get(path);
      const policy = response.headers.get('Content-Security-Policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      const html = await response.text();
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i);
    }
  });

  test('is never kept by caches, static files for ever', async () => {
    const { web, visitor } = await openWeb();
    const page = await (await visitor('viewer')).get('/');
    expect(page.headers.get('Cache-Control')).toBe('no-store');
    const asset = /\/static\/app\.[0-9a-f]{12}\.css/.exec(await page.text())?.[0] ?? '';
    const plain = await web.app.request(asset);
    expect(plain.headers.get('Cache-Control')).toContain('immutable');
    const zipped = await web.app.request(asset, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(zipped.headers.get('Content-Encoding')).toBe('gzip');
    expect((await zipped.arrayBuffer()).byteLength).toBeLessThan((await plain.arrayBuffer()).byteLength / 2);
  });

  test('shows words of people and cameras as text, whatever they hold', async () => {
    const store = fakeStore();
    store.rules = store.rules.map((rule) => ({
      ...rule,
      words: EVIL,
      question: EVIL,
      spans: [{ start: 0, end: 8, means: EVIL, value: EVIL }],
    }));
    store.cameras = store.cameras.map((camera) => ({ ...camera, name: EVIL, cause: EVIL, health: 'degraded' }));
    store.events = [
      demoEvent(
        { id: 'mm8x1-shelf', words: EVIL, question: EVIL, model: EVIL },
        { note: EVIL, markedBy: EVIL, mark: 'wrong' },
      ),
    ];
    store.findings = [{ file: EVIL, line: 1, column: 1, severity: 'error', message: EVIL, hint: EVIL }];
    store.health.report(EVIL, 'down', EVIL);
    const { visitor } = await openWeb(store);
    const admin = await visitor('admin');
    for (const path of [
      ...PAGES,
      `/events?text=${encodeURIComponent(EVIL)}`,
      `/login?next=/${encodeURIComponent(EVIL)}`,
    ]) {
      const html = await (await admin.get(path)).text();
      expect(html).not.toMatch(/<script>|<img src=x|onerror=alert\(2\)>$/m);
    }
    const live = (await admin.get('/live?view=now')).body?.getReader();
    let text = '';
    while (!text.includes('camera-aisle-3')) text += new TextDecoder().decode((await live?.read())?.value);
    expect(text).not.toMatch(/<script>|<img src=x/);
    await live?.cancel();
  });

  test('weighs less than 150 KB with 100 cameras and 200 rules, pictures aside', async () => {
    const store = fakeStore();
    const [camera, rule, state] = [store.cameras[0], store.rules[0], store.states[0]];
    if (!camera || !rule || !state) throw new Error('the fixture is empty');
    store.cameras = Array.from({ length: 100 }, (_, i) => ({ ...camera, id: `camera-${i}`, name: `Camera ${i}` }));
    store.rules = Array.from({ length: 200 }, (_, i) => ({ ...rule, id: `rule-${i}` }));
    store.states = store.rules.map(({ id }, i) => ({ ...state, ruleId: id, cameraId: `camera-${i % 100}` }));
    store.events = Array.from({ length: 60 }, (_, i) => demoEvent({ id: `e${i}` }));
    const { visitor } = await openWeb(store);
    const operator = await visitor('operator');
    const gzip = { 'Accept-Encoding': 'gzip' };
    const weigh = async (path: string): Promise<number> =>
      (await (await operator.get(path, gzip)).arrayBuffer()).byteLength;
    for (const path of ['/', '/events', '/events/e1', '/rules', '/rules/new', '/cameras', '/ask']) {
      const html = await (await operator.get(path)).text();
      const assets = [...html.matchAll(/"(\/static\/[^"]+)"/g)].map(([, asset]) => weigh(asset ?? ''));
      const total = (await Promise.all([weigh(path), ...assets])).reduce((sum, bytes) => sum + bytes);
      expect([path, total < 150_000, total > 20_000]).toEqual([path, true, true]);
    }
  });

  test('speaks the language of the browser or the one that was chosen', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    expect(await (await viewer.get('/', { 'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8' })).text()).toContain(
      '<html lang="zh-CN"',
    );
    expect(await (await viewer.get('/', { 'Accept-Language': 'de,fr;q=0.9' })).text()).toContain('<html lang="en"');
    viewer.cookie += '; watchword_language=zh-CN';
    expect(await (await viewer.get('/', { 'Accept-Language': 'en' })).text()).toContain('未结束的事件');
  });

  test('that fails says what to do and never what broke inside', async () => {
    const store = fakeStore();
    const { web, visitor } = await openWeb(store);
    const viewer = await visitor('viewer');
    const missing = await viewer.get('/events/none');
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain('there is no such event');
    store.cameras = new Proxy(store.cameras, {
      get: () => {
        throw new Error('rtsp://user:secret@10.0.0.1 exploded');
      },
    });
    const broken = await viewer.get('/');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toMatch(/secret|exploded/);
    expect(store.logs.at(-1)).toMatchObject({ level: 'error', message: 'request failed' });
    expect(JSON.stringify(store.logs.at(-1))).not.toContain(':secret@');
    expect((await web.app.request('/api/v1/none')).status).toBe(404);
  });

  test('that is asked for in pieces answers errors with a word for the person, not with a page', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const refused = await viewer.post('/events/mm8x1-shelf/acknowledge', {}, { 'HX-Request': 'true' });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('HX-Reswap')).toBe('none');
    expect(JSON.parse(refused.headers.get('HX-Trigger') ?? '')['show-toast'].text).toContain('operator');
    const loggedOut = await (await visitor()).get('/events', { 'HX-Request': 'true' });
    expect([loggedOut.status, loggedOut.headers.get('HX-Redirect')]).toEqual([401, '/login']);
  });

  test('refuses bodies that are too large and kinds it does not know', async () => {
    const { visitor } = await openWeb();
    const operator = await visitor('operator');
    expect((await operator.post('/events/mm8x1-shelf/note', { note: 'x'.repeat(70_000) })).status).toBe(413);
    const xml = await operator.send('/api/v1/events/mm8x1-shelf/note', '<x/>', { 'Content-Type': 'text/xml' });
    expect(xml.status).toBe(415);
  });
});

describe('the Now page', () => {
  test('shows unknown as unknown with its cause, and what was never judged as that', async () => {
    const { visitor } = await openWeb();
    const html = await (await (await visitor('viewer')).get('/')).text();
    expect(html).toContain('Unknown: too dark');
    expect(html).toContain('Not judged yet');
    expect(html).toContain('connection refused; trying again in 8 s');
    expect(html).toContain('No picture yet');
  });

  test('keeps an alert in sight when its last verdict is unknown', async () => {
    const store = fakeStore();
    store.states = store.states.map((status) =>
      status.ruleId === 'empty-shelf' ? { ...status, value: 'unknown', cause: 'covered' } : status,
    );
    const { visitor } = await openWeb(store);
    const html = await (await (await visitor('viewer')).get('/')).text();
    expect(html).toContain('Alert · Unknown: the camera is covered');
  });

  test('says how long a condition has been seen and when it will alert', async () => {
    const store = fakeStore();
    store.states = [
      {
        ...store.states[0],
        ruleId: 'empty-shelf',
        cameraId: 'aisle-3',
        phase: 'pending',
        since: NOW - 80_000,
        value: 'yes',
        score: 0.8,
        evaluatedAt: NOW,
      },
    ];
    const { visitor } = await openWeb(store);
    expect(await (await (await visitor('viewer')).get('/')).text()).toContain(
      'seen for 1 min 20 sec, alerts after 5 min',
    );
  });

  test('puts the worst open event first and says when nothing is open', async () => {
    const store = fakeStore();
    const { visitor } = await openWeb(store);
    const viewer = await visitor('viewer');
    const html = await (await viewer.get('/')).text();
    expect(html.indexOf('event-mm8w8-exit')).toBeLessThan(html.indexOf('event-mm8x1-shelf'));
    expect(html).not.toContain('event-mm8x0-robot');
    store.events = [];
    expect(await (await viewer.get('/')).text()).toContain('Nothing is open.');
  });

  test('offers review buttons to those who may review, and only to them', async () => {
    const { visitor } = await openWeb();
    expect(await (await (await visitor('viewer')).get('/')).text()).not.toContain('/acknowledge');
    expect(await (await (await visitor('operator')).get('/')).text()).toContain('/events/mm8x1-shelf/acknowledge');
  });

  test('shows a site’s own clock time, with the day when it is not today', async () => {
    const { visitor } = await openWeb();
    const html = await (await (await visitor('viewer')).get('/events')).text();
    // 08:48 UTC is 09:48 in Berlin in winter.
    expect(html).toContain('datetime="2026-03-02T08:48:00.000Z"');
    expect(html).toMatch(/>09:48 · <span data-age="\d+">12 min\. ago</);
    expect(html).toContain('1 Mar, 08:00');
  });
});

describe('the Rules page', () => {
  test('labels what was understood and loses no word', async () => {
    const { visitor, store } = await openWeb();
    store.findings = [
      {
        file: 'rules/new.yaml',
        line: 3,
        column: 5,
        severity: 'error',
        message: 'unknown setting "camera"',
        hint: 'Did you mean "cameras"?',
      },
    ];
    const html = await (await (await visitor('viewer')).get('/rules')).text();
    expect(html).toMatch(
      /span-duration"[^>]*><span class="span-words">for 5 minutes<\/span><small class="span-label">how long/,
    );
    expect(html).toContain('rules/new.yaml');
    expect(html).toContain('line 3');
    expect(html).toContain('Is every person wearing a hi-vis vest?');
    expect(html).toContain('<strong>no</strong>');
    expect(html).toContain('A vest may be too small');
  });

  test.each([
    ['en', 'over how long', 'several pictures of the last 10 sec', 'Shown before, as examples'],
    ['zh-CN', '看多长时间', '最近 10秒内的多张画面', '事先出示的示例'],
  ])('says which pictures the model sees (%s)', async (language, label, pictures, examples) => {
    const { visitor, store } = await openWeb();
    const shaking = 'Alert me when a machine is shaking over the last 10 seconds';
    const [plain] = store.rules;
    if (!plain) throw new Error('the store has no rule');
    store.rules = [plain];
    const rules = async () => (await visitor('viewer')).get('/rules', { 'Accept-Language': language });
    const without = await (await rules()).text();
    for (const words of [pictures, examples]) expect(without).not.toContain(words);
    const at = shaking.indexOf('over the last');
    store.rules = [
      {
        ...plain,
        ...{ words: shaking, overMs: 10_000, examples: [{ picture: 'examples/still.jpg', says: `Still ${EVIL}.` }] },
        spans: [{ start: at, end: shaking.length, means: 'lookback', value: '10 s' }],
      },
    ];
    const html = await (await rules()).text();
    expect(html).toMatch(
      new RegExp(`span-lookback"[^>]*><span[^>]*>over the last 10 seconds</span><small class="span-label">${label}<`),
    );
    expect(html).toContain(pictures);
    expect(html).toContain(examples);
    expect(html).toContain('examples/still.jpg');
    expect(html).toContain('<q>Still &lt;script');
  });
});
