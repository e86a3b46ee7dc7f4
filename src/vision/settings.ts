import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';

export const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt'] as const;

const LONGEST_TIMEOUT_MS = 600_000;

const timeoutSchema = z.string({ error: 'must be a duration such as 30s' }).transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 100 && ms <= LONGEST_TIMEOUT_MS) return ms;
  context.addIssue(
    ms === undefined ? `"${text}" is not a duration: write for example 30s` : 'must be between 100 ms and 10 minutes',
  );
  return z.NEVER;
});

/** What belongs to a package on this box, and what to a server elsewhere. */
const PACKAGE_ONLY = ['package', 'repository', 'revision', 'dtype', 'device', 'threads'] as const;
/** What says where a package comes from needs the package. */
const ORIGIN = ['repository', 'revision'] as const;
const ENDPOINT_ONLY = ['name', 'apiKey', 'timeout', 'concurrency', 'price'] as const;

const amount = z.number('must be a number').min(0, 'must not be negative');

/** A package that runs on this box, or a server that is asked. */
const oneModelSchema = z.strictObject({
  /** Folder of a model package. Default: the bundled watchword-tiny, which knows the rendered demo store only. */
  package: z.string().min(1, 'must not be empty').optional(),
  /** Where `watchword models pull` fetches it from: owner/name, or the address of a mirror that ends so. */
  repository: z.string().min(1, 'must not be empty').optional(),
  /** The commit of it that may be used; a package of another one is refused. */
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/, 'must be a commit of 40 hexadecimal digits')
    .optional(),
  /** fp32, fp16, q8, q4, ... Default: the smallest the package has that runs well on this device. */
  dtype: z.string().min(1, 'must not be empty').optional(),
  device: z.enum(DEVICES, { error: `must be one of ${DEVICES.join(', ')}` }).optional(),
  /** Threads of one inference. Default: what the runtime finds best for this machine. */
  threads: z.int('must be a whole number').min(1, 'must be at least 1').max(256, 'may be at most 256').optional(),
  /** An OpenAI-compatible server (vLLM, NIM, llama.cpp, Ollama, another Watchword), such as http://192.168.1.30:8000/v1. */
  endpoint: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  /** The model's name at that server. May be left out where it serves one only. */
  name: z.string().min(1, 'must not be empty').optional(),
  /** Sent as a bearer token. */
  apiKey: z.string('must be a text (quote it)').min(1, 'must not be empty').optional(),
  /** Longest time from a question to the end of its answer. Default 30s. */
  timeout: timeoutSchema.optional(),
  /** Requests under way at once. Default 4. */
  concurrency: z.int('must be a whole number').min(1, 'must be at least 1').max(64, 'may be at most 64').optional(),
  /** What the server's owner asks per million tokens, in whatever currency; the metrics then tell the cost. */
  price: z.strictObject({ input: amount, output: amount }).optional(),
});

type OneModel = z.output<typeof oneModelSchema>;
type Problem = { readonly path: string; readonly message: string };

function problemsOf(value: OneModel): Problem[] {
  const wrong = value.endpoint === undefined ? ENDPOINT_ONLY : PACKAGE_ONLY;
  const message = value.endpoint === undefined ? 'needs "endpoint"' : 'does not go together with "endpoint"';
  const problems: Problem[] = wrong.filter((name) => value[name] !== undefined).map((path) => ({ path, message }));
  if (value.package !== undefined || value.endpoint !== undefined) return problems;
  const homeless = ORIGIN.filter((name) => value[name] !== undefined);
  return [...problems, ...homeless.map((path) => ({ path, message: 'needs "package"' }))];
}

function named<T extends OneModel>({ device = 'auto', timeout, ...settings }: T) {
  return { ...settings, device, timeoutMs: timeout };
}

const standbySchema = oneModelSchema
  .check(({ value, issues }) => {
    for (const { path, message } of problemsOf(value))
      issues.push({ code: 'custom', path: [path], message, input: value });
  })
  .transform(named);

/** The `model:` section. */
export const modelSettingsSchema = oneModelSchema
  .extend({
    /** What answers while the server does not: another server, or a package on this box (`{}`: the bundled one). */
    standby: standbySchema.optional(),
  })
  .check(({ value, issues }) => {
    for (const { path, message } of problemsOf(value))
      issues.push({ code: 'custom', path: [path], message, input: value });
    if (value.standby && value.endpoint === undefined)
      issues.push({ code: 'custom', path: ['standby'], message: 'needs "endpoint"', input: value.standby });
  })
  .transform(({ standby, ...settings }) => ({ ...named(settings), standby }));

/** One model's settings, the first's or the stand-by's. */
export type OneModelSettings = z.output<typeof standbySchema>;
export type ModelSettings = z.output<typeof modelSettingsSchema>;
