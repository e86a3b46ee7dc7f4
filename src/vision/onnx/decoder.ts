import { basename } from 'node:path';
import * as ort from 'onnxruntime-node';
import { WatchwordError } from '../../platform/errors.ts';
import type { Positions } from '../families/family.ts';
import type { ModelConfig } from '../package.ts';
import { BIAS_INPUT, HIDDEN, ROWS_INPUT } from './graph-edit.ts';
import { float32Of, floats, inputsOf, int64, runSession } from './session.ts';

/** The keys and values of everything read so far: what makes a prefix shareable. Batch 1. */
export interface KeyValues {
  /** Tokens. */
  readonly length: number;
  /** Where the next token stands: at `length`, but with positions in three dimensions a picture takes up fewer than its tokens. */
  readonly next: number;
  /** By the decoder's input names. */
  readonly tensors: Readonly<Record<string, ort.Tensor>>;
}

export interface DecoderStep {
  /** length * hidden. */
  readonly embeds: Float32Array;
  readonly length: number;
  readonly past: KeyValues;
  /** Where the tokens stand, when they do not simply count up from `past.next`. */
  readonly positions?: Positions | undefined;
  /** Which positions' logits are wanted. */
  readonly rows: readonly number[];
  /** Lengths of the questions packed into this step; they do not see each other. */
  readonly packed?: readonly number[];
  /** Keep the keys and values for a following step. */
  readonly keep: boolean;
}

export interface DecoderResult {
  /** One vocabulary-sized array per row. */
  readonly logits: readonly Float32Array[];
  readonly past: KeyValues | undefined;
}

/** When questions share a run: where that cannot move a score (`auto`), or as told. */
export type Packing = 'auto' | 'never' | 'always';

/** Beyond these, the attention of packed questions to each other costs more than a run of their own. */
const MOST_PACKED = 8;
const MOST_PACKED_TOKENS = 256;

/** A language model of a package, rewired for scoring if the graph allows it. Inputs are fed by the graph's own names. */
export class Decoder {
  readonly #session: ort.InferenceSession;
  readonly #inputs: ReturnType<typeof inputsOf>;
  readonly #pastNames: readonly string[];
  readonly #pastShapes: ReadonlyMap<string, { dims: readonly number[]; type: ort.Tensor.Type }>;
  /** Where a prompt's first token stands. */
  readonly #first: number;
  readonly #file: string;
  readonly hidden: number;
  /** Tokens of the longest prompt. */
  readonly longest: number;
  readonly packs: boolean;
  readonly notes: readonly string[];

  constructor(options: {
    session: ort.InferenceSession;
    config: ModelConfig;
    file: string;
    packs: boolean;
    notes: readonly string[];
    first?: number;
  }) {
    this.#session = options.session;
    this.#inputs = inputsOf(options.session);
    this.#file = options.file;
    this.packs = options.packs;
    this.#first = options.first ?? 0;
    this.notes = options.notes;
    this.#pastNames = [...this.#inputs.keys()].filter(isPast);
    const embeds = this.#inputs.get('inputs_embeds');
    const hidden = embeds?.shape[2] ?? options.config.text_config.hidden_size;
    if (!embeds || typeof hidden !== 'number' || this.#pastNames.length === 0)
      throw notADecoder(options.file, 'inputs_embeds or past_key_values are missing');
    const unknown = [...this.#inputs.keys()].find((name) => !KNOWN_INPUTS.has(name) && !isPast(name));
    if (unknown) throw notADecoder(options.file, `it asks for "${unknown}"`);
    this.hidden = hidden;
    this.longest = options.config.text_config.max_position_embeddings ?? Number.POSITIVE_INFINITY;
    this.#pastShapes = new Map(this.#pastNames.map((name) => [name, pastShape(name, this.#inputs, options)]));
  }

  empty(): KeyValues {
    const tensors: Record<string, ort.Tensor> = {};
    for (const [name, { dims, type }] of this.#pastShapes)
      tensors[name] = floats(new Float32Array(dims.reduce((size, dim) => size * dim, 1)), dims, type);
    return { length: 0, next: this.#first, tensors };
  }

  async run(step: DecoderStep): Promise<DecoderResult> {
    const { length, past, keep } = step;
    const total = past.length + length;
    const reach = past.length + Math.max(...(step.packed ?? [length]));
    if (reach > this.longest) {
      throw new WatchwordError('invalid-input', `the prompt has ${reach} tokens, the model takes ${this.longest}`, {
        hint: 'Shorten the question, give fewer pictures or do not cut them into tiles',
      });
    }
    const feeds: Record<string, ort.Tensor> = { ...past.tensors };
    for (const [name, { type }] of this.#inputs) {
      if (name === 'inputs_embeds') feeds[name] = floats(step.embeds, [1, length, this.hidden], type);
      else if (name === 'attention_mask') feeds[name] = int64(new Uint8Array(total).fill(1), [1, total]);
      else if (name === 'position_ids') feeds[name] = this.#positions(step);
      else if (name === ROWS_INPUT)
        feeds[name] = int64(step.rows.length > 0 ? step.rows : [length - 1], [Math.max(1, step.rows.length)]);
      else if (name === BIAS_INPUT) feeds[name] = new ort.Tensor('float32', attentionBias(step), [1, 1, length, total]);
      else if (name === 'num_logits_to_keep') feeds[name] = int64([0], []);
      else if (name === 'use_cache_branch') feeds[name] = new ort.Tensor('bool', [past.length > 0], [1]);
    }
    const presents = keep ? this.#pastNames.map(presentName) : [];
    const fetches = [...(step.rows.length > 0 ? ['logits'] : []), ...presents];
    const results = await runSession(this.#session, this.#file, feeds, fetches);
    const kept: Record<string, ort.Tensor> = {};
    for (const name of keep ? this.#pastNames : []) kept[name] = results[presentName(name)] as ort.Tensor;
    return {
      logits: results.logits ? this.#rowsOf(results.logits, step.rows) : [],
      past: keep ? { length: total, next: step.positions?.next ?? past.next + length, tensors: kept } : undefined,
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #positions(step: DecoderStep): ort.Tensor {
    const { length } = step;
    const planes = this.#inputs.get('position_ids')?.shape.length === 3 ? 3 : 1;
    const counted = step.positions ? undefined : countUp(step);
    const ids = new Int32Array(planes * length);
    for (let plane = 0; plane < planes; plane++) {
      ids.set(counted ?? step.positions?.planes.subarray(plane * length, (plane + 1) * length) ?? [], plane * length);
    }
    return int64(ids, planes === 3 ? [3, 1, length] : [1, length]);
  }

  #rowsOf(logits: ort.Tensor, rows: readonly number[]): Float32Array[] {
    const values = float32Of(logits);
    const vocabulary = logits.dims[2] ?? 0;
    const chosen = this.#inputs.has(ROWS_INPUT) ? rows.keys() : rows;
    return [...chosen].map((row) => values.subarray(row * vocabulary, (row + 1) * vocabulary));
  }
}

/** Divides questions into runs. Without packing each is a run of its own, so that no other question can move its score. */
export function packQuestions(lengths: readonly number[], packs: boolean): number[][] {
  const runs: number[][] = [];
  let tokens = 0;
  for (const [index, length] of lengths.entries()) {
    const run = runs.at(-1);
    if (packs && run && run.length < MOST_PACKED && tokens + length <= MOST_PACKED_TOKENS) {
      run.push(index);
      tokens += length;
    } else {
      runs.push([index]);
      tokens = length;
    }
  }
  return runs;
}

/** Keys and values, or the state of a short convolution. */
function isPast(name: string): boolean {
  return name.startsWith('past_key_values.') || name.startsWith('past_conv.');
}

const KNOWN_INPUTS = new Set([
  'inputs_embeds',
  'attention_mask',
  'position_ids',
  'num_logits_to_keep',
  'use_cache_branch',
  ROWS_INPUT,
  BIAS_INPUT,
]);

function presentName(pastName: string): string {
  return pastName.replace('past_key_values', 'present').replace('past_conv', 'present_conv');
}

function countUp({ length, past, packed }: DecoderStep): Int32Array {
  const ids = new Int32Array(length);
  let at = 0;
  for (const part of packed ?? [length]) for (let index = 0; index < part; index++) ids[at++] = past.next + index;
  return ids;
}

/** Row by row over past and own tokens: 0 where a token may look (the graph's causal mask still holds), else HIDDEN. */
function attentionBias({ length, past, packed }: DecoderStep): Float32Array {
  const total = past.length + length;
  const bias = new Float32Array(length * total);
  let start = 0;
  for (const part of packed ?? []) {
    for (let row = start; row < start + part; row++)
      bias.fill(HIDDEN, row * total + past.length, row * total + past.length + start);
    start += part;
  }
  return bias;
}

/** What it is before anything was read: no keys and values at all, or a convolution's zeros. */
function pastShape(
  name: string,
  inputs: ReturnType<typeof inputsOf>,
  { config, file }: { config: ModelConfig; file: string },
): { dims: readonly number[]; type: ort.Tensor.Type } {
  const input = inputs.get(name);
  const text = config.text_config;
  const isState = name.startsWith('past_conv.');
  const heads = numberOr(
    input?.shape[1],
    isState ? text.hidden_size : (text.num_key_value_heads ?? text.num_attention_heads),
  );
  const width = numberOr(input?.shape[isState ? 2 : 3], isState ? undefined : (text.head_dim ?? undefined));
  if (!input || heads === undefined || width === undefined)
    throw notADecoder(file, `the shape of ${name} is not known`);
  return { dims: isState ? [1, heads, width] : [1, heads, 0, width], type: input.type };
}

function numberOr(dim: number | string | undefined, otherwise: number | undefined): number | undefined {
  return typeof dim === 'number' ? dim : otherwise;
}

function notADecoder(file: string, why: string): WatchwordError {
  return new WatchwordError('unsupported', `onnx/${basename(file)} is not a decoder that can be run: ${why}`, {
    where: file,
    hint: 'Use a package exported for generation with a key/value cache (decoder_model_merged)',
  });
}
