import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import * as ort from 'onnxruntime-node';
import { toError, WatchwordError } from '../../platform/errors.ts';

export type Device = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'tensorrt';
export type Provider = Exclude<Device, 'auto'>;

/**
 * Half-precision tensors are Uint16Array of bits, as on Node 20: where there is a Float16Array (Node 24), the runtime would take that,
 * and its native side then reads no bytes ("not enough space: expected 960, got 0"). It decides at the first tensor.
 */
function keepHalvesAsBits(): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
  if (!own) return;
  Reflect.deleteProperty(globalThis, 'Float16Array');
  new ort.Tensor('bool', [true], [1]);
  Object.defineProperty(globalThis, 'Float16Array', own);
}
keepHalvesAsBits();

export interface SessionSettings {
  readonly provider: Provider;
  readonly threads: number;
}

/** The default: all cores up to four. A tiny model loses more to handing work over than it gains. */
export function defaultThreads(weightBytes: number): number {
  return weightBytes < 16 * 1024 * 1024 ? 1 : Math.min(4, availableParallelism());
}

/**
 * Opens a model file by its path (large weights and external data never pass through our memory) or from bytes.
 * Threads do not spin: spinning costs 1.6x the CPU time and starves the cameras' decoders. The memory arena stays on:
 * without it each layer's tensors are mapped and unmapped anew, ten times the CPU time in a 256 M vision encoder. It keeps
 * what the largest run needed, so callers keep runs small: tiles in turns, packs of at most 256 tokens, bounded prompts.
 * Memory patterns are off, as nearly every run has another shape. Throws `corrupt` naming a file that cannot be loaded.
 */
export async function openSession(
  model: string | Uint8Array,
  file: string,
  settings: SessionSettings,
  externalData: ReadonlyArray<{ path: string; data: Uint8Array }> = [],
): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [settings.provider],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    enableCpuMemArena: true,
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(externalData.length > 0 && { externalData: [...externalData] }),
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  // Errors are thrown with their text; printing them as well only disturbs a program's own output.
  ort.env.logLevel = 'fatal';
  try {
    return await (typeof model === 'string'
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options));
  } catch (error) {
    const [line = ''] = toError(error).message.split('\n', 1);
    throw new WatchwordError('corrupt', `onnx/${basename(file)} cannot be loaded: ${line}`, {
      where: file,
      hint: 'The file is damaged, incomplete or made for a newer runtime: download it (and its _data files) again',
      cause: error,
    });
  }
}

/** Runs a session; the runtime's own errors name the file. */
export async function runSession(
  session: ort.InferenceSession,
  file: string,
  feeds: Record<string, ort.Tensor>,
  fetches: readonly string[],
): Promise<Record<string, ort.Tensor>> {
  try {
    return await session.run(feeds, fetches);
  } catch (error) {
    const [line = ''] = toError(error).message.split('\n', 1);
    throw new WatchwordError('unsupported', `onnx/${basename(file)} cannot be run: ${line}`, {
      where: file,
      hint: 'Use files of one and the same published package; a box that is short of memory fails here as well',
      cause: error,
    });
  }
}

/** Name, element type and shape of each input, from the model itself. */
export function inputsOf(
  session: ort.InferenceSession,
): Map<string, { type: ort.Tensor.Type; shape: ReadonlyArray<number | string> }> {
  const inputs = new Map<string, { type: ort.Tensor.Type; shape: ReadonlyArray<number | string> }>();
  for (const meta of session.inputMetadata)
    if (meta.isTensor) inputs.set(meta.name, { type: meta.type, shape: meta.shape });
  return inputs;
}

/** int64 tensor of small integers. */
export function int64(values: ArrayLike<number>, dims: readonly number[]): ort.Tensor {
  const data = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index++) data[index] = BigInt(values[index] as number);
  return new ort.Tensor('int64', data, dims);
}

/** A float tensor in the type that an input asks for. */
export function floats(values: Float32Array, dims: readonly number[], type: ort.Tensor.Type): ort.Tensor {
  return type === 'float16' ? new ort.Tensor('float16', toHalf(values), dims) : new ort.Tensor('float32', values, dims);
}

/** A float tensor's values as float32. */
export function float32Of(tensor: ort.Tensor): Float32Array {
  if (tensor.type === 'float32') return tensor.data as Float32Array;
  if (tensor.type !== 'float16')
    throw new WatchwordError('unsupported', `a ${tensor.type} tensor stands where floats are expected`);
  // Newer runtimes hand out Float16Array, older ones the bits as Uint16Array.
  const { buffer, byteOffset, length } = tensor.data as Uint16Array;
  return fromHalf(new Uint16Array(buffer, byteOffset, length));
}

let halves: Float32Array | undefined;

/** IEEE 754 binary16 to binary32. */
export function fromHalf(bits: Uint16Array): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
  const table = halves;
  return Float32Array.from(bits, (half) => table[half] as number);
}

/** IEEE 754 binary32 to binary16, ties to even. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    if (magnitude >= 0x47800000) return sign | 0x7c00;
    if (magnitude < 0x38800000) {
      // Subnormal: count of 2^-24, which rounds to even by itself in float64 arithmetic below 2^11.
      const scaled = Math.abs(fromBits(word)) * 2 ** 24;
      const floor = Math.floor(scaled);
      const rest = scaled - floor;
      return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor & 1) ? 1 : 0));
    }
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  });
}

const scratch = new Uint32Array(1);
const scratchFloat = new Float32Array(scratch.buffer);
function fromBits(word: number): number {
  scratch[0] = word;
  return scratchFloat[0] as number;
}
