import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { EncodedPicture } from '../../src/cameras/masks.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { fakeStore } from './fixture.ts';
import { openWeb, type Visitor } from './visitor.ts';

const PARTIAL = { 'HX-Request': 'true' };

async function openEditor() {
  const store = fakeStore();
  store.takePictures();
  const { visitor, web } = await openWeb(store);
  const operator = await visitor('operator');
  const understand = async (form: Record<string, string>): Promise<string> =>
    (await operator.post('/rules/understand', form, PARTIAL)).text();
  return { store, web, visitor, operator, understand, files: store.ruleFiles.texts };
}

/** Sends a file as a browser's form does. */
function upload(app: { request: (path: string, init: RequestInit) => Response | Promise<Response> }, visitor: Visitor) {
  return (file: Blob, name = 'mine.png') => {
    const body = new FormData();
    body.set('_csrf', visitor.csrf);
    body.set('words', 'Alert me when a shelf is empty');
    body.set('picture', file, name);
    return app.request('/rules/try', { method: 'POST', headers: { Cookie: visitor.cookie, ...PARTIAL }, body });
  };
}

describe('what is understood of a sentence', () => {
  test('is shown in colours, with its question, its doubts and its cameras', async () => {
    const { understand } = await openEditor();
    const html = await understand({
      words: 'Critical: alert me when a suspicious person is there for 5 minutes',
      cameras: 'entrance',
    });
    expect(html).toMatch(/span-duration"[^>]*><span class="span-words">for 5 minutes/);
    expect(html).toContain('It can be saved.');
    expect(html).toMatch(/Doubtful:<\/strong> [^<]+ <|Doubtful:<\/strong> This word means/);
    expect(html).toContain('/cameras/entrance');
    expect(html).not.toContain('/cameras/aisle-3"');
    // The tile to try it on is that camera's.
    expect(html).toMatch(/<button[^>]*value="entrance"/);
  });

  test('says which pictures the model sees, also where only the file tells', async () => {
    const { understand, operator, files } = await openEditor();
    const html = await understand({ words: 'Alert me when a machine is shaking over the last 10 seconds' });
    expect(html).toMatch(/span-lookback"[^>]*><span class="span-words">over the last 10 seconds/);
    expect(html).toContain('several pictures of the last 10 sec');
    expect(html).not.toContain('Shown before, as examples');
    const examples = '[{ picture: examples/still.jpg, says: This machine stands still. }]';
    files.set('spill', `rule: Alert me when a machine is shaking\nover: 8s\nexamples: ${examples}\n`);
    const page = await (await operator.get('/rules/spill/edit')).text();
    expect(page).toContain('several pictures of the last 8 sec');
    expect(page).toMatch(/<q>This machine stands still\.<\/q> <code[^>]*>examples\/still\.jpg</);
  });

  test('says why a sentence is refused, in the words of the compiler, and offers no try', async () => {
    const { understand } = await openEditor();
    const html = await understand({ words: 'How many people are at the till?' });
    expect(html).toContain('A rule is a question that is answered with yes or no');
    expect(html).toContain('cannot be saved like this');
    expect(html).toMatch(/id="try-cameras"[^>]*hidden/);
  });

  test('says what the rule takes of the box before it is saved, and when that is too much', async () => {
    const { understand, store } = await openEditor();
    const words = 'Alert me when a door is open';
    const html = await understand({ words });
    expect(html).toMatch(/3\u00a0% of the model’s time; all rules together 42\u00a0%/);
    expect(html).toContain('12 sec');
    expect(html).not.toContain('more than the box has');
    store.ruleFiles.plan = { share: 0.4, total: 1.3, delayMs: 40_000 };
    expect(await understand({ words })).toContain('more than the box has (130\u00a0%)');
    store.ruleFiles.plan = undefined;
    expect(await understand({ words })).not.toContain('of the model’s time');
  });

  test('takes any text, and nothing in it for markup', async () => {
    const { understand } = await openEditor();
    for (const words of [
      '<script>alert(1)</script> is seen',
      '\u0000\u202e',
      '"><img src=x onerror=alert(1)>',
      'x'.repeat(1_000),
    ]) {
      expect(await understand({ words })).not.toMatch(/<script|<img src=x/);
    }
    expect(await understand({ words: '  ' })).toContain('Write a sentence');
  });
});

describe('saving a rule', () => {
  test('makes a file named after the sentence and shows whether it is in force', async () => {
    const { operator, files, store } = await openEditor();
    const words = 'Alert me when the door is open for 2 minutes';
    const answer = await operator.post('/rules', { words, cameras: 'entrance' });
    expect([answer.status, files.get('door-open')]).toEqual([303, `rule: ${words}\ncameras: [entrance]\n`]);
    const where = answer.headers.get('Location') ?? '';
    expect(await (await operator.get(where)).text()).toContain('data-saved="waiting"');
    const saved = await store.deps().ruleDesk.understand({ words, cameras: ['entrance'] });
    if (!saved.rule) throw new Error('refused');
    store.rules = [...store.rules, { ...saved.rule, id: 'door-open', file: 'rules/door-open.yaml' }];
    expect(await (await operator.get(where)).text()).toContain('data-saved="in-force"');
    store.rules = store.rules.map((rule) => (rule.id === 'door-open' ? { ...rule, words: 'older' } : rule));
    store.findings = [
      { file: 'rules/door-open.yaml', line: 1, column: 1, severity: 'error', message: 'broken', hint: '' },
    ];
    expect(await (await operator.get(where)).text()).toContain('data-saved="broken"');
  });

  test('that would make the box fall behind is not saved until a person confirms it', async () => {
    const { operator, files, store } = await openEditor();
    const words = 'Alert me when the door is open';
    store.ruleFiles.plan = { share: 0.4, total: 1.3, delayMs: 40_000 };
    const refused = await operator.post('/rules', { words, cameras: 'entrance' });
    const html = await refused.text();
    expect(refused.status).toBe(413);
    expect(html).toContain('130 % of the model');
    expect(files.has('door-open')).toBe(false);
    // The form of that page sends the same again, confirmed.
    expect(html).toContain(`name="words" value="${words}"`);
    expect(html).toContain('name="cameras" value="entrance"');
    expect(html).toContain('name="force" value="yes"');
    const confirmed = await operator.post('/rules', { words, cameras: 'entrance', force: 'yes' });
    expect([confirmed.status, files.has('door-open')]).toEqual([303, true]);
  });

  test('is refused with the words kept where they were', async () => {
    const { operator, files } = await openEditor();
    const before = new Map(files);
    const answer = await operator.post('/rules', { words: 'How many people wait?', cameras: 'entrance' });
    const html = await answer.text();
    expect(answer.status).toBe(400);
    expect(html).toMatch(/<textarea[^>]*>How many people wait\?<\/textarea>/);
    expect(html).toMatch(/value="entrance" checked/);
    expect(files).toEqual(before);
  });

  test('keeps what stands in the file besides', async () => {
    const { operator, files } = await openEditor();
    files.set('spill', '# ask Anna\nrule: Warn me about a spill # old\nevery: 5s\n');
    const page = await (await operator.get('/rules/spill/edit')).text();
    expect(page).toContain('every: 5s');
    const version = /name="version" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const answer = await operator.post('/rules/spill/save', { words: 'Warn me about water on the floor', version });
    expect(answer.status).toBe(303);
    expect(files.get('spill')).toBe('# ask Anna\nrule: Warn me about water on the floor # old\nevery: 5s\n');
  });

  test('never loses what somebody else wrote meanwhile: it is shown, and replaced only knowingly', async () => {
    const { operator, files } = await openEditor();
    const page = await (await operator.get('/rules/spill/edit')).text();
    const version = /name="version" value="([^"]+)"/.exec(page)?.[1] ?? '';
    files.set('spill', 'rule: Written by somebody else entirely, a puddle is there\n');
    const mine = { words: 'Warn me about my own puddle' };
    const refused = await operator.post('/rules/spill/save', { ...mine, version });
    const html = await refused.text();
    expect(refused.status).toBe(409);
    expect(html).toContain('Written by somebody else entirely');
    expect(html).toMatch(/<textarea[^>]*>Warn me about my own puddle</);
    expect(files.get('spill')).toContain('somebody else');
    const newer = /name="version" value="([^"]+)"/.exec(html)?.[1] ?? '';
    expect((await operator.post('/rules/spill/save', { ...mine, version: newer })).status).toBe(303);
    expect(files.get('spill')).toContain('my own puddle');
  });

  test('says what the disk says', async () => {
    const { operator, store } = await openEditor();
    store.ruleFiles.failure = new WatchwordError('unavailable', 'the rule file cannot be written: ENOSPC', {
      hint: 'full',
    });
    const answer = await operator.post('/rules', { words: 'Alert me when the door is open' });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('ENOSPC');
  });

  test('switches rules off and on, and deletes them in the version that was seen', async () => {
    const { operator, files, store } = await openEditor();
    await operator.post('/rules/spill/enabled', { enabled: 'no' });
    expect(files.get('spill')).toContain('enabled: false');
    await operator.post('/rules/spill/enabled', { enabled: 'yes' });
    expect(files.get('spill')).toContain('enabled: true');
    expect((await operator.post('/rules/spill/delete', { version: 'old' })).status).toBe(409);
    const page = await (await operator.get('/rules/spill/edit')).text();
    const version = /name="version" value="([^"]+)"/.exec(page)?.[1] ?? '';
    expect((await operator.post('/rules/spill/delete', { version })).status).toBe(303);
    expect(files.has('spill')).toBe(false);
    expect(store.ruleFiles.acts).toEqual([
      'operator rule-switched spill',
      'operator rule-switched spill',
      'operator rule-removed spill',
    ]);
  });

  test('that is switched on, gone back to or written as a file is confirmed too when the box would fall behind', async () => {
    const { operator, files, store } = await openEditor();
    const before = files.get('spill') ?? '';
    const version = async () =>
      /name="version" value="([^"]+)"/.exec(await (await operator.get('/rules/spill/edit')).text())?.[1] ?? '';
    const fallingBehind = { share: 0.4, total: 1.3, delayMs: 40_000 };
    await operator.post('/rules/spill/enabled', { enabled: 'no' });
    store.ruleFiles.plan = fallingBehind;
    const refused = await operator.post('/rules/spill/enabled', { enabled: 'yes' });
    expect([refused.status, files.get('spill')]).toEqual([413, expect.stringContaining('enabled: false')]);
    expect(await refused.text()).toMatch(/action="\/rules\/spill\/enabled"[\s\S]*name="enabled" value="yes"/);
    const back = { number: '1', version: await version() };
    expect((await operator.post('/rules/spill/restore', back)).status).toBe(413);
    const file = { text: before, version: await version() };
    expect((await operator.post('/rules/spill/file', file)).status).toBe(413);
    expect(files.get('spill')).toContain('enabled: false');
    expect((await operator.post('/rules/spill/file', { ...file, force: 'yes' })).status).toBe(303);
    expect(files.get('spill')).toBe(before);
    // It takes no more than it did: other words are nobody's burden.
    const words = 'Warn me about a spill on the floor for 9 seconds';
    const saved = await operator.post('/rules/spill/save', { words, cameras: 'aisle-3', version: await version() });
    expect([saved.status, files.get('spill')]).toEqual([303, expect.stringContaining('9 seconds')]);
  });

  test('of a file that is broken by hand leads to the whole file, which is saved only without errors', async () => {
    const { operator, files } = await openEditor();
    files.set('spill', 'rule: [Warn me about a spill\n');
    expect((await operator.get('/rules/spill/edit')).headers.get('Location')).toBe('/rules/spill/file');
    const page = await (await operator.get('/rules/spill/file')).text();
    expect(page).toMatch(/<textarea[^>]*>\nrule: \[Warn me about a spill/);
    expect(page).toContain('line 2');
    const version = /name="version" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const refused = await operator.post('/rules/spill/file', {
      version,
      text: 'rule: Warn me about a spill\r\nevry: 1s',
    });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('unknown setting')]);
    const mended = 'rule: Warn me about a spill\r\n# slow\r\nevery: 5s';
    expect((await operator.post('/rules/spill/file', { version: 'old', text: mended })).status).toBe(409);
    expect((await operator.post('/rules/spill/file', { version, text: mended })).status).toBe(303);
    expect(files.get('spill')).toBe('rule: Warn me about a spill\n# slow\nevery: 5s\n');
  });

  test('keeps each version with who and when; what was there by hand too; and goes back to one', async () => {
    const { operator, visitor, files, store } = await openEditor();
    files.set('spill', '# by hand\nrule: Warn me about a spill\n');
    const version = async (): Promise<string> =>
      /name="version" value="([^"]+)"/.exec(await (await operator.get('/rules/spill/edit')).text())?.[1] ?? '';
    await operator.post('/rules/spill/save', { words: 'Warn me about a puddle', version: await version() });
    await store.clock.advance(60_000);
    await operator.post('/rules/spill/enabled', { enabled: 'no' });
    const kept = store.ruleFiles.versions.get('spill') ?? [];
    expect(kept.map(({ savedBy, text }) => [savedBy, text])).toEqual([
      ['operator', '# by hand\nrule: Warn me about a puddle\nenabled: false\n'],
      ['operator', '# by hand\nrule: Warn me about a puddle\n'],
      [null, '# by hand\nrule: Warn me about a spill\n'],
    ]);
    const viewer = await (await (await visitor('viewer')).get('/rules/spill/versions')).text();
    expect(viewer).toContain('written by hand in its file');
    expect(viewer).toContain('saved by operator');
    expect(viewer).not.toContain('/restore');
    expect((await operator.post('/rules/spill/restore', { number: '1', version: 'old' })).status).toBe(409);
    expect((await operator.post('/rules/spill/restore', { number: '1', version: await version() })).status).toBe(303);
    expect(files.get('spill')).toBe('# by hand\nrule: Warn me about a spill\n');
    expect((await operator.get('/rules/nothing/versions')).status).toBe(404);
  });

  test('shows viewers no way to change rules', async () => {
    const { visitor } = await openEditor();
    const html = await (await (await visitor('viewer')).get('/rules')).text();
    expect(html).not.toMatch(/\/rules\/new|\/edit"|\/enabled"/);
  });
});

describe('trying a rule', () => {
  test('on a camera answers for the very frame that is shown', async () => {
    const { operator, store } = await openEditor();
    const tried: EncodedPicture[] = [];
    store.trial = async (_rule, picture) => {
      tried.push(picture);
      return { value: 'unknown', cause: 'undecided', score: 0.5, mass: 1, ms: 12 };
    };
    const form = { words: 'Alert me when a shelf is empty', camera: 'aisle-3' };
    const html = await (await operator.post('/rules/try', form, PARTIAL)).text();
    expect(html).toContain('data-verdict="unknown"');
    expect(html).toContain('between yes and no');
    const shown = await operator.get(/src="(\/rules\/tried\/[^"]+)"/.exec(html)?.[1] ?? '');
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(Buffer.from(tried[0]?.jpeg ?? []));
    // Without scripts the whole page comes back, with the answer in it.
    const page = await (await operator.post('/rules/try', form)).text();
    expect(page).toContain('<textarea');
    expect(page).toContain('data-verdict="unknown"');
  });

  test('on one’s own picture makes it upright and bounded, whatever a phone sends', async () => {
    const { operator, store, web } = await openEditor();
    const tried: EncodedPicture[] = [];
    store.trial = async (_rule, picture) => {
      tried.push(picture);
      return { value: 'yes', score: 0.9, mass: 1, ms: 12 };
    };
    const wide = sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#777' } });
    const lying = await wide.jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const answer = await upload(web.app, operator)(new Blob([new Uint8Array(lying)]), 'photo <b>.jpg');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('photo &lt;b&gt;.jpg');
    expect([tried[0]?.width, tried[0]?.height]).toEqual([1440, 1920]);
    expect((await sharp(tried[0]?.jpeg).metadata()).format).toBe('jpeg');
  });

  test('refuses what is no picture, what is too large, and what is missing, each in words', async () => {
    const { operator, web } = await openEditor();
    const send = upload(web.app, operator);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    const answers: Array<[number, RegExp, Blob]> = [
      [400, /no picture that the box can read/, new Blob(['just text'])],
      [400, /no picture that the box can read/, new Blob([svg], { type: 'image/svg+xml' })],
      [400, /no picture that the box can read/, new Blob([Uint8Array.of(0xff, 0xd8, 0xff, 1, 2, 3)])],
      [400, /Choose a picture first/, new Blob([])],
      [413, /megapixels/, new Blob([emptyPng(60_000, 60_000)])],
    ];
    for (const [status, words, file] of answers) {
      const answer = await send(file);
      expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(words)]);
    }
    expect((await send(new Blob([new Uint8Array(13 * 1024 * 1024)]))).status).toBe(413);
  });

  test('says when the model is busy or away, and when the sentence is refused', async () => {
    const { operator, store } = await openEditor();
    const form = { words: 'Alert me when a shelf is empty', camera: 'aisle-3' };
    store.trial = async () => Promise.reject(new WatchwordError('too-many', 'others are asking the model already'));
    const busy = await operator.post('/rules/try', form, PARTIAL);
    expect([busy.status, await busy.text()]).toEqual([429, expect.stringContaining('others are asking')]);
    const refused = await operator.post('/rules/try', { ...form, words: 'How many?' }, PARTIAL);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('yes or no')]);
    const dark = await operator.post('/rules/try', { ...form, camera: 'loading-dock' }, PARTIAL);
    expect([dark.status, await dark.text()]).toEqual([404, expect.stringContaining('no picture of Loading dock')]);
  });
});

/** A PNG that claims to be that large and holds nothing. */
function emptyPng(width: number, height: number): Uint8Array<ArrayBuffer> {
  const chunk = (kind: string, content: Uint8Array): Buffer => {
    const bytes = Buffer.alloc(content.length + 12);
    bytes.writeUInt32BE(content.length, 0);
    bytes.write(kind, 4, 'latin1');
    bytes.set(content, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), content.length + 8);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(9))), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}
