import type { ModelPackage } from '../package.ts';
import type { TextTokenizer } from '../tokenizer.ts';
import type { Family } from './family.ts';
import { createQwen2Vl } from './qwen2-vl.ts';

/**
 * Qwen2.5-VL (model type `qwen2_5_vl`). Its encoder's attention looks through windows, which is inside the published graph; a
 * still picture is cut and stands in the prompt as in Qwen2-VL (time, which is new in its positions, does not pass in one).
 */
export function createQwen25Vl(files: ModelPackage, tokenizer: TextTokenizer): Family {
  return createQwen2Vl(files, tokenizer, 'qwen2_5_vl');
}
