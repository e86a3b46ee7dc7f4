import { OnnxEngine } from './engine.ts';
import { createFamily } from './families.ts';
import type { ModelDescription } from './model.ts';
import { type Decoder, openDecoder, type Packing } from './onnx/decoder.ts';
import { openEmbedder, openEncoder } from './onnx/encoder.ts';
import { chooseProvider, type Device, defaultThreads } from './onnx/session.ts';
import { openPackage } from './package.ts';
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
  const files = await openPackage(options.packageDir, options.dtype);
  const { weights, config } = files;
  const tokenizer = createTokenizer(files);
  const family = createFamily(files, tokenizer);
  const answers = findAnswerTokens(tokenizer);
  const integers = ['q8', 'int8', 'uint8'].includes(weights.decoder_model_merged.dtype);
  const chosen = await chooseProvider(options.device ?? 'auto', weights.embed_tokens.path, integers);
  const threads = options.threads ?? defaultThreads(await weightBytes(weights));
  const settings = { provider: chosen.provider, threads };
  const open = (packing: Packing, asExported: boolean): Promise<Decoder> =>
    openDecoder(weights.decoder_model_merged, config, { ...settings, packing, asExported });
  const decoder = await open(options.packing ?? 'auto', false);
  const [encoder, embedder, weightsHash] = await Promise.all([
    openEncoder(weights, family, decoder.hidden, settings),
    openEmbedder(weights, settings),
    hashWeights(weights),
  ]);
  const description: ModelDescription = {
    identity: { name: files.name, dtype: describeDtype(weights), device: chosen.provider, weightsHash },
    family: family.name,
    deviceReason: chosen.reason,
    threads,
    packs: decoder.packs,
    minMass: files.form.minMass,
    describePrompt: files.form.describe,
    notes: decoder.notes,
    loadMs: now() - started,
  };
  const openWhole = (): Promise<Decoder> => open('never', true);
  const limits = options.limits ?? DEFAULT_PICTURE_LIMITS;
  return new OnnxEngine({
    description,
    files,
    tokenizer,
    family,
    answers,
    encoder,
    embedder,
    decoder,
    openWhole,
    limits,
    now,
  });
}
