import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import type { ModelPackage } from '../package.ts';
import { type ResizeFilter, type RgbPicture, resizePicture } from '../resize.ts';
import type { TextTokenizer } from '../tokenizer.ts';
import type { Family, Tiles } from './family.ts';
import {
  copyTile,
  filterOf,
  imageTokenOf,
  levelTables,
  normalisePlanes,
  pixelFields,
  readPreprocessor,
} from './pixels.ts';

const settingsSchema = z.looseObject({
  ...pixelFields,
  size: z.looseObject({ longest_edge: z.int().positive() }).default({ longest_edge: 4 * 364 }),
  max_image_size: z.looseObject({ longest_edge: z.int().positive() }).default({ longest_edge: 364 }),
});

/**
 * SmolVLM and Idefics3 (model types `smolvlm`, `idefics3`). Picture arithmetic and prompt expansion follow Hugging Face
 * transformers' `Idefics3ImageProcessor` (Pillow) and `Idefics3Processor`; the golden kits hold the proof.
 */
export function createIdefics3(files: ModelPackage, tokenizer: TextTokenizer): Family {
  const settings = readPreprocessor(files, settingsSchema);
  const filter = filterOf(settings, files);
  const tileSize = settings.max_image_size.longest_edge;
  const encoderSize = files.config.vision_config.image_size;
  if (encoderSize !== undefined && encoderSize !== tileSize) {
    throw new WatchwordError(
      'corrupt',
      `preprocessor_config.json cuts tiles of ${tileSize} pixels, the encoder of config.json takes ${encoderSize}`,
      { where: files.dir, hint: 'Use files of one and the same published package' },
    );
  }
  const image = imageTokenOf(files, tokenizer);
  for (const token of [FAKE, GLOBAL]) {
    if (tokenizer.idOf(token) === undefined)
      throw new WatchwordError('corrupt', `tokenizer.json has no token ${token}`, { where: files.dir });
  }
  const featuresPerTile = featuresOf(files);
  const place = image.token.repeat(featuresPerTile);
  const tables = levelTables(settings);
  return {
    name: 'idefics3',
    imageToken: image.token,
    imageTokenId: image.id,
    input: { kind: 'tiles', side: tileSize },
    cut: (picture, split) => {
      const longestEdge = settings.do_resize ? settings.size.longest_edge : undefined;
      const tiles = cutTiles(picture, { split, filter, tileSize, longestEdge });
      return { ...tiles, features: tiles.count * featuresPerTile };
    },
    // SmolVLM2 alone was trained on videos: it has the sampling among its settings.
    ...('video_sampling' in files.preprocessor && { series: videoText }),
    blockText: ({ rows, columns }) => blockText(rows, columns, place),
    normalise: (bytes) => normalisePlanes(bytes, tileSize * tileSize, tables),
  };
}

const FAKE = '<fake_token_around_image>';
const GLOBAL = '<global-img>';

function featuresOf(files: ModelPackage): number {
  const stated = files.processor.image_seq_len;
  if (typeof stated === 'number' && Number.isInteger(stated) && stated > 0) return stated;
  const { image_size: size, patch_size: patch } = files.config.vision_config;
  const scale = files.config.scale_factor;
  if (!size || !patch || !scale) {
    throw new WatchwordError('corrupt', 'the package does not say how many features a tile has', {
      where: files.dir,
      hint: 'Add processor_config.json with image_seq_len',
    });
  }
  return Math.floor((size / patch) ** 2 / scale ** 2);
}

function blockText(rows: number, columns: number, place: string): string {
  if (rows === 0) return `${FAKE}${GLOBAL}${place}${FAKE}`;
  let text = '';
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) text += `${FAKE}<row_${row}_col_${column}>${place}`;
    text += '\n';
  }
  return `${text}\n${FAKE}${GLOBAL}${place}${FAKE}`;
}

/**
 * A video as SmolVLM2 is told of it: how many frames (in words), how long, and the time of each. As `SmolVLMProcessor` writes it
 * for frames that were sampled before.
 */
function videoText(seconds: readonly number[]): readonly string[] {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const last = seconds.at(-1) ?? 0;
  const length = `${Math.floor(last / 3600)}:${two((last / 60) % 60)}:${two(last % 60)}`;
  const count = NUMBERS[seconds.length] ?? String(seconds.length);
  const intro = `You are provided the following series of ${count} frames from a ${length} [H:MM:SS] video.\n`;
  const frames = seconds.map((at, index) => `${index === 0 ? intro : ''}\nFrame from ${two(at / 60)}:${two(at % 60)}:`);
  return [...frames, '\n\n'];
}

const NUMBERS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen'.split(' ');

/** Longest side to `longestEdge`, the other one even. */
export function sizeToLongestEdge(
  width: number,
  height: number,
  longestEdge: number,
): { width: number; height: number } {
  const aspect = width / height;
  const even = (side: number): number => Math.max(1, side % 2 === 0 ? side : side + 1);
  if (width >= height) return { width: longestEdge, height: even(Math.trunc(longestEdge / aspect)) };
  return { width: even(Math.trunc(longestEdge * aspect)), height: longestEdge };
}

/** Both sides up to multiples of the tile. */
export function sizeToTiles(width: number, height: number, tile: number): { width: number; height: number } {
  const aspect = width / height;
  const up = (side: number): number => Math.ceil(side / tile) * tile;
  if (width >= height) return { width: up(width), height: up(Math.trunc(up(width) / aspect)) };
  return { width: up(Math.trunc(up(height) * aspect)), height: up(height) };
}

interface CutOptions {
  readonly split: boolean;
  readonly filter: ResizeFilter;
  readonly tileSize: number;
  readonly longestEdge: number | undefined;
}

function cutTiles(picture: RgbPicture, { split, filter, tileSize, longestEdge }: CutOptions): Omit<Tiles, 'features'> {
  const target = longestEdge ? sizeToLongestEdge(picture.width, picture.height, longestEdge) : picture;
  const scaled = resizePicture(picture, target.width, target.height, filter);
  const fitted = split ? sizeToTiles(scaled.width, scaled.height, tileSize) : { width: tileSize, height: tileSize };
  const whole = resizePicture(scaled, fitted.width, fitted.height, filter);
  const cut = whole.width > tileSize || whole.height > tileSize;
  const rows = cut ? whole.height / tileSize : 0;
  const columns = cut ? whole.width / tileSize : 0;
  const count = rows * columns + 1;
  const bytes = new Uint8Array(count * 3 * tileSize * tileSize);
  for (let index = 0; index < rows * columns; index++) {
    copyTile(whole, (index % columns) * tileSize, Math.floor(index / columns) * tileSize, tileSize, bytes, index);
  }
  // The whole picture comes last, as a tile of its own.
  copyTile(cut ? resizePicture(whole, tileSize, tileSize, filter) : whole, 0, 0, tileSize, bytes, count - 1);
  return { rows, columns, count, bytes };
}
