import { WatchwordError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import type { Family } from './families/family.ts';
import { createGemma3 } from './families/gemma3.ts';
import { createIdefics3 } from './families/idefics3.ts';
import { createLfm2Vl } from './families/lfm2-vl.ts';
import { createLlava } from './families/llava.ts';
import { createQwen25Vl } from './families/qwen2-5-vl.ts';
import { createQwen2Vl } from './families/qwen2-vl.ts';
import type { ModelPackage } from './package.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** Every kind of checkpoint that can be loaded, by `model_type` in its config.json. */
const FAMILIES: Record<string, (files: ModelPackage, tokenizer: TextTokenizer) => Family> = {
  idefics3: createIdefics3,
  smolvlm: createIdefics3,
  llava: createLlava,
  llava_onevision: createLlava,
  qwen2_vl: createQwen2Vl,
  qwen2_5_vl: createQwen25Vl,
  gemma3: createGemma3,
  lfm2_vl: createLfm2Vl,
};

export function createFamily(files: ModelPackage, tokenizer: TextTokenizer): Family {
  const type = files.config.model_type;
  const create = Object.hasOwn(FAMILIES, type) ? FAMILIES[type] : undefined;
  return create ? create(files, tokenizer) : refuse(type, files.dir);
}

/** Throws `unsupported`, naming what is supported, for a kind of model that cannot be run. */
export function checkModelType(type: string, where: string): void {
  if (!Object.hasOwn(FAMILIES, type)) refuse(type, where);
}

function refuse(type: string, where: string): never {
  const known = Object.keys(FAMILIES);
  const [near] = nearest(type, known);
  throw new WatchwordError('unsupported', `config.json: model_type "${type}" is not supported`, {
    where,
    hint: near ? `Did you mean ${near}? Supported: ${known.join(', ')}` : `Supported: ${known.join(', ')}`,
  });
}
