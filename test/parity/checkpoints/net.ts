import { GraphWriter } from '../../bench/shape/graph-writer.ts';

/** Sizes that all generated language models share: small enough for a test, every part of a published one there. */
export const TEXT = { width: 64, heads: 4, kvHeads: 2, headWidth: 16, inner: 96 };

/** A graph with seeded random weights, large enough that attention is sharp: what is fed wrongly changes the answer. */
export class Net {
  readonly graph: GraphWriter;
  #state: number;

  constructor(name: string, seed: number) {
    this.graph = new GraphWriter(name);
    this.#state = seed;
  }

  random(name: string, shape: readonly number[], scale: number): string {
    const values = Float32Array.from({ length: product(shape) }, () => (this.#random() * 2 - 1) * scale);
    return this.graph.weight(name, 'float32', shape, [new Uint8Array(values.buffer)]);
  }

  ones(name: string, width: number): string {
    return this.graph.weight(name, 'float32', [width], [new Uint8Array(new Float32Array(width).fill(1).buffer)]);
  }

  dense(name: string, input: string, from: number, to: number): string {
    return this.graph.op('MatMul', [input, this.random(`${name}.weight`, [from, to], 2.5 / Math.sqrt(from))]);
  }

  norm(name: string, input: string, width: number): string {
    const attributes = { axis: -1, epsilon: { float: 1e-6 }, stash_type: 1 };
    return this.graph.op('SimplifiedLayerNormalization', [input, this.ones(`${name}.weight`, width)], attributes);
  }

  /** Each head by itself. */
  headNorm(name: string, input: string, heads: number, width: number): string {
    const { graph: g } = this;
    const apart = g.op('Reshape', [input, g.integers([0, 0, heads, width])]);
    return g.op('Reshape', [this.norm(name, apart, width), g.integers([0, 0, heads * width])]);
  }

  gatedBlock(name: string, input: string): string {
    const { graph: g } = this;
    const gate = this.dense(`${name}.gate`, input, TEXT.width, TEXT.inner);
    const up = this.dense(`${name}.up`, input, TEXT.width, TEXT.inner);
    const open = g.op('Mul', [gate, g.op('Sigmoid', [gate])]);
    return this.dense(`${name}.down`, g.op('Mul', [open, up]), TEXT.inner, TEXT.width);
  }

  #random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 4_294_967_296;
  }
}

/** The embedding table. */
export function embedder(vocabulary: number): Net {
  const net = new Net('embed_tokens', 5);
  const { graph: g } = net;
  g.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const rows = g.op('Gather', [net.random('embedding', [vocabulary, TEXT.width], 1), 'input_ids']);
  g.output('inputs_embeds', rows, 'float32', ['batch_size', 'sequence_length', TEXT.width]);
  return net;
}

/** The head, on the last `num_logits_to_keep` positions (0: on all) where the graph has that input. */
export function head(net: Net, input: string, vocabulary: number, keeps: boolean): void {
  const { graph: g } = net;
  let kept = net.norm('model.norm', input, TEXT.width);
  if (keeps) {
    g.input('num_logits_to_keep', 'int64', []);
    const from = g.op('Unsqueeze', [g.op('Neg', ['num_logits_to_keep']), g.integers([0])]);
    kept = g.op('Slice', [kept, from, g.integers([2 ** 31]), g.integers([1])]);
  }
  const logits = net.dense('lm_head', kept, TEXT.width, vocabulary);
  g.output('logits', logits, 'float32', ['batch_size', 'num_logits', vocabulary]);
}

/** Keys and values in and out. Returns the inputs' names. */
export function cache(net: Net, layer: number): { key: string; value: string; present: string[] } {
  const { graph: g } = net;
  const shape = (length: string): Array<number | string> => ['batch_size', TEXT.kvHeads, length, TEXT.headWidth];
  const [key = '', value = ''] = ['key', 'value'].map((part) =>
    g.input(`past_key_values.${layer}.${part}`, 'float32', shape('past_sequence_length')),
  );
  const present = ['key', 'value'].map((part) => `present.${layer}.${part}`);
  for (const name of present) g.output(name, name, 'float32', shape('total_sequence_length'));
  return { key, value, present };
}

/** GroupQueryAttention with rotary positions inside, as the newer exports have it. */
export class GroupedAttention {
  readonly #net: Net;
  readonly #shared: readonly string[];
  readonly #positions: boolean;

  constructor(net: Net, options: { positions: boolean }) {
    const { graph: g } = net;
    this.#net = net;
    this.#positions = options.positions;
    g.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
    if (options.positions) g.input('position_ids', 'int64', ['batch_size', 'sequence_length']);
    const sums = g.op('ReduceSum', ['attention_mask', g.integers([1])], { keepdims: 0 });
    const lengths = g.op('Cast', [g.op('Sub', [sums, g.integers([1])])], { to: 6 });
    const total = g.op('Cast', [g.op('Gather', [g.op('Shape', ['attention_mask']), g.integers(1)])], { to: 6 });
    this.#shared = [lengths, total, ...rotaryTables(net)];
  }

  layer(index: number, input: string, options: { window: number }): string {
    const net = this.#net;
    const { width, heads, kvHeads, headWidth } = TEXT;
    const name = `layers.${index}.attention`;
    const project = (part: string, count: number): string =>
      net.headNorm(
        `${name}.${part}_norm`,
        net.dense(`${name}.${part}`, input, width, count * headWidth),
        count,
        headWidth,
      );
    const { key, value, present } = cache(net, index);
    const v = net.dense(`${name}.v`, input, width, kvHeads * headWidth);
    net.graph.many(
      'GroupQueryAttention',
      [
        ...[project('q', heads), project('k', kvHeads), v, key, value, ...this.#shared],
        ...(this.#positions ? ['position_ids'] : []),
      ],
      [`${name}.mixed`, ...present],
      {
        ...{ num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 0 },
        ...{ local_window_size: options.window, scale: { float: 1 / Math.sqrt(headWidth) } },
      },
    );
    return net.dense(`${name}.o`, `${name}.mixed`, heads * headWidth, width);
  }
}

const LONGEST = 1024;
export const THETA = 100;

function rotaryTables(net: Net): string[] {
  const half = TEXT.headWidth / 2;
  return (['cos', 'sin'] as const).map((name) => {
    const angle = (at: number): number => Math.floor(at / half) / THETA ** ((at % half) / half);
    const values = Float32Array.from({ length: LONGEST * half }, (_, at) => Math[name](angle(at)));
    return net.graph.weight(`${name}_cache`, 'float32', [LONGEST, half], [new Uint8Array(values.buffer)]);
  });
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}
