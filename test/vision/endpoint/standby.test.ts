import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { WatchwordError } from '../../../src/platform/errors.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import { openEndpointModel } from '../../../src/vision/endpoint/endpoint-model.ts';
import { StandbyModel } from '../../../src/vision/endpoint/standby-model.ts';
import { loadVisionModelInThread } from '../../../src/vision/load.ts';
import type { VisionModel } from '../../../src/vision/model.ts';
import { openConfiguredModel } from '../../../src/vision/open-model.ts';
import { modelSettingsSchema } from '../../../src/vision/settings.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openKit, readImage } from '../golden-kit.ts';
import { ChatServer, chances, events, json, reply } from './chat-server.ts';

const TINY = fileURLToPath(new URL('../../../models/watchword-tiny', import.meta.url));
const png = readImage(openKit('idefics3-random'), 'checker_gray_64x64.png');

let near: ChatServer;
let far: ChatServer;
let clock: ManualClock;
let states: string[];

beforeEach(async () => {
  near = new ChatServer();
  far = new ChatServer();
  near.models = { data: [{ id: 'big-vlm' }] };
  far.models = { data: [{ id: 'small-vlm' }] };
  far.respond = (_, response) => reply(response, chances({ Yes: 0.2, No: 0.8 }));
  clock = new ManualClock();
  states = [];
  await near.start();
  await far.start();
});
afterEach(async () => {
  await near.stop();
  await far.stop();
});

const opened = async (model: Promise<StandbyModel>): Promise<StandbyModel> => {
  const open = await model;
  onTestFinished(() => open.close());
  return open;
};
const at =
  ({ url: endpoint }: { readonly url: string }) =>
  (): Promise<VisionModel> =>
    openEndpointModel({ endpoint, clock, logger: silentLogger, random: () => 0.5 });
const open = (openStandby = at(far), openFirst = at(near)): Promise<StandbyModel> =>
  opened(
    running(
      StandbyModel.open({
        ...{ openFirst, openStandby, clock, logger: silentLogger, random: () => 0.5 },
        onStandby: (inUse) => states.push(inUse ? 'stand-by' : 'first'),
      }),
    ),
  );

/** The clock moves on while this is waited for, but not while a server works on an answer: how long that takes is chance. */
async function running<T>(work: Promise<T>, evenThen = false): Promise<T> {
  let done = false;
  const end = (): void => {
    done = true;
  };
  work.then(end, end);
  while (!done) {
    if (evenThen || near.atOnce + far.atOnce === 0) await clock.advance(100);
    await new Promise(setImmediate);
  }
  return work;
}

/** One question about one picture. */
async function askNow(model: VisionModel): Promise<{ score: number; by: string }> {
  const look = await model.look(png);
  try {
    const [answer] = await model.score(look, ['Is it?']);
    const by = `${answer?.answeredBy?.name}${answer?.byStandby ? ', standing by' : ''}`;
    return { score: Number(answer?.score.toFixed(3)), by };
  } finally {
    await model.release(look);
  }
}
const ask = (model: VisionModel, evenThen = false) => running(askNow(model), evenThen);

const broken: ChatServer['respond'] = (_, response) => json(response, 500, { error: { message: 'out of memory' } });
const BIG = { score: 0.9, by: 'big-vlm' };
const SMALL = { score: 0.2, by: 'small-vlm, standing by' };

describe('a second server', () => {
  test('is not opened, let alone asked, while the first one answers', async () => {
    const model = await open();
    expect(await ask(model)).toEqual(BIG);
    expect(model.identity.name).toBe('big-vlm');
    expect(far.requests).toEqual([]);
    expect(states).toEqual([]);
  });

  test('answers about the same picture while the first one fails, and gives way when that is back', async () => {
    const model = await open();
    expect(await ask(model)).toEqual(BIG);
    const fine = near.respond;
    near.respond = broken;
    for (let i = 0; i < 6; i++) expect(await ask(model)).toEqual(SMALL);
    expect(far.chats[0]?.body.messages).toEqual(near.chats[0]?.body.messages);
    // Some that find out whether it is back, and are not answered either: the next rest is a long one and has just begun.
    for (let i = 0; i < 6; i++) {
      await clock.advance(61_000);
      expect(await ask(model)).toEqual(SMALL);
    }
    const asked = near.chats.length;
    // Given up: nobody waits for it any more.
    expect(await askNow(model)).toEqual(SMALL);
    expect(near.chats).toHaveLength(asked);
    expect(states).toEqual(['stand-by']);

    near.respond = fine;
    await clock.advance(61_000);
    expect(await ask(model)).toEqual(BIG);
    expect(states).toEqual(['stand-by', 'first']);
  });

  test('answers where the first one takes too long', async () => {
    const model = await open();
    near.respond = () => undefined;
    expect(await ask(model, true)).toEqual(SMALL);
  });

  test('is not asked what no model can answer, nor what nobody waits for', async () => {
    const model = await open();
    await expect(model.look(Buffer.from('no picture'))).rejects.toMatchObject({ kind: 'invalid-input' });
    near.respond = (_, response) => json(response, 400, { error: { message: 'no' } });
    await expect(ask(model)).rejects.toMatchObject({ kind: 'invalid-input' });
    near.respond = () => undefined;
    const gone = new AbortController();
    const look = await model.look(png);
    const asking = model.score(look, ['Is it?'], { signal: gone.signal });
    gone.abort(new WatchwordError('cancelled', 'a newer picture came'));
    await expect(asking).rejects.toMatchObject({ kind: 'cancelled' });
    expect(far.requests).toEqual([]);
  });

  test('answers from the start where the first one is away then, which is opened when it comes', async () => {
    const { port, url } = near;
    await near.stop();
    const model = await open(at(far), at({ url }));
    expect(model.identity.name).toBe('small-vlm');
    expect(await ask(model)).toEqual(SMALL);
    await near.start(port);
    await clock.advance(61_000);
    const answers = [await ask(model), await ask(model)];
    for (let i = 0; i < 50 && answers.at(-1)?.by !== 'big-vlm'; i++) answers.push(await ask(model));
    expect(answers.at(-1)).toEqual(BIG);
    expect(model.identity.name).toBe('big-vlm');
    expect(states).toEqual(['stand-by', 'first']);
  });

  test('that is away too leaves the first one with its own error', async () => {
    const away = async (): Promise<VisionModel> => {
      throw new WatchwordError('unavailable', 'the other one');
    };
    const { port, url } = near;
    await near.stop();
    const message = expect.stringContaining('cannot be reached');
    await expect(open(away, at({ url }))).rejects.toMatchObject({ message });
    await near.start(port);
    const model = await open(away);
    near.respond = broken;
    await expect(ask(model)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('words come from it when the first one has said none, and are not mixed when it has', async () => {
    const piece = (text: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;
    far.respond = (_, response) => events(response, [piece('From'), piece(' afar'), 'data: [DONE]\n\n']);
    const model = await open();
    const say = async (): Promise<string> => {
      const look = await model.look(png);
      let said = '';
      try {
        for await (const words of model.generate({ look, text: 'Describe.' })) said += words;
      } catch (error) {
        said += ` ${(error as WatchwordError).kind}`;
      }
      return said;
    };
    near.respond = broken;
    expect(await running(say())).toBe('From afar');
    near.respond = (_, response) => events(response, [piece('Here'), 'data: {"error":{"message":"gone"}}\n\n']);
    expect(await running(say())).toBe('Here unavailable');
  });
});

test("this box's own model answers while the server is away, with the very scores it gives alone", {
  timeout: 60_000,
}, async () => {
  const local = await loadVisionModelInThread({ packageDir: TINY, dtype: 'q8', device: 'cpu', clock });
  const look = await local.look(png);
  const [own] = await local.score(look, ['Is it?']);
  await local.release(look);
  const model = await open(async () => local);
  near.respond = broken;
  expect(await ask(model)).toEqual({ score: Number(own?.score.toFixed(3)), by: 'watchword-tiny, standing by' });
});

test('is what the settings name: a server, with its stand-by', async () => {
  const standby = { endpoint: far.url };
  const settings = modelSettingsSchema.parse({ endpoint: near.url, timeout: '1s', standby });
  const model = await opened(
    openConfiguredModel({
      ...{ settings, bundledModel: TINY, clock, logger: silentLogger },
      onStandby: (inUse) => states.push(inUse ? 'stand-by' : 'first'),
    }) as Promise<StandbyModel>,
  );
  near.respond = broken;
  expect(await ask(model)).toEqual(SMALL);
  expect(states).toEqual(['stand-by']);
  expect(modelSettingsSchema.safeParse({ standby }).success).toBe(false);
  expect(modelSettingsSchema.safeParse({ endpoint: near.url, standby: { name: 'x' } }).success).toBe(false);
  expect(modelSettingsSchema.parse({ endpoint: near.url, standby: {} }).standby).toMatchObject({ device: 'auto' });
});
