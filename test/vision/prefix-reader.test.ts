import { expect, test } from 'vitest';
import type { Family } from '../../src/vision/families/family.ts';
import type { Decoder, DecoderStep, KeyValues } from '../../src/vision/onnx/decoder.ts';
import { PrefixReader } from '../../src/vision/prefix-reader.ts';
import type { PromptEncoder } from '../../src/vision/prompt-encoder.ts';

const IMAGE = 9;

/** A decoder that notes how many tokens it reads behind how many. */
function counting() {
  const runs: string[] = [];
  const empty: KeyValues = { length: 0, next: 0, tensors: {} };
  const decoder = {
    hidden: 1,
    empty: () => empty,
    async run({ length, past }: DecoderStep) {
      runs.push(`${length} behind ${past.length}`);
      return { logits: [], past: { length: past.length + length, next: past.next + length, tensors: {} } };
    },
  } as unknown as Decoder;
  const prompts = { embed: async (ids: number[]) => new Float32Array(ids.length) } as unknown as PromptEncoder;
  const reader = new PrefixReader({ decoder, prompts, family: { imageTokenId: IMAGE } as Family });
  return { reader, runs };
}

const grid = (features: number) => ({ rows: 0, columns: 0, features });
/** Two words, an example of two places, a word, a picture of two places. */
const PROMPT = [1, 2, IMAGE, IMAGE, 3, IMAGE, IMAGE];
const GRIDS = [grid(2), grid(2)];

test('examples are read once for all looks that begin with them; what comes behind is read each time', async () => {
  const { reader, runs } = counting();
  const shared = { key: 'full shelf', pictures: 1, tokens: 4 };
  for (let look = 0; look < 3; look++) await reader.prefix(PROMPT, new Float32Array(4), GRIDS, shared);
  expect(runs).toEqual(['2 behind 0', '2 behind 2', '3 behind 4', '3 behind 4', '3 behind 4']);
  await reader.prefix(PROMPT, new Float32Array(4), GRIDS, { ...shared, key: 'another shelf' });
  expect(runs.slice(5)).toEqual(['2 behind 2', '3 behind 4']);
});

test('no more starts are kept than fit: what was not used for the longest is read again', async () => {
  const { reader, runs } = counting();
  const look = (key: string) => reader.prefix(PROMPT, new Float32Array(4), GRIDS, { key, pictures: 1, tokens: 4 });
  for (let at = 0; at < 8; at++) await look(`set ${at}`);
  await look('set 0');
  await look('set 8');
  const before = runs.length;
  await look('set 0');
  expect(runs.slice(before)).toEqual(['3 behind 4']);
  await look('set 1');
  expect(runs.slice(before + 1)).toEqual(['2 behind 2', '3 behind 4']);
});
