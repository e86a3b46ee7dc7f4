import { rmSync } from 'node:fs';
import path from 'node:path';
import { AutoModelForImageTextToText, AutoProcessor, env, RawImage, Tensor } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Family } from '../../src/vision/families/family.ts';
import { createFamily } from '../../src/vision/families.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel, Message } from '../../src/vision/model.ts';
import { openPackage } from '../../src/vision/package.ts';
import { decodePicture } from '../../src/vision/picture.ts';
import { createPromptWriter } from '../../src/vision/prompt.ts';
import { createTokenizer, findAnswerTokens } from '../../src/vision/tokenizer.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { openKit, readImage } from '../vision/golden-kit.ts';
import { RANDOM_CHECKPOINTS, randomCheckpoint } from './checkpoints/random-checkpoint.ts';
import { groupMasses } from './transformers-js.ts';

type Inputs = Record<string, Tensor>;

/** What is used of Transformers.js, with the types that its own declarations leave open. */
interface PeerModel {
  (inputs: Inputs): Promise<{ logits: Tensor }>;
  prepare_inputs_for_generation(ids: bigint[][], inputs: Inputs, settings: object): Inputs;
  generate(inputs: Record<string, unknown>): Promise<Tensor>;
  dispose(): Promise<unknown>;
}
type PeerProcessor = ((...args: unknown[]) => Promise<Inputs>) & {
  image_processor: { do_image_splitting: boolean };
  tokenizer: ((text: string, options: object) => Inputs) & { decode(ids: number[], options: object): string };
};

const kit = openKit('smolvlm-random');
const picture = (name: string): { type: 'image'; picture: Uint8Array } => ({
  type: 'image',
  picture: readImage(kit, name),
});
const words = (text: string): { type: 'text'; text: string } => ({ type: 'text', text });
const [SHAPES, BARS, GRADIENT] = ['shapes_640x360.png', 'bars_300x800.png', 'gradient_97x61.png'].map(picture);

const CONVERSATIONS: Record<string, Message[]> = {
  'one picture': [{ role: 'user', content: [SHAPES, words('Is the shelf empty? Answer yes or no.')] as never }],
  'a high picture': [{ role: 'user', content: [BARS, words('\nIs a person there? Answer yes or no.')] as never }],
  'three pictures': [
    {
      role: 'user',
      content: [GRADIENT, SHAPES, words('Are they different?'), BARS, words('Answer yes or no.')] as never,
    },
  ],
  'words alone': [{ role: 'user', content: [words('Is water wet? Answer yes or no.')] }],
  'a second turn': [
    { role: 'user', content: [BARS, words('Is it dark?')] as never },
    { role: 'assistant', content: [words('No')] },
    { role: 'user', content: [words('Is it light? Answer yes or no.')] },
  ],
};
const MOST_TOKENS = 6;

/**
 * Families without a golden kit: checkpoints of random weights with the layout, tokens, inputs and layers of the published
 * ones, through Transformers.js, given our pixels. Its prompts, positions, caches and merging share no code with ours.
 */
describe.each(RANDOM_CHECKPOINTS)('Transformers.js on %s', { timeout: 120_000 }, (name) => {
  const temporary = temporaryFolder();
  let peer: PeerModel;
  let processor: PeerProcessor;
  let ours: LocalVisionModel;
  let family: Family;
  let writePrompt: ReturnType<typeof createPromptWriter>;
  let groups: ReadonlyArray<readonly number[]>;

  beforeAll(async () => {
    const dir = randomCheckpoint(name, temporary.path);
    env.allowRemoteModels = false;
    env.localModelPath = `${path.dirname(dir)}/`;
    processor = (await AutoProcessor.from_pretrained(name)) as never;
    peer = (await AutoModelForImageTextToText.from_pretrained(name, {
      dtype: 'fp32',
      device: 'cpu',
      session_options: { intraOpNumThreads: 1, logSeverityLevel: 3 },
    })) as never;
    ours = await loadVisionModelInThread({
      packageDir: dir,
      dtype: 'fp32',
      device: 'cpu',
      threads: 1,
      clock: systemClock,
    });
    const files = await openPackage(dir, 'fp32');
    const tokenizer = createTokenizer(files);
    family = createFamily(files, tokenizer);
    writePrompt = createPromptWriter(files);
    const { yes, no } = findAnswerTokens(tokenizer);
    groups = [yes, no];
  });
  afterAll(async () => {
    await peer.dispose();
    await ours.close();
    rmSync(temporary.path, { recursive: true, force: true });
  });

  /** Its own tokens and shapes; its own pixels replaced by ours. Returns as well how far they were apart, in levels of 255. */
  async function inputsOf(messages: readonly Message[], split: boolean): Promise<{ inputs: Inputs; levels: number }> {
    const prompt = writePrompt(
      messages.map(({ role, content }) => ({
        role,
        content: content.map((part) => (part.type === 'image' ? { type: 'image' } : part)),
      })),
    );
    const pictures = messages.flatMap(({ content }) =>
      content.flatMap((part) => (part.type === 'image' ? [part.picture] : [])),
    );
    const options = { add_special_tokens: !prompt.startsWith('<bos>') && !prompt.startsWith('<|startoftext|>') };
    if (pictures.length === 0) return { inputs: processor.tokenizer(prompt, options), levels: 0 };
    const images = await Promise.all(
      pictures.map(async (bytes) => (await RawImage.fromBlob(new Blob([Uint8Array.from(bytes)]))).rgb()),
    );
    processor.image_processor.do_image_splitting = split;
    const inputs = await {
      lfm2_vl: () => processor(images, prompt, options),
      gemma3: () => processor(prompt, images, options),
      qwen2_5_vl: () => oneByOne(prompt, images),
    }[family.name as 'gemma3']();
    const values = await pixelsOf(pictures, split, inputs.pixel_values?.dims ?? []);
    const own = inputs.pixel_values?.data as Float32Array;
    const levels = values.reduce((most, value, at) => Math.max(most, Math.abs(value - (own[at] ?? 9))), 0) * 127.5;
    return {
      inputs: { ...inputs, pixel_values: new Tensor('float32', values, [...(inputs.pixel_values?.dims ?? [])]) },
      levels,
    };
  }

  /** Its Qwen processor takes pictures of one size only: several go through it one after the other. */
  async function oneByOne(prompt: string, images: readonly unknown[]): Promise<Inputs> {
    const each = await Promise.all(images.map((image) => processor('<|image_pad|>', [image])));
    const grids = each.map(({ image_grid_thw }) => [...((image_grid_thw?.data ?? []) as BigInt64Array)]);
    const places = grids.map((grid) => Number(grid.reduce((size, dim) => size * dim, 1n)) / 4);
    const [first = '', ...parts] = prompt.split('<|image_pad|>');
    const text = parts.reduce((all, part, at) => `${all}${'<|image_pad|>'.repeat(places[at] ?? 0)}${part}`, first);
    const pixels = each.map(({ pixel_values }) => pixel_values?.data as Float32Array);
    const size = pixels.reduce((sum, { length }) => sum + length, 0);
    const all = new Float32Array(size);
    let at = 0;
    for (const part of pixels) {
      all.set(part, at);
      at += part.length;
    }
    return {
      ...processor.tokenizer(text, {}),
      pixel_values: new Tensor('float32', all, [size / 1176, 1176]),
      image_grid_thw: new Tensor('int64', BigInt64Array.from(grids.flat()), [grids.length, 3]),
    };
  }

  async function pixelsOf(
    pictures: readonly Uint8Array[],
    split: boolean,
    dims: readonly number[],
  ): Promise<Float32Array> {
    const parts: Float32Array[] = [];
    for (const file of pictures) {
      const { bytes, shapes } = family.cut(await decodePicture(file), split);
      const values = family.normalise(bytes);
      if (family.input.kind !== 'filled') parts.push(values);
      else for (const part of filledUp(values, shapes ?? [], family.input)) parts.push(part);
    }
    const all = new Float32Array(dims.reduce((size, dim) => size * dim, 1));
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(all.length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  async function theirs(inputs: Inputs): Promise<{ score: number; mass: number }> {
    const ids = [[...((inputs.input_ids?.data ?? []) as BigInt64Array)]];
    const { logits } = await peer(peer.prepare_inputs_for_generation(ids, { ...inputs }, {}));
    const last = Float32Array.from(logits.data as Float32Array).slice(-(logits.dims.at(-1) ?? 0));
    const [yes = 0, no = 0] = groupMasses(last, groups);
    return { score: yes / (yes + no), mass: yes + no };
  }

  it.each(Object.keys(CONVERSATIONS))('%s: the same tokens, score, mass and words', async (which) => {
    const messages = CONVERSATIONS[which] ?? [];
    const { inputs, levels } = await inputsOf(messages, false);
    const { score, mass, tokens } = await ours.scoreMessages(messages);
    expect(tokens).toBe(inputs.input_ids?.dims.at(-1));
    const expected = await theirs(inputs);
    const exported = await ours.scoreMessages(messages, { whole: true });
    console.log(
      `${name}, ${which}: ${tokens} tokens, P(yes) ${score.toFixed(4)}, off by ${Math.abs(score - expected.score).toExponential(1)}; their own pixels are off by up to ${levels.toFixed(1)} of 255`,
    );
    for (const own of [{ score, mass }, exported]) {
      expect(Math.abs(own.score - expected.score)).toBeLessThan(1e-5);
      expect(Math.abs(own.mass - expected.mass)).toBeLessThan(1e-5);
    }
    // Its positions behind a Qwen prompt without pictures are off: it adds the prompt's length where PyTorch subtracts it.
    if (which === 'words alone' && family.name === 'qwen2_5_vl') return;
    const output = await peer.generate({ ...inputs, max_new_tokens: MOST_TOKENS, do_sample: false });
    const ids = [...(output.data as BigInt64Array)].slice(inputs.input_ids?.dims.at(-1)).map(Number);
    let text = '';
    for await (const part of ours.generate({ messages }, { maxTokens: MOST_TOKENS })) text += part;
    expect(text).toBe(
      processor.tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    );
  });

  it('questions that share a look have the scores of the whole prompts', async () => {
    const questions = ['Is the shelf empty?', 'Is a person there? Look twice.', 'Empty?'];
    const look = await ours.look(SHAPES?.picture ?? new Uint8Array());
    const answers = await ours.score(look, questions, { verbatim: true });
    await ours.release(look);
    for (const [at, text] of questions.entries()) {
      const { inputs } = await inputsOf([{ role: 'user', content: [SHAPES as never, words(text)] }], false);
      expect(Math.abs((answers[at]?.score ?? 9) - (await theirs(inputs)).score), text).toBeLessThan(1e-5);
    }
  });

  it('tells pictures and their order apart: the comparison can fail', async () => {
    const ask = (...content: unknown[]): Promise<{ score: number }> =>
      ours.scoreMessages([{ role: 'user', content: [...content, words('Is it?')] as never }]);
    const [one, other, both, turned] = [
      await ask(SHAPES),
      await ask(BARS),
      await ask(SHAPES, BARS),
      await ask(BARS, SHAPES),
    ];
    expect(Math.abs(one.score - other.score)).toBeGreaterThan(1e-3);
    expect(Math.abs(both.score - turned.score)).toBeGreaterThan(1e-3);
  });

  it('in high resolution it cuts the same tiles', async () => {
    if (name !== 'lfm2vl-random') return expect(['gemma3', 'qwen2_5_vl']).toContain(family.name);
    for (const file of [SHAPES, BARS, GRADIENT]) {
      const messages: Message[] = [{ role: 'user', content: [file as never, words('Is the shelf empty?')] }];
      const { inputs, levels } = await inputsOf(messages, true);
      const tiles = inputs.pixel_values?.dims[0];
      const { score, tokens } = await ours.scoreMessages(messages, { split: true });
      expect(tokens).toBe(inputs.input_ids?.dims.at(-1));
      console.log(
        `${name}, ${tiles} tiles: ${tokens} tokens; their own pixels are off by up to ${levels.toFixed(1)} of 255`,
      );
      expect(Math.abs(score - (await theirs(inputs)).score)).toBeLessThan(1e-5);
    }
  });
});

/** Tiles with their patches filled up with zeros. */
function filledUp(
  values: Float32Array,
  shapes: ReadonlyArray<readonly [number, number]>,
  input: { readonly values: number; readonly most: number },
): Float32Array[] {
  let at = 0;
  return shapes.map(([down, across]) => {
    const tile = new Float32Array(input.most * input.values);
    tile.set(values.subarray(at, at + down * across * input.values));
    at += down * across * input.values;
    return tile;
  });
}
