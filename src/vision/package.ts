import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { WatchwordError } from '../platform/errors.ts';
import { readPackageJson, readPackageText } from './json.ts';
import { findWeights, type Weights, type WeightTaste } from './weights.ts';

const tokenIds = z.union([z.int(), z.array(z.int())]).optional();

const textFields = {
  hidden_size: z.int().positive().optional(),
  num_key_value_heads: z.int().positive().optional(),
  num_attention_heads: z.int().positive().optional(),
  head_dim: z.int().positive().nullish(),
  max_position_embeddings: z.int().positive().optional(),
  eos_token_id: tokenIds.nullish(),
};

const configSchema = z
  .looseObject({
    ...textFields,
    model_type: z.string(),
    image_token_id: z.int().optional(),
    image_token_index: z.int().optional(),
    scale_factor: z.int().positive().optional(),
    image_seq_length: z.int().positive().optional(),
    vision_feature_select_strategy: z.string().optional(),
    text_config: z.looseObject(textFields).optional(),
    vision_config: z
      .looseObject({
        image_size: z.int().positive().optional(),
        patch_size: z.int().positive().optional(),
        spatial_merge_size: z.int().positive().optional(),
      })
      .default({}),
  })
  // Some kinds (Qwen2-VL) describe their language model at the top level.
  .transform((config) => ({ ...config, text_config: config.text_config ?? config }));
export type ModelConfig = z.infer<typeof configSchema>;

const looseSchema = z.looseObject({});
const generationSchema = z.looseObject({ eos_token_id: tokenIds.nullish() });
const templateSchema = z.looseObject({ chat_template: z.unknown().optional() });

/** How Watchword asks this package: `watchword.json`, our one optional addition to the published layout. */
const formSchema = z.strictObject({
  /** How a question is put; `{question}` stands for its words. */
  question: z
    .string()
    .refine((form) => form.includes('{question}'), 'must hold {question}')
    .default('{question} Answer yes or no.'),
  /** How a description is asked for when nobody says otherwise. */
  describe: z.string().default('Describe the picture.'),
  /** Less yes/no mass than this means that the model did not answer. */
  minMass: z.number().min(0).max(1).default(0.2),
});
export type PackageForm = z.infer<typeof formSchema>;

/** A model folder in Hugging Face layout, read but not loaded. */
export interface ModelPackage {
  readonly dir: string;
  /** The folder's name. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly preprocessor: Record<string, unknown>;
  readonly processor: Record<string, unknown>;
  readonly tokenizer: Record<string, unknown>;
  readonly tokenizerConfig: Record<string, unknown>;
  /** Jinja source of the chat template. */
  readonly chatTemplate: string;
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  readonly form: PackageForm;
  readonly weights: Weights;
}

/** Reads a package and finds its weights. Every error names the file and what to do. */
export async function openPackage(packageDir: string, dtype?: string, taste?: WeightTaste): Promise<ModelPackage> {
  const dir = resolve(packageDir);
  const folder = await stat(dir).catch(() => undefined);
  if (!folder?.isDirectory()) {
    throw new WatchwordError('not-found', 'there is no model package here', {
      where: dir,
      hint: 'Name a folder in Hugging Face layout, see models/README.md',
    });
  }
  const file = (name: string): string => join(dir, name);
  const config = await readPackageJson(file('config.json'), configSchema);
  const [preprocessor, processor, tokenizer, tokenizerConfig, generation, form, weights] = await Promise.all([
    readPackageJson(file('preprocessor_config.json'), looseSchema),
    readOptional(file('processor_config.json'), looseSchema, {}),
    readPackageJson(file('tokenizer.json'), looseSchema),
    readOptional(file('tokenizer_config.json'), looseSchema, {}),
    readOptional(file('generation_config.json'), generationSchema, {}),
    readOptional(file('watchword.json'), formSchema, formSchema.parse({})),
    findWeights(dir, dtype, taste),
  ]);
  const chatTemplate = await readChatTemplate(dir, tokenizerConfig, processor);
  const ends = [generation.eos_token_id, config.eos_token_id, config.text_config.eos_token_id].find(
    (ids) => ids !== undefined && ids !== null,
  );
  return {
    dir,
    name: basename(dir),
    config,
    preprocessor,
    processor,
    tokenizer,
    tokenizerConfig,
    chatTemplate,
    endTokens: [ends ?? []].flat(),
    form,
    weights,
  };
}

/** Newer packages carry a file of its own (.jinja, then .json), older ones a field of the tokenizer or processor settings. */
async function readChatTemplate(dir: string, ...settings: ReadonlyArray<Record<string, unknown>>): Promise<string> {
  const source = join(dir, 'chat_template.jinja');
  if (await isFile(source)) return readPackageText(source);
  const wrapped = await readOptional(join(dir, 'chat_template.json'), templateSchema, {});
  for (const holder of [wrapped, ...settings]) {
    const template = holder.chat_template;
    if (typeof template === 'string') return template;
    // Several named templates: the one called default is for conversations.
    const named = Array.isArray(template)
      ? template.find((entry: { name?: unknown }) => entry?.name === 'default')
      : undefined;
    if (typeof named?.template === 'string') return named.template;
  }
  throw new WatchwordError('not-found', 'the model package has no chat template', {
    where: dir,
    hint: 'Add chat_template.json, chat_template.jinja or tokenizer_config.json from the published package',
  });
}

async function readOptional<T>(path: string, schema: z.ZodType<T>, otherwise: T): Promise<T> {
  return (await isFile(path)) ? readPackageJson(path, schema) : otherwise;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
