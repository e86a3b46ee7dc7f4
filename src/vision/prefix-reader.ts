import { WatchwordError } from '../platform/errors.ts';
import type { Family, Grid, Positions } from './families/family.ts';
import type { Decoder, KeyValues } from './onnx/decoder.ts';
import type { PromptEncoder, Question } from './prompt-encoder.ts';

/** Prompt heads differ only by how a picture is cut. */
const MOST_HEADS = 64;

/** Reads prompts with a decoder: a shared prefix once, the questions behind it many times. */
export class PrefixReader {
  readonly #decoder: Decoder;
  readonly #prompts: PromptEncoder;
  readonly #family: Family;
  readonly #heads = new Map<string, KeyValues>();

  constructor(options: { decoder: Decoder; prompts: PromptEncoder; family: Family }) {
    this.#decoder = options.decoder;
    this.#prompts = options.prompts;
    this.#family = options.family;
  }

  /** Keys and values of a prompt up to the end of its pictures. What stands before the features never changes: it is kept. */
  async prefix(ids: readonly number[], features: Float32Array, grids: readonly Grid[]): Promise<KeyValues> {
    const headLength = Math.max(0, ids.indexOf(this.#family.imageTokenId));
    const head = await this.#head(ids.slice(0, headLength));
    const rest = ids.slice(headLength);
    return this.#keep(rest, features, head, this.#family.positions?.(rest, grids, head.next));
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
