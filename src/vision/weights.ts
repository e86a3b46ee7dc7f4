import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { WatchwordError } from '../platform/errors.ts';

/** How published packages mark a precision in a file's name (Transformers.js utils/dtypes.js). */
export const DTYPE_SUFFIX = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const;
export type Dtype = keyof typeof DTYPE_SUFFIX;

export type WeightPart = 'vision_encoder' | 'embed_tokens' | 'decoder_model_merged';
export const WEIGHT_PARTS: readonly WeightPart[] = ['vision_encoder', 'embed_tokens', 'decoder_model_merged'];

export interface WeightFile {
  readonly path: string;
  readonly dtype: Dtype;
  /** Files beside it that hold its weights (`model.onnx_data`, `model.onnx_data_1`, ...). */
  readonly data: readonly string[];
}

export type Weights = Readonly<Record<WeightPart, WeightFile>>;

/** What a device runs best, first. */
export type WeightTaste = 'processor' | 'accelerator';

const PREFERRED: Readonly<Record<WeightTaste, readonly Dtype[]>> = {
  /** Integers first: on processors they are the fastest, and a package that ships them was checked with them. */
  processor: ['q8', 'int8', 'uint8', 'q4', 'fp32', 'fp16', 'q4f16', 'bnb4'],
  /** Dynamic integers have no kernels there: they would run on the processor with copies in between. */
  accelerator: ['fp16', 'q4f16', 'q4', 'fp32', 'bnb4', 'q8', 'int8', 'uint8'],
};

/** Which file holds a part, by name, with the files beside it that hold its weights. */
export interface ChosenWeights {
  readonly name: string;
  readonly dtype: Dtype;
  readonly data: readonly string[];
}

/**
 * Chooses the three weight files among the names of a folder `onnx`. `dtype` is a precision for all (`q8`), or one per part
 * (`vision_encoder=q8,decoder_model_merged=q4`); without it the first of what `taste` prefers that all three
 * have, or else the first each has. Throws `not-found` naming what is missing and what is there.
 */
export function chooseWeights(
  names: ReadonlySet<string>,
  dtype: string | undefined,
  folder: string,
  taste: WeightTaste = 'processor',
): Readonly<Record<WeightPart, ChosenWeights>> {
  const wanted = dtype === undefined ? undefined : parseDtype(dtype);
  const preferred = PREFERRED[taste];
  const common = preferred.find((candidate) => WEIGHT_PARTS.every((part) => names.has(fileName(part, candidate))));
  const choose = (part: WeightPart): ChosenWeights => {
    const chosen =
      wanted?.[part] ??
      (wanted ? undefined : common) ??
      preferred.find((candidate) => names.has(fileName(part, candidate)));
    const name = fileName(part, chosen ?? 'fp32');
    if (chosen === undefined || !names.has(name))
      return missing(join(folder, name), `the model package has no onnx/${name}`, offered(names));
    const data = [...names].filter(
      (other) => other === `${name}_data` || other.startsWith(`${name}_data_`) || other === `${name}.data`,
    );
    return { name, dtype: chosen, data: data.sort() };
  };
  return {
    vision_encoder: choose('vision_encoder'),
    embed_tokens: choose('embed_tokens'),
    decoder_model_merged: choose('decoder_model_merged'),
  };
}

/** Finds the three weight files of a package, chosen as `chooseWeights` does. */
export async function findWeights(packageDir: string, dtype?: string, taste?: WeightTaste): Promise<Weights> {
  const folder = join(packageDir, 'onnx');
  const names = new Set(await readdir(folder).catch(() => missing(folder, 'the model package has no folder "onnx"')));
  const chosen = chooseWeights(names, dtype, folder, taste);
  const file = async (part: WeightPart): Promise<WeightFile> => {
    const { name, dtype: precision, data } = chosen[part];
    const path = join(folder, name);
    const { size } = await stat(path);
    if (size === 0)
      throw new WatchwordError('corrupt', `onnx/${name} is empty`, { where: path, hint: 'Download it again' });
    return { path, dtype: precision, data: data.map((other) => join(folder, other)) };
  };
  const [vision_encoder, embed_tokens, decoder_model_merged] = await Promise.all([
    file('vision_encoder'),
    file('embed_tokens'),
    file('decoder_model_merged'),
  ]);
  return { vision_encoder, embed_tokens, decoder_model_merged };
}

/** `q8`, or `decoder_model_merged=q4, vision_encoder=q8` where the parts differ. */
export function describeDtype(weights: Readonly<Record<WeightPart, { readonly dtype: Dtype }>>): string {
  const dtypes = new Set(WEIGHT_PARTS.map((part) => weights[part].dtype));
  if (dtypes.size === 1) return weights.decoder_model_merged.dtype;
  return WEIGHT_PARTS.map((part) => `${part}=${weights[part].dtype}`).join(',');
}

/** Hex SHA-256 over all weight files in use, in a fixed order: what an event records as the model that decided. */
export async function hashWeights(weights: Weights): Promise<string> {
  const hash = createHash('sha256');
  for (const part of WEIGHT_PARTS) {
    for (const path of [weights[part].path, ...weights[part].data]) {
      hash.update(`${basename(path)}\n`);
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
    }
  }
  return hash.digest('hex');
}

function fileName(part: WeightPart, dtype: Dtype): string {
  return `${part}${DTYPE_SUFFIX[dtype]}.onnx`;
}

function parseDtype(text: string): Partial<Record<WeightPart, Dtype>> {
  const known = (name: string): Dtype => {
    if (Object.hasOwn(DTYPE_SUFFIX, name)) return name as Dtype;
    throw new WatchwordError('invalid-input', `"${name}" is not a precision`, {
      hint: `Use one of ${Object.keys(DTYPE_SUFFIX).join(', ')}`,
    });
  };
  if (!text.includes('=')) {
    const all = known(text.trim());
    return { vision_encoder: all, embed_tokens: all, decoder_model_merged: all };
  }
  const wanted: Partial<Record<WeightPart, Dtype>> = {};
  for (const entry of text.split(',')) {
    const [part = '', dtype = ''] = entry.split('=').map((word) => word.trim());
    const known_part = WEIGHT_PARTS.find((name) => name === part);
    if (!known_part)
      throw new WatchwordError('invalid-input', `"${part}" is not a part of a model`, {
        hint: `Use ${WEIGHT_PARTS.join(', ')}`,
      });
    wanted[known_part] = known(dtype);
  }
  return wanted;
}

function offered(names: ReadonlySet<string>): string {
  const dtypes = (Object.keys(DTYPE_SUFFIX) as Dtype[]).filter((dtype) =>
    WEIGHT_PARTS.every((part) => names.has(fileName(part, dtype))),
  );
  return dtypes.length > 0 ? `It has these precisions: ${dtypes.join(', ')}` : 'Download the missing file';
}

function missing(where: string, message: string, hint = 'Point to a folder in Hugging Face layout'): never {
  throw new WatchwordError('not-found', message, { where, hint });
}

/** Bytes of all weight files in use. */
export async function weightBytes(weights: Weights): Promise<number> {
  const paths = WEIGHT_PARTS.flatMap((part) => [weights[part].path, ...weights[part].data]);
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
