import { z } from 'zod';
import type { ModelPackage } from '../package.ts';
import { type ResizeFilter, type RgbPicture, resizePicture } from '../resize.ts';
import type { TextTokenizer } from '../tokenizer.ts';
import type { Family, Grid, Tiles } from './family.ts';
import { filterOf, imageTokenOf, levelTables, normalisePlanes, pixelFields, readPreprocessor } from './pixels.ts';
import { roundHalfEven, smartSize } from './smart-size.ts';

const settingsSchema = z.looseObject({
  ...pixelFields,
  resample: z.int().default(2),
  encoder_patch_size: z.int().positive().default(16),
  downsample_factor: z.int().positive().default(2),
  tile_size: z.int().positive().default(512),
  min_tiles: z.int().positive().default(2),
  max_tiles: z.int().positive().max(64).default(10),
  use_thumbnail: z.boolean().default(true),
  do_image_splitting: z.boolean().default(true),
  min_image_tokens: z.int().positive().default(64),
  max_image_tokens: z.int().positive().default(256),
  max_pixels_tolerance: z.number().positive().default(2),
});
type Settings = z.output<typeof settingsSchema>;

/**
 * LFM2-VL (model type `lfm2_vl`): a picture keeps its shape as far as 256 features allow; in high resolution it is cut into
 * square tiles, with the whole picture behind them. Follows Hugging Face transformers' `Lfm2VlImageProcessorFast` and
 * `Lfm2VlProcessor`; its language model keeps short convolutions beside keys and values, so that questions are read one by
 * one.
 */
export function createLfm2Vl(files: ModelPackage, tokenizer: TextTokenizer): Family {
  const settings = readPreprocessor(files, settingsSchema);
  const filter = filterOf(settings, files);
  const image = imageTokenOf(files, tokenizer);
  const { encoder_patch_size: patch, downsample_factor: merge, tile_size: tile } = settings;
  const tables = levelTables(settings);
  const perTile = Math.ceil(tile / patch / merge) ** 2;
  const most = Math.max(settings.max_image_tokens * merge ** 2, settings.do_image_splitting ? (tile / patch) ** 2 : 0);
  const named = (name: string, usual: string): string => {
    const { [name]: stated } = files.processor;
    return typeof stated === 'string' ? stated : usual;
  };
  const start = named('image_start_token', '<|image_start|>');
  const end = named('image_end_token', '<|image_end|>');
  const thumbnail = named('image_thumbnail', '<|img_thumbnail|>');
  return {
    name: 'lfm2_vl',
    imageToken: image.token,
    imageTokenId: image.id,
    input: { kind: 'filled', values: 3 * patch * patch, merge, most },
    cut: (picture, split) => cut(picture, split && settings.do_image_splitting, settings, filter),
    blockText: ({ rows, columns, features }: Grid) => {
      let text = start;
      for (let at = 0; at < rows * columns; at++)
        text += `<|img_row_${Math.floor(at / columns) + 1}_col_${(at % columns) + 1}|>${image.token.repeat(perTile)}`;
      const whole = features - rows * columns * perTile;
      if (rows > 0 && whole > 0) text += thumbnail;
      return `${text}${image.token.repeat(whole)}${end}`;
    },
    normalise: (bytes) => normalisePlanes(bytes, 1, tables),
  };
}

function cut(picture: RgbPicture, split: boolean, settings: Settings, filter: ResizeFilter): Tiles {
  const { encoder_patch_size: patch, downsample_factor: merge, tile_size: tile } = settings;
  const factor = patch * merge;
  const parts: RgbPicture[] = [];
  const { rows, columns } = split && isLarge(picture, settings) ? layoutOf(picture, settings) : { rows: 0, columns: 0 };
  if (rows > 0) {
    const large = resizePicture(picture, columns * tile, rows * tile, filter);
    for (let at = 0; at < rows * columns; at++)
      parts.push(part(large, (at % columns) * tile, Math.floor(at / columns) * tile, tile));
  }
  if (rows === 0 || (settings.use_thumbnail && rows * columns > 1)) {
    const limits = [settings.min_image_tokens * factor ** 2, settings.max_image_tokens * factor ** 2] as const;
    const { width, height } = smartSize(picture, factor, ...limits);
    parts.push(resizePicture(picture, width, height, filter));
  }
  const shapes = parts.map(({ width, height }) => [height / patch, width / patch] as const);
  const features = shapes.reduce((sum, [down, across]) => sum + Math.ceil(down / merge) * Math.ceil(across / merge), 0);
  const bytes = Buffer.concat(parts.map((each) => patchBytes(each, patch)));
  return { rows, columns, count: parts.length, features, bytes, shapes };
}

/** Whether one picture of it would lose too much. */
function isLarge({ width, height }: RgbPicture, settings: Settings): boolean {
  const { encoder_patch_size: patch, downsample_factor: merge } = settings;
  const factor = patch * merge;
  const up = (side: number): number => Math.max(patch, roundHalfEven(side / factor) * factor);
  return up(width) * up(height) > settings.max_image_tokens * factor ** 2 * settings.max_pixels_tolerance;
}

/** The grid whose shape is nearest to the picture's; of equals the larger one that the picture half fills. */
function layoutOf({ width, height }: RgbPicture, settings: Settings): { rows: number; columns: number } {
  const { min_tiles: least, max_tiles: most, tile_size: tile } = settings;
  let best = { rows: 1, columns: 1 };
  let nearest = Number.POSITIVE_INFINITY;
  for (const grid of grids(least, most)) {
    const distance = Math.abs(width / height - grid.columns / grid.rows);
    const roomy = width * height > 0.5 * tile * tile * grid.rows * grid.columns;
    if (distance > nearest || (distance === nearest && !roomy)) continue;
    nearest = distance;
    best = grid;
  }
  return best.rows * best.columns > 1 ? best : { rows: 0, columns: 0 };
}

/** By the number of their tiles; of the same number in the order in which the reference meets them. */
function grids(least: number, most: number): Array<{ rows: number; columns: number }> {
  const all: Array<{ rows: number; columns: number }> = [];
  for (let columns = 1; columns <= most; columns++)
    for (let rows = 1; rows * columns <= most; rows++) if (rows * columns >= least) all.push({ rows, columns });
  const met = ({ rows, columns }: { rows: number; columns: number }): number => Math.max(rows, columns, least);
  return all.sort(
    (a, b) => a.rows * a.columns - b.rows * b.columns || met(a) - met(b) || a.columns - b.columns || a.rows - b.rows,
  );
}

function part({ width, pixels }: RgbPicture, left: number, top: number, side: number): RgbPicture {
  const own = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * 3;
    own.set(pixels.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, pixels: own };
}

/** Patch after patch, row by row, each pixel with its three colours together. */
function patchBytes({ width, height, pixels }: RgbPicture, patch: number): Uint8Array {
  const bytes = new Uint8Array(pixels.length);
  let to = 0;
  for (let top = 0; top < height; top += patch) {
    for (let left = 0; left < width; left += patch) {
      for (let y = top; y < top + patch; y++, to += patch * 3) {
        const from = (y * width + left) * 3;
        bytes.set(pixels.subarray(from, from + patch * 3), to);
      }
    }
  }
  return bytes;
}
