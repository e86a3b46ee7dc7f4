import { cache, GroupedAttention, head, Net, TEXT, THETA } from './net.ts';

const EMBEDS = ['batch_size', 'sequence_length', TEXT.width];

/** Gemma 3: every other layer looks through a window, heads are normed before they turn, norms stand on both sides. */
export function gemma3Decoder(vocabulary: number, options: { positions: boolean }): Net {
  const net = new Net('decoder_model_merged', 11);
  const { graph: g } = net;
  let x = g.input('inputs_embeds', 'float32', EMBEDS);
  const attention = new GroupedAttention(net, options);
  for (let layer = 0; layer < 4; layer++) {
    const name = `layers.${layer}`;
    const norm = (part: string, input: string): string => net.norm(`${name}.${part}`, input, TEXT.width);
    const mixed = attention.layer(layer, norm('before', x), { window: layer % 2 === 0 ? 24 : -1 });
    x = g.op('Add', [x, norm('after', mixed)]);
    x = g.op('Add', [x, norm('behind', net.gatedBlock(name, norm('middle', x)))]);
  }
  head(net, x, vocabulary, true);
  return net;
}

export const LFM2_LAYERS = ['conv', 'full_attention', 'conv', 'conv', 'full_attention'] as const;
export const CONV_LENGTH = 3;

/** LFM2: gated short convolutions with their last inputs as state, between layers of attention; no positions are fed. */
export function lfm2Decoder(vocabulary: number): Net {
  const net = new Net('decoder_model_merged', 13);
  const { graph: g } = net;
  let x = g.input('inputs_embeds', 'float32', EMBEDS);
  const attention = new GroupedAttention(net, { positions: false });
  for (const [layer, kind] of LFM2_LAYERS.entries()) {
    const name = `layers.${layer}`;
    const before = net.norm(`${name}.before`, x, TEXT.width);
    const mixed =
      kind === 'conv' ? shortConvolution(net, layer, before) : attention.layer(layer, before, { window: -1 });
    x = g.op('Add', [x, mixed]);
    x = g.op('Add', [x, net.gatedBlock(name, net.norm(`${name}.after`, x, TEXT.width))]);
  }
  head(net, x, vocabulary, false);
  return net;
}

function shortConvolution(net: Net, layer: number, input: string): string {
  const { graph: g } = net;
  const { width } = TEXT;
  const name = `layers.${layer}.conv`;
  const state = ['batch_size', width, CONV_LENGTH];
  const past = g.input(`past_conv.${layer}`, 'float32', state);
  const parts = ['b', 'c', 'x'].map((part) => net.dense(`${name}.${part}`, input, width, width));
  const [b = '', c = '', inner = ''] = parts;
  const rows = g.op('Transpose', [g.op('Mul', [b, inner])], { perm: [0, 2, 1] });
  const all = g.op('Concat', [past, rows], { axis: 2 });
  const slice = (from: number): string =>
    g.op('Slice', [all, g.integers([from]), g.integers([2 ** 31]), g.integers([2])]);
  g.output(`present_conv.${layer}`, slice(-CONV_LENGTH), 'float32', state);
  const kernel = net.random(`${name}.kernel`, [width, 1, CONV_LENGTH], 1);
  const folded = g.op('Conv', [slice(1), kernel], { group: width, kernel_shape: [CONV_LENGTH], pads: [0, 0] });
  const gated = g.op('Mul', [c, g.op('Transpose', [folded], { perm: [0, 2, 1] })]);
  return net.dense(`${name}.out`, gated, width, width);
}

/** How the rotary pairs are divided among time, height and width. */
export const SECTIONS = [2, 3, 3];

/** Qwen2.5-VL: plain attention, as exported, with positions in three dimensions. */
export function qwenDecoder(vocabulary: number): Net {
  const net = new Net('decoder_model_merged', 17);
  const { graph: g } = net;
  const { width, heads, kvHeads, headWidth } = TEXT;
  let x = g.input('inputs_embeds', 'float32', EMBEDS);
  g.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  g.input('position_ids', 'int64', [3, 'batch_size', 'sequence_length']);
  const turns = rotations(net);
  const apart = (input: string, count: number): string =>
    g.op('Transpose', [g.op('Reshape', [input, g.integers([0, 0, count, headWidth])])], { perm: [0, 2, 1, 3] });
  const groups = heads / kvHeads;
  const mask = causalMask(net);
  for (let layer = 0; layer < 2; layer++) {
    const name = `layers.${layer}`;
    const before = net.norm(`${name}.before`, x, width);
    const project = (part: string, count: number): string =>
      apart(net.dense(`${name}.${part}`, before, width, count * headWidth), count);
    const { key, value, present } = cache(net, layer);
    const keys = g.op('Concat', [key, turned(net, project('k', kvHeads), turns)], { axis: 2 });
    const values = g.op('Concat', [value, project('v', kvHeads)], { axis: 2 });
    for (const [at, part] of [keys, values].entries()) g.many('Identity', [part], [present[at] ?? ''], {});
    // Query heads of one group share a key head.
    const query = g.op('Reshape', [
      turned(net, project('q', heads), turns),
      g.integers([0, kvHeads, groups, -1, headWidth]),
    ]);
    const [k, v] = [keys, values].map((part) => g.op('Unsqueeze', [part, g.integers([2])]));
    const scores = g.op('MatMul', [query, g.op('Transpose', [k ?? ''], { perm: [0, 1, 2, 4, 3] })]);
    const scaled = g.op('Add', [g.op('Mul', [scores, g.floats(1 / Math.sqrt(headWidth))]), mask]);
    const mixed = g.op('MatMul', [g.op('Softmax', [scaled], { axis: -1 }), v ?? '']);
    const together = g.op('Transpose', [g.op('Reshape', [mixed, g.integers([0, heads, -1, headWidth])])], {
      perm: [0, 2, 1, 3],
    });
    const joined = g.op('Reshape', [together, g.integers([0, 0, heads * headWidth])]);
    x = g.op('Add', [x, net.dense(`${name}.o`, joined, heads * headWidth, width)]);
    x = g.op('Add', [x, net.gatedBlock(name, net.norm(`${name}.after`, x, width))]);
  }
  head(net, x, vocabulary, false);
  return net;
}

/** Cosines and sines of every token, each pair turning by the dimension that its section belongs to. */
function rotations(net: Net): [cosines: string, sines: string] {
  const { graph: g } = net;
  const half = TEXT.headWidth / 2;
  const speeds = g.floats(Array.from({ length: half }, (_, at) => THETA ** (-at / half)));
  const positions = g.op('Unsqueeze', [g.op('Cast', ['position_ids'], { to: 1 }), g.integers([3])]);
  const angles = g.op('Mul', [positions, speeds]);
  let from = 0;
  const sections = SECTIONS.map((size, plane) => {
    const own = g.op('Gather', [angles, g.integers(plane)], { axis: 0 });
    const cut = g.op('Slice', [own, g.integers([from]), g.integers([from + size]), g.integers([2])]);
    from += size;
    return cut;
  });
  const joined = g.op('Concat', sections, { axis: 2 });
  const both = g.op('Unsqueeze', [g.op('Concat', [joined, joined], { axis: 2 }), g.integers([1])]);
  return [g.op('Cos', [both]), g.op('Sin', [both])];
}

function turned(net: Net, input: string, [cosines, sines]: readonly [string, string]): string {
  const { graph: g } = net;
  const half = TEXT.headWidth / 2;
  const slice = (from: number, to: number): string =>
    g.op('Slice', [input, g.integers([from]), g.integers([to]), g.integers([3])]);
  const swapped = g.op('Concat', [g.op('Neg', [slice(half, TEXT.headWidth)]), slice(0, half)], { axis: 3 });
  return g.op('Add', [g.op('Mul', [input, cosines]), g.op('Mul', [swapped, sines])]);
}

/** 0 where a token may look, -1e9 at what comes behind it. */
function causalMask(net: Net): string {
  const { graph: g } = net;
  const length = (of: string): string => g.op('Gather', [g.op('Shape', [of]), g.integers(1)]);
  const [own, total] = [length('inputs_embeds'), length('attention_mask')];
  const places = (from: string): string => g.op('Range', [from, total, g.integers(1)]);
  const rows = g.op('Unsqueeze', [places(g.op('Sub', [total, own])), g.integers([1])]);
  const behind = g.op('Greater', [places(g.integers(0)), rows]);
  return g.op('Mul', [g.op('Cast', [behind], { to: 1 }), g.floats(-1e9)]);
}
