import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Family } from '../../src/vision/families/family.ts';
import { createFamily } from '../../src/vision/families.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { openPackage } from '../../src/vision/package.ts';
import { decodePicture } from '../../src/vision/picture.ts';
import { createTokenizer } from '../../src/vision/tokenizer.ts';
import { Peer, withPixels } from '../parity/transformers-js.ts';
import { DEMO_FOLDER } from '../support/clips.ts';

const PACKAGE = join(DEMO_FOLDER, '..');
const HELD_OUT = join(PACKAGE, 'heldout');
const PICTURES = 50;
const MOST_TOKENS = 40;

interface Labelled {
  readonly picture: string;
  readonly question: string;
}

/** One question of each of the first fifty held-out pictures, and for every fifth a description. */
const asked: Labelled[] = [];
for (const line of readFileSync(join(HELD_OUT, 'questions.jsonl'), 'utf8').trim().split('\n')) {
  const { picture, question } = JSON.parse(line) as Labelled;
  if (asked.length < PICTURES && !asked.some((one) => one.picture === picture)) asked.push({ picture, question });
}
for (const { picture } of asked.filter((_, index) => index % 5 === 0))
  asked.push({ picture, question: 'Describe the image.' });

describe('the bundled model in Transformers.js', { timeout: 120_000 }, () => {
  let peer: Peer;
  let model: LocalVisionModel;
  let family: Family;
  beforeAll(async () => {
    peer = await Peer.load(PACKAGE);
    model = await loadVisionModelInThread({
      packageDir: PACKAGE,
      dtype: 'fp32',
      device: 'cpu',
      threads: 1,
      clock: systemClock,
    });
    const files = await openPackage(PACKAGE, 'fp32');
    family = createFamily(files, createTokenizer(files));
  }, 60_000);
  afterAll(async () => {
    await peer?.close();
    await model?.close();
  });

  it('is asked about fifty pictures', () => {
    expect(new Set(asked.map(({ picture }) => picture)).size).toBe(PICTURES);
  });

  it('writes the same words as here, given the same pixels', async () => {
    for (const { picture, question } of asked) {
      const bytes = readFileSync(join(HELD_OUT, picture));
      const prompt = `<|im_start|>User:<image>${question}<end_of_utterance>\nAssistant:`;
      const own = await peer.inputs(prompt, [bytes], false);
      const given = withPixels(own, family.normalise(family.cut(await decodePicture(bytes), false).bytes));
      const look = await model.look(bytes);
      let words = '';
      for await (const part of model.generate({ look, text: question }, { maxTokens: MOST_TOKENS })) words += part;
      await model.release(look);
      expect(words.trim(), `${picture}: ${question}`).toBe((await peer.greedy(given, MOST_TOKENS)).trim());
    }
  });
});
