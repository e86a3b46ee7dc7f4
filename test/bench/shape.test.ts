import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { AutoModelForImageTextToText, AutoProcessor, env, RawImage } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shapeCheckpoint } from './shape/checkpoint.ts';
import { ANSWER_FORM, QUESTIONS } from './shape/questions.ts';
import { TOKEN, VOCABULARY } from './shape/tokenizer.ts';

let cache: string;

beforeAll(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'watchword-shape-'));
});

afterAll(() => {
  rmSync(cache, { recursive: true, force: true });
});

describe('a generated checkpoint', () => {
  it.each(['q8', 'fp32', 'q4'] as const)(
    'is loaded and run by Transformers.js as a published one is (%s)',
    async (dtype) => {
      const folder = shapeCheckpoint('small-shape', { dtype, cache });
      env.allowRemoteModels = false;
      env.localModelPath = `${path.dirname(folder)}/`;
      const name = path.basename(folder);
      const processor = await AutoProcessor.from_pretrained(name);
      const besides = dtype === 'q4' ? 'q8' : dtype;
      const parts = { vision_encoder: besides, embed_tokens: besides, decoder_model_merged: dtype };
      const model = await AutoModelForImageTextToText.from_pretrained(name, { dtype: parts, device: 'cpu' });
      const picture = new RawImage(new Uint8ClampedArray(96 * 64 * 3).fill(90), 96, 64, 3);
      const text = processor.apply_chat_template(
        [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: `${QUESTIONS[0]} ${ANSWER_FORM}` }] }],
        { add_generation_prompt: true, tokenize: false },
      );
      const inputs = await processor(text, [[picture]], { do_image_splitting: false });
      const ids: bigint[] = [...inputs.input_ids.data];
      expect(ids.filter((id) => id === BigInt(TOKEN.image))).toHaveLength(4);
      const words = await model.generate({ ...inputs, max_new_tokens: 3, do_sample: false });
      expect('dims' in words && words.dims).toEqual([1, ids.length + 3]);
      await model.dispose();
    },
  );

  it('is made once: the second time its files are taken as they are', () => {
    const folder = shapeCheckpoint('small-shape', { dtype: 'q8', cache });
    const before = readFileSync(path.join(folder, 'onnx/decoder_model_merged_quantized.onnx'));
    expect(shapeCheckpoint('small-shape', { dtype: 'q8', cache })).toBe(folder);
    expect(readFileSync(path.join(folder, 'onnx/decoder_model_merged_quantized.onnx')).equals(before)).toBe(true);
  });

  it('has a tokenizer in which every word of the questions is one token, as in a published vocabulary', () => {
    const folder = shapeCheckpoint('small-shape', { dtype: 'q8', cache });
    const read = (file: string): object => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
    for (const question of QUESTIONS) {
      const text = `${question} ${ANSWER_FORM}`;
      const { ids } = tokenizer.encode(text);
      const words = text.match(/ ?\p{L}+| ?[^\s\p{L}]+/gu) ?? [];
      expect(ids).toHaveLength(words.length);
      expect(Math.max(...ids)).toBeLessThan(VOCABULARY);
      expect(tokenizer.decode(ids)).toBe(text);
    }
    expect(tokenizer.encode(' Yes').ids).toHaveLength(1);
  });
});
