import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all garbage once, within some 50 ms. For the end of the start-up: V8 takes what the start left behind for the size that
 * the heap needs, and the first minute then grows it by the same again before it looks.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
