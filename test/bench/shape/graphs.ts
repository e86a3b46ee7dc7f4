import { GraphWriter } from './graph-writer.ts';
import { constantFloats, INT8_SCALE, RandomWeights } from './random-weights.ts';

/** The sizes of a SmolVLM: SigLIP encoder, pixel shuffle, projector, Llama decoder with grouped queries. */
export interface ShapeSizes {
  /** Picture edge and patch edge, pixels. */
  readonly picture: number;
  readonly patch: number;
  readonly vision: { readonly width: number; readonly layers: number; readonly heads: number; readonly inner: number };
  /** How many patches along an edge become one image token. */
  readonly shuffle: number;
  readonly text: {
    readonly width: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly inner: number;
  };
  readonly vocabulary: number;
}

/**
 * `q8` is dynamic int8 as `quantize_dynamic` writes it: DynamicQuantizeLinear, MatMulInteger, rescale. `q4` has its dense layers in
 * MatMulNBits: blocks of 32 weights of four bits, each with a scale.
 */
export type ShapeDtype = 'fp32' | 'q8' | 'q4';

const INT4_BLOCK = 32;
/** Four bits around 8: 7 steps are 0.1. */
const INT4_SCALE = 0.1 / 7;

/** Where the rotary tables end: more positions than any prompt of the bench. */
const LONGEST = 2048;
const ROPE_THETA = 100_000;

/** A graph under construction with the dense layer in the chosen precision. */
class Layers {
  readonly graph: GraphWriter;
  readonly weights = new RandomWeights(7);
  readonly #dtype: ShapeDtype;
  readonly #quantized = new Map<string, { values: string; scale: string; zero: string }>();

  constructor(name: string, dtype: ShapeDtype) {
    this.graph = new GraphWriter(name);
    this.#dtype = dtype;
  }

  random(name: string, shape: readonly number[]): string {
    return this.graph.weight(name, 'float32', shape, this.weights.float32(product(shape)));
  }

  constant(name: string, shape: readonly number[], value: number): string {
    return this.graph.weight(name, 'float32', shape, constantFloats(product(shape), value));
  }

  dense(name: string, input: string, from: number, to: number, bias = false): string {
    const products = {
      q8: () => this.#int8Product(name, input, from, to),
      q4: () => this.#int4Product(name, input, from, to),
      fp32: () => this.#product(name, input, from, to),
    };
    const plain = products[this.#dtype]();
    return bias ? this.graph.op('Add', [plain, this.constant(`${name}.bias`, [to], 0.001)]) : plain;
  }

  #product(name: string, input: string, from: number, to: number): string {
    return this.graph.op('MatMul', [input, this.random(`${name}.weight`, [from, to])]);
  }

  #int8Product(name: string, input: string, from: number, to: number): string {
    const { values, scale, zero } = this.#quantize(input);
    const weight = this.graph.weight(`${name}.weight_quantized`, 'int8', [from, to], this.weights.int8(from * to));
    const sums = this.graph.op('MatMulInteger', [values, weight, zero, this.graph.int8(0)]);
    const rescale = this.graph.op('Mul', [scale, this.graph.floats(INT8_SCALE)]);
    return this.graph.op('Mul', [this.graph.op('Cast', [sums], { to: 1 }), rescale]);
  }

  #int4Product(name: string, input: string, from: number, to: number): string {
    const blocks = from / INT4_BLOCK;
    const bytes = this.weights.int8((to * from) / 2);
    const weight = this.graph.weight(`${name}.weight_Q4`, 'uint8', [to, blocks, INT4_BLOCK / 2], bytes);
    const scales = this.graph.weight(
      `${name}.weight_scales`,
      'float32',
      [to * blocks],
      constantFloats(to * blocks, INT4_SCALE),
    );
    const attributes = { K: from, N: to, bits: 4, block_size: INT4_BLOCK };
    return this.graph.op('MatMulNBits', [input, weight, scales], attributes);
  }

  /** Layers that read the same activation share its quantization, as quantize_dynamic makes them. */
  #quantize(input: string): { values: string; scale: string; zero: string } {
    const known = this.#quantized.get(input);
    if (known) return known;
    const quantized = { values: `${input}_quantized`, scale: `${input}_scale`, zero: `${input}_zero_point` };
    this.graph.many('DynamicQuantizeLinear', [input], [quantized.values, quantized.scale, quantized.zero]);
    this.#quantized.set(input, quantized);
    return quantized;
  }
}

/** SigLIP as PyTorch exports it (attention and GELU in single operators), pixel shuffle, projector. */
export function visionEncoder(sizes: ShapeSizes, dtype: ShapeDtype): GraphWriter {
  const layers = new Layers('vision_encoder', dtype);
  const { graph: g } = layers;
  const { width, heads, inner } = sizes.vision;
  const patches = (sizes.picture / sizes.patch) ** 2;
  const headWidth = width / heads;
  g.input('pixel_values', 'float32', ['batch_size', 'num_images', 3, 'height', 'width']);
  g.input('pixel_attention_mask', 'bool', ['batch_size', 'num_images', 'height', 'width']);
  const norm = (input: string, name: string): string =>
    g.op(
      'LayerNormalization',
      [input, layers.constant(`${name}.weight`, [width], 1), layers.constant(`${name}.bias`, [width], 0)],
      {
        axis: -1,
        epsilon: { float: 1e-6 },
      },
    );
  const split = (input: string, order: readonly number[]): string =>
    g.op('Transpose', [g.op('Reshape', [input, g.integers([0, patches, heads, headWidth])])], { perm: order });

  let x = patchEmbedding(layers, sizes, patches);
  for (let layer = 0; layer < sizes.vision.layers; layer++) {
    const name = `layers.${layer}`;
    const before = norm(x, `${name}.norm1`);
    const [q, k, v] = ['q', 'k', 'v'].map((part) => layers.dense(`${name}.${part}`, before, width, width, true));
    const scores = g.op('MatMul', [split(q ?? '', [0, 2, 1, 3]), split(k ?? '', [0, 2, 3, 1])]);
    const weights = g.op('Softmax', [g.op('Mul', [scores, g.floats(1 / Math.sqrt(headWidth))])], { axis: -1 });
    const mixed = g.op('Transpose', [g.op('MatMul', [weights, split(v ?? '', [0, 2, 1, 3])])], { perm: [0, 2, 1, 3] });
    const joined = g.op('Reshape', [mixed, g.integers([0, patches, width])]);
    x = g.op('Add', [x, layers.dense(`${name}.out`, joined, width, width, true)]);
    const wide = layers.dense(`${name}.fc1`, norm(x, `${name}.norm2`), width, inner, true);
    x = g.op('Add', [x, layers.dense(`${name}.fc2`, tanhGelu(g, wide), inner, width, true)]);
  }
  const tokens = pixelShuffle(g, norm(x, 'post_norm'), sizes);
  const shuffled = width * sizes.shuffle ** 2;
  const features = layers.dense('projector', tokens, shuffled, sizes.text.width);
  g.output('image_features', features, 'float32', ['num_features', imageTokens(sizes), sizes.text.width]);
  return g;
}

/** How many tokens one tile takes in the prompt. */
export function imageTokens(sizes: ShapeSizes): number {
  return (sizes.picture / sizes.patch / sizes.shuffle) ** 2;
}

function patchEmbedding(layers: Layers, sizes: ShapeSizes, patches: number): string {
  const { graph: g } = layers;
  const { width } = sizes.vision;
  const pictures = g.op('Reshape', ['pixel_values', g.integers([-1, 3, sizes.picture, sizes.picture])]);
  const kernel = layers.random('patch.weight', [width, 3, sizes.patch, sizes.patch]);
  const patched = g.op('Conv', [pictures, kernel, layers.constant('patch.bias', [width], 0)], {
    kernel_shape: [sizes.patch, sizes.patch],
    strides: [sizes.patch, sizes.patch],
    pads: [0, 0, 0, 0],
  });
  const rows = g.op('Transpose', [g.op('Reshape', [patched, g.integers([0, width, patches])])], { perm: [0, 2, 1] });
  return g.op('Add', [rows, layers.random('position', [1, patches, width])]);
}

/** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), as gelu_pytorch_tanh is exported. */
function tanhGelu(g: GraphWriter, x: string): string {
  const cube = g.op('Mul', [g.op('Pow', [x, g.floats(3)]), g.floats(0.044715)]);
  const inner = g.op('Mul', [g.op('Add', [x, cube]), g.floats(Math.sqrt(2 / Math.PI))]);
  return g.op('Mul', [g.op('Mul', [x, g.floats(0.5)]), g.op('Add', [g.op('Tanh', [inner]), g.floats(1)])]);
}

function pixelShuffle(g: GraphWriter, x: string, sizes: ShapeSizes): string {
  const { shuffle } = sizes;
  const edge = sizes.picture / sizes.patch / shuffle;
  const wide = sizes.vision.width * shuffle;
  const cut = g.op('Reshape', [x, g.integers([-1, edge, shuffle, edge, wide])]);
  const turned = g.op('Transpose', [cut], { perm: [0, 1, 3, 2, 4] });
  return g.op('Reshape', [turned, g.integers([-1, edge * edge, wide * shuffle])]);
}

export function embedTokens(sizes: ShapeSizes, dtype: ShapeDtype): GraphWriter {
  const layers = new Layers('embed_tokens', dtype);
  const { graph: g } = layers;
  const shape = [sizes.vocabulary, sizes.text.width];
  g.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  let rows: string;
  if (dtype === 'q8') {
    const table = g.weight('embedding_quantized', 'int8', shape, layers.weights.int8(product(shape)));
    const scale = g.floats(INT8_SCALE);
    rows = g.op('DequantizeLinear', [g.op('Gather', [table, 'input_ids']), scale, g.int8(0)]);
  } else {
    rows = g.op('Gather', [layers.random('embedding', shape), 'input_ids']);
  }
  g.output('inputs_embeds', rows, 'float32', ['batch_size', 'sequence_length', sizes.text.width]);
  return g;
}

/** The Llama decoder with KV cache in and out, GroupQueryAttention with rotary positions inside, logits everywhere. */
export function decoder(sizes: ShapeSizes, dtype: ShapeDtype): GraphWriter {
  const layers = new Layers('decoder_model_merged', dtype);
  const { graph: g } = layers;
  const { width, heads, kvHeads, inner } = sizes.text;
  const headWidth = width / heads;
  const past = ['batch_size', kvHeads, 'past_sequence_length', headWidth];
  const present = ['batch_size', kvHeads, 'total_sequence_length', headWidth];
  let x = g.input('inputs_embeds', 'float32', ['batch_size', 'sequence_length', width]);
  g.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  const { lengths, total } = sequenceLengths(g);
  const [cosines, sines] = rotaryTables(g, headWidth);
  const norm = (input: string, name: string): string =>
    g.op('SimplifiedLayerNormalization', [input, layers.constant(`${name}.weight`, [width], 1)], {
      axis: -1,
      epsilon: { float: 1e-5 },
      stash_type: 1,
    });
  for (let layer = 0; layer < sizes.text.layers; layer++) {
    const name = `model.layers.${layer}`;
    const key = g.input(`past_key_values.${layer}.key`, 'float32', past);
    const value = g.input(`past_key_values.${layer}.value`, 'float32', past);
    const before = norm(x, `${name}.norm1`);
    const q = layers.dense(`${name}.q`, before, width, width);
    const k = layers.dense(`${name}.k`, before, width, kvHeads * headWidth);
    const v = layers.dense(`${name}.v`, before, width, kvHeads * headWidth);
    const presentNames = [`present.${layer}.key`, `present.${layer}.value`];
    g.many(
      'GroupQueryAttention',
      [q, k, v, key, value, lengths, total, cosines, sines],
      [`${name}.mixed`, ...presentNames],
      {
        num_heads: heads,
        kv_num_heads: kvHeads,
        do_rotary: 1,
        rotary_interleaved: 0,
        scale: { float: 1 / Math.sqrt(headWidth) },
      },
    );
    for (const output of presentNames) g.output(output, output, 'float32', present);
    x = g.op('Add', [x, layers.dense(`${name}.o`, `${name}.mixed`, width, width)]);
    const after = norm(x, `${name}.norm2`);
    const gate = layers.dense(`${name}.gate`, after, width, inner);
    const up = layers.dense(`${name}.up`, after, width, inner);
    const swish = g.op('Mul', [gate, g.op('Sigmoid', [gate])]);
    x = g.op('Add', [x, layers.dense(`${name}.down`, g.op('Mul', [swish, up]), inner, width)]);
  }
  const logits = layers.dense('lm_head', norm(x, 'model.norm'), width, sizes.vocabulary);
  g.output('logits', logits, 'float32', ['batch_size', 'sequence_length', sizes.vocabulary]);
  return g;
}

/** GroupQueryAttention's lengths from the mask: the last key's index per row, and the total. */
function sequenceLengths(g: GraphWriter): { lengths: string; total: string } {
  const sums = g.op('ReduceSum', ['attention_mask', g.integers([1])], { keepdims: 0 });
  const lengths = g.op('Cast', [g.op('Sub', [sums, g.integers([1])])], { to: 6 });
  const total = g.op('Cast', [g.op('Gather', [g.op('Shape', ['attention_mask']), g.integers(1)])], { to: 6 });
  return { lengths, total };
}

function rotaryTables(g: GraphWriter, headWidth: number): [cosines: string, sines: string] {
  const half = headWidth / 2;
  const table = (name: string, of: (angle: number) => number): string => {
    const values = Float32Array.from({ length: LONGEST * half }, (_, at) =>
      of(Math.floor(at / half) / ROPE_THETA ** ((at % half) / half)),
    );
    return g.weight(name, 'float32', [LONGEST, half], [new Uint8Array(values.buffer)]);
  };
  return [table('cos_cache', Math.cos), table('sin_cache', Math.sin)];
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}
