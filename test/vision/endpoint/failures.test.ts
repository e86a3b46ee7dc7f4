import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeError, kindOf, WatchwordError } from '../../../src/platform/errors.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import {
  type EndpointModel,
  type EndpointOptions,
  openEndpointModel,
} from '../../../src/vision/endpoint/endpoint-model.ts';
import type { Look } from '../../../src/vision/model.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { openKit, readImage } from '../golden-kit.ts';
import { ChatServer, chances, json, type Respond, reply } from './chat-server.ts';

const png = readImage(openKit('idefics3-random'), 'checker_gray_64x64.png');
const fine: Respond = (_, response) => reply(response, chances({ Yes: 0.7, No: 0.3 }));
const broken: Respond = (_, response) => json(response, 500, { error: { message: 'out of memory' } });
const silent: Respond = () => undefined;

let server: ChatServer;
let clock: ManualClock;
let model: EndpointModel;
let look: Look;
let states: string[];

async function start(options: Partial<EndpointOptions> = {}): Promise<void> {
  model = await openEndpointModel({
    endpoint: server.url,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    onState: (state) => states.push(state),
    ...options,
  });
  look = await model.look(png);
}

beforeEach(async () => {
  server = new ChatServer();
  clock = new ManualClock();
  states = [];
  await server.start();
  await start();
});
afterEach(async () => {
  await model.close();
  await server.stop();
});

/** Asks, and moves the clock on while it waits for anything. */
async function ask(signal?: AbortSignal): Promise<unknown> {
  let answer: unknown;
  let done = false;
  model.score(look, ['Is it?'], { ...(signal && { signal }) }).then(
    ([first]) => {
      answer = first?.score;
      done = true;
    },
    (error) => {
      answer = error;
      done = true;
    },
  );
  await until(async () => {
    if (!done) await clock.advance(100);
    return done;
  }, 'an answer or an error');
  return answer;
}

/** The first `count` requests go wrong, the others do not. */
function failing(count: number, how: Respond): void {
  let left = count;
  server.respond = (request, response) => (left-- > 0 ? how(request, response) : fine(request, response));
}

const dropped: Respond = (_, response) => response.destroy();
const halfSent: Respond = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
  response.write('{"choices":[');
  setImmediate(() => response.destroy());
};

describe('a failure that may pass', () => {
  test.each([
    ['an error of the server', broken],
    ['a line that breaks', dropped],
    ['an answer that breaks off', halfSent],
    [
      'too many requests',
      ((_, response) => json(response, 429, { error: 'slow down' }, { 'retry-after': '1' })) as Respond,
    ],
    [
      'a server that is starting',
      ((_, response) => json(response, 503, { error: { message: 'loading model' } })) as Respond,
    ],
  ])('%s: the question is asked again', async (_, how) => {
    failing(2, how);
    expect(await ask()).toBeCloseTo(0.7, 6);
    expect(server.chats.length).toBe(3);
    expect(clock.sleeping).toBe(0);
  });

  test('one that lasts is an error after three tries', async () => {
    failing(3, broken);
    expect(describeError(await ask())).toMatch(/answered 500: out of memory/);
    expect(server.chats.length).toBe(3);
  });

  test('a server asks for a pause and gets it', async () => {
    failing(1, (_, response) => json(response, 429, {}, { 'retry-after': '3' }));
    const before = clock.monotonic();
    await ask();
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(3_000);
  });
});

describe('a failure that will not pass', () => {
  test.each([
    ['a wrong key', 401, 'unauthenticated'],
    ['a key without the right', 403, 'forbidden'],
    ['a model it does not have', 404, 'not-found'],
    ['a picture too large for it', 413, 'too-large'],
    ['another address', 302, 'unsupported'],
  ])('%s is an error at once, with what to do', async (_, status, kind) => {
    server.respond = (_request, response) => json(response, status, { error: { message: 'no' } }, { location: '/v2' });
    const error = await ask();
    expect(kindOf(error)).toBe(kind);
    expect((error as WatchwordError).hint).toBeTruthy();
    expect(server.chats.length).toBe(1);
  });

  test.each([
    ['no JSON', (response) => response.end('<html>It works!</html>')],
    ['another JSON', (response) => json(response, 200, { hello: 'there' })],
    ['no choices', (response) => json(response, 200, { choices: [] })],
    ['numbers for words', (response) => json(response, 200, { choices: [{ message: { content: 7 } }] })],
    ['more than any answer has', (response) => response.end(Buffer.alloc(3_000_000, 32))],
  ] as Array<[string, (response: Parameters<Respond>[1]) => void]>)('%s is no chat', async (_, send) => {
    server.respond = (_request, response) => send(response);
    expect(await ask()).toMatchObject({ kind: 'unsupported', hint: expect.stringContaining('model.endpoint') });
  });

  test('a server that repeats the key does not get it into the error', async () => {
    await model.close();
    await start({ apiKey: 'sk-very-secret' });
    server.respond = (_, response) => json(response, 401, { error: { message: 'Incorrect API key: sk-very-secret' } });
    const error = await ask();
    expect(describeError(error)).toContain('Incorrect API key: ***');
    expect(describeError(error)).not.toContain('very-secret');
  });
});

describe('a server that does not answer', () => {
  test('is given up after the timeout, and what waited behind it is, too', async () => {
    await model.close();
    await start({ timeoutMs: 5_000, concurrency: 1 });
    server.respond = silent;
    const before = clock.monotonic();
    const asked = [model.score(look, ['a']), model.score(look, ['b'])].map((each) =>
      each.catch((error: unknown) => error),
    );
    await until(() => server.chats.length === 1, 'the question');
    await clock.advance(5_000);
    for (const error of await Promise.all(asked)) expect(kindOf(error)).toBe('timeout');
    expect(clock.monotonic() - before).toBe(5_000);
    expect(clock.sleeping).toBe(0);
  });

  test('and is slow in the middle of its answer is, too', async () => {
    server.respond = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"choices":');
    };
    const asked = model.score(look, ['a']).catch((error: unknown) => error);
    await until(() => server.chats.length === 1, 'the question');
    await clock.advance(30_000);
    expect(kindOf(await asked)).toBe('timeout');
  });

  test('a question that is withdrawn ends with its own reason and tells nothing of the server', async () => {
    server.respond = silent;
    for (let round = 0; round < 8; round++) {
      const stop = new AbortController();
      const asked = model.score(look, ['a'], { signal: stop.signal }).catch((error: unknown) => error);
      await until(() => server.chats.length === round + 1, 'the question');
      stop.abort(new WatchwordError('cancelled', `enough ${round}`));
      expect(await asked).toMatchObject({ message: `enough ${round}` });
    }
    server.respond = fine;
    expect(await ask()).toBeCloseTo(0.7, 6);
    expect(states).toEqual([]);
  });

  test('closing the model ends what is under way', async () => {
    server.respond = silent;
    const asked = model.score(look, ['a']).catch((error: unknown) => error);
    await until(() => server.chats.length === 1, 'the question');
    await model.close();
    expect(kindOf(await asked)).toBe('cancelled');
  });

  test('more questions than can wait are refused', async () => {
    server.respond = silent;
    const asked = Array.from({ length: 69 }, () => model.score(look, ['a']).catch((error: unknown) => error));
    await until(() => server.chats.length === 4, 'the questions');
    expect(kindOf(await asked[68])).toBe('too-many');
    await model.close();
    for (const each of asked.slice(0, 68)) expect(kindOf(await each)).toBe('cancelled');
  });
});

describe('a server that is away', () => {
  const awayNow = (error: unknown): boolean => /is away|is being tried/.test(describeError(error));

  test('is left alone after five failures in a row: calls fail at once, and health is told', async () => {
    server.respond = broken;
    await ask();
    await ask();
    const before = server.chats.length;
    expect(states).toEqual(['down']);
    for (let round = 0; round < 20; round++) {
      const error = await model.score(look, ['a']).catch((thrown: unknown) => thrown);
      expect(awayNow(error)).toBe(true);
      expect(kindOf(error)).toBe('unavailable');
    }
    expect(server.chats.length).toBe(before);
  });

  test('is tried again with one question, and all follow when that is answered', async () => {
    server.respond = broken;
    await ask();
    await ask();
    const before = server.chats.length;
    await clock.advance(3_000);
    server.respond = silent;
    const trial = model.score(look, ['a']);
    await until(() => server.chats.length === before + 1, 'the trial');
    expect(awayNow(await model.score(look, ['b']).catch((thrown: unknown) => thrown))).toBe(true);
    // The trial is withdrawn by nobody: it fails with its timeout, and the rest is longer.
    const failed = trial.catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(kindOf(await failed)).toBe('timeout');
    await clock.advance(2_500);
    expect(awayNow(await model.score(look, ['c']).catch((thrown: unknown) => thrown))).toBe(true);
    await clock.advance(2_500);
    server.respond = fine;
    expect(await ask()).toBeCloseTo(0.7, 6);
    expect(states).toEqual(['down', 'down', 'ok']);
    expect(await Promise.all([ask(), ask(), ask()])).toHaveLength(3);
  });

  test('a trial that is withdrawn lets the next one try', async () => {
    server.respond = broken;
    await ask();
    await ask();
    await clock.advance(3_000);
    server.respond = silent;
    const stop = new AbortController();
    const before = server.chats.length;
    const trial = model.score(look, ['a'], { signal: stop.signal }).catch((error: unknown) => error);
    await until(() => server.chats.length === before + 1, 'the trial');
    stop.abort(new Error('enough'));
    await trial;
    server.respond = fine;
    expect(await ask()).toBeCloseTo(0.7, 6);
  });

  test('a server that fails half of its questions is not asked three times as often', async () => {
    let number = 0;
    server.respond = (request, response) => (number++ % 4 < 3 ? broken : fine)(request, response);
    for (let round = 0; round < 60; round++) {
      await ask();
      await clock.advance(60_000);
    }
    // Ten retries in hand, one more for every ten answers.
    expect(server.chats.length).toBeLessThan(60 + 10 + 10);
  });

  test('the process of the server is replaced: questions fail, then work again', async () => {
    const { port } = server;
    await server.stop();
    expect(kindOf(await ask())).toBe('unavailable');
    server = new ChatServer();
    await server.start(port);
    server.respond = fine;
    await clock.advance(5_000);
    expect(await ask()).toBeCloseTo(0.7, 6);
  });

  test('nobody is there when it is opened: the error says where and what to do', async () => {
    const { url } = server;
    await server.stop();
    let error: unknown;
    openEndpointModel({ endpoint: url, clock, logger: silentLogger, random: () => 0.5 }).catch((thrown: unknown) => {
      error = thrown;
    });
    await until(async () => {
      await clock.advance(100);
      return error !== undefined;
    }, 'the error');
    expect(describeError(error)).toMatch(/cannot be reached: ECONNREFUSED.*127\.0\.0\.1.*Check that it runs/);
    server = new ChatServer();
    await server.start();
  });
});
