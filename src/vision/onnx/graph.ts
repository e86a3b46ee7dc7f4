import { LENGTH_DELIMITED, readFields, readIntegers, textOf, type WireField, WireWriter } from './wire.ts';

/** ONNX element types by their number in TensorProto.DataType. */
export const ELEMENT = { float32: 1, int64: 7, float16: 10 } as const;

/** A node's wiring; attributes stay as they are in the file. */
export interface GraphNode {
  name: string;
  readonly op: string;
  readonly domain: string;
  inputs: string[];
  readonly outputs: string[];
  readonly rest: readonly WireField[];
}

export interface ValueInfo {
  readonly name: string;
  readonly elementType: number;
  /** A number, a symbol's name, or undefined where the file says nothing. */
  readonly dims: ReadonlyArray<number | string | undefined>;
}

/** The main graph of an ONNX model, parsed as far as rewiring needs. Weights remain views into the file. */
export interface OnnxGraph {
  readonly nodes: GraphNode[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly initializers: ReadonlyMap<string, { readonly dims: readonly number[]; readonly elementType: number }>;
  /** Files (relative to the model's folder) that hold weights outside the model file. */
  readonly externalFiles: readonly string[];
  /** Opset version of the default domain. */
  readonly opset: number;
  /** Adds an input. */
  addInput(info: ValueInfo): void;
  /** The model file with the nodes and inputs as they are now; `parts` share memory with the file that was read. */
  write(): WireWriter;
}

// Field numbers of onnx.proto3.
const MODEL = { opsetImport: 8, graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, op: 4, domain: 7 } as const;
const TENSOR = { dims: 1, dataType: 2, name: 8, externalData: 13 } as const;

/** Parses a model file. Throws a RangeError when the bytes are no ONNX model or are cut off. */
export function parseOnnx(file: Uint8Array): OnnxGraph {
  const model = readFields(file);
  const graphField = model.find((entry) => entry.field === MODEL.graph && entry.wire === LENGTH_DELIMITED);
  if (!graphField) throw new RangeError('the file holds no ONNX graph');
  const fields = readFields(graphField.bytes);
  const of = (field: number): WireField[] => fields.filter((entry) => entry.field === field);

  const nodes = of(GRAPH.node).map((entry) => parseNode(entry.bytes));
  const initializers = new Map<string, { dims: readonly number[]; elementType: number }>();
  const externalFiles = new Set<string>();
  for (const entry of of(GRAPH.initializer)) {
    const tensor = parseTensorHead(entry.bytes);
    initializers.set(tensor.name, tensor);
    if (tensor.location) externalFiles.add(tensor.location);
  }
  const added: ValueInfo[] = [];
  const inputs = of(GRAPH.input)
    .map((entry) => parseValueInfo(entry.bytes))
    .filter((info) => !initializers.has(info.name));

  return {
    nodes,
    inputs,
    outputs: of(GRAPH.output).map((entry) => parseValueInfo(entry.bytes)),
    initializers,
    externalFiles: [...externalFiles],
    opset: defaultOpset(model),
    addInput(info) {
      inputs.push(info);
      added.push(info);
    },
    write() {
      const graph = new WireWriter();
      for (const node of nodes) graph.message(GRAPH.node, writeNode(node));
      for (const entry of fields) if (entry.field !== GRAPH.node) graph.copy(entry);
      for (const info of added) graph.message(GRAPH.input, writeValueInfo(info));
      const written = new WireWriter();
      for (const entry of model) {
        if (entry === graphField) written.message(MODEL.graph, graph);
        else written.copy(entry);
      }
      return written;
    },
  };
}

/** A node of ours, with integer attributes only. */
export function newNode(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, number> = {},
): GraphNode {
  const rest = Object.entries(attributes).map(([name, value]) => {
    // AttributeProto: name 1, i 3, type 20 (2 is INT); NodeProto.attribute is field 5.
    const attribute = new WireWriter().text(1, name).varint(3, value).varint(20, 2);
    return { field: 5, wire: LENGTH_DELIMITED, value: 0n, bytes: attribute.toBuffer() };
  });
  return { name: `watchword/${outputs[0] ?? op}`, op, domain: '', inputs, outputs, rest };
}

/** An integer attribute of a node, if it is set. */
export function intAttribute(node: GraphNode, name: string): number | undefined {
  for (const entry of node.rest) {
    if (entry.field !== 5) continue;
    const fields = readFields(entry.bytes);
    const named = fields.find((field) => field.field === 1);
    if (!named || textOf(named.bytes) !== name) continue;
    const value = fields.find((field) => field.field === 3);
    return value ? Number(value.value) : 0;
  }
  return undefined;
}

function parseNode(bytes: Uint8Array): GraphNode {
  const node = {
    name: '',
    op: '',
    domain: '',
    inputs: [] as string[],
    outputs: [] as string[],
    rest: [] as WireField[],
  };
  for (const entry of readFields(bytes)) {
    if (entry.field === NODE.input) node.inputs.push(textOf(entry.bytes));
    else if (entry.field === NODE.output) node.outputs.push(textOf(entry.bytes));
    else if (entry.field === NODE.name) node.name = textOf(entry.bytes);
    else if (entry.field === NODE.op) node.op = textOf(entry.bytes);
    else if (entry.field === NODE.domain) node.domain = textOf(entry.bytes);
    else node.rest.push(entry);
  }
  return node;
}

function writeNode(node: GraphNode): WireWriter {
  const writer = new WireWriter();
  for (const input of node.inputs) writer.text(NODE.input, input);
  for (const output of node.outputs) writer.text(NODE.output, output);
  writer.text(NODE.name, node.name).text(NODE.op, node.op);
  if (node.domain) writer.text(NODE.domain, node.domain);
  for (const entry of node.rest) writer.copy(entry);
  return writer;
}

function parseTensorHead(bytes: Uint8Array): { name: string; dims: number[]; elementType: number; location?: string } {
  const fields = readFields(bytes);
  const name = fields.find((entry) => entry.field === TENSOR.name);
  const type = fields.find((entry) => entry.field === TENSOR.dataType);
  const head = {
    name: name ? textOf(name.bytes) : '',
    dims: readIntegers(fields, TENSOR.dims).map(Number),
    elementType: Number(type?.value ?? 0n),
  };
  for (const entry of fields) {
    if (entry.field !== TENSOR.externalData) continue;
    const pair = readFields(entry.bytes);
    const key = pair.find((field) => field.field === 1);
    const value = pair.find((field) => field.field === 2);
    if (key && value && textOf(key.bytes) === 'location') return { ...head, location: textOf(value.bytes) };
  }
  return head;
}

// ValueInfoProto: name 1, type 2; TypeProto.tensor_type 1; Tensor: elem_type 1, shape 2; Shape.dim 1; Dim: value 1, param 2.
function parseValueInfo(bytes: Uint8Array): ValueInfo {
  const fields = readFields(bytes);
  const name = fields.find((entry) => entry.field === 1);
  const info = { name: name ? textOf(name.bytes) : '', elementType: 0, dims: [] as Array<number | string | undefined> };
  const type = fields.find((entry) => entry.field === 2);
  const tensor = type && readFields(type.bytes).find((entry) => entry.field === 1);
  if (!tensor) return info;
  for (const entry of readFields(tensor.bytes)) {
    if (entry.field === 1) info.elementType = Number(entry.value);
    if (entry.field !== 2) continue;
    for (const dim of readFields(entry.bytes)) {
      const [value] = readFields(dim.bytes);
      info.dims.push(value === undefined ? undefined : value.field === 1 ? Number(value.value) : textOf(value.bytes));
    }
  }
  return info;
}

function writeValueInfo(info: ValueInfo): WireWriter {
  const shape = new WireWriter();
  for (const dim of info.dims) {
    const written = new WireWriter();
    if (typeof dim === 'number') written.varint(1, dim);
    else if (dim !== undefined) written.text(2, dim);
    shape.message(1, written);
  }
  const tensor = new WireWriter().varint(1, info.elementType).message(2, shape);
  return new WireWriter().text(1, info.name).message(2, new WireWriter().message(1, tensor));
}

function defaultOpset(model: readonly WireField[]): number {
  for (const entry of model) {
    if (entry.field !== MODEL.opsetImport) continue;
    const fields = readFields(entry.bytes);
    const domain = fields.find((field) => field.field === 1);
    if (!domain || domain.bytes.length === 0) return Number(fields.find((field) => field.field === 2)?.value ?? 0n);
  }
  return 0;
}
