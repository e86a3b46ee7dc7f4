import { ELEMENT, type GraphNode, intAttribute, newNode, type OnnxGraph } from './graph.ts';

/** int64 [rows]: which positions of the sequence go through the language head; `logits` then holds those rows only. */
export const ROWS_INPUT = 'watchword.rows';
/** float32 [1, 1, sequence, total]: added to every attention score; hides packed questions from each other. */
export const BIAS_INPUT = 'watchword.bias';
/** Added where a question must not look. exp(-1e4) is 0 in float32 and float16, and -1e4 still fits float16. */
export const HIDDEN = -1e4;

export interface DecoderEdit {
  /** The head runs on chosen rows only. */
  readonly rows: boolean;
  /** The attention takes a bias, so that several questions can share one run. */
  readonly bias: boolean;
  /** What could not be done and why, for the model's description. */
  readonly notes: readonly string[];
}

/**
 * Rewires a decoder as exported for generation so that many questions can be scored over one shared prefix:
 * a Gather before the language head (whose full-vocabulary product is a fifth of a prefill at 256 M parameters and three
 * quarters of a tiny model's), and, if asked for, an attention bias. GroupQueryAttention has optional inputs for it
 * (position_ids 9, attention_bias 10; ONNX Runtime contrib operators); exports of plain attention get an Add before each
 * Softmax. Weights are not touched. What a graph does not allow is left as it was and noted.
 */
export function editDecoder(graph: OnnxGraph, options: { bias: boolean }): DecoderEdit {
  const notes: string[] = [];
  const rows = gatherRows(graph);
  if (rows) notes.push(`logits are computed at every position: ${rows}`);
  let bias = false;
  if (options.bias) {
    const refused = addBias(graph);
    if (refused) notes.push(`questions are asked one by one: ${refused}`);
    bias = !refused;
  }
  return { rows: !rows, bias, notes };
}

/**
 * Whether a row's result depends on the other rows of the run. Dynamic int8 takes one scale per activation tensor, so
 * packed questions move each other's scores (measured up to 0.03). Block-quantised weights leave rows alone in theory,
 * but the kernels differ by the number of rows (0.01), and packing gains nothing there.
 */
export function rowsInfluenceEachOther(graph: OnnxGraph): boolean {
  return graph.nodes.some((node) => PER_TENSOR.has(node.op) || node.op === 'MatMulNBits');
}

const PER_TENSOR = new Set([
  'DynamicQuantizeLinear',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
  'QLinearMatMul',
  'DynamicQuantizeLSTM',
]);
const CONTRACTIONS = new Set([
  'MatMul',
  'MatMulNBits',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'DynamicQuantizeMatMul',
  'FusedMatMul',
]);
/** What may stand between the head's product and `logits`: all of these work row by row. */
const ROWWISE = new Set(['Cast', 'Mul', 'Add', 'Div', 'Tanh', 'Identity', 'Neg', 'Sub']);

/** Gathers the chosen rows before the head. Returns why not, or undefined when done. */
function gatherRows(graph: OnnxGraph): string | undefined {
  const producers = producersOf(graph);
  const path: GraphNode[] = [];
  const head = findHead('logits', producers, path);
  if (typeof head === 'string') return head;
  const outputs = new Set(graph.outputs.map((output) => output.name));
  if (path.some((node) => node.outputs.some((name) => name !== 'logits' && outputs.has(name))))
    return 'the head feeds other outputs';

  const quantised = producers.get(head.inputs[0] ?? '');
  const entry = quantised?.op === 'DynamicQuantizeLinear' ? quantised : head;
  const hidden = entry.inputs[0];
  if (!hidden) return 'the head has no activation input';
  if (entry === quantised && !feedsOnly(graph, entry, new Set([head, ...path])))
    return 'the head shares its quantised input';
  graph.addInput({ name: ROWS_INPUT, elementType: ELEMENT.int64, dims: ['watchword_rows'] });
  const gathered = 'watchword.hidden';
  graph.nodes.splice(graph.nodes.indexOf(entry), 0, newNode('Gather', [hidden, ROWS_INPUT], [gathered], { axis: 1 }));
  entry.inputs = entry.inputs.map((name, index) => (index === 0 ? gathered : name));
  return undefined;
}

/** Whether everything that `node` computes ends in `allowed`, at most through a product of two scales on the way. */
function feedsOnly(graph: OnnxGraph, node: GraphNode, allowed: ReadonlySet<GraphNode>): boolean {
  const users = graph.nodes.filter((user) => user.inputs.some((name) => node.outputs.includes(name)));
  return users.every((user) => allowed.has(user) || (user.op === 'Mul' && feedsOnly(graph, user, allowed)));
}

/** Walks back from `name` through row-wise operators to the one product with the head's weights. */
function findHead(name: string, producers: ReadonlyMap<string, GraphNode>, path: GraphNode[]): GraphNode | string {
  const node = producers.get(name);
  if (!node) return `nothing computes ${name}`;
  if (CONTRACTIONS.has(node.op)) return node;
  if (!ROWWISE.has(node.op)) return `${node.op} stands between the head and the logits`;
  path.push(node);
  let reason = `${node.op} has no head behind it`;
  for (const input of node.inputs) {
    if (!producers.has(input)) continue;
    const found = findHead(input, producers, path);
    if (typeof found !== 'string') return found;
    reason = found;
  }
  return reason;
}

/** Adds the attention bias. Returns why not, or undefined when done. */
function addBias(graph: OnnxGraph): string | undefined {
  const grouped = graph.nodes.filter((node) => node.op === 'GroupQueryAttention');
  const fused = graph.nodes.find((node) => FUSED_ATTENTION.has(node.op));
  if (fused) return `${fused.op} is not known to take an attention bias`;
  const refused = grouped.length > 0 ? biasGrouped(graph, grouped) : biasPlain(graph);
  if (refused) return refused;
  graph.addInput({
    name: BIAS_INPUT,
    elementType: ELEMENT.float32,
    dims: ['watchword_one', 'watchword_heads', 'watchword_sequence', 'watchword_total'],
  });
  return undefined;
}

const FUSED_ATTENTION = new Set([
  'MultiHeadAttention',
  'Attention',
  'DecoderMaskedMultiHeadAttention',
  'PagedAttention',
  'SparseAttention',
]);
const POSITION_SLOT = 9;
const BIAS_SLOT = 10;

function biasGrouped(graph: OnnxGraph, nodes: readonly GraphNode[]): string | undefined {
  if (nodes.some((node) => node.inputs[BIAS_SLOT])) return 'GroupQueryAttention already has an attention bias';
  if (nodes.some((node) => (intAttribute(node, 'local_window_size') ?? -1) > 0))
    return 'GroupQueryAttention looks through a sliding window';
  const rotary = nodes.some((node) => intAttribute(node, 'do_rotary') === 1);
  const hasPositions = graph.inputs.some((input) => input.name === 'position_ids');
  if (!rotary && !hasPositions) return 'the graph takes no position_ids';
  const names = new Set(graph.inputs.map((input) => input.name));
  // float16 keys need the bias in float16; one Cast serves all layers.
  const half = graph.inputs.some(
    (input) => input.name.startsWith('past_key_values') && input.elementType === ELEMENT.float16,
  );
  const bias = half ? 'watchword.bias16' : BIAS_INPUT;
  if (half) graph.nodes.unshift(newNode('Cast', [BIAS_INPUT], [bias], { to: ELEMENT.float16 }));
  for (const node of nodes) {
    while (node.inputs.length <= BIAS_SLOT) node.inputs.push('');
    if (rotary && !node.inputs[POSITION_SLOT]) node.inputs[POSITION_SLOT] = 'position_ids';
    node.inputs[BIAS_SLOT] = bias;
  }
  if (rotary && !names.has('position_ids')) {
    graph.addInput({ name: 'position_ids', elementType: ELEMENT.int64, dims: ['batch_size', 'sequence_length'] });
  }
  return undefined;
}

function biasPlain(graph: OnnxGraph): string | undefined {
  if (!graph.inputs.some((input) => input.name === 'position_ids')) return 'the graph takes no position_ids';
  const softmaxes = graph.nodes.filter((node) => node.op === 'Softmax');
  if (softmaxes.length === 0) return 'no attention was found in the graph';
  if (softmaxes.some((node) => ![-1, 3].includes(intAttribute(node, 'axis') ?? -1)))
    return 'a Softmax does not run over the last axis';
  if (graph.opset < CASTLIKE_SINCE) return `opset ${graph.opset} is older than ${CASTLIKE_SINCE}`;
  softmaxes.forEach((softmax, index) => {
    const scores = softmax.inputs[0] ?? '';
    const bias = `watchword.bias${index}`;
    const biased = `watchword.scores${index}`;
    // CastLike: the scores are float16 in some exports and float32 in others.
    const added = [newNode('CastLike', [BIAS_INPUT, scores], [bias]), newNode('Add', [scores, bias], [biased])];
    graph.nodes.splice(graph.nodes.indexOf(softmax), 0, ...added);
    softmax.inputs = [biased, ...softmax.inputs.slice(1)];
  });
  return undefined;
}

const CASTLIKE_SINCE = 15;

function producersOf(graph: OnnxGraph): Map<string, GraphNode> {
  const producers = new Map<string, GraphNode>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output) producers.set(output, node);
  return producers;
}
