import { basename } from 'node:path';
import * as ort from 'onnxruntime-node';
import { WatchwordError } from '../../platform/errors.ts';
import type { Family, Tiles } from '../families/family.ts';
import type { Weights } from '../weights.ts';
import { float32Of, floats, inputsOf, int64, openSession, runSession, type SessionSettings } from './session.ts';

/** So many pixels go through the vision encoder at once: one large tile, or many small ones. The arena keeps what a run needs. */
const MOST_PIXELS_AT_ONCE = 512 * 512;

/** The vision encoder with its projector: tiles to features. */
export interface VisionEncoder {
  /** All pictures' features one after the other, `hidden` floats each. */
  encode(tiles: readonly Tiles[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The embedding table: tokens to the decoder's input. */
export interface Embedder {
  /** ids.length * hidden floats. */
  embed(ids: readonly number[]): Promise<Float32Array>;
  release(): Promise<void>;
}

export async function openEncoder(
  weights: Weights,
  family: Family,
  hidden: number,
  settings: SessionSettings,
): Promise<VisionEncoder> {
  const file = weights.vision_encoder.path;
  const session = await openSession(file, file, settings);
  const inputs = inputsOf(session);
  const output = session.outputNames[0] ?? '';
  const pixels = inputs.get('pixel_values');
  const unknown = [...inputs.keys()].find((name) => !KNOWN_INPUTS.has(name));
  if (!pixels || unknown) throw unfit(file, unknown ? `it asks for "${unknown}"` : 'it has no input "pixel_values"');
  checkInput(pixels.shape, family, file);

  const encode = async ({ bytes, dims, places, grid, used }: EncoderRun): Promise<Float32Array> => {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, { type }] of inputs) {
      if (name === 'pixel_values') feeds[name] = floats(filled(family.normalise(bytes), dims), dims, type);
      else if (name === 'pixel_attention_mask') feeds[name] = maskOf(dims, used, type);
      else feeds[name] = int64(grid, [1, grid.length]);
    }
    const features = (await runSession(session, file, feeds, [output]))[output];
    if (features?.size === places * hidden) return float32Of(features);
    throw unfit(
      file,
      `it gave ${features?.dims.join(' x ')} features for pixels of ${dims.join(' x ')}, ${places} x ${hidden} are expected`,
    );
  };

  return {
    async encode(tiles) {
      const runs = runsOf(tiles, family, pixels.shape.length);
      const parts: Float32Array[] = [];
      for (const run of runs) parts.push(await encode(run));
      return parts.length === 1 && parts[0] ? parts[0] : joined(parts);
    },
    release: () => session.release(),
  };
}

const KNOWN_INPUTS = new Set(['pixel_values', 'pixel_attention_mask', 'grid_thw', 'image_grid_thw', 'spatial_shapes']);

/** One run of the vision encoder. */
interface EncoderRun {
  readonly bytes: Uint8Array;
  readonly dims: readonly number[];
  /** Features that it must give. */
  readonly places: number;
  /** Patches in time, height and width; without time where patches are filled up; empty with tiles. */
  readonly grid: readonly number[];
  /** Patches that hold something; the rest fills up. Absent where all of it does. */
  readonly used?: number;
}

/**
 * The file says by its input's shape whether it takes tiles ([tiles, 3, h, w], some with a batch before), patches ([n, values])
 * or patches that are filled up ([tiles, most, values]).
 */
function checkInput(shape: ReadonlyArray<number | string>, { input, name }: Family, file: string): void {
  const ranks = { tiles: [4, 5], patches: [2], filled: [3] }[input.kind];
  if (!ranks.includes(shape.length))
    throw unfit(file, `its pixel_values have ${shape.length} dimensions, which ${name} packages do not`);
  const asked = input.kind === 'tiles' ? shape.slice(-2) : shape.slice(-1);
  const made = input.kind === 'tiles' ? input.side : input.values;
  const other = asked.find((size) => typeof size === 'number' && size !== made);
  if (other === undefined) return;
  const [what, unit] = input.kind === 'tiles' ? ['tiles', 'pixels'] : ['patches', 'values'];
  throw unfit(file, `it wants ${what} of ${other} ${unit}, preprocessor_config.json makes ${made}`);
}

function runsOf(tiles: readonly Tiles[], { input }: Family, rank: number): EncoderRun[] {
  if (input.kind === 'patches') {
    const { values, merge } = input;
    return tiles.map(({ bytes, rows, columns, features }) => {
      const grid = [1, rows * merge, columns * merge];
      return { bytes, dims: [bytes.length / values, values], places: features, grid };
    });
  }
  if (input.kind === 'filled') return tiles.flatMap((each) => filledRuns(each, input));
  const { side } = input;
  const bytes = tiles.length === 1 && tiles[0] ? tiles[0].bytes : Buffer.concat(tiles.map((tile) => tile.bytes));
  const perTile = 3 * side ** 2;
  const count = bytes.length / perTile;
  const places = tiles.reduce((sum, tile) => sum + tile.features, 0) / count;
  const step = Math.max(1, Math.floor(MOST_PIXELS_AT_ONCE / side ** 2));
  const runs: EncoderRun[] = [];
  for (let at = 0; at < count; at += step) {
    const some = Math.min(step, count - at);
    const dims = [...(rank === 5 ? [1] : []), some, 3, side, side];
    runs.push({ bytes: bytes.subarray(at * perTile, (at + some) * perTile), dims, places: some * places, grid: [] });
  }
  return runs;
}

/** One run per tile: each has a shape of its own. */
function filledRuns(tiles: Tiles, { values, merge, most }: Extract<Family['input'], { kind: 'filled' }>): EncoderRun[] {
  let at = 0;
  return (tiles.shapes ?? []).map(([down, across]) => {
    const used = down * across;
    const bytes = tiles.bytes.subarray(at * values, (at + used) * values);
    at += used;
    const places = Math.ceil(down / merge) * Math.ceil(across / merge);
    return { bytes, dims: [1, most, values], places, grid: [down, across], used };
  });
}

/** Zeros behind the values, up to the tensor's size. */
function filled(values: Float32Array, dims: readonly number[]): Float32Array {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (values.length === size) return values;
  const all = new Float32Array(size);
  all.set(values);
  return all;
}

/** Which pixels, or patches, are no padding. */
function maskOf(pixelDims: readonly number[], used: number | undefined, type: ort.Tensor.Type): ort.Tensor {
  const dims = used === undefined ? [...pixelDims.slice(0, -3), ...pixelDims.slice(-2)] : pixelDims.slice(0, -1);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const mask = new Uint8Array(size).fill(1, 0, used ?? size);
  return type === 'bool' ? new ort.Tensor('bool', mask, dims) : int64(mask, dims);
}

/** One array of all of them. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export async function openEmbedder(weights: Weights, settings: SessionSettings): Promise<Embedder> {
  const file = weights.embed_tokens.path;
  const session = await openSession(file, file, settings);
  const output = session.outputNames[0] ?? '';
  if (!session.inputNames.includes('input_ids')) throw unfit(file, 'it has no input "input_ids"');
  return {
    async embed(ids) {
      const embeds = (await runSession(session, file, { input_ids: int64(ids, [1, ids.length]) }, [output]))[output];
      if (!embeds) throw unfit(file, 'it gave no embeddings');
      return float32Of(embeds);
    },
    release: () => session.release(),
  };
}

function unfit(file: string, why: string): WatchwordError {
  return new WatchwordError('unsupported', `onnx/${basename(file)} does not fit the package: ${why}`, {
    where: file,
    hint: 'Use files of one and the same published package',
  });
}
