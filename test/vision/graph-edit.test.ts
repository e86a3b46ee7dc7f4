import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { newNode, type OnnxGraph, parseOnnx } from '../../src/vision/onnx/graph.ts';
import {
  BIAS_INPUT,
  editDecoder,
  HIDDEN,
  ROWS_INPUT,
  rowsInfluenceEachOther,
} from '../../src/vision/onnx/graph-edit.ts';
import { fromHalf, int64, toHalf } from '../../src/vision/onnx/session.ts';
import { readFields, WireWriter } from '../../src/vision/onnx/wire.ts';
import { openKit } from './golden-kit.ts';

const kit = openKit('smolvlm-random');
const decoderFile = (suffix = ''): Buffer => readFileSync(join(kit.dir, 'onnx', `decoder_model_merged${suffix}.onnx`));

describe('the wire format', () => {
  test('what is written is read back, and copied unchanged', () => {
    const entry = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.uint8Array({ maxLength: 300 })),
    );
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const writer = new WireWriter();
        for (const [field, value] of entries) {
          if (typeof value === 'bigint') writer.varint(field, value);
          else writer.bytes(field, value);
        }
        const bytes = writer.toBuffer();
        const fields = readFields(bytes);
        const read = fields.map(({ field, wire, value, bytes: body }) => [
          field,
          wire === 0 ? value : Buffer.from(body).toString('hex'),
        ]);
        expect(read).toEqual(
          entries.map(([field, value]) => [
            field,
            typeof value === 'bigint' ? value : Buffer.from(value).toString('hex'),
          ]),
        );
        const copy = new WireWriter();
        for (const field of fields) copy.copy(field);
        expect(copy.toBuffer().equals(bytes)).toBe(true);
      }),
    );
  });

  test('bytes that end early are an error, never an endless loop', () => {
    const file = decoderFile();
    const graph = readFields(file).find(({ field }) => field === 7)?.bytes;
    // Behind the graph a few fields follow that any of which may be absent: a cut between two of them is a whole message.
    const end = (graph?.byteOffset ?? 0) - file.byteOffset + (graph?.length ?? 0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: end - 1 }), (length) => {
        expect(() => parseOnnx(file.subarray(0, length))).toThrow(RangeError);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the decoder edit', () => {
  test('a model that is parsed and written again gives the same numbers', async () => {
    const file = decoderFile();
    const written = parseOnnx(file).write();
    expect(written.byteLength).toBe(written.toBuffer().length);
    const [before, after] = await Promise.all([open(file), open(written.toBuffer())]);
    const feeds = promptFeeds(before, 9);
    expect((await after.run(feeds)).logits?.data).toEqual((await before.run(feeds)).logits?.data);
  });

  test.each(['', '_quantized'])('logits of chosen rows are those of the whole (decoder%s)', async (suffix) => {
    const file = decoderFile(suffix);
    const graph = parseOnnx(file);
    expect(editDecoder(graph, { bias: false })).toEqual({ rows: true, bias: false, notes: [] });
    const [before, after] = await Promise.all([open(file), open(graph.write().toBuffer())]);
    const feeds = promptFeeds(before, 12);
    const whole = (await before.run(feeds, ['logits'])).logits as ort.Tensor;
    const vocabulary = whole.dims[2] ?? 0;
    // All rows, in another order: dynamic int8 takes the head's scale from the rows it is given, so none may be left out.
    const order = [11, 3, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10];
    const chosen = (await after.run({ ...feeds, [ROWS_INPUT]: int64(order, [12]) }, ['logits'])).logits as ort.Tensor;
    expect(chosen.dims).toEqual([1, 12, vocabulary]);
    for (const [at, row] of order.entries()) expect(distance(rowOf(chosen, at), rowOf(whole, row))).toBeLessThan(1e-5);
  });

  test('packed questions behind a prefix give what each gives alone', async () => {
    const file = decoderFile();
    const graph = parseOnnx(file);
    expect(editDecoder(graph, { bias: true })).toEqual({ rows: true, bias: true, notes: [] });
    const [plain, edited] = await Promise.all([open(file), open(graph.write().toBuffer())]);
    const prefix = promptFeeds(plain, 7);
    const read = await plain.run(prefix);
    const past: Record<string, ort.Tensor> = {};
    for (const name of plain.inputNames.filter((each) => each.startsWith('past')))
      past[name] = read[name.replace('past_key_values', 'present')] as ort.Tensor;
    const lengths = [3, 5, 2];
    const alone: Float32Array[] = [];
    for (const [index, length] of lengths.entries()) {
      const { logits } = await plain.run({ ...promptFeeds(plain, length, 7, index + 1), ...past }, ['logits']);
      alone.push(rowOf(logits as ort.Tensor, length - 1));
    }
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const embeds = lengths.flatMap((length, index) => [
      ...((promptFeeds(plain, length, 7, index + 1).inputs_embeds as ort.Tensor).data as Float32Array),
    ]);
    const bias = new Float32Array(total * (7 + total));
    let start = 0;
    for (const length of lengths) {
      for (let row = start; row < start + length; row++)
        bias.fill(HIDDEN, row * (7 + total) + 7, row * (7 + total) + 7 + start);
      start += length;
    }
    const together = await edited.run(
      {
        ...past,
        inputs_embeds: new ort.Tensor('float32', Float32Array.from(embeds), [1, total, 96]),
        attention_mask: int64(Array(7 + total).fill(1), [1, 7 + total]),
        position_ids: int64(
          lengths.flatMap((length) => Array.from({ length }, (_, at) => 7 + at)),
          [1, total],
        ),
        [ROWS_INPUT]: int64([2, 7, 9], [3]),
        [BIAS_INPUT]: new ort.Tensor('float32', bias, [1, 1, total, 7 + total]),
      },
      ['logits'],
    );
    for (const [index, row] of alone.entries())
      expect(distance(rowOf(together.logits as ort.Tensor, index), row)).toBeLessThan(2e-5);
  });

  test('quantised activations are recognised: their rows influence each other', () => {
    expect(rowsInfluenceEachOther(parseOnnx(decoderFile()))).toBe(false);
    expect(rowsInfluenceEachOther(parseOnnx(decoderFile('_quantized')))).toBe(true);
  });

  test('GroupQueryAttention gets positions and a bias in its optional inputs', () => {
    const graph = fakeGraph([
      newNode('GroupQueryAttention', ['q', 'k', 'v'], ['a'], { do_rotary: 1 }),
      newNode('MatMul', ['a', 'w'], ['logits']),
    ]);
    expect(editDecoder(graph, { bias: true })).toEqual({ rows: true, bias: true, notes: [] });
    expect(graph.nodes[0]?.inputs).toEqual(['q', 'k', 'v', '', '', '', '', '', '', 'position_ids', BIAS_INPUT]);
    expect(graph.inputs.map(({ name }) => name)).toEqual([ROWS_INPUT, 'position_ids', BIAS_INPUT]);
  });

  test.each([
    [
      'a head behind a reshape',
      [newNode('MatMul', ['x', 'w'], ['y']), newNode('Reshape', ['y', 's'], ['logits'])],
      'Reshape stands between',
    ],
    ['no logits', [newNode('MatMul', ['x', 'w'], ['y'])], 'nothing computes logits'],
    [
      'an unknown attention',
      [newNode('PagedAttention', ['x'], ['y']), newNode('MatMul', ['y', 'w'], ['logits'])],
      'PagedAttention is not known',
    ],
    [
      'a sliding window',
      [
        newNode('GroupQueryAttention', ['x'], ['y'], { local_window_size: 64 }),
        newNode('MatMul', ['y', 'w'], ['logits']),
      ],
      'sliding window',
    ],
    ['no attention', [newNode('MatMul', ['x', 'w'], ['logits'])], 'takes no position_ids'],
  ])('a graph with %s is left as it is and noted', (_name, nodes, note) => {
    const edit = editDecoder(fakeGraph(nodes), { bias: true });
    expect(edit.rows && edit.bias).toBe(false);
    expect(edit.notes.join('\n')).toContain(note);
  });
});

describe('float16', () => {
  test('every half survives the way through float32', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, half) => half).filter(
      (half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0,
    );
    expect(toHalf(fromHalf(bits))).toEqual(bits);
  });

  test('rounding goes to the nearest, ties to even', () => {
    const near = [1 + 1 / 2048, 1 + 3 / 2048, 65_519, 65_520, 2 ** -25, 2 ** -24 * 1.5, -0.1];
    expect([...fromHalf(toHalf(Float32Array.from(near)))]).toEqual([
      1,
      1 + 4 / 2048,
      65_504,
      Number.POSITIVE_INFINITY,
      0,
      2 ** -23,
      -0.0999755859375,
    ]);
  });
});

function open(model: Uint8Array): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
}

/** A reproducible prompt: sines for embeddings. */
function promptFeeds(session: ort.InferenceSession, length: number, start = 0, seed = 0): Record<string, ort.Tensor> {
  const feeds: Record<string, ort.Tensor> = {
    inputs_embeds: new ort.Tensor(
      'float32',
      Float32Array.from({ length: length * 96 }, (_, at) => Math.sin(at * 0.37 + seed)),
      [1, length, 96],
    ),
    attention_mask: int64(Array(start + length).fill(1), [1, start + length]),
    position_ids: int64(
      Array.from({ length }, (_, at) => start + at),
      [1, length],
    ),
  };
  for (const name of session.inputNames.filter((each) => each.startsWith('past')))
    feeds[name] = new ort.Tensor('float32', [], [1, 2, 0, 16]);
  return feeds;
}

function rowOf(logits: ort.Tensor, row: number): Float32Array {
  const vocabulary = logits.dims[2] ?? 0;
  return (logits.data as Float32Array).slice(row * vocabulary, (row + 1) * vocabulary);
}

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? Number.NaN))),
    a.length === b.length ? 0 : Number.NaN,
  );
}

function fakeGraph(nodes: OnnxGraph['nodes']): OnnxGraph {
  const inputs: Array<OnnxGraph['inputs'][number]> = [];
  return {
    nodes: [...nodes],
    inputs,
    outputs: [{ name: 'logits', elementType: 1, dims: [] }],
    initializers: new Map(),
    externalFiles: [],
    opset: 17,
    addInput: (info) => inputs.push(info),
    write: () => new WireWriter(),
  };
}
