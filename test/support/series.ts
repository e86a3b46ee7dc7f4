import type { Verdict } from '../../src/rules/verdict.ts';

export type SeriesValue = Verdict['value'];

export interface Sample {
  readonly value: SeriesValue;
  /** Monotonic ms. */
  readonly at: number;
}

const VALUES: Record<string, SeriesValue> = { y: 'yes', n: 'no', '?': 'unknown' };

/**
 * A compact series of verdicts, as promtool writes series: `n y3 ?2 n` is no, three times yes, twice unknown, no, one
 * every `everyMs` from `startAt` on. `_4` lets four intervals pass without a sample.
 */
export function series(text: string, options: { everyMs?: number; startAt?: number } = {}): Sample[] {
  const { everyMs = 1_000, startAt = 0 } = options;
  const samples: Sample[] = [];
  let at = startAt;
  for (const word of text.trim().split(/\s+/)) {
    const match = /^([yn?_])(\d*)$/.exec(word);
    if (!match) throw new Error(`series: "${word}" is not y, n, ? or _ with an optional count`);
    const value = VALUES[match[1] ?? ''];
    for (let count = Number(match[2] || 1); count > 0; count--) {
      if (value) samples.push({ value, at });
      at += everyMs;
    }
  }
  return samples;
}
