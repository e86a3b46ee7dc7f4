import { z } from 'zod';

export const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt'] as const;

/** The `model:` section: which package answers, in which precision, on which device. */
export const modelSettingsSchema = z.strictObject({
  /** Folder of a model package. Default: the bundled watchword-tiny, which knows the rendered demo store only. */
  package: z.string().min(1, 'must not be empty').optional(),
  /** fp32, fp16, q8, q4, ... Default: the smallest the package has that runs well on this device. */
  dtype: z.string().min(1, 'must not be empty').optional(),
  device: z.enum(DEVICES, { error: `must be one of ${DEVICES.join(', ')}` }).default('auto'),
  /** Threads of one inference. Default: what the runtime finds best for this machine. */
  threads: z.int('must be a whole number').min(1, 'must be at least 1').max(256, 'may be at most 256').optional(),
});

export type ModelSettings = z.output<typeof modelSettingsSchema>;
