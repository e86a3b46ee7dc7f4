import { wilsonInterval } from './statistics.ts';

const Z = 1.959963984540054;
/** With fewer nothing can be told from chance. */
const LEAST_FOR_TREND = 5;

/**
 * The 95 % interval of a Poisson count, after Wilson and Hilferty's approximation of the chi-square quantiles (PNAS 17, 1931):
 * the upper end within 1 % of the exact one, the lower within 0.013 or 1 %.
 */
export function poissonInterval(count: number): [low: number, high: number] {
  const cube = (n: number, z: number): number => n * (1 - 1 / (9 * n) + z / (3 * Math.sqrt(n))) ** 3;
  return [count === 0 ? 0 : Math.max(0, cube(count, -Z)), cube(count + 1, Z)];
}

/**
 * Whether a rate changed between two times of given lengths: given all counts, as many fall into the second as chance would have
 * it, unless the Wilson interval of that share says otherwise.
 */
export function trendOf(
  first: { readonly count: number; readonly length: number },
  second: { readonly count: number; readonly length: number },
): 'rising' | 'falling' | 'steady' | 'unknown' {
  const all = first.count + second.count;
  if (all < LEAST_FOR_TREND || first.length <= 0 || second.length <= 0) return 'unknown';
  const [low, high] = wilsonInterval(second.count, all);
  const expected = second.length / (first.length + second.length);
  if (low > expected) return 'rising';
  return high < expected ? 'falling' : 'steady';
}
