import { WatchwordError } from '../platform/errors.ts';
import type { Family, Grid, Positions } from './families/family.ts';
import type { Decoder, KeyValues } from './onnx/decoder.ts';
import type { PromptEncoder, Question } from './prompt-encoder.ts';

/** Prompt heads differ only by how a picture is cut. */
const MOST_HEADS = 64;

/** A start with two pictures of a 500 M model holds 12 MB. */
const MOST_STARTS = 8;

/** The beginning of a prompt that other looks begin with as well: its examples. */
export interface SharedStart {
  /** Says which pictures these are. */
  readonly key: string;
  readonly pictures: number;
  readonly tokens: number;
}

/** Reads prompts with a decoder: a shared prefix once, the questions behind it many times. */
export class PrefixReader {
  readonly #decoder: Decoder;
  readonly #prompts: PromptEncoder;
  readonly #family: Family;
  readonly #heads = new Map<string, KeyValues>();
  readonly #starts = new Map<string, KeyValues>();

  constructor(options: { decoder: Decoder; prompts: PromptEncoder; family: Family }) {
    this.#decoder = options.decoder;
    this.#prompts = options.prompts;
    this.#family = options.family;
  }

  /** Keys and values of a prompt up to the end of its pictures. What stands before the features never changes: it is kept. */
  async prefix(
    ids: readonly number[],
    features: Float32Array,
    grids: readonly Grid[],
    shared?: SharedStart,
  ): Promise<KeyValues> {
    const headLength = Math.max(0, ids.indexOf(this.#family.imageTokenId));
    const head = await this.#head(ids.slice(0, headLength));
    if (!shared) return this.#pictures(ids.slice(headLength), features, head, grids);
    const { pictures, tokens } = shared;
    const own = grids.slice(0, pictures);
    const size = own.reduce((sum, grid) => sum + grid.features, 0) * this.#decoder.hidden;
    const key = `${shared.key} ${ids.slice(0, tokens).join(' ')}`;
    const past =
      this.#starts.get(key) ??
      (await this.#pictures(ids.slice(headLength, tokens), features.subarray(0, size), head, own));
    // What was used last stands last: the first one goes.
    this.#starts.delete(key);
    this.#starts.set(key, past);
    if (this.#starts.size > MOST_STARTS) this.#starts.delete(this.#starts.keys().next().value ?? '');
    return this.#pictures(ids.slice(tokens), features.subarray(size), past, grids.slice(pictures));
  }

  /** Forgets the shared starts. */
  forget(): void {
    this.#starts.clear();
  }

  /** The logits at the end of each question, in one run over a prefix. */
  async ends(past: KeyValues, questions: readonly Question[]): Promise<readonly Float32Array[]> {
    const packed = questions.map((question) => question.suffix.length);
    const length = packed.reduce((sum, part) => sum + part, 0);
    const embeds = new Float32Array(length * this.#decoder.hidden);
    const rows: number[] = [];
    let at = 0;
    for (const question of questions) {
      embeds.set(question.embeds, at * this.#decoder.hidden);
      at += question.suffix.length;
      rows.push(at - 1);
    }
    return (await this.#decoder.run({ embeds, length, past, rows, packed, keep: false })).logits;
  }

  #pictures(
    ids: readonly number[],
    features: Float32Array,
    past: KeyValues,
    grids: readonly Grid[],
  ): Promise<KeyValues> {
    return this.#keep(ids, features, past, this.#family.positions?.(ids, grids, past.next));
  }

  async #head(ids: readonly number[]): Promise<KeyValues> {
    if (ids.length === 0) return this.#decoder.empty();
    const key = ids.join(' ');
    const known = this.#heads.get(key);
    if (known) return known;
    const head = await this.#keep(ids, new Float32Array(0), this.#decoder.empty());
    if (this.#heads.size >= MOST_HEADS) this.#heads.clear();
    this.#heads.set(key, head);
    return head;
  }

  async #keep(
    ids: readonly number[],
    features: Float32Array,
    past: KeyValues,
    positions?: Positions,
  ): Promise<KeyValues> {
    const embeds = await this.#prompts.embed(ids, features);
    const read = await this.#decoder.run({ embeds, length: ids.length, past, positions, rows: [], keep: true });
    if (!read.past) throw new WatchwordError('internal', 'the decoder kept nothing');
    return read.past;
  }
}

/** The logits at the end of a whole prompt, nothing shared. */
export async function readWhole(
  decoder: Decoder,
  embeds: Float32Array,
  length: number,
  positions: Positions | undefined,
): Promise<Float32Array | undefined> {
  const past = decoder.empty();
  const { logits } = await decoder.run({ embeds, length, past, positions, rows: [length - 1], keep: false });
  return logits[0];
}
