import { readdir } from 'node:fs/promises';
import * as ort from 'onnxruntime-node';
import { toError, WatchwordError } from '../../platform/errors.ts';
import { type Device, openSession, type Provider, runSession } from './session.ts';
import { WireWriter } from './wire.ts';

export interface ChosenProvider {
  readonly provider: Provider;
  /** Why this one, for a person. */
  readonly reason: string;
  /** This box has an accelerator that does not work: what is wrong with it. Never silent: health and `check` tell it. */
  readonly concern: string | undefined;
}

export type Accelerator = Exclude<Provider, 'cpu'>;

/** What is asked of the machine. */
export interface ProviderTrials {
  /** Why a provider plainly cannot be there; undefined where it may be. */
  absent(provider: Accelerator): Promise<string | undefined>;
  /** Runs a model on it; why that does not work, or undefined. */
  fails(provider: Accelerator): Promise<string | undefined>;
}

/**
 * Decides where a model runs by trying. Each provider is tried by itself, because the runtime throws for a list with a
 * missing one, or silently shortens it. A provider that was asked for and does not work is an error; `auto` falls back to
 * the processor, says why, and is concerned when the machine has the device but not the provider.
 */
export async function chooseProvider(device: Device, trials: ProviderTrials = thisMachine): Promise<ChosenProvider> {
  if (device === 'cpu') return { provider: 'cpu', reason: 'asked for', concern: undefined };
  if (device !== 'auto') {
    const missing = await trials.fails(device);
    if (missing === undefined) return { provider: device, reason: 'asked for', concern: undefined };
    throw new WatchwordError('unavailable', `the ${device} execution provider does not work here: ${missing}`, {
      hint: 'Install its drivers and libraries (see models/README.md), or use device auto or cpu',
    });
  }
  const reasons: string[] = [];
  const concerns: string[] = [];
  // TensorRT builds engines for minutes at each start and cannot be told to keep them: only on request.
  for (const candidate of ['cuda', 'webgpu'] as const) {
    const absent = await trials.absent(candidate);
    const failed = absent === undefined ? await trials.fails(candidate) : undefined;
    if (absent === undefined && failed === undefined) {
      const reason = ['it works here', ...reasons].join('; ');
      return { provider: candidate, reason, concern: concerns.length > 0 ? concerns.join('; ') : undefined };
    }
    reasons.push(`${candidate}: ${absent ?? failed}`);
    if (failed !== undefined) concerns.push(`${candidate}: ${failed}`);
  }
  // A Vulkan driver alone proves no graphics processor: many systems carry a software one.
  const concern = concerns.find((each) => each.startsWith('cuda'));
  return {
    provider: 'cpu',
    reason: reasons.join('; '),
    concern: concern && `this box has an NVIDIA device, but the model runs on the processor: ${concern}`,
  };
}

const thisMachine: ProviderTrials = {
  /** What plainly is not there is not tried: the native libraries print several lines about it. */
  async absent(provider) {
    if (process.platform !== 'linux') return undefined;
    if (provider !== 'webgpu') {
      const nodes = await readdir('/dev').catch(() => []);
      return nodes.some((name) => /^(nvidia|nvhost|nvgpu)/.test(name)) ? undefined : 'no NVIDIA device';
    }
    for (const folder of ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']) {
      if ((await readdir(folder).catch(() => [])).length > 0) return undefined;
    }
    return 'no Vulkan driver';
  },
  async fails(provider) {
    // A name that this build does not know would be dropped with a warning, and the processor used.
    if (!ort.listSupportedBackends().some((backend) => backend.name === provider))
      return `not part of this build of ONNX Runtime for ${process.platform} ${process.arch}`;
    try {
      const session = await openSession(probeModel(), 'probe.onnx', { provider, threads: 1 });
      try {
        const input = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
        const { y } = await runSession(session, 'probe.onnx', { x: input }, ['y']);
        const [first] = (y?.data ?? []) as Float32Array;
        return first === 7 ? undefined : `it computes ${first} where 7 is right`;
      } finally {
        await session.release();
      }
    } catch (error) {
      const cause = toError(error).cause;
      return (toError(cause ?? error).message.split('\n', 1)[0] ?? '').slice(0, 200);
    }
  },
};

/** The smallest model that needs a device: the square of a 2 x 2 matrix. */
function probeModel(): Uint8Array {
  const dimension = (): WireWriter => new WireWriter().varint(1, 2);
  const shape = new WireWriter().message(1, dimension()).message(1, dimension());
  const type = new WireWriter().message(1, new WireWriter().varint(1, 1).message(2, shape));
  const value = (name: string): WireWriter => new WireWriter().text(1, name).message(2, type);
  const product = new WireWriter().text(1, 'x').text(1, 'x').text(2, 'y').text(4, 'MatMul');
  const graph = new WireWriter().message(1, product).text(2, 'probe').message(11, value('x')).message(12, value('y'));
  const opset = new WireWriter().text(1, '').varint(2, 17);
  return new WireWriter().varint(1, 9).message(7, graph).message(8, opset).toBuffer();
}
