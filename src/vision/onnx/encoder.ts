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
  /** count * featuresPerTile * hidden floats. */
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
  const unknown = [...inputs.keys()].find((name) => name !== 'pixel_values' && name !== 'pixel_attention_mask');
  if (!pixels || unknown) throw unfit(file, unknown ? `it asks for "${unknown}"` : 'it has no input "pixel_values"');
  const [, , , height, width] = pixels.shape;
  for (const side of [height, width]) {
    if (typeof side === 'number' && side !== family.tileSize)
      throw unfit(file, `it wants tiles of ${side} pixels, preprocessor_config.json makes ${family.tileSize}`);
  }
  const expected = family.featuresPerTile * hidden;

  const encodeSome = async (bytes: Uint8Array, count: number): Promise<Float32Array> => {
    const { tileSize } = family;
    const feeds: Record<string, ort.Tensor> = {
      pixel_values: floats(family.normalise(bytes), [1, count, 3, tileSize, tileSize], pixels.type),
    };
    if (inputs.has('pixel_attention_mask')) {
      const mask = new Uint8Array(count * tileSize * tileSize).fill(1);
      feeds.pixel_attention_mask = new ort.Tensor('bool', mask, [1, count, tileSize, tileSize]);
    }
    const features = (await runSession(session, file, feeds, [output]))[output];
    if (!features || features.size !== count * expected) {
      throw unfit(
        file,
        `it gave ${features?.dims.join(' x ')} features for ${count} tiles, ${family.featuresPerTile} x ${hidden} each are expected`,
      );
    }
    return float32Of(features);
  };

  return {
    async encode(tiles) {
      const bytes = tiles.length === 1 && tiles[0] ? tiles[0].bytes : Buffer.concat(tiles.map((tile) => tile.bytes));
      const perTile = 3 * family.tileSize ** 2;
      const count = bytes.length / perTile;
      const step = Math.max(1, Math.floor(MOST_PIXELS_AT_ONCE / family.tileSize ** 2));
      if (count <= step) return encodeSome(bytes, count);
      const features = new Float32Array(count * expected);
      for (let at = 0; at < count; at += step) {
        const some = Math.min(step, count - at);
        features.set(await encodeSome(bytes.subarray(at * perTile, (at + some) * perTile), some), at * expected);
      }
      return features;
    },
    release: () => session.release(),
  };
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
