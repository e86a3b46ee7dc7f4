import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import type { ModelPackage } from '../package.ts';
import { resizePicture } from '../resize.ts';
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

const settingsSchema = z.looseObject({
  ...pixelFields,
  resample: z.int().default(2),
  size: z.looseObject({ height: z.int().positive(), width: z.int().positive() }).default({ height: 896, width: 896 }),
});

const DEFAULT_FEATURES = 256;

/**
 * Gemma 3 (model type `gemma3`): the whole picture squeezed into one square, always so many places of the prompt. Its chat
 * template writes a begin token where a picture is; the processor puts the places and an end token behind it, set off by
 * blank lines. Follows Hugging Face transformers' `Gemma3ImageProcessor` (Pillow) and `Gemma3Processor`; its pan and scan is
 * not done, also not with `split`.
 */
export function createGemma3(files: ModelPackage, tokenizer: TextTokenizer): Family {
  const settings = readPreprocessor(files, settingsSchema);
  const filter = filterOf(settings, files);
  const image = imageTokenOf(files, tokenizer);
  const { height: side, width } = settings.size;
  if (side !== width || !settings.do_resize) {
    throw new WatchwordError('unsupported', 'preprocessor_config.json makes no square picture of one size', {
      where: files.dir,
    });
  }
  const begin = aroundToken(files, tokenizer, 'boi', 255_999);
  const end = aroundToken(files, tokenizer, 'eoi', 256_000);
  const features = featuresOf(files);
  const block = image.token.repeat(features);
  const tables = levelTables(settings);
  return {
    name: 'gemma3',
    imageToken: image.token,
    imageTokenId: image.id,
    input: { kind: 'tiles', side },
    expand: (prompt) => prompt.replaceAll(begin, () => `\n\n${begin}${image.token}${end}\n\n`),
    cut: (picture) => {
      const bytes = new Uint8Array(3 * side * side);
      copyTile(resizePicture(picture, side, side, filter), 0, 0, side, bytes, 0);
      return { rows: 0, columns: 0, count: 1, features, bytes };
    },
    blockText: () => block,
    normalise: (bytes) => normalisePlanes(bytes, side * side, tables),
  };
}

/** The token before or behind a picture: named by the tokenizer's settings, else by its number. */
function aroundToken(files: ModelPackage, tokenizer: TextTokenizer, which: 'boi' | 'eoi', usual: number): string {
  const named = files.tokenizerConfig[`${which}_token`];
  if (typeof named === 'string' && tokenizer.idOf(named) !== undefined) return named;
  const { [`${which}_token_index`]: stated }: Record<string, unknown> = files.config;
  const token = tokenizer.tokenOf(typeof stated === 'number' ? stated : usual);
  if (token !== undefined) return token;
  throw new WatchwordError('corrupt', `tokenizer_config.json names no ${which}_token that the tokenizer knows`, {
    where: files.dir,
  });
}

function featuresOf({ config, processor }: ModelPackage): number {
  const { mm_tokens_per_image: usual }: Record<string, unknown> = config;
  for (const stated of [processor.image_seq_length, usual])
    if (typeof stated === 'number' && Number.isInteger(stated) && stated > 0) return stated;
  return DEFAULT_FEATURES;
}
