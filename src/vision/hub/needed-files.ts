import { WatchwordError } from '../../platform/errors.ts';
import { chooseWeights, describeDtype, WEIGHT_PARTS } from '../weights.ts';
import type { RemoteFile } from './repository.ts';

/** Files beside the weights that the loader reads, or that say what may be done with the model. */
const SETTINGS = new Set([
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'video_preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.json',
  'chat_template.jinja',
  'watchword.json',
]);
const READ_BY_PEOPLE = /^(README\.md|(LICEN[CS]E|NOTICE|COPYING)[\w.-]*)$/i;
const WEIGHTS = /^onnx\/[\w.-]+$/;

/** Whether a file can be part of a package at all: what else a repository holds is never looked at. */
export function canBeNeeded(path: string): boolean {
  return SETTINGS.has(path) || READ_BY_PEOPLE.test(path) || WEIGHTS.test(path);
}

export interface NeededFiles {
  readonly files: readonly RemoteFile[];
  /** As `--dtype` takes it. */
  readonly dtype: string;
  readonly bytes: number;
}

/** The files that a precision needs and no others. Throws `not-found` naming what the repository lacks. */
export function neededFiles(files: readonly RemoteFile[], dtype: string | undefined, where: string): NeededFiles {
  const byPath = new Map(files.filter(({ path }) => canBeNeeded(path)).map((file) => [file.path, file]));
  for (const name of ['config.json', 'preprocessor_config.json', 'tokenizer.json']) {
    if (byPath.has(name)) continue;
    throw new WatchwordError('not-found', `the repository has no ${name}`, {
      where,
      hint: 'Name a vision-language model that is published for ONNX Runtime (its name often ends in -ONNX)',
    });
  }
  const names = new Set([...byPath.keys()].filter((path) => WEIGHTS.test(path)).map((path) => path.slice(5)));
  const chosen = chooseWeights(names, dtype, where);
  const weights = WEIGHT_PARTS.flatMap((part) =>
    [chosen[part].name, ...chosen[part].data].map((name) => `onnx/${name}`),
  );
  const wanted = new Set([...[...byPath.keys()].filter((path) => !WEIGHTS.test(path)), ...weights]);
  const needed = [...byPath.values()].filter(({ path }) => wanted.has(path));
  // Small ones first: what is wrong with a package shows in them.
  needed.sort((a, b) => a.size - b.size || a.path.localeCompare(b.path));
  return { files: needed, dtype: describeDtype(chosen), bytes: needed.reduce((sum, { size }) => sum + size, 0) };
}
