import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import type { ModelPackage } from '../package.ts';
import { type RgbPicture, resizePicture } from '../resize.ts';
import type { TextTokenizer } from '../tokenizer.ts';
import type { Family, Grid, Positions } from './family.ts';
import { filterOf, imageTokenOf, levelTables, normalisePlanes, pixelFields, readPreprocessor } from './pixels.ts';
import { smartSize } from './smart-size.ts';

const settingsSchema = z.looseObject({
  ...pixelFields,
  resample: z.int().default(3),
  min_pixels: z.int().positive().optional(),
  max_pixels: z.int().positive().optional(),
  // Newer packages state the same two numbers here.
  size: z
    .looseObject({ shortest_edge: z.int().positive().optional(), longest_edge: z.int().positive().optional() })
    .default({}),
  patch_size: z.int().positive().default(14),
  temporal_patch_size: z.int().positive().default(2),
  merge_size: z.int().positive().default(2),
});

/**
 * A picture is read with its own sides as far as the package's max_pixels allows: 16 thousand features in published ones,
 * whose attention takes a hundred gigabytes. It is held to 512 features of 28 x 28 pixels (0.3 GB in a 2 B model), in high
 * resolution to 1280 (1.7 GB), which the model's authors advise.
 */
const MOST_PIXELS = { usual: 512 * 28 * 28, split: 1280 * 28 * 28 };
/**
 * Qwen2-VL (model type `qwen2_vl`) and what reads pictures as it does: a picture keeps its shape and becomes a grid of patches; tokens stand in three
 * dimensions. Follows Hugging Face transformers' `Qwen2VLImageProcessor` (Pillow) and `Qwen2VLModel.get_rope_index`.
 */
export function createQwen2Vl(files: ModelPackage, tokenizer: TextTokenizer, name = 'qwen2_vl'): Family {
  const settings = readPreprocessor(files, settingsSchema);
  const filter = filterOf(settings, files);
  const image = imageTokenOf(files, tokenizer);
  const { patch_size: patch, temporal_patch_size: times, merge_size: merge } = settings;
  const least = settings.min_pixels ?? settings.size.shortest_edge ?? 56 * 56;
  const most = settings.max_pixels ?? settings.size.longest_edge ?? 14 * 14 * 4 * 1280;
  const stated = files.config.vision_config.spatial_merge_size;
  if (stated !== undefined && stated !== merge) {
    throw new WatchwordError(
      'corrupt',
      `preprocessor_config.json merges ${merge} x ${merge} patches, config.json says ${stated} x ${stated}`,
      { where: files.dir, hint: 'Use files of one and the same published package' },
    );
  }
  const factor = patch * merge;
  const tables = levelTables(settings);
  return {
    name,
    imageToken: image.token,
    imageTokenId: image.id,
    input: { kind: 'patches', values: 3 * times * patch * patch, merge },
    cut: (picture, split) => {
      const limit = Math.max(least, Math.min(most, split ? MOST_PIXELS.split : MOST_PIXELS.usual));
      const { width, height } = settings.do_resize ? smartSize(picture, factor, least, limit) : exact(picture, factor);
      const rows = height / factor;
      const columns = width / factor;
      const bytes = patchBytes(resizePicture(picture, width, height, filter), patch, merge, times);
      return { rows, columns, count: 1, features: rows * columns, bytes };
    },
    blockText: ({ features }) => image.token.repeat(features),
    normalise: (bytes) => normalisePlanes(bytes, times * patch * patch, tables),
    positions: (ids, grids, from) => positionsOf(ids, image.id, grids, from),
  };
}

function exact({ width, height }: RgbPicture, factor: number): { width: number; height: number } {
  if (width % factor === 0 && height % factor === 0) return { width, height };
  throw new WatchwordError(
    'invalid-input',
    `this package takes pictures in multiples of ${factor} pixels as they are`,
    {
      hint: 'Set do_resize in its preprocessor_config.json',
    },
  );
}

/**
 * The encoder's input: patches block by block (`merge` x `merge` of them become one feature), each with its planes red,
 * green, blue, each plane `times` times over, because a still picture stands in for that many frames.
 */
function patchBytes(picture: RgbPicture, patch: number, merge: number, times: number): Uint8Array {
  const { width, height, pixels } = picture;
  const bytes = new Uint8Array(3 * times * width * height);
  const block = patch * merge;
  let to = 0;
  const copyPatch = (left: number, top: number): void => {
    for (let plane = 0; plane < 3; plane++) {
      const start = to;
      for (let y = top; y < top + patch; y++) {
        let from = (y * width + left) * 3 + plane;
        for (let x = 0; x < patch; x++, from += 3) bytes[to++] = pixels[from] as number;
      }
      const end = to;
      for (let time = 1; time < times; time++, to += end - start) bytes.copyWithin(to, start, end);
    }
  };
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      for (let inner = 0; inner < merge * merge; inner++) {
        copyPatch(left + (inner % merge) * patch, top + Math.floor(inner / merge) * patch);
      }
    }
  }
  return bytes;
}

/** Words count up in all three dimensions; a picture spreads out from where it begins, and the next word stands behind its longer side. */
function positionsOf(ids: readonly number[], imageId: number, grids: readonly Grid[], from: number): Positions {
  const { length } = ids;
  const planes = new Int32Array(3 * length);
  let next = from;
  let picture = 0;
  for (let at = 0; at < length; ) {
    const grid = ids[at] === imageId ? grids[picture++] : undefined;
    const { rows, columns } = grid ?? { rows: 1, columns: 1 };
    for (let place = 0; place < rows * columns && at < length; place++, at++) {
      planes[at] = next;
      planes[length + at] = next + Math.floor(place / columns);
      planes[2 * length + at] = next + (place % columns);
    }
    next += Math.max(rows, columns);
  }
  return { planes, next };
}
