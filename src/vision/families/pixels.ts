import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import type { ModelPackage } from '../package.ts';
import type { ResizeFilter, RgbPicture } from '../resize.ts';
import type { TextTokenizer } from '../tokenizer.ts';

/** What every family's preprocessor_config.json says about pixel values. The reference's defaults. */
export const pixelFields = {
  resample: z.int().default(1),
  do_resize: z.boolean().default(true),
  do_rescale: z.boolean().default(true),
  do_normalize: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  image_mean: z.array(z.number()).length(3).default([0.5, 0.5, 0.5]),
  image_std: z.array(z.number().positive()).length(3).default([0.5, 0.5, 0.5]),
};
type PixelSettings = z.output<z.ZodObject<typeof pixelFields>>;

/** Reads preprocessor_config.json. Throws `corrupt` naming the first thing that is wrong in it. */
export function readPreprocessor<T>(files: ModelPackage, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(files.preprocessor);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WatchwordError('corrupt', `preprocessor_config.json: "${issue?.path.join('.')}" ${issue?.message}`, {
    where: files.dir,
  });
}

const FILTERS: Record<number, ResizeFilter> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };

/** Throws `unsupported` for a filter that is none of Pillow's three. */
export function filterOf({ resample }: PixelSettings, files: ModelPackage): ResizeFilter {
  const filter = FILTERS[resample];
  if (filter) return filter;
  throw new WatchwordError('unsupported', `preprocessor_config.json: resample ${resample} is not known`, {
    where: files.dir,
    hint: 'Known are 1 (Lanczos), 2 (bilinear) and 3 (bicubic)',
  });
}

/** The token that stands for a picture. Throws `corrupt` when config.json and tokenizer disagree. */
export function imageTokenOf(files: ModelPackage, tokenizer: TextTokenizer): { token: string; id: number } {
  const id = files.config.image_token_id ?? files.config.image_token_index;
  const token = id === undefined ? undefined : tokenizer.tokenOf(id);
  if (id !== undefined && token !== undefined) return { token, id };
  throw new WatchwordError('corrupt', 'config.json names no image_token_id that the tokenizer knows', {
    where: files.dir,
  });
}

/** What each of the 256 levels becomes, per plane; every step is rounded to float32 as the reference does. */
export function levelTables(settings: PixelSettings): Float32Array[] {
  return settings.image_mean.map((mean, plane) => {
    const std = settings.image_std[plane] ?? 1;
    return Float32Array.from({ length: 256 }, (_, level) => {
      const rescaled = settings.do_rescale ? Math.fround(level * settings.rescale_factor) : level;
      return settings.do_normalize
        ? Math.fround(Math.fround(rescaled - Math.fround(mean)) / Math.fround(std))
        : rescaled;
    });
  });
}

/** Bytes to model input; planes of `plane` bytes each take turns: red, green, blue, red, ... */
export function normalisePlanes(bytes: Uint8Array, plane: number, tables: readonly Float32Array[]): Float32Array {
  const values = new Float32Array(bytes.length);
  for (let start = 0, index = 0; start < bytes.length; start += plane, index++) {
    const table = tables[index % 3] ?? new Float32Array(256);
    for (let at = start; at < start + plane; at++) values[at] = table[bytes[at] as number] as number;
  }
  return values;
}

/** Copies a square of a picture to the `index`-th place of `bytes`, as planes red, green, blue. */
export function copyTile(
  picture: RgbPicture,
  left: number,
  top: number,
  size: number,
  bytes: Uint8Array,
  index: number,
): void {
  const plane = size * size;
  const start = index * 3 * plane;
  for (let y = 0; y < size; y++) {
    let from = ((top + y) * picture.width + left) * 3;
    for (let to = start + y * size; to < start + (y + 1) * size; to++, from += 3) {
      bytes[to] = picture.pixels[from] as number;
      bytes[to + plane] = picture.pixels[from + 1] as number;
      bytes[to + 2 * plane] = picture.pixels[from + 2] as number;
    }
  }
}
