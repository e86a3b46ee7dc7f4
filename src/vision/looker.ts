import { WatchwordError } from '../platform/errors.ts';
import type { Family, Grid } from './families/family.ts';
import { type EncodedPicture, FeatureCache, pictureKey } from './feature-cache.ts';
import type { ExamplePicture, LookOptions, LookParts } from './model.ts';
import type { KeyValues } from './onnx/decoder.ts';
import { joined, type VisionEncoder } from './onnx/encoder.ts';
import { decodePicture, type PictureLimits } from './picture.ts';
import type { PrefixReader, SharedStart } from './prefix-reader.ts';
import type { PromptEncoder, Series } from './prompt-encoder.ts';
import { ALONE, plainSeries, secondsOf, withExamples } from './series.ts';

/** What a question about pictures is read behind. */
export interface HeldLook {
  readonly past: KeyValues;
  /** Tokens before the picture and its block: a question whose prompt begins otherwise cannot share the prefix. */
  readonly lead: readonly number[];
  readonly block: readonly number[];
  readonly features: Float32Array;
  readonly grids: readonly Grid[];
  /** Present where it holds several pictures. */
  readonly series?: Series;
}

/** A look with what it took. */
export interface Looked {
  readonly held: HeldLook;
  readonly ms: number;
  readonly parts: LookParts;
}

/** More cost seconds, and no model of a small box tells more of them. */
const MOST_PICTURES = 16;

/** Takes pictures to what questions are read behind: decoded, cut, encoded, and the prompt read up to their end. */
export class Looker {
  readonly #parts: LookerParts;
  readonly #features = new FeatureCache();

  constructor(parts: LookerParts) {
    this.#parts = parts;
  }

  async at(picture: Uint8Array, split: boolean, signal: AbortSignal | undefined): Promise<Looked> {
    const { family, encoder, limits, prompts, reader, now } = this.#parts;
    const started = now();
    const rgb = await decodePicture(picture, limits);
    const decoded = now();
    const tiles = family.cut(rgb, split);
    const resized = now();
    signal?.throwIfAborted();
    const features = await encoder.encode([tiles]);
    const encoded = now();
    signal?.throwIfAborted();
    const { lead } = await prompts.question('');
    const block = prompts.block(tiles);
    const { rows, columns, features: places } = tiles;
    const grids = [{ rows, columns, features: places }];
    const past = await reader.prefix([...lead, ...block], features, grids);
    const ended = now();
    const parts = {
      decodeMs: decoded - started,
      resizeMs: resized - decoded,
      encodeMs: encoded - resized,
      prefillMs: ended - encoded,
      tiles: tiles.count,
      tokens: past.length,
    };
    return { held: { past, lead, block, features, grids }, ms: ended - started, parts };
  }

  /** Several pictures as one look, examples first: each is encoded when it is new, and all are read before any question. */
  async atSeries(
    picture: Uint8Array,
    { earlier = [], examples = [] }: Pick<LookOptions, 'earlier' | 'examples'>,
    signal: AbortSignal | undefined,
  ): Promise<Looked> {
    if (earlier.length + examples.length >= MOST_PICTURES) {
      throw new WatchwordError('too-many', `a look takes ${MOST_PICTURES} pictures at most`, { hint: 'Give fewer' });
    }
    const { family, prompts, reader, now } = this.#parts;
    const started = now();
    const encoded: EncodedPicture[] = [];
    for (const file of [...[...examples, ...earlier].map((each) => each.picture), picture]) {
      signal?.throwIfAborted();
      encoded.push(await this.#features.get(file, () => this.#encoded(file)));
    }
    const ready = now();
    const grids = encoded.map(({ grid }) => grid);
    const blocks = grids.map((grid) => prompts.block(grid));
    const words = earlier.length > 0 ? (family.series ?? plainSeries)(secondsOf(earlier)) : ALONE;
    const series = { texts: withExamples(examples, words), blocks };
    const features = joined(encoded.map((each) => each.features));
    const { lead, block, ends } = await prompts.seriesQuestion(series, '');
    const shared = examples.length > 0 ? startOf(examples, ends) : undefined;
    const past = await reader.prefix([...lead, ...block], features, grids, shared);
    const ended = now();
    // Decoding and cutting are told with the encoding: most of the pictures need none of them.
    const spent = { decodeMs: 0, resizeMs: 0, encodeMs: ready - started, prefillMs: ended - ready };
    const parts = { ...spent, tiles: encoded.length, tokens: past.length };
    return { held: { past, lead, block, features, grids, series }, ms: ended - started, parts };
  }

  /** Forgets the pictures it knows. */
  forget(): void {
    this.#features.clear();
    this.#parts.reader.forget();
  }

  async #encoded(file: Uint8Array): Promise<EncodedPicture> {
    const { family, encoder, limits } = this.#parts;
    const tiles = family.cut(await decodePicture(file, limits), false);
    const { rows, columns, features: places } = tiles;
    return { features: await encoder.encode([tiles]), grid: { rows, columns, features: places } };
  }
}

/** What looks with the same examples have in common. */
function startOf(examples: readonly ExamplePicture[], ends: readonly number[]): SharedStart {
  const key = examples.map(({ picture }) => pictureKey(picture)).join(' ');
  return { key, pictures: examples.length, tokens: ends[examples.length - 1] ?? 0 };
}

export interface LookerParts {
  readonly family: Family;
  readonly encoder: VisionEncoder;
  readonly limits: PictureLimits;
  readonly prompts: PromptEncoder;
  readonly reader: PrefixReader;
  readonly now: () => number;
}
