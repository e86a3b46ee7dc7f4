import { describeError } from '../platform/errors.ts';
import { OnnxEngine } from './engine.ts';
import type { Family } from './families/family.ts';
import { createFamily } from './families.ts';
import type { ModelDescription } from './model.ts';
import type { Decoder, Packing } from './onnx/decoder.ts';
import { type Embedder, openEmbedder, openEncoder, type VisionEncoder } from './onnx/encoder.ts';
import { openDecoder, quantisesActivations } from './onnx/open-decoder.ts';
import { type ChosenProvider, chooseProvider } from './onnx/providers.ts';
import { type Device, defaultThreads, type Provider, type SessionSettings } from './onnx/session.ts';
import { type ModelPackage, openPackage } from './package.ts';
import { DEFAULT_PICTURE_LIMITS, type PictureLimits } from './picture.ts';
import { createTokenizer, findAnswerTokens } from './tokenizer.ts';
import { describeDtype, hashWeights, weightBytes } from './weights.ts';

export interface EngineOptions {
  readonly packageDir: string;
  /** One precision for all parts (`q8`) or one per part (`vision_encoder=fp32,decoder_model_merged=q4`). */
  readonly dtype?: string | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly packing?: Packing | undefined;
  readonly limits?: PictureLimits | undefined;
}

/** Loads a package. Errors name the file that is at fault and what to do. `now` is monotonic ms. */
export async function openEngine(options: EngineOptions, now: () => number): Promise<OnnxEngine> {
  const started = now();
  const { packageDir, dtype, device = 'auto' } = options;
  const chosen = await chooseProvider(device);
  const files = await openPackage(packageDir, dtype, chosen.provider === 'cpu' ? 'processor' : 'accelerator');
  const tokenizer = createTokenizer(files);
  const family = createFamily(files, tokenizer);
  const answers = findAnswerTokens(tokenizer);
  const threads = options.threads ?? defaultThreads(await weightBytes(files.weights));
  const { place, sessions } = await openOn(await fitting(chosen, device, files), device, (provider) =>
    openSessions(files, family, { provider, threads, packing: options.packing ?? 'auto' }),
  );
  const { encoder, embedder, decoder } = sessions;
  const description: ModelDescription = {
    identity: {
      name: files.name,
      dtype: describeDtype(files.weights),
      device: place.provider,
      weightsHash: await hashWeights(files.weights),
    },
    family: family.name,
    deviceReason: place.reason,
    concern: place.concern,
    threads,
    packs: decoder.packs,
    minMass: files.form.minMass,
    describePrompt: files.form.describe,
    notes: decoder.notes,
    loadMs: now() - started,
  };
  const settings = { provider: place.provider, threads, packing: 'never', asExported: true } as const;
  const openWhole = (): Promise<Decoder> => openDecoder(files.weights.decoder_model_merged, files.config, settings);
  const limits = options.limits ?? DEFAULT_PICTURE_LIMITS;
  return new OnnxEngine({
    ...{ description, files, tokenizer, family, answers },
    ...{ encoder, embedder, decoder, openWhole, limits, now },
  });
}

interface Sessions {
  readonly encoder: VisionEncoder;
  readonly embedder: Embedder;
  readonly decoder: Decoder;
}

async function openSessions(
  { weights, config }: ModelPackage,
  family: Family,
  settings: SessionSettings & { packing: Packing },
): Promise<Sessions> {
  const decoder = await openDecoder(weights.decoder_model_merged, config, settings);
  const [encoder, embedder] = await Promise.all([
    openEncoder(weights, family, decoder.hidden, settings),
    openEmbedder(weights, settings),
  ]);
  return { encoder, embedder, decoder };
}

/** Dynamic integers have no kernels on accelerators: a package that has nothing else runs on the processor, and that is said. */
async function fitting(chosen: ChosenProvider, device: Device, { weights }: ModelPackage): Promise<ChosenProvider> {
  const { path, dtype } = weights.decoder_model_merged;
  if (chosen.provider === 'cpu' || device !== 'auto' || !INTEGERS.has(dtype)) return chosen;
  if (!(await quantisesActivations(path))) return chosen;
  const reason = `integer weights (${dtype}) run on the processor`;
  const concern = `${chosen.provider} works here but is not used: ${reason}. Fetch the model as fp16 or q4f16`;
  return { provider: 'cpu', reason, concern };
}

const INTEGERS: ReadonlySet<string> = new Set(['q8', 'int8', 'uint8']);

/** Opens on the chosen provider. With `auto`, what an accelerator cannot load is loaded on the processor, and that is said. */
async function openOn<T>(
  chosen: ChosenProvider,
  device: Device,
  open: (provider: Provider) => Promise<T>,
): Promise<{ place: ChosenProvider; sessions: T }> {
  if (chosen.provider === 'cpu' || device !== 'auto') return { place: chosen, sessions: await open(chosen.provider) };
  try {
    return { place: chosen, sessions: await open(chosen.provider) };
  } catch (error) {
    const reason = `${chosen.provider} cannot load this model: ${describeError(error)}`;
    const sessions = await open('cpu');
    return { place: { provider: 'cpu', reason, concern: reason }, sessions };
  }
}
