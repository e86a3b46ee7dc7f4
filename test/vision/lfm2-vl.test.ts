import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Family } from '../../src/vision/families/family.ts';
import { createFamily } from '../../src/vision/families.ts';
import { openPackage } from '../../src/vision/package.ts';
import { createTokenizer } from '../../src/vision/tokenizer.ts';
import { randomCheckpoint } from '../parity/checkpoints/random-checkpoint.ts';
import { temporaryFolder } from '../support/daemon.ts';

/** The family with the numbers of the published packages. */
async function published(): Promise<Family> {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  const dir = randomCheckpoint('lfm2vl-random', path);
  const file = join(dir, 'preprocessor_config.json');
  const numbers = { tile_size: 512, min_tiles: 2, max_tiles: 10, min_image_tokens: 64, max_image_tokens: 256 };
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...numbers }));
  const files = await openPackage(dir, 'fp32');
  return createFamily(files, createTokenizer(files));
}

const grey = (width: number, height: number) => ({
  width,
  height,
  pixels: new Uint8Array(width * height * 3).fill(90),
});

test('a picture keeps its shape within 256 features: 640 x 480 becomes 36 x 26 patches', async () => {
  const family = await published();
  const { shapes, features, count } = family.cut(grey(640, 480), false);
  expect({ shapes, features, count }).toEqual({ shapes: [[26, 36]], features: 234, count: 1 });
});

test.each([
  // Within twice 256 features one picture is enough, also in high resolution.
  [640, 480, { rows: 0, columns: 0, count: 1 }],
  // 4 x 2 tiles have the same shape, but the picture would not fill half of them.
  [1280, 720, { rows: 1, columns: 2, count: 3 }],
  [1920, 1080, { rows: 2, columns: 4, count: 9 }],
  [1080, 1920, { rows: 4, columns: 2, count: 9 }],
  [2000, 2000, { rows: 3, columns: 3, count: 10 }],
  [4000, 400, { rows: 1, columns: 10, count: 11 }],
])('%i x %i in high resolution', async (width, height, expected) => {
  const family = await published();
  const tiles = family.cut(grey(width, height), true);
  expect(tiles).toMatchObject(expected);
  expect(tiles.features).toBe((tiles.shapes ?? []).reduce((sum, [down, across]) => sum + (down / 2) * (across / 2), 0));
  const places = family.blockText(tiles).split('<image>').length - 1;
  expect(places).toBe(tiles.features);
});
