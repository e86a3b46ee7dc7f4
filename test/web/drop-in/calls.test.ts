import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settingsSchema } from '../../../src/config/settings.ts';
import { createDropIn, type DropInApp } from '../../../src/web/drop-in/drop-in.ts';
import type { AddedStream, StreamDesk } from '../../../src/web/drop-in/drop-in-deps.ts';
import { fakeStore } from '../fixture.ts';

const ROLES = ['viewer', 'operator'] as const;

/** Two streams that are cameras of the fake store. */
class FixedStreams implements StreamDesk {
  streams: AddedStream[] = ['aisle-3', 'entrance'].map((cameraId, n) => {
    return { id: `0000000${n}-0000-4000-8000-000000000000`, cameraId, url: `rtsp://cam/${n}`, description: '' };
  });
  list = () => this.streams;
  add = async (): Promise<AddedStream> => {
    throw new Error('not in this test');
  };
  remove = async (id: string): Promise<boolean> => {
    this.streams = this.streams.filter((stream) => stream.id !== id);
    return true;
  };
}

describe('the drop-in', () => {
  let store: ReturnType<typeof fakeStore>;
  let streams: FixedStreams;
  let vlm: DropInApp;
  let query: DropInApp;

  beforeEach(() => {
    store = fakeStore();
    streams = new FixedStreams();
    store.takePictures();
    for (const role of ROLES)
      store.tokens.set(createHash('sha256').update(role).digest('hex'), { name: `${role} app`, role, createdAt: 0 });
    [vlm, query] = open({ vlm: {}, query: { camera: 'aisle-3' } }) as [DropInApp, DropInApp];
  });

  const open = (nvidia: Record<string, unknown>): DropInApp[] => {
    const settings = settingsSchema.parse({ nvidia }).nvidia;
    if (!settings) throw new Error('no settings');
    return createDropIn({ ...store.deps(), streams, rulesReloaded: async () => undefined }, settings);
  };
  const call = async (
    app: DropInApp,
    method: string,
    path: string,
    { body, token = 'operator', ...headers }: Record<string, string | undefined> = {},
  ) => {
    const request = new Request(`http://127.0.0.1:5010${path}`, {
      method,
      headers: { Host: '127.0.0.1:5010', ...(token && { Authorization: `Bearer ${token}` }), ...(headers as object) },
      ...(body !== undefined && { body }),
    });
    const answer = await app.app.fetch(request);
    return { status: answer.status, text: await answer.text() };
  };
  const alert = (sentences: string[], id = '') =>
    call(vlm, 'POST', '/api/v1/alerts', { body: JSON.stringify({ alerts: sentences, id }) });
  const nvidiaFiles = (): string[] => [...store.ruleFiles.texts.keys()].filter((id) => id.startsWith('nvidia')).sort();

  describe('lets in', () => {
    test('nobody without a token, and each token as far as its role goes', async () => {
      expect((await call(vlm, 'GET', '/api/v1/live-stream', { token: '' })).status).toBe(401);
      expect((await call(vlm, 'GET', '/api/v1/live-stream', { token: 'wrong' })).status).toBe(401);
      expect((await call(vlm, 'GET', '/api/v1/live-stream', { token: 'viewer' })).status).toBe(200);
      expect((await call(vlm, 'POST', '/api/v1/alerts', { token: 'viewer', body: '{"alerts":[]}' })).status).toBe(403);
      expect((await call(query, 'GET', '/query?query=x&alert=True', { token: 'viewer' })).status).toBe(403);
      expect((await call(vlm, 'GET', '/api/v1/alerts/ws', { token: '' })).status).toBe(401);
      expect((await call(vlm, 'GET', '/metrics', { token: '' })).status).toBe(401);
    });

    test('without a token only programs of this machine, and no page of another site', async () => {
      const [open1] = open({ requireToken: false, vlm: {} }) as [DropInApp];
      expect((await call(open1, 'GET', '/api/v1/live-stream', { token: '' })).status).toBe(200);
      const list = (headers: Record<string, string>) =>
        call(open1, 'GET', '/api/v1/live-stream', { token: '', ...headers });
      expect((await list({ Origin: 'http://evil.example' })).status).toBe(403);
      expect((await list({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
      expect((await list({ Host: 'evil.example' })).status).toBe(403);
      expect((await list({ token: 'wrong' })).status).toBe(401);
      const { success } = settingsSchema.safeParse({ nvidia: { host: '0.0.0.0', requireToken: false, vlm: {} } });
      expect(success).toBe(false);
    });

    test('who is described to be let in: the page about moving shows what the configuration takes', () => {
      const page = readFileSync(new URL('../../../src/web/drop-in/README.md', import.meta.url), 'utf8');
      const shown = parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
      expect(settingsSchema.parse(shown).nvidia).toEqual({
        host: '0.0.0.0',
        requireToken: true,
        vlm: { port: 5_010, webSocketPort: 5_016, maxStreams: 8, alertCooldownMs: 60_000 },
        query: { camera: 'aisle-1', port: 5_432, webSocketPort: 5_433 },
      });
    });

    test('nobody by default: both services are off', () => {
      expect(settingsSchema.parse({}).nvidia).toBeUndefined();
      expect(open({})).toEqual([]);
    });
  });

  describe('alerts', () => {
    test('are rules of this box on each stream, numbered as they were sent, blanks left out', async () => {
      expect(await alert(['is there a fire?', ' ', 'is there smoke?'])).toMatchObject({ status: 200 });
      const ids = ['aisle-3', 'entrance'].flatMap((id) => [`nvidia-${id}-r0`, `nvidia-${id}-r2`]);
      expect(nvidiaFiles()).toEqual(ids);
      expect(store.ruleFiles.texts.get('nvidia-entrance-r2')?.split('\n').slice(1)).toEqual([
        'rule: "is there smoke?"',
        'cameras: ["entrance"]',
        '',
      ]);
    });

    test('of one stream, or of a camera by its own id, leave the others alone', async () => {
      await alert(['is there a fire?']);
      await alert(['is there smoke?'], streams.streams[0]?.id);
      await alert(['is the road blocked?'], 'yard-road');
      expect(nvidiaFiles()).toEqual(['nvidia-aisle-3-r0', 'nvidia-entrance-r0', 'nvidia-yard-road-r0']);
      expect(store.ruleFiles.texts.get('nvidia-aisle-3-r0')).toContain('smoke');
      expect(store.ruleFiles.texts.get('nvidia-entrance-r0')).toContain('fire');
      expect(await alert(['is there smoke?'], 'nowhere')).toMatchObject({ status: 422 });
    });

    test('that are set again keep what a person added to the file; one with another sentence does not', async () => {
      await alert(['is there a fire?', 'is there smoke?'], 'yard-road');
      const id = 'nvidia-yard-road-r0';
      const edited = `${store.ruleFiles.texts.get(id)}for: 20s\n`;
      store.ruleFiles.texts.set(id, edited);
      await alert(['is there a fire?', 'is there dust?'], 'yard-road');
      expect(store.ruleFiles.texts.get(id)).toBe(edited);
      expect(store.ruleFiles.texts.get('nvidia-yard-road-r1')).toContain('dust');
      await alert(['is it dark?'], 'yard-road');
      expect(store.ruleFiles.texts.get(id)).not.toContain('20s');
      expect(nvidiaFiles()).toEqual([id]);
    });

    test('with one that the box cannot ask change nothing at all', async () => {
      await alert(['is there a fire?'], 'yard-road');
      const refused = await alert(['is there smoke?', '!!!'], 'yard-road');
      expect(refused.status).toBe(422);
      expect(refused.text).toContain('!!!');
      expect(store.ruleFiles.texts.get('nvidia-yard-road-r0')).toContain('fire');
    });

    test("never replace or delete a person's own rule of that name", async () => {
      const own = 'rule: Alert me when a shelf is empty\n';
      store.ruleFiles.texts.set('nvidia-yard-road-r0', own);
      expect((await alert(['is there a fire?'], 'yard-road')).status).toBe(409);
      expect((await alert([], 'yard-road')).status).toBe(200);
      expect(store.ruleFiles.texts.get('nvidia-yard-road-r0')).toBe(own);
    });

    test('go with their stream', async () => {
      await alert(['is there a fire?']);
      const [first] = streams.streams;
      expect((await call(vlm, 'DELETE', `/api/v1/live-stream/${first?.id}`)).status).toBe(200);
      expect(nvidiaFiles()).toEqual(['nvidia-entrance-r0']);
    });
  });

  describe('refuses as the original does', () => {
    const long = JSON.stringify({ alerts: ['x'.repeat(101)] });
    const many = JSON.stringify({ alerts: Array.from({ length: 11 }, () => 'is there a fire?') });
    test.each([
      ['alerts', '{', 422],
      ['alerts', '{}', 422],
      ['alerts', long, 422],
      ['alerts', many, 422],
      ['live-stream', '{"liveStreamUrl": "file:/etc/passwd"}', 400],
      ['live-stream', '{"description": "no address"}', 422],
      ['chat/completions', '{"messages": []}', 422],
      ['chat/completions', '{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5000}', 422],
    ])('POST %s %s', async (path, body, status) => {
      const answer = await call(vlm, 'POST', `/api/v1/${path}`, { body });
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toHaveProperty('detail');
    });

    test('a model that is not loaded', async () => {
      const answer = await call(vlm, 'GET', '/api/v1/health/ready', { token: '' });
      expect(answer.status).toBe(200);
      store.ready = false;
      const loading = await call(vlm, 'GET', '/vlm/api/v1/health/ready', { token: '' });
      expect(loading).toMatchObject({ status: 503, text: expect.stringContaining('still loading') });
    });
  });
});
