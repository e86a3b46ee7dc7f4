import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { createFamily } from '../../src/vision/families.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { GenerationEnd, LocalVisionModel } from '../../src/vision/model.ts';
import { openEncoder } from '../../src/vision/onnx/encoder.ts';
import { openPackage } from '../../src/vision/package.ts';
import { decodePicture } from '../../src/vision/picture.ts';
import { createPromptWriter, expandPrompt } from '../../src/vision/prompt.ts';
import { createTokenizer, findAnswerTokens } from '../../src/vision/tokenizer.ts';
import {
  byPicture,
  fullKit,
  type GoldenCase,
  LARGE_KITS,
  messagesOf,
  readImage,
  readPixels,
  wholeKits,
} from './golden-kit.ts';

// The kits' README files give these; seen: features 4e-6, score 4e-6, mass 4e-6.
const FEATURES_WITHIN = 1e-4;
const SCORE_WITHIN = 1e-4;

describe.each(wholeKits())('$name in fp32 against PyTorch', { timeout: 60_000 }, ({ kit }) => {
  const { golden } = kit;
  let model: LocalVisionModel;
  beforeAll(async () => {
    model = await loadVisionModelInThread({ packageDir: kit.dir, dtype: 'fp32', device: 'cpu', clock: systemClock });
  });
  afterAll(() => model.close());

  test('prompts, tokens and pixel bytes are equal', async () => {
    const files = await openPackage(kit.dir, 'fp32');
    const tokenizer = createTokenizer(files);
    const family = createFamily(files, tokenizer);
    const writePrompt = createPromptWriter(files);
    for (const each of golden.cases) {
      const pictures = await Promise.all(each.images.map(async (image) => decodePicture(readImage(kit, image))));
      const tiles = pictures.map((picture) => family.cut(picture, each.do_image_splitting));
      const positions = family.positions?.(each.input_ids, tiles, 0);
      if (each.position_ids) expect([...(positions?.planes ?? [])], each.id).toEqual(each.position_ids.flat());
      const blocks = tiles.map((tile) => tokenizer.encode(family.blockText(tile)));
      const place = { token: family.imageToken, id: family.imageTokenId };
      const prompt = writePrompt(each.messages);
      expect(prompt, each.id).toBe(each.prompt);
      expect(expandPrompt(prompt, blocks, place, tokenizer).ids, each.id).toEqual(each.input_ids);
      if (!each.pixel_values) continue;
      const bytes = Buffer.concat(tiles.map((tile) => tile.bytes));
      const { shape, samples, u8_file } = each.pixel_values;
      expect(bytes.length, each.id).toBe(shape.reduce((product, size) => product * size, 1));
      if (u8_file) expect(bytes.equals(readPixels(kit, u8_file)), each.id).toBe(true);
      const values = family.normalise(bytes);
      for (const [at, index] of samples.index.entries()) expect(values[index]).toBeCloseTo(samples.value[at] ?? 0, 6);
    }
  });

  test('the tokenizer agrees with the reference on every probe', async () => {
    const tokenizer = createTokenizer(await openPackage(kit.dir, 'fp32'));
    for (const { text, ids, decoded, decoded_clean } of golden.tokenizer_probes) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids, true)).toBe(decoded);
      if (decoded_clean !== undefined) expect(tokenizer.decode(ids)).toBe(decoded_clean);
    }
  });

  test('the answer words are found in the tokenizer', async () => {
    const found = findAnswerTokens(createTokenizer(await openPackage(kit.dir, 'fp32')));
    for (const group of ['yes', 'no'] as const) {
      expect(new Set(found[group])).toEqual(new Set(Object.values(golden.token_groups[group]).flat()));
    }
  });

  test('picture features are within the tolerance', async () => {
    const files = await openPackage(kit.dir, 'fp32');
    const family = createFamily(files, createTokenizer(files));
    const hidden = files.config.text_config.hidden_size ?? 0;
    const encoder = await openEncoder(files.weights, family, hidden, { provider: 'cpu', threads: 1 });
    for (const each of golden.cases) {
      if (!each.image_features) continue;
      const pictures = await Promise.all(each.images.map(async (image) => decodePicture(readImage(kit, image))));
      const features = await encoder.encode(pictures.map((picture) => family.cut(picture, each.do_image_splitting)));
      const { index, value } = each.image_features.samples;
      const worst = Math.max(...index.map((at, sample) => Math.abs((features[at] ?? 0) - (value[sample] ?? 0))));
      expect(worst, each.id).toBeLessThan(FEATURES_WITHIN);
    }
    await encoder.release();
  });

  test('scores over a shared prefix, packed, are within the tolerance', async () => {
    expect(model.description.packs).toBe(true);
    expect(model.description.notes).toEqual([]);
    for (const { picture, split, questions } of byPicture(kit)) {
      const look = await model.look(readImage(kit, picture), { split });
      // More than one pack, so that questions stand first, last and between others.
      const asked = Array.from({ length: 3 }, () => questions.map(({ text }) => text)).flat();
      const answers = await model.score(look, asked, { verbatim: true });
      for (const [index, answer] of answers.entries()) {
        const { yes_no, id, input_ids } = questions[index % questions.length]?.golden ?? {};
        expect(Math.abs(answer.score - (yes_no?.p_yes ?? -1)), id).toBeLessThan(SCORE_WITHIN);
        expect(Math.abs(answer.mass - (yes_no?.answer_mass ?? -1)), id).toBeLessThan(SCORE_WITHIN);
        expect(answer.promptTokens, id).toBe(input_ids?.length);
      }
      await model.release(look);
    }
  });

  test.each([false, true])('whole conversations are within the tolerance (as exported: %s)', async (whole) => {
    for (const each of golden.cases) {
      const answer = await model.scoreMessages(messagesOf(kit, each), { split: each.do_image_splitting, whole });
      expect(answer.tokens, each.id).toBe(each.input_ids.length);
      expect(Math.abs(answer.score - each.yes_no.p_yes), each.id).toBeLessThan(SCORE_WITHIN);
      expect(Math.abs(answer.mass - each.yes_no.answer_mass), each.id).toBeLessThan(SCORE_WITHIN);
    }
  });

  test('greedy words and the tokens they take are equal, from messages and from a look', async () => {
    const ended: GenerationEnd[] = [];
    const options = { maxTokens: 8, onEnd: (end: GenerationEnd) => ended.push(end) };
    const { endTokens } = await openPackage(kit.dir, 'fp32');
    const expected = ({ input_ids, greedy }: GoldenCase): GenerationEnd => ({
      reason: endTokens.includes(greedy.ids.at(-1) ?? -1) ? 'stop' : 'length',
      tokens: { prompt: input_ids.length, completion: greedy.ids.length },
    });
    for (const each of golden.cases) {
      const words = await join(
        model.generate({ messages: messagesOf(kit, each) }, { ...options, split: each.do_image_splitting }),
      );
      expect(words, each.id).toBe(each.greedy.text_clean);
      expect(ended.splice(0), each.id).toEqual([expected(each)]);
    }
    for (const { picture, split, questions } of byPicture(kit)) {
      const look = await model.look(readImage(kit, picture), { split });
      for (const { text, golden: each } of questions) {
        expect(await join(model.generate({ look, text }, options)), each.id).toBe(each.greedy.text_clean);
        expect(ended.splice(0), each.id).toEqual([expected(each)]);
      }
      await model.release(look);
    }
  });
});

for (const name of LARGE_KITS.filter((each) => !fullKit(each)))
  test.skip(`${name} in fp32: its kit is not beside this checkout`, () => undefined);

async function join(words: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const word of words) text += word;
  return text;
}
