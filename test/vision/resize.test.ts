import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeToLongestEdge, sizeToTiles } from '../../src/vision/families/idefics3.ts';
import { kernelFor, type ResizeFilter, resizePicture, resizePlainly } from '../../src/vision/resize.ts';
import { createSimdPasses } from '../../src/vision/resize-simd.ts';

interface PillowKit {
  sources: Record<string, string>;
  cases: Array<{ filter: ResizeFilter; source: string; to: [number, number]; expected: string }>;
}
const pillow = JSON.parse(
  readFileSync(new URL('../fixtures/golden/pillow-resize.json', import.meta.url), 'utf8'),
) as PillowKit;

describe('resizePicture', () => {
  test.each(pillow.cases)('equals Pillow bit for bit: $filter, $source to $to', ({ filter, source, to, expected }) => {
    const [width = 0, height = 0] = source.split('x').map(Number);
    const picture = { width, height, pixels: new Uint8Array(Buffer.from(pillow.sources[source] ?? '', 'base64')) };
    const resized = resizePicture(picture, to[0], to[1], filter);
    expect(Buffer.from(resized.pixels).toString('base64')).toBe(expected);
  });

  test('keeps one colour exactly, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 70 });
    const filter = fc.constantFrom<ResizeFilter>('lanczos', 'bilinear', 'bicubic');
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        fc.integer({ min: 0, max: 255 }),
        filter,
        (width, height, toWidth, toHeight, level, by) => {
          const picture = { width, height, pixels: new Uint8Array(width * height * 3).fill(level) };
          const { pixels } = resizePicture(picture, toWidth, toHeight, by);
          return pixels.length === toWidth * toHeight * 3 && pixels.every((value) => value === level);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('the vector instructions give what the plain loops give, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 90 });
    const filter = fc.constantFrom<ResizeFilter>('lanczos', 'bilinear', 'bicubic');
    fc.assert(
      fc.property(side, side, side, side, filter, fc.integer(), (width, height, toWidth, toHeight, by, seed) => {
        const pixels = Uint8Array.from(
          { length: width * height * 3 },
          (_, at) => (Math.imul(at + seed, 2654435761) >>> 13) & 255,
        );
        const picture = { width, height, pixels };
        const across = toWidth === width ? undefined : kernelFor(width, toWidth, by);
        const down = toHeight === height ? undefined : kernelFor(height, toHeight, by);
        const plain = resizePlainly(picture, toWidth, toHeight, across, down);
        expect(Buffer.from(resizePicture(picture, toWidth, toHeight, by).pixels).equals(plain.pixels)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('this runtime has the vector instructions', () => expect(createSimdPasses()).toBeDefined());

  test('a picture too large for them is resized all the same', () => {
    const picture = { width: 6000, height: 4000, pixels: new Uint8Array(6000 * 4000 * 3).fill(77) };
    expect(resizePicture(picture, 20, 10, 'bilinear').pixels.every((value) => value === 77)).toBe(true);
  });

  test('gives back the same picture when nothing changes', () => {
    const picture = { width: 3, height: 2, pixels: new Uint8Array(18) };
    expect(resizePicture(picture, 3, 2, 'lanczos')).toBe(picture);
  });
});

describe('Idefics3 sizes', () => {
  test.each([
    [1920, 1080, 2048, 2048, 1152],
    [640, 480, 2048, 2048, 1536],
    [480, 640, 2048, 1536, 2048],
    [97, 61, 256, 256, 160],
    [5000, 3, 256, 256, 1],
    [1, 9000, 256, 1, 256],
  ])('%i x %i to a longest edge of %i is %i x %i', (width, height, longest, toWidth, toHeight) => {
    const size = sizeToLongestEdge(width, height, longest);
    expect(size).toEqual({ width: toWidth, height: toHeight });
  });

  test.each([
    [2048, 1152, 512, 2048, 1536],
    [2048, 1536, 512, 2048, 1536],
    [1536, 2048, 512, 1536, 2048],
  ])('%i x %i in tiles of %i is %i x %i', (width, height, tile, toWidth, toHeight) => {
    expect(sizeToTiles(width, height, tile)).toEqual({ width: toWidth, height: toHeight });
  });
});
