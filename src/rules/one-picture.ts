import { WatchwordError } from '../platform/errors.ts';
import type { CompiledRule } from './rule.ts';

/** Throws `unsupported` for a rule that looks back over some time, where single pictures are asked. */
export function checkOnePicture({ overMs }: Pick<CompiledRule, 'overMs'>): void {
  if (overMs === undefined) return;
  throw new WatchwordError(
    'unsupported',
    'this rule asks about several pictures at once, which only live cameras give',
    {
      hint: 'Let it run, or leave "over the last ..." out to try the rest of it',
    },
  );
}
