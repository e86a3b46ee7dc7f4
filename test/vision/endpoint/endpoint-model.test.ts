import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kindOf } from '../../../src/platform/errors.ts';
import { createLogger, silentLogger } from '../../../src/platform/logger.ts';
import {
  type EndpointModel,
  type EndpointOptions,
  openEndpointModel,
} from '../../../src/vision/endpoint/endpoint-model.ts';
import type { GenerationEnd } from '../../../src/vision/model.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openKit, readImage } from '../golden-kit.ts';
import { ChatServer, chances, events, json, reply, words } from './chat-server.ts';

const png = readImage(openKit('idefics3-random'), 'shapes_640x360.png');
const QUESTION = 'Is the shelf empty?';

let server: ChatServer;
const open: EndpointModel[] = [];
beforeEach(async () => {
  server = new ChatServer();
  await server.start();
});
afterEach(async () => {
  for (const model of open.splice(0)) await model.close();
  await server.stop();
});

async function opened(options: Partial<EndpointOptions> = {}): Promise<EndpointModel> {
  const model = await openEndpointModel({
    endpoint: server.url,
    clock: new ManualClock(),
    logger: silentLogger,
    random: () => 0.5,
    ...options,
  });
  open.push(model);
  return model;
}

async function asked(model: EndpointModel, questions: readonly string[] = [QUESTION]) {
  const look = await model.look(png);
  try {
    return await model.score(look, questions);
  } finally {
    await model.release(look);
  }
}

describe('a question', () => {
  test('is scored from the first token: the picture first, one token, its alternatives', async () => {
    const model = await opened({ apiKey: 'sk-secret' });
    const [answer] = await asked(model);
    expect(answer?.question).toBe(QUESTION);
    expect(answer?.readFrom).toBeUndefined();
    expect(answer?.score).toBeCloseTo(0.9, 6);
    expect(answer?.mass).toBeCloseTo(1, 6);
    const [{ body, authorization, path } = { body: undefined, authorization: '', path: '' }] = server.chats;
    expect(path).toBe('/v1/chat/completions');
    expect(authorization).toBe('Bearer sk-secret');
    expect(body).toMatchObject({ model: 'some-vlm', temperature: 0, max_tokens: 1, logprobs: true, top_logprobs: 20 });
    const [picture, text] = body.messages[0].content;
    expect(picture.type).toBe('image_url');
    expect(Buffer.from(picture.image_url.url.split(',')[1], 'base64').equals(png)).toBe(true);
    expect(text).toEqual({ type: 'text', text: `${QUESTION} Answer yes or no.` });
  });

  test('goes as it is when asked verbatim', async () => {
    const model = await opened();
    const look = await model.look(png);
    await model.score(look, [' Say yes '], { verbatim: true });
    expect(server.chats[0]?.body.messages[0].content[1].text).toBe(' Say yes ');
  });

  test('of which the server knows little is left with little mass', async () => {
    server.respond = (_, response) => reply(response, chances({ The: 0.9, Yes: 0.06, No: 0.02 }));
    const [answer] = await asked(await opened());
    expect(answer?.mass).toBeCloseTo(0.08, 6);
    expect(answer?.score).toBeCloseTo(0.75, 6);
  });

  test('no answer is waited for by more requests than allowed, the first goes alone, answers keep their order', async () => {
    const held: Array<() => void> = [];
    server.respond = ({ body }, response) => {
      const number = Number(/\d+/.exec(body.messages[0].content[1].text)?.[0]);
      held.push(() => reply(response, chances({ Yes: number / 10, No: 1 - number / 10 })));
      // Let go of all when as many wait as may, or the last have come.
      if (number === 0 || held.length === 3 || server.chats.length === 9)
        for (const go of held.splice(0).reverse()) go();
    };
    const model = await opened({ concurrency: 3 });
    const answers = await asked(model, ['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    expect(server.mostAtOnce).toBe(3);
    expect(answers.map(({ score }) => Math.round(score * 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const firsts = server.chats.slice(0, 1).map(({ body }) => body.messages[0].content[1].text);
    expect(firsts).toEqual(['0 Answer yes or no.']);
  });

  test('about a picture that is none, or was released, is refused before the server is asked', async () => {
    const model = await opened();
    await expect(model.look(Buffer.from('no picture'))).rejects.toMatchObject({ kind: 'invalid-input' });
    await expect(model.look(png.subarray(0, 900))).rejects.toMatchObject({ kind: 'invalid-input' });
    const look = await model.look(png);
    await model.release(look);
    await expect(model.score(look, [QUESTION])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(server.chats.length).toBe(0);
  });

  test('looks nobody releases are bounded', async () => {
    const model = await opened();
    for (let count = 0; count < 64; count++) await model.look(png);
    await expect(model.look(png)).rejects.toMatchObject({ kind: 'too-many' });
  });
});

describe('a server without probabilities', () => {
  test('that leaves them out is asked for a constrained answer from then on, and the answer says so', async () => {
    server.respond = ({ body }, response) => reply(response, words(body.response_format ? '{"answer":"no"}' : 'Yes'));
    const warned: unknown[] = [];
    const logger = createLogger((level, message) => level === 'warn' && warned.push(message));
    const model = await opened({ logger });
    expect((await asked(model))[0]).toMatchObject({ score: 1, mass: 1, readFrom: 'words' });
    expect((await asked(model))[0]).toMatchObject({ score: 0, mass: 1, readFrom: 'words' });
    await asked(model);
    expect(server.chats.map(({ body }) => [body.logprobs ?? false, Boolean(body.response_format)])).toEqual([
      [true, false],
      [false, true],
      [false, true],
    ]);
    expect(warned.length).toBe(1);
  });

  test('that refuses them, and the schema too, is asked in words', async () => {
    server.respond = ({ body }, response) => {
      if (body.logprobs) return json(response, 400, { error: { message: 'logprobs are not supported' } });
      if (body.response_format) return json(response, 422, { error: { message: 'unknown field response_format' } });
      reply(response, words(' Yes, the upper one.'));
    };
    const model = await opened();
    expect((await asked(model))[0]).toMatchObject({ score: 1, mass: 1, readFrom: 'words' });
    expect((await asked(model))[0]).toMatchObject({ score: 1, readFrom: 'words' });
    expect(server.chats.length).toBe(4);
  });

  test.each(['It is hard to say', 'not yes', '', 'Yes or no?', 'Nothing'])(
    'that says %j leaves it unknown',
    async (text) => {
      server.respond = (_, response) => reply(response, words(text));
      expect((await asked(await opened()))[0]).toMatchObject({ mass: 0, readFrom: 'words' });
    },
  );

  test('a question that is refused every way is an error, and the next is asked the best way again', async () => {
    server.respond = (_, response) => json(response, 400, { error: { message: 'the picture is too wide' } });
    const model = await opened();
    await expect(asked(model)).rejects.toMatchObject({ kind: 'invalid-input', message: /too wide/ });
    server.respond = (_, response) => reply(response, chances({ Yes: 0.8, No: 0.2 }));
    expect((await asked(model))[0]?.readFrom).toBeUndefined();
  });
});

describe('words', () => {
  test('come as the server sends them, however they are cut', async () => {
    const said = ['A ', 'shelf, ', 'half \u00e9mpty.'].map(
      (content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`,
    );
    const whole = Buffer.from([...said, 'data: {"choices":[],"usage":{}}\n\n', 'data: [DONE]\n\n'].join(''));
    server.respond = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let at = 0; at < whole.length; at += 7) response.write(whole.subarray(at, at + 7));
      response.end();
    };
    const model = await opened();
    const look = await model.look(png);
    let text = '';
    for await (const word of model.generate({ look, text: 'Describe the picture.' }, { maxTokens: 9 })) text += word;
    expect(text).toBe('A shelf, half \u00e9mpty.');
    expect(server.chats[0]?.body).toMatchObject({ stream: true, max_tokens: 9 });
  });

  test('a conversation keeps its turns and pictures in order, and a server that does not stream is understood', async () => {
    server.respond = (_, response) => reply(response, words('Two.'));
    const model = await opened();
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'image', picture: png },
          { type: 'text', text: 'How many?' },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'One.' }] },
      { role: 'user', content: [{ type: 'text', text: 'Sure?' }] },
    ] as const;
    let text = '';
    const ended: GenerationEnd[] = [];
    for await (const word of model.generate({ messages }, { onEnd: (end) => ended.push(end) })) text += word;
    expect(text).toBe('Two.');
    // This server says that it cut, and counts nothing.
    expect(ended).toEqual([{ reason: 'length' }]);
    const sent = server.chats[0]?.body.messages;
    expect(sent.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(sent[0].content.map(({ type }: { type: string }) => type)).toEqual(['image_url', 'text']);
  });

  test('an error in the middle is one', async () => {
    server.respond = (_, response) =>
      events(response, [
        'data: {"choices":[{"delta":{"content":"A"}}]}\n\n',
        'data: {"error":{"message":"out of memory"}}\n\n',
      ]);
    const model = await opened();
    const look = await model.look(png);
    const read = async (): Promise<void> => {
      for await (const word of model.generate({ look, text: 'Describe.' })) expect(word).toBe('A');
    };
    await expect(read()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('a listener who leaves ends the request', async () => {
    let left = false;
    server.respond = (_, response) => {
      response.on('close', () => {
        left = true;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"delta":{"content":"A"}}]}\n\n');
    };
    const model = await opened();
    const look = await model.look(png);
    for await (const word of model.generate({ look, text: 'Describe.' })) {
      expect(word).toBe('A');
      break;
    }
    await expect.poll(() => left).toBe(true);
  });
});

describe('which model answers', () => {
  test('is the only one there is, or the one that was named, and is recorded', async () => {
    const { identity } = await opened();
    expect(identity).toMatchObject({ name: 'some-vlm', device: 'endpoint' });
    expect(identity.weightsHash).toMatch(/^[0-9a-f]{64}$/);
    server.models = { data: [{ id: 'a' }, { id: 'b' }] };
    expect((await opened({ name: 'b' })).identity.name).toBe('b');
    server.models = { nothing: true };
    expect((await opened({ name: 'c' })).identity.name).toBe('c');
  });

  test('a name the server does not know is refused with those it knows', async () => {
    server.models = { data: [{ id: 'a' }, { id: 'b' }] };
    await expect(opened({ name: 'c' })).rejects.toMatchObject({ kind: 'not-found', hint: /a, b/ });
    await expect(opened()).rejects.toMatchObject({ kind: 'invalid-input', hint: /a, b/ });
  });

  test.each(['', '/', '/v1', '/v1/', '/v1/chat/completions'])('the address may end with "%s"', async (end) => {
    const model = await opened({ endpoint: `http://127.0.0.1:${server.port}${end}` });
    await asked(model);
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models', '/v1/chat/completions']);
  });

  test('a user and a password in the address become what they stand for, and are shown nowhere', async () => {
    const endpoint = server.url.replace('//', '//me:pass%20word@');
    server.respond = (_, response) => json(response, 401, { error: 'who are you' });
    const model = await opened({ endpoint });
    const error = await asked(model).catch((thrown: unknown) => thrown);
    expect(kindOf(error)).toBe('unauthenticated');
    expect(server.chats[0]?.authorization).toBe(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
    expect(JSON.stringify([error, String(error), model.identity])).not.toMatch(/pass|me:/);
  });
});
