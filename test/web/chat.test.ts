import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChatDesk } from '../../src/desks/chat-desk.ts';
import { ModelTurns } from '../../src/desks/model-turns.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { type EndpointModel, openEndpointModel } from '../../src/vision/endpoint/endpoint-model.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { fakeStore } from './fixture.ts';

const TINY = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));
const TOKEN = 'a-token-of-a-viewer';
const QUESTIONS = ['Is the shelf empty? Answer yes or no.', 'Is there a person? Answer yes or no.'];

describe('the chat of this box, with its bundled model', { timeout: 60_000 }, () => {
  let local: LocalVisionModel;
  let web: WebApp;
  let server: WebServer;
  let endpoint: EndpointModel;
  let looks = 0;
  let jpeg: Buffer;

  beforeAll(async () => {
    local = await loadVisionModelInThread({ packageDir: TINY, dtype: 'q8', device: 'cpu', clock: systemClock });
    const model = {
      look: (...args: Parameters<LocalVisionModel['look']>) => {
        looks++;
        return local.look(...args);
      },
      score: local.score.bind(local),
      generate: local.generate.bind(local),
      release: local.release.bind(local),
    };
    const store = fakeStore();
    store.takePictures();
    jpeg = Buffer.from(store.frames.get('aisle-3')?.jpeg ?? []);
    store.tokens.set(createHash('sha256').update(TOKEN).digest('hex'), { name: 'other box', role: 'viewer' });
    const chat = createChatDesk(new ModelTurns({ model, clock: systemClock }));
    web = createWebApp({ ...store.deps(), chat });
    server = new WebServer({ web, host: '127.0.0.1', port: 0 });
    const { url } = await server.start();
    endpoint = await openEndpointModel({
      endpoint: url,
      apiKey: TOKEN,
      clock: systemClock,
      logger: silentLogger,
      random: Math.random,
    });
  });
  afterAll(async () => {
    await endpoint?.close();
    web?.close();
    await server?.stop();
    await local?.close();
  });

  const post = async (body: unknown, headers: Record<string, string> = { Authorization: `Bearer ${TOKEN}` }) =>
    web.app.request('/v1/chat/completions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const picture = () => ({
    type: 'image_url',
    image_url: { url: `data:image/jpeg;base64,${jpeg.toString('base64')}` },
  });
  const user = (...content: unknown[]) => [{ role: 'user', content }];

  test('another box gets the scores that this one gives itself, and the picture is looked at once', async () => {
    expect(endpoint.identity.name).toBe('watchword-tiny');
    const own = await local.look(jpeg);
    const expected = await local.score(own, QUESTIONS, { verbatim: true });
    looks = 0;
    const look = await endpoint.look(jpeg);
    const answers = await endpoint.score(look, QUESTIONS, { verbatim: true });
    for (const [index, { score, mass, readFrom }] of answers.entries()) {
      expect(readFrom).toBeUndefined();
      expect(score).toBeCloseTo(expected[index]?.score ?? 9, 6);
      expect(mass).toBeCloseTo(expected[index]?.mass ?? 9, 6);
    }
    expect(looks).toBe(1);
  });

  test('words come as they do here, streamed and whole', async () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'image', picture: jpeg },
          { type: 'text', text: 'Describe the picture.' },
        ],
      },
    ] as const;
    let expected = '';
    for await (const word of local.generate({ messages }, { maxTokens: 12 })) expected += word;
    const came: string[] = [];
    for await (const word of endpoint.generate({ messages }, { maxTokens: 12 })) came.push(word);
    expect(came.join('')).toBe(expected);
    expect(came.length).toBeGreaterThan(1);
    const body = { messages: user(picture(), { type: 'text', text: 'Describe the picture.' }), max_tokens: 12 };
    expect(await (await post(body)).json()).toMatchObject({
      object: 'chat.completion',
      model: 'watchword-tiny',
      choices: [{ index: 0, message: { role: 'assistant', content: expected }, finish_reason: 'stop' }],
    });
  });

  test('the picture of a request may be as large as a camera makes it', async () => {
    const large = { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${'A'.repeat(4_000_000)}` } };
    const response = await post({
      messages: user(large, { type: 'text', text: 'Is it?' }),
      max_tokens: 1,
      logprobs: true,
    });
    // Not refused for its size, but for being no picture.
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('not a picture');
  });

  test.each([
    ['nobody', {}, 401],
    ['an unknown token', { Authorization: 'Bearer nothing' }, 401],
  ])('%s is refused in JSON', async (_, headers: Record<string, string>, status) => {
    const response = await post({ messages: [] }, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
  });

  test.each([
    ['no JSON', '{', /not JSON/],
    ['no messages', {}, /messages/],
    [
      'an address instead of a picture',
      { messages: user({ type: 'image_url', image_url: { url: 'http://10.0.0.1/a.jpg' } }) },
      /data URL/,
    ],
    ['a tool', { messages: user({ type: 'text', text: 'Hi' }), tools: [] }, /"tools" is not supported/],
    ['two answers', { messages: user({ type: 'text', text: 'Hi' }), n: 2 }, /"n" must be 1/],
    [
      'chances of a conversation',
      { messages: user({ type: 'text', text: 'Hi' }), logprobs: true, max_tokens: 1 },
      /about one picture/,
    ],
    ['a role it does not know', { messages: [{ role: 'tool', content: 'x' }] }, /role/],
  ])('%s is refused with what is wrong', async (_, body, expected) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { message: string } }).error.message).toMatch(expected);
  });

  test('another model is not found', async () => {
    const response = await post({ model: 'gpt-4o', messages: user({ type: 'text', text: 'Hi' }) });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('watchword-tiny');
  });

  test('an error in the middle of a stream is an event', async () => {
    const broken = { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA' } };
    const response = await post({ messages: user(broken, { type: 'text', text: 'Hi' }), stream: true });
    expect(response.headers.get('Content-Type')).toContain('text/event-stream');
    expect(await response.text()).toMatch(/^data: \{"error":\{"kind":"invalid-input"/);
  });
});
