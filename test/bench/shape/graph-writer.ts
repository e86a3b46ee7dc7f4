import { closeSync, openSync, writeSync } from 'node:fs';
import { WireWriter } from '../../../src/vision/onnx/wire.ts';

/** ONNX element types by number (onnx.proto, TensorProto.DataType). */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type Element = keyof typeof ELEMENT;

export type Attribute = number | { float: number } | readonly number[];

/** Opset 17 has every operator of the published exports; the contrib domain adds GroupQueryAttention. */
const OPSET = 17;
const IR_VERSION = 9;
const CONTRIB = 'com.microsoft';

interface Operation {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Tensor {
  readonly element: Element;
  readonly shape: readonly number[];
  readonly parts: readonly Uint8Array[];
}

/** Builds one ONNX graph in memory and writes it to a file. Weights stay views until they are written. */
export class GraphWriter {
  readonly #name: string;
  readonly #operations: Operation[] = [];
  readonly #tensors = new Map<string, Tensor>();
  readonly #inputs: WireWriter[] = [];
  readonly #outputs: WireWriter[] = [];
  #next = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, element: Element, shape: ReadonlyArray<number | string>): string {
    this.#inputs.push(valueType(name, element, shape));
    return name;
  }

  /** Gives `value` the name of a graph output. */
  output(name: string, value: string, element: Element, shape: ReadonlyArray<number | string>): void {
    if (name !== value) this.#push('Identity', [value], [name], {});
    this.#outputs.push(valueType(name, element, shape));
  }

  weight(name: string, element: Element, shape: readonly number[], parts: readonly Uint8Array[]): string {
    this.#tensors.set(name, { element, shape, parts });
    return name;
  }

  /** A small float constant; a number is a scalar. */
  floats(values: number | readonly number[]): string {
    return this.#constant('float32', values, (list) => Float32Array.from(list));
  }

  integers(values: number | readonly number[]): string {
    return this.#constant('int64', values, (list) => BigInt64Array.from(list, BigInt));
  }

  int8(value: number): string {
    return this.#constant('int8', value, (list) => Int8Array.from(list));
  }

  /** Adds an operator with one output and returns that output's name. */
  op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = `${op}_${this.#next++}`;
    this.#push(op, inputs, [output], attributes);
    return output;
  }

  /** Adds an operator with these outputs. */
  many(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.#push(op, inputs, outputs, attributes);
  }

  save(file: string): void {
    const graph = new WireWriter();
    for (const operation of this.#operations) graph.message(1, node(operation));
    graph.text(2, this.#name);
    for (const [name, tensor] of this.#tensors) graph.message(5, initializer(name, tensor));
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    const model = new WireWriter().varint(1, IR_VERSION).text(2, 'watchword-bench').message(7, graph);
    model.message(8, new WireWriter().text(1, '').varint(2, OPSET));
    model.message(8, new WireWriter().text(1, CONTRIB).varint(2, 1));
    writeParts(file, model.parts);
  }

  #push(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
  ): void {
    this.#operations.push({ op, inputs, outputs, attributes });
  }

  #constant(
    element: Element,
    values: number | readonly number[],
    pack: (list: readonly number[]) => ArrayBufferView,
  ): string {
    const scalar = typeof values === 'number';
    const list = scalar ? [values] : values;
    const name = `${element}_${scalar ? 'scalar_' : ''}${list.join('_')}`;
    const packed = pack(list);
    const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
    return this.weight(name, element, scalar ? [] : [list.length], [bytes]);
  }
}

const CONTRIB_OPERATORS = new Set(['GroupQueryAttention', 'MatMulNBits']);

function node({ op, inputs, outputs, attributes }: Operation): WireWriter {
  const message = new WireWriter();
  for (const input of inputs) message.text(1, input);
  for (const output of outputs) message.text(2, output);
  message.text(3, `/${outputs[0]}`).text(4, op);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attribute(name, value));
  if (CONTRIB_OPERATORS.has(op)) message.text(7, CONTRIB);
  return message;
}

function attribute(name: string, value: Attribute): WireWriter {
  const message = new WireWriter().text(1, name);
  if (typeof value === 'number') return message.varint(3, value).varint(20, 2);
  if ('float' in value) {
    const bytes = new Uint8Array(Float32Array.of(value.float).buffer);
    // Field 2 (f) is a fixed32: tag 0x15.
    return message.raw(Uint8Array.of(0x15)).raw(bytes).varint(20, 1);
  }
  for (const entry of value) message.varint(8, entry);
  return message.varint(20, 7);
}

function initializer(name: string, { element, shape, parts }: Tensor): WireWriter {
  const message = new WireWriter();
  for (const size of shape) message.varint(1, size);
  message.varint(2, ELEMENT[element]).text(8, name);
  const content = new WireWriter();
  for (const part of parts) content.raw(part);
  return message.message(9, content);
}

function valueType(name: string, element: Element, shape: ReadonlyArray<number | string>): WireWriter {
  const dimensions = new WireWriter();
  for (const size of shape) {
    const dimension = new WireWriter();
    dimensions.message(1, typeof size === 'number' ? dimension.varint(1, size) : dimension.text(2, size));
  }
  const tensor = new WireWriter().varint(1, ELEMENT[element]).message(2, dimensions);
  return new WireWriter().text(1, name).message(2, new WireWriter().message(1, tensor));
}

const COALESCE_BYTES = 1 << 16;

function writeParts(file: string, parts: readonly Uint8Array[]): void {
  const descriptor = openSync(file, 'w');
  try {
    let small: Uint8Array[] = [];
    const flush = (): void => {
      if (small.length > 0) writeWhole(descriptor, Buffer.concat(small));
      small = [];
    };
    for (const part of parts) {
      if (part.length < COALESCE_BYTES) {
        small.push(part);
        continue;
      }
      flush();
      writeWhole(descriptor, part);
    }
    flush();
  } finally {
    closeSync(descriptor);
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
