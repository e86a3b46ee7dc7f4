import { fileURLToPath } from 'node:url';
import type { Answer, ModelDescription, VisionModel } from '../vision/model.ts';
import { type CommandIo, UsageError } from './command.ts';

/** The options that choose a model, the same in every command that asks one. */
export const MODEL_OPTIONS = {
  model: { type: 'string' },
  dtype: { type: 'string' },
  device: { type: 'string' },
} as const;

export const MODEL_OPTION_HELP = `  --model DIR       model package in Hugging Face layout (default: the bundled watchword-tiny)
  --dtype D         which weights of it: fp32, fp16, q8, q4, q4f16, ... (default: the best that it has for this box)
  --device D        auto, cpu, webgpu, cuda or tensorrt (default: auto)`;

export interface ModelChoice {
  readonly model?: string | undefined;
  readonly dtype?: string | undefined;
  readonly device?: string | undefined;
  readonly threads?: number | undefined;
}

/** A loaded model that tells how its package wants it to be asked. */
export type OpenedModel = VisionModel & { readonly description: ModelDescription };

export type OpenModel = (choice: ModelChoice, io: CommandIo) => Promise<OpenedModel>;

/** The package that comes with every installation. */
export const BUNDLED_MODEL = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));

/** Opens a model, gives it to `use` and closes it however that ends. */
export async function withModel<T>(
  open: OpenModel,
  choice: ModelChoice,
  io: CommandIo,
  use: (model: OpenedModel) => Promise<T>,
): Promise<T> {
  const { model: packageDir, dtype, device, threads } = choice;
  const model = await open({ model: packageDir, dtype, device, ...(threads !== undefined && { threads }) }, io);
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

/** The plain reading of one answer: the likelier word, or unknown when the model did not answer. */
export function plainVerdict(
  answer: Pick<Answer, 'score' | 'mass'>,
  model: Pick<OpenedModel, 'description'>,
): 'yes' | 'no' | 'unknown' {
  if (answer.mass < model.description.minMass) return 'unknown';
  return answer.score >= 0.5 ? 'yes' : 'no';
}

/** The compiled thread entry, the same whether this file runs from `src` or from `dist`. */
const WORKER = new URL('../../dist/vision/worker.js', import.meta.url);

/** Opens the package that was chosen, or the bundled one, in its worker thread. */
export const openChosenModel: OpenModel = async ({ model, dtype, device, threads }, io) => {
  // Loaded when a model is needed, so that `watchword --help` does not wait for it.
  const [{ loadVisionModel }, { DEVICES }] = await Promise.all([
    import('../vision/load.ts'),
    import('../vision/settings.ts'),
  ]);
  const known = DEVICES.find((name) => name === device);
  if (device !== undefined && !known) {
    throw new UsageError(`there is no device "${device}"`, `Use one of ${DEVICES.join(', ')}`);
  }
  return loadVisionModel({
    packageDir: model ?? BUNDLED_MODEL,
    dtype,
    device: known,
    threads,
    workerEntry: WORKER,
    clock: io.clock,
    logger: io.logger,
  });
};
