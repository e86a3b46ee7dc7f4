import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../../src/platform/logger.ts';
import { type EndpointModel, openEndpointModel } from '../../../src/vision/endpoint/endpoint-model.ts';
import { type UsageCounts, UsageLedger } from '../../../src/vision/endpoint/usage.ts';
import type { GenerationEnd } from '../../../src/vision/model.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openKit, readImage } from '../golden-kit.ts';
import { ChatServer, chances, events, json } from './chat-server.ts';

const png = readImage(openKit('idefics3-random'), 'checker_gray_64x64.png');

let server: ChatServer;
let clock: ManualClock;
let ledger: UsageLedger;
let model: EndpointModel;

beforeEach(async () => {
  server = new ChatServer();
  clock = new ManualClock();
  ledger = new UsageLedger();
  await server.start();
  model = await openEndpointModel({
    ...{ endpoint: server.url, clock, logger: silentLogger, random: () => 0.5, usage: ledger },
    price: { input: 0.5, output: 2 },
  });
});
afterEach(async () => {
  await model.close();
  await server.stop();
});

const counts = (): UsageCounts => ledger.list()[0] as UsageCounts;

/** An answer as servers count it: a picture of 1000 tokens and a question of 20, `cached` of them read before. */
function counted(cached: number): Record<string, unknown> {
  return {
    object: 'chat.completion',
    choices: [{ index: 0, ...chances({ Yes: 1 }) }],
    usage: { prompt_tokens: 1_020, completion_tokens: 1, prompt_tokens_details: { cached_tokens: cached } },
  };
}

test('tokens are added up as the server counts them, those it had read before too, and become a cost', async () => {
  let asked = 0;
  server.respond = (_, response) => json(response, 200, counted(asked++ === 0 ? 0 : 1_000));
  const look = await model.look(png);
  const answers = await model.score(look, ['Is it?', 'Was it?', 'Will it be?']);
  expect(answers.map(({ promptTokens }) => promptTokens)).toEqual([1_020, 1_020, 1_020]);
  expect(counts()).toMatchObject({
    server: server.url,
    // The list of models was one request, which counts no tokens.
    requests: { answered: 4, refused: 0, failed: 0, withdrawn: 0 },
    uncounted: 1,
    promptTokens: 3_060,
    cachedTokens: 2_000,
    completionTokens: 3,
  });
  expect(counts().cost).toBeCloseTo((3_060 * 0.5 + 3 * 2) / 1e6, 12);
});

test('the tokens of a stream come with its last event, which is asked for', async () => {
  server.respond = (_, response) => {
    const usage = { choices: [], usage: { prompt_tokens: 1_020, completion_tokens: 2 } };
    const piece = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    events(response, [piece('Two'), piece(' words'), `data: ${JSON.stringify(usage)}\n\n`, 'data: [DONE]\n\n']);
  };
  const look = await model.look(png);
  let said = '';
  const ended: GenerationEnd[] = [];
  const onEnd = (end: GenerationEnd) => ended.push(end);
  for await (const words of model.generate({ look, text: 'Describe.' }, { onEnd })) said += words;
  expect(said).toBe('Two words');
  expect(ended).toEqual([{ reason: 'stop', tokens: { prompt: 1_020, completion: 2 } }]);
  expect(server.chats[0]?.body.stream_options).toEqual({ include_usage: true });
  expect(counts()).toMatchObject({ promptTokens: 1_020, completionTokens: 2, requests: { answered: 2 } });
});

test('each request counts once, by how it ended: failed and asked again, refused, withdrawn', async () => {
  const look = await model.look(png);
  let left = 1;
  server.respond = (_, response) => {
    if (left-- > 0) json(response, 503, {});
    else json(response, 200, counted(0));
  };
  const asking = model.score(look, ['Is it?']);
  while (server.chats.length < 2) {
    await clock.advance(100);
    await new Promise(setImmediate);
  }
  await asking;
  expect(counts()).toMatchObject({ requests: { answered: 2, failed: 1 }, retries: 1 });

  server.respond = (_, response) => json(response, 413, {});
  await expect(model.score(look, ['Is it?'])).rejects.toMatchObject({ kind: 'too-large' });
  expect(counts().requests).toMatchObject({ refused: 1 });

  server.respond = () => clock.advance(250);
  const gone = new AbortController();
  const withdrawn = model.score(look, ['Is it?'], { signal: gone.signal });
  while (server.chats.length < 4) await new Promise(setImmediate);
  gone.abort(new Error('nobody waits'));
  await expect(withdrawn).rejects.toThrow('nobody waits');
  expect(counts().requests).toEqual({ answered: 2, failed: 1, refused: 1, withdrawn: 1 });
});

test('the counts of a server go on when its model is opened again, and without a price there is no cost', async () => {
  const again = await openEndpointModel({
    ...{ endpoint: server.url, clock, logger: silentLogger, random: () => 0.5, usage: ledger },
  });
  await again.close();
  expect(ledger.list()).toHaveLength(1);
  expect(counts().requests.answered).toBe(2);
  expect(new UsageLedger().of('http://box/v1').counts.cost).toBeUndefined();
});
