import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChatDesk } from '../../src/desks/chat-desk.ts';
import { ModelTurns } from '../../src/desks/model-turns.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import type { ChatDesk } from '../../src/web/chat.ts';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { fakeStore } from './fixture.ts';

const TINY = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));
const TOKEN = 'ww_a-token-of-a-viewer';
const QUESTION = 'Is the shelf empty? Answer yes or no.';

describe("OpenAI's own client against this box", { timeout: 60_000 }, () => {
  const store = fakeStore();
  let local: LocalVisionModel;
  let web: WebApp;
  let server: WebServer;
  let url: string;
  let client: OpenAI;
  let shelf: Buffer;
  /** Stands in for the box's desk where a test needs a busy or broken one. */
  let desk: Partial<ChatDesk> = {};

  beforeAll(async () => {
    local = await loadVisionModelInThread({ packageDir: TINY, dtype: 'q8', device: 'cpu', clock: systemClock });
    store.takePictures();
    shelf = Buffer.from(store.frames.get('aisle-3')?.jpeg ?? []);
    store.tokens.set(createHash('sha256').update(TOKEN).digest('hex'), {
      name: 'other box',
      role: 'viewer',
      createdAt: 0,
    });
    const real = createChatDesk(new ModelTurns({ model: local, clock: systemClock }));
    const chat: ChatDesk = {
      score: (...args) => (desk.score ?? real.score)(...args),
      generate: (...args) => (desk.generate ?? real.generate)(...args),
    };
    web = createWebApp({ ...store.deps(), chat });
    server = new WebServer({ web, host: '127.0.0.1', port: 0 });
    url = (await server.start()).url;
    client = new OpenAI({ baseURL: `${url}v1`, apiKey: TOKEN, maxRetries: 0 });
  }, 60_000);
  afterAll(async () => {
    web?.close();
    // What the client left open is cut.
    await server?.stop(AbortSignal.timeout(1_000));
    await local?.close();
  });

  const MODEL = 'watchword-tiny';
  const picture = (address = `data:image/jpeg;base64,${shelf.toString('base64')}`) =>
    ({ type: 'image_url', image_url: { url: address } }) as const;
  const asked = (text: string, ...pictures: Array<ReturnType<typeof picture>>) =>
    [{ role: 'user', content: [...pictures, { type: 'text', text }] }] as OpenAI.ChatCompletionUserMessageParam[];
  const words = async (...pictures: Array<ReturnType<typeof picture>>): Promise<string> => {
    const answer = await client.chat.completions.create({
      model: MODEL,
      messages: asked('Describe the picture.', ...pictures),
      max_tokens: 24,
    });
    return answer.choices[0]?.message.content ?? '';
  };

  test('lists the model', async () => {
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    expect(models).toEqual([MODEL]);
    expect(await client.models.retrieve(MODEL)).toMatchObject({ id: MODEL, owned_by: 'watchword' });
    await expect(client.models.retrieve('gpt-5')).rejects.toBeInstanceOf(NotFoundError);
  });

  test('asks about a picture in its request, and about what a camera shows, with the same answer', async () => {
    const own: string[] = [];
    const conversation = [
      {
        role: 'user' as const,
        content: [
          { type: 'image' as const, picture: shelf },
          { type: 'text' as const, text: 'Describe the picture.' },
        ],
      },
    ];
    for await (const piece of local.generate({ messages: conversation }, { maxTokens: 24 })) own.push(piece);
    expect(own.join('')).toMatch(/\w/);
    expect(await words(picture())).toBe(own.join(''));
    expect(await words(picture('camera:aisle-3'))).toBe(own.join(''));
    expect(await words(picture('camera:warehouse-1'))).not.toBe(own.join(''));
  });

  test('gets the chances of yes and no as the box itself sees them', async () => {
    const look = await local.look(shelf);
    const [own] = await local.score(look, [QUESTION], { verbatim: true });
    await local.release(look);
    const answer = await client.chat.completions.create({
      ...{ model: MODEL, messages: asked(QUESTION, picture()), max_tokens: 1, logprobs: true, top_logprobs: 2 },
    });
    const [choice] = answer.choices;
    const [first] = choice?.logprobs?.content ?? [];
    const share = (token: string) =>
      Math.exp(first?.top_logprobs.find((each) => each.token === token)?.logprob ?? -9999);
    expect(share('Yes') / (share('Yes') + share('No'))).toBeCloseTo(own?.score ?? -1, 6);
    expect(share('Yes') + share('No')).toBeCloseTo(own?.mass ?? -1, 6);
    expect(choice?.finish_reason).toBe('length');
    expect(choice?.message.content).toBe('Yes');
    const without = await client.chat.completions.create({
      ...{ model: MODEL, messages: asked(QUESTION, picture()), max_tokens: 1, logprobs: true },
    });
    expect(without.choices[0]?.logprobs?.content?.[0]?.top_logprobs).toEqual([]);
  });

  test('streams words as they come, by hand and through its stream helper', async () => {
    const request = { model: MODEL, messages: asked('Describe the picture.', picture()), max_tokens: 24 };
    const whole = await words(picture());
    const pieces: string[] = [];
    let reason: string | null = null;
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      pieces.push(chunk.choices[0]?.delta.content ?? '');
      reason = chunk.choices[0]?.finish_reason ?? reason;
    }
    expect(pieces.join('')).toBe(whole);
    expect(pieces.length).toBeGreaterThan(2);
    expect(reason).toBe('stop');
    expect(await client.chat.completions.stream(request).finalContent()).toBe(whole);
  });

  test('hears whether words were cut, and how many tokens were read and said', async () => {
    const messages = asked('Describe the picture.', picture());
    const ask = (most: number) => client.chat.completions.create({ model: MODEL, messages, max_tokens: most });
    const all = await ask(64);
    const said = all.usage?.completion_tokens ?? 0;
    expect(all.choices[0]?.finish_reason).toBe('stop');
    expect(said).toBeGreaterThan(8);
    const { tokens: read } = await local.scoreMessages([
      {
        role: 'user',
        content: [
          { type: 'image', picture: shelf },
          { type: 'text', text: 'Describe the picture.' },
        ],
      },
    ]);
    expect(all.usage).toEqual({ prompt_tokens: read, completion_tokens: said, total_tokens: read + said });
    // What ends it is a token too: one less cuts nothing but that.
    for (const most of [1, 5, said - 1]) {
      const cut = await ask(most);
      expect(cut.choices[0]?.finish_reason, `${most}`).toBe('length');
      expect(cut.usage, `${most}`).toMatchObject({ prompt_tokens: read, completion_tokens: most });
    }
    expect((await ask(said)).choices[0]?.finish_reason).toBe('stop');
    const wordless = await client.chat.completions.create({ model: MODEL, messages: asked('Hello.') });
    expect(wordless.usage?.prompt_tokens).toBeLessThan(read - 60);
  });

  test('counts the tokens of a question about a picture', async () => {
    const request = { model: MODEL, messages: asked(QUESTION, picture()), max_tokens: 1, logprobs: true };
    const { usage } = await client.chat.completions.create(request);
    const { usage: plain } = await client.chat.completions.create({ ...request, logprobs: false });
    expect(usage).toMatchObject({ prompt_tokens: plain?.prompt_tokens, completion_tokens: 1 });
    const counted = { stream: true, stream_options: { include_usage: true } } as const;
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of await client.chat.completions.create({ ...request, ...counted })) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.usage)).toEqual([null, usage]);
  });

  test('hears it at the end of a stream, the tokens only where it asks for them', async () => {
    const request = { model: MODEL, messages: asked('Describe the picture.', picture()), max_tokens: 5 };
    const whole = await client.chat.completions.create(request);
    const streamed = async (change: object): Promise<OpenAI.ChatCompletionChunk[]> => {
      const chunks = [];
      for await (const chunk of await client.chat.completions.create({ ...request, ...change, stream: true }))
        chunks.push(chunk);
      return chunks;
    };
    const counted = await streamed({ stream_options: { include_usage: true } });
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(counted.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(counted.at(-2)?.choices[0]?.finish_reason).toBe('length');
    const plain = await streamed({});
    expect(plain.at(-1)?.choices[0]?.finish_reason).toBe('length');
    expect(plain.some((chunk) => 'usage' in chunk)).toBe(false);
    const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    expect(await stream.totalUsage()).toEqual(whole.usage);
  });

  test('a model that counts nothing leaves the count out', async () => {
    desk = {
      score: async () => ({ score: 1, mass: 1 }),
      generate: async (_messages, _most, tell) => {
        tell('Shelf');
        return { reason: 'length' };
      },
    };
    const request = { model: MODEL, messages: asked('Is it?', picture()), max_tokens: 1 };
    for (const logprobs of [false, true]) {
      const answer = await client.chat.completions.create({ ...request, logprobs });
      expect(answer.choices[0]?.finish_reason).toBe('length');
      expect(answer).not.toHaveProperty('usage');
    }
    const counted = { stream: true, stream_options: { include_usage: true } } as const;
    for await (const { choices, usage } of await client.chat.completions.create({ ...request, ...counted })) {
      expect(choices).toHaveLength(1);
      expect(usage).toBeNull();
    }
    desk = {};
  });

  test('breaking off a stream frees the model', async () => {
    let aborted: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    desk = {
      generate: async (_messages, _most, tell, signal) => {
        tell('One');
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        aborted?.();
      },
    };
    const stream = await client.chat.completions.create({ model: MODEL, messages: asked('Count.'), stream: true });
    for await (const chunk of stream) {
      expect(chunk.choices[0]?.delta.content).toBe('One');
      break;
    }
    await gone;
    desk = {};
  });

  describe('gets errors in its own classes', () => {
    const create = (change: Record<string, unknown>, with_ = client): Promise<unknown> =>
      with_.chat.completions.create({ model: MODEL, messages: asked('Is it?', picture()), ...change });

    test('a wrong token, another model, what is not supported, a camera that is not there', async () => {
      const stranger = new OpenAI({ baseURL: `${url}v1`, apiKey: 'wrong', maxRetries: 0 });
      await expect(create({}, stranger)).rejects.toBeInstanceOf(AuthenticationError);
      await expect(create({ model: 'gpt-5' })).rejects.toMatchObject({ status: 404, code: 'not-found' });
      await expect(create({ n: 2 })).rejects.toBeInstanceOf(BadRequestError);
      await expect(create({ stop: ['\n'] })).rejects.toThrow('"stop" is not supported');
      await expect(create({ response_format: { type: 'text' }, stop: null, max_tokens: 2 })).resolves.toBeDefined();
      await expect(create({ messages: asked('Is it?', picture('camera:attic')) })).rejects.toBeInstanceOf(
        NotFoundError,
      );
      await expect(create({ messages: asked('Is it?', picture('https://example.com/x.jpg')) })).rejects.toMatchObject({
        status: 400,
        type: 'invalid-input',
      });
      const damaged = picture(`data:image/jpeg;base64,${Buffer.from('no picture').toString('base64')}`);
      await expect(create({ messages: asked('Is it?', damaged) })).rejects.toBeInstanceOf(BadRequestError);
    });

    test('a camera that is away shows no old picture', async () => {
      const [down] = store.cameras.filter(({ health }) => health === 'down');
      store.frames.set(down?.id ?? '', { ...{ seq: 1, capturedAt: 0, width: 1, height: 1 }, jpeg: shelf });
      await expect(create({ messages: asked('Is it?', picture(`camera:${down?.id}`)) })).rejects.toMatchObject({
        status: 503,
        message: expect.stringContaining('shows no picture'),
      });
    });

    test('a box that is busy, which it asks again by itself', async () => {
      let tries = 0;
      desk = {
        generate: async (_messages, _most, tell) => {
          if (++tries === 1) throw new WatchwordError('too-many', 'others are asking the model already');
          tell('Yes');
        },
      };
      await expect(create({})).rejects.toBeInstanceOf(RateLimitError);
      tries = 0;
      const patient = new OpenAI({ baseURL: `${url}v1`, apiKey: TOKEN, maxRetries: 1 });
      await expect(create({}, patient)).resolves.toMatchObject({ choices: [{ message: { content: 'Yes' } }] });
      desk = {};
    });

    test('a stream that fails in the middle', async () => {
      desk = {
        generate: async (_messages, _most, tell) => {
          tell('One');
          throw new WatchwordError('timeout', 'the model took too long');
        },
      };
      const heard: string[] = [];
      const listen = async (): Promise<void> => {
        const stream = await client.chat.completions.create({ model: MODEL, messages: asked('Count.'), stream: true });
        for await (const chunk of stream) heard.push(chunk.choices[0]?.delta.content ?? '');
      };
      await expect(listen()).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('too long') });
      expect(heard).toEqual(['One']);
      desk = {};
    });
  });
});
