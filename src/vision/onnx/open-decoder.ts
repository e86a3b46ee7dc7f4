import { link, mkdtemp, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type * as ort from 'onnxruntime-node';
import { toError, WatchwordError } from '../../platform/errors.ts';
import type { ModelConfig } from '../package.ts';
import type { WeightFile } from '../weights.ts';
import { Decoder, type Packing } from './decoder.ts';
import { type OnnxGraph, parseOnnx } from './graph.ts';
import { editDecoder, rowsInfluenceEachOther } from './graph-edit.ts';
import { openSession, type SessionSettings } from './session.ts';
import type { WireWriter } from './wire.ts';

/** Opens the package's decoder, rewired. `asExported` leaves the graph alone. */
export async function openDecoder(
  weights: WeightFile,
  config: ModelConfig,
  settings: SessionSettings & { packing: Packing; asExported?: boolean },
): Promise<Decoder> {
  const file = weights.path;
  if (settings.asExported) {
    const session = await openSession(file, file, settings);
    const first = firstPosition(config, session.inputNames);
    return new Decoder({ session, config, file, packs: false, notes: [], first });
  }
  const graph = readGraph(await readFile(file), file);
  const names = graph.inputs.map(({ name }) => name);
  const first = firstPosition(config, names);
  // A convolution's state goes from token to token: questions behind one another would read on in each other.
  const apart = names.some((name) => name.startsWith('past_conv.'));
  const wanted = settings.packing === 'always' || (settings.packing === 'auto' && !rowsInfluenceEachOther(graph));
  const edit = editDecoder(graph, { bias: wanted && !apart });
  const session = await openEdited(graph.write(), graph, weights, settings);
  return new Decoder({ session, config, file, packs: edit.bias, notes: edit.notes, first });
}

/** Gemma 3 counts from 1, as far as it is told positions at all: without that input its graph counts by itself, from 0. */
function firstPosition({ model_type: type }: ModelConfig, inputs: readonly string[]): number {
  return type === 'gemma3' && inputs.includes('position_ids') ? 1 : 0;
}

/** Whether a model takes the scales of its integers from what it is given, at run time. */
export async function quantisesActivations(file: string): Promise<boolean> {
  return readGraph(await readFile(file), file).nodes.some((node) => node.op === 'DynamicQuantizeLinear');
}

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
