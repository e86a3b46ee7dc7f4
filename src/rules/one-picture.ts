import { WatchwordError } from '../platform/errors.ts';
import type { CompiledRule } from './rule.ts';

/** Throws `unsupported` for a rule that looks back over some time or is shown examples, where single pictures are asked. */
export function checkOnePicture({ overMs, examples }: Pick<CompiledRule, 'overMs' | 'examples'>): void {
  if (overMs === undefined && examples === undefined) return;
  const what = overMs === undefined ? 'examples' : '"over the last ..."';
  throw new WatchwordError(
    'unsupported',
    'this rule shows the model several pictures at once, which is done live only',
    {
      hint: `Let it run, or leave its ${what} out to try the rest of it`,
    },
  );
}
