import { Net, TEXT } from './net.ts';

/** A square picture to `edge` x `edge` features. */
export function squareEncoder(side: number, edge: number): Net {
  const net = new Net('vision_encoder', 19);
  const { graph: g } = net;
  g.input('pixel_values', 'float32', ['batch_size', 3, side, side]);
  const step = side / edge;
  const kernel = net.random('patch.weight', [TEXT.width, 3, step, step], 3 / step);
  const patches = g.op('Conv', ['pixel_values', kernel], {
    kernel_shape: [step, step],
    strides: [step, step],
    pads: [0, 0, 0, 0],
  });
  const flat = g.op('Reshape', [patches, g.integers([0, TEXT.width, edge * edge])]);
  const rows = g.op('Tanh', [g.op('Transpose', [flat], { perm: [0, 2, 1] })]);
  g.output('image_features', rows, 'float32', ['batch_size', edge * edge, TEXT.width]);
  return net;
}

/** Patches of any picture, four of them to a feature, in the order in which they come. */
export function patchEncoder(values: number): Net {
  const net = new Net('vision_encoder', 23);
  const { graph: g } = net;
  g.input('pixel_values', 'float32', ['patches', values]);
  g.input('image_grid_thw', 'int64', ['pictures', 3]);
  const inner = 24;
  const small = g.op('Tanh', [net.dense('patch', 'pixel_values', values, inner)]);
  const merged = net.dense('merge', g.op('Reshape', [small, g.integers([-1, 4 * inner])]), 4 * inner, TEXT.width);
  // The grid must be fed, and is of no consequence here.
  const nothing = g.op('Mul', [
    g.op('Cast', [g.op('ReduceSum', ['image_grid_thw'], { keepdims: 0 })], { to: 1 }),
    g.floats(0),
  ]);
  g.output('image_features', g.op('Add', [merged, nothing]), 'float32', ['features', TEXT.width]);
  return net;
}

/** Tiles of different shapes, filled up: each square of 2 x 2 patches is a feature, what fills up is none. */
export function filledEncoder(most: number, values: number): Net {
  const net = new Net('vision_encoder', 29);
  const { graph: g } = net;
  const inner = 16;
  g.input('pixel_values', 'float32', ['tiles', most, values]);
  g.input('pixel_attention_mask', 'int64', ['tiles', most]);
  g.input('spatial_shapes', 'int64', ['tiles', 2]);
  const patches = g.op('Tanh', [net.dense('patch', 'pixel_values', values, inner)]);
  const across = g.op('Slice', ['spatial_shapes', g.integers([1]), g.integers([2]), g.integers([1])]);
  const places = g.op('Range', [g.integers(0), g.integers(most), g.integers(1)]);
  const even = (of: string): string => g.op('Equal', [g.op('Mod', [of, g.integers(2)]), g.integers(0)]);
  const corner = g.op('And', [even(g.op('Div', [places, across])), even(g.op('Mod', [places, across]))]);
  const kept = g.op('And', [corner, g.op('Cast', ['pixel_attention_mask'], { to: 9 })]);
  const shape = g.op('Shape', [patches]);
  const neighbour = (step: string): string => {
    const at = g.op('Min', [
      g.op('Add', [g.op('Add', [places, g.op('Mul', [across, g.integers(0)])]), step]),
      g.integers(most - 1),
    ]);
    const everywhere = g.op('Expand', [g.op('Unsqueeze', [at, g.integers([2])]), shape]);
    return g.op('GatherElements', [patches, everywhere], { axis: 1 });
  };
  const steps = [g.integers(0), g.integers(1), across, g.op('Add', [across, g.integers(1)])];
  const squares = g.op('Concat', steps.map(neighbour), { axis: 2 });
  const rows = g.op('Reshape', [squares, g.integers([-1, 4 * inner])]);
  const chosen = g.op('Compress', [rows, g.op('Reshape', [kept, g.integers([-1])])], { axis: 0 });
  g.output('image_features', net.dense('merge', chosen, 4 * inner, TEXT.width), 'float32', ['features', TEXT.width]);
  return net;
}
