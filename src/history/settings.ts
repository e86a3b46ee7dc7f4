import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;

function duration(limits: { minMs: number; maxMs: number; example: string }) {
  return z.string({ error: `must be a duration such as ${limits.example}` }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= limits.minMs && ms <= limits.maxMs) return ms;
    context.addIssue(
      ms === undefined
        ? `"${text}" is not a duration: write for example ${limits.example}`
        : `must be between ${limits.minMs / 1000} s and ${limits.maxMs / DAY_MS} days`,
    );
    return z.NEVER;
  });
}

/** What is kept of what the cameras showed, so that a rule can be tried on the past before it goes live. */
export const historySettingsSchema = z
  .strictObject({
    /** false: no frames are kept; a backtest then knows only questions that were asked. */
    enabled: z.boolean({ error: 'must be true or false' }).default(true),
    /** Frames older than this go. Default 7d. */
    maxAge: duration({ minMs: 60_000, maxMs: 366 * DAY_MS, example: '7d' }).prefault('7d'),
    /** When all frames together take more than this, the oldest go. Default 5. */
    maxGigabytes: z
      .number({ error: 'must be a number of gigabytes, such as 5' })
      .min(0.01, 'must be at least 0.01')
      .max(100_000, 'may be at most 100000')
      .default(5),
    /** Least time between two frames of one camera. Default 2s. */
    every: duration({ minMs: 100, maxMs: 3_600_000, example: '2s' }).prefault('2s'),
  })
  .transform(({ enabled, maxAge, maxGigabytes, every }) => ({
    enabled,
    maxAgeMs: maxAge,
    maxBytes: Math.round(maxGigabytes * GIB),
    everyMs: every,
  }));

export type HistorySettings = z.output<typeof historySettingsSchema>;
