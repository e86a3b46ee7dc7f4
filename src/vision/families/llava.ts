import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import type { ModelPackage } from '../package.ts';
import { type RgbPicture, resizePicture } from '../resize.ts';
import type { TextTokenizer } from '../tokenizer.ts';
import type { Family } from './family.ts';
import {
  copyTile,
  filterOf,
  imageTokenOf,
  levelTables,
  normalisePlanes,
  pixelFields,
  readPreprocessor,
} from './pixels.ts';

const sideSchema = z.looseObject({
  height: z.int().positive().optional(),
  width: z.int().positive().optional(),
  shortest_edge: z.int().positive().optional(),
});

const settingsSchema = z.looseObject({
  ...pixelFields,
  resample: z.int().default(3),
  size: sideSchema,
  do_center_crop: z.boolean().default(false),
  crop_size: z.union([z.int().positive(), sideSchema]).optional(),
});
type Settings = z.output<typeof settingsSchema>;

/**
 * LLaVA (model types `llava`, `llava_onevision`): the whole picture as one square, squeezed (SigLIP) or cropped around its
 * middle (CLIP), one place of the prompt per patch. Follows Hugging Face transformers' `SiglipImageProcessor`,
 * `CLIPImageProcessor` (Pillow) and `LlavaProcessor`. LLaVA-OneVision's additional high-resolution views are not cut, also
 * not with `split`: its published ONNX files hold neither their pooling nor the row separator.
 */
export function createLlava(files: ModelPackage, tokenizer: TextTokenizer): Family {
  const settings = readPreprocessor(files, settingsSchema);
  const filter = filterOf(settings, files);
  const image = imageTokenOf(files, tokenizer);
  const side = sideOf(settings, files);
  const features = featuresOf(files, side);
  const tables = levelTables(settings);
  const { shortest_edge: shortest } = settings.size;
  const block = image.token.repeat(features);
  const fitted = (picture: RgbPicture): RgbPicture => {
    if (!shortest) return resizePicture(picture, side, side, filter);
    const { width, height } = sizeToShortestEdge(picture.width, picture.height, shortest);
    return resizePicture(picture, width, height, filter);
  };
  return {
    name: 'llava',
    imageToken: image.token,
    imageTokenId: image.id,
    input: { kind: 'tiles', side },
    cut: (picture) => {
      const bytes = new Uint8Array(3 * side * side);
      const whole = fitted(picture);
      copyTile(whole, (whole.width - side) >> 1, (whole.height - side) >> 1, side, bytes, 0);
      return { rows: 0, columns: 0, count: 1, features, bytes };
    },
    blockText: () => block,
    normalise: (bytes) => normalisePlanes(bytes, side * side, tables),
  };
}

/** The side of the square that the encoder sees. */
function sideOf(settings: Settings, files: ModelPackage): number {
  const { size, do_center_crop: crops, crop_size: crop, do_resize: resizes } = settings;
  const cropped = typeof crop === 'number' ? { height: crop, width: crop } : crop;
  const { height, width } = crops && cropped ? cropped : size;
  const possible = resizes && (!size.shortest_edge || (crops && (height ?? 0) <= size.shortest_edge));
  if (height !== undefined && height === width && possible) return height;
  throw new WatchwordError('unsupported', 'preprocessor_config.json makes no square picture of one size', {
    where: files.dir,
    hint: 'Supported are "size" with equal height and width, or "shortest_edge" with a square centre crop of at most that',
  });
}

/** Places per picture: what the processor states, else what the encoder's patches come to. */
function featuresOf(files: ModelPackage, side: number): number {
  const { config, processor } = files;
  const whole = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
  const strategy = processor.vision_feature_select_strategy ?? config.vision_feature_select_strategy;
  const patch = whole(processor.patch_size) ?? config.vision_config.patch_size;
  const stated = whole(processor.patch_size) ? undefined : config.image_seq_length;
  if (stated) return stated;
  if (!patch) {
    throw new WatchwordError('corrupt', 'the package does not say how many features a picture has', {
      where: files.dir,
      hint: 'Add processor_config.json with patch_size',
    });
  }
  // `default` leaves out the encoder's class token, which num_additional_image_tokens counts.
  const more = whole(processor.num_additional_image_tokens) ?? 0;
  return Math.floor(side / patch) ** 2 + more - (strategy === 'default' && more > 0 ? 1 : 0);
}

/** Shortest side to `shortest`, the other one in proportion, rounded down. */
function sizeToShortestEdge(width: number, height: number, shortest: number): { width: number; height: number } {
  const long = Math.trunc((shortest * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: shortest, height: long } : { width: long, height: shortest };
}
