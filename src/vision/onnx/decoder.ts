import { link, mkdtemp, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { toError, WatchwordError } from '../../platform/errors.ts';
import type { Positions } from '../families/family.ts';
import type { ModelConfig } from '../package.ts';
import type { WeightFile } from '../weights.ts';
import { type OnnxGraph, parseOnnx } from './graph.ts';
import { BIAS_INPUT, editDecoder, HIDDEN, ROWS_INPUT, rowsInfluenceEachOther } from './graph-edit.ts';
import { float32Of, floats, inputsOf, int64, openSession, runSession, type SessionSettings } from './session.ts';
import type { WireWriter } from './wire.ts';

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
  readonly #pastShapes: ReadonlyMap<string, { heads: number; width: number; type: ort.Tensor.Type }>;
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
  }) {
    this.#session = options.session;
    this.#inputs = inputsOf(options.session);
    this.#file = options.file;
    this.packs = options.packs;
    this.notes = options.notes;
    this.#pastNames = [...this.#inputs.keys()].filter((name) => name.startsWith('past_key_values.'));
    const embeds = this.#inputs.get('inputs_embeds');
    const hidden = embeds?.shape[2] ?? options.config.text_config.hidden_size;
    if (!embeds || typeof hidden !== 'number' || this.#pastNames.length === 0)
      throw notADecoder(options.file, 'inputs_embeds or past_key_values are missing');
    const unknown = [...this.#inputs.keys()].find(
      (name) => !KNOWN_INPUTS.has(name) && !name.startsWith('past_key_values.'),
    );
    if (unknown) throw notADecoder(options.file, `it asks for "${unknown}"`);
    this.hidden = hidden;
    this.longest = options.config.text_config.max_position_embeddings ?? Number.POSITIVE_INFINITY;
    this.#pastShapes = new Map(this.#pastNames.map((name) => [name, pastShape(name, this.#inputs, options)]));
  }

  empty(): KeyValues {
    const tensors: Record<string, ort.Tensor> = {};
    for (const [name, { heads, width, type }] of this.#pastShapes)
      tensors[name] = floats(new Float32Array(0), [1, heads, 0, width], type);
    return { length: 0, next: 0, tensors };
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

/** Opens the package's decoder, rewired. `asExported` leaves the graph alone. */
export async function openDecoder(
  weights: WeightFile,
  config: ModelConfig,
  settings: SessionSettings & { packing: Packing; asExported?: boolean },
): Promise<Decoder> {
  const file = weights.path;
  if (settings.asExported) {
    const session = await openSession(file, file, settings);
    return new Decoder({ session, config, file, packs: false, notes: [] });
  }
  const graph = readGraph(await readFile(file), file);
  const bias = settings.packing === 'always' || (settings.packing === 'auto' && !rowsInfluenceEachOther(graph));
  const edit = editDecoder(graph, { bias });
  const session = await openEdited(graph.write(), graph, weights, settings);
  return new Decoder({ session, config, file, packs: edit.bias, notes: edit.notes });
}

/** Whether a model takes the scales of its integers from what it is given, at run time. */
export async function quantisesActivations(file: string): Promise<boolean> {
  return readGraph(await readFile(file), file).nodes.some((node) => node.op === 'DynamicQuantizeLinear');
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

function readGraph(bytes: Buffer, file: string): OnnxGraph {
  try {
    return parseOnnx(bytes);
  } catch (error) {
    throw new WatchwordError('corrupt', `onnx/${basename(file)} is damaged or incomplete: ${toError(error).message}`, {
      where: file,
      hint: 'Download it again',
      cause: error,
    });
  }
}

/** Files up to this size are handed over in memory; larger ones through a file, so that they are not held twice. */
const MOST_IN_MEMORY = 64 * 1024 * 1024;

/**
 * Opens an edited model. The runtime looks for external weights beside the model file and follows no link out of that
 * folder, so they are hard-linked into a temporary one: in the system's, or, when that is another disk, in the package. It
 * is removed at once (the runtime keeps the weights mapped). Where neither can be linked, they go through memory.
 */
async function openEdited(
  edited: WireWriter,
  graph: OnnxGraph,
  weights: WeightFile,
  settings: SessionSettings,
): Promise<ort.InferenceSession> {
  const file = weights.path;
  for (const name of graph.externalFiles) await checkExternal(name, file);
  if (graph.externalFiles.length === 0 && edited.byteLength <= MOST_IN_MEMORY)
    return openSession(edited.toBuffer(), file, settings);
  for (const parent of [tmpdir(), dirname(file)]) {
    const folder = await makeFolder(parent, graph.externalFiles, dirname(file));
    if (!folder) continue;
    try {
      const path = join(folder, basename(file));
      await writeParts(path, edited);
      return await openSession(path, file, settings);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const data = graph.externalFiles.map(async (name) => ({
    path: name,
    data: await readFile(join(dirname(file), name)),
  }));
  return openSession(edited.toBuffer(), file, settings, await Promise.all(data));
}

/** A temporary folder with hard links to the external weights; undefined where that is not possible. */
async function makeFolder(parent: string, names: readonly string[], source: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(parent, '.watchword-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    for (const name of names) await link(await realpath(join(source, name)), join(folder, name));
    return folder;
  } catch {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}

async function checkExternal(name: string, modelFile: string): Promise<void> {
  const source = join(dirname(modelFile), name);
  if (name === basename(name) && (await stat(source).catch(() => undefined))) return;
  throw new WatchwordError('not-found', `onnx/${basename(modelFile)} needs its weights in onnx/${basename(name)}`, {
    where: source,
    hint: 'Download that file as well',
  });
}

async function writeParts(path: string, edited: WireWriter): Promise<void> {
  const file = await open(path, 'w');
  try {
    // Many parts are a few bytes: written one by one they would take seconds.
    for (let at = 0; at < edited.parts.length; at += 1024) await file.writev(edited.parts.slice(at, at + 1024));
  } finally {
    await file.close();
  }
}

function presentName(pastName: string): string {
  return pastName.replace('past_key_values', 'present');
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

function pastShape(
  name: string,
  inputs: ReturnType<typeof inputsOf>,
  { config, file }: { config: ModelConfig; file: string },
): { heads: number; width: number; type: ort.Tensor.Type } {
  const input = inputs.get(name);
  const text = config.text_config;
  const heads = numberOr(input?.shape[1], text.num_key_value_heads ?? text.num_attention_heads);
  const width = numberOr(input?.shape[3], text.head_dim ?? undefined);
  if (!input || heads === undefined || width === undefined)
    throw notADecoder(file, `the shape of ${name} is not known`);
  return { heads, width, type: input.type };
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
