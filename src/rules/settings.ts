import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';
import type { RuleOverrides } from './compile.ts';
import { formatMs } from './grammar/amounts.ts';
import { LONGEST_LOOKBACK_MS, SHORTEST_LOOKBACK_MS } from './grammar/lookback.ts';
import { WEEKDAYS } from './schedule.ts';

const DAY_MS = 86_400_000;

function duration(example: string, minMs = 0, maxMs = 7 * DAY_MS) {
  return z.string({ error: `must be a duration such as ${example}` }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) context.addIssue(`"${text}" is not a duration: write for example ${example}`);
    else if (ms < minMs) context.addIssue(`must be at least ${minMs} ms`);
    else if (ms > maxMs) context.addIssue(`must be at most ${formatMs(maxMs)}`);
    else return ms;
    return z.NEVER;
  });
}

const share = z
  .number({ error: 'must be a number between 0 and 1' })
  .min(0, 'must be between 0 and 1')
  .max(1, 'must be between 0 and 1');
const text = z.string({ error: 'must be a text' }).trim().min(1, 'must not be empty');

const clockTime = z
  .string({ error: 'must be a time such as "08:00"' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as "08:00", in quotes');
const scheduleWindow = z.union(
  [
    z.strictObject({ days: z.array(z.enum(WEEKDAYS)).min(1, 'must name a day'), from: clockTime, to: clockTime }),
    z.strictObject({ calendar: text.transform((name) => name.toLowerCase()), negate: z.boolean().default(false) }),
  ],
  { error: 'must be { days: [mon], from: "08:00", to: "20:00" } or { calendar: opening hours, negate: false }' },
);

/** So many earlier thresholds stay, to go back to. */
export const MOST_FITS = 10;
const fittedThresholds = z.strictObject(
  {
    raise: share,
    clear: share,
    /** When it was fitted, and to what. */
    at: text.optional(),
    from: text.optional(),
    /** How often an alert with a score is right: see calibration.ts. */
    slope: z.number().optional(),
    intercept: z.number().optional(),
  },
  { error: 'must be { raise: 0.7, clear: 0.5 }' },
);

export type FittedThresholds = z.output<typeof fittedThresholds>;

/** More cost a look seconds and tell a small model nothing more. */
const MOST_EXAMPLES = 4;
const examplePicture = text
  .max(200, 'may have at most 200 characters')
  .refine((path) => !/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(path), {
    error: 'must be a file in the rules folder, such as examples/full.jpg',
  });
const examples = z
  .array(
    z.strictObject(
      { picture: examplePicture, says: text.max(120, 'may have at most 120 characters') },
      { error: 'must be { picture: examples/full.jpg, says: "This shelf is full." }' },
    ),
  )
  .min(1, 'must name a picture')
  .max(MOST_EXAMPLES, `may be at most ${MOST_EXAMPLES}`);

const notAMapping = (issue: { code?: string }): string | undefined =>
  issue.code === 'invalid_type' ? 'the file must begin with "rule:" and one English sentence' : undefined;

/** A rule file as a person writes it. Only `rule` must be there; every other key wins over what the sentence says. */
export const ruleFileSchema = z.strictObject(
  {
    /** The English sentence. */
    rule: z
      .string({ error: 'must be one English sentence, such as "Alert me when a shelf is empty for 5 minutes"' })
      .min(1, 'must not be empty')
      .max(500, 'may have at most 500 characters: one rule is one sentence'),
    /** Camera ids or globs. Default: where the sentence says, else all cameras. */
    cameras: z
      .union([text.transform((one) => [one]), z.array(text).min(1, 'must name a camera')], {
        error: 'must be a camera or a list of cameras, such as [aisle-*]',
      })
      .optional(),
    enabled: z.boolean({ error: 'must be true or false' }).default(true),
    question: text.max(300, 'may have at most 300 characters').optional(),
    expects: z.enum(['yes', 'no'], { error: 'must be yes or no, in quotes' }).optional(),
    for: duration('30s').optional(),
    clearAfter: duration('10s').optional(),
    every: duration('2s', 100).optional(),
    over: duration('10s', SHORTEST_LOOKBACK_MS, LONGEST_LOOKBACK_MS).optional(),
    cooldown: duration('1h').optional(),
    remind: duration('10m', 10_000).optional(),
    severity: z.enum(['info', 'warning', 'critical'], { error: 'must be info, warning or critical' }).optional(),
    /** Words as in a sentence (`weekdays 8am-10pm`, `outside opening hours`, `always`), or a list of windows. */
    schedule: z
      .union([text, z.array(scheduleWindow).min(1, 'must have a window')], {
        error: 'must be words such as "weekdays 8am-10pm", or a list of windows',
      })
      .optional(),
    /** Pictures whose meaning is known, relative to this file. */
    examples: examples.optional(),
    zone: text.optional(),
    raise: share.optional(),
    clear: share.optional(),
    minMass: share.optional(),
    /** Written by `watchword rules fit`: thresholds per camera, the newest first; the first is in force. */
    fitted: z
      .record(
        z.string(),
        z.array(fittedThresholds).min(1, 'must hold thresholds').max(MOST_FITS, `holds ${MOST_FITS} at most`),
        {
          error: 'must be { aisle-1: [{ raise: 0.7, clear: 0.5 }] }',
        },
      )
      .optional(),
  },
  { error: notAMapping },
);

function inForce(fitted: Readonly<Record<string, readonly FittedThresholds[]>>): RuleOverrides['fitted'] {
  return Object.fromEntries(
    Object.entries(fitted).flatMap(([camera, [first]]) =>
      first ? [[camera, { raise: first.raise, clear: first.clear }]] : [],
    ),
  );
}

export type RuleFile = z.output<typeof ruleFileSchema>;

/** The file's own settings as the compiler takes them, the schedule apart: only the keys that were written. */
export function overridesOf(file: RuleFile): RuleOverrides {
  const named = {
    question: file.question,
    expects: file.expects,
    forMs: file.for,
    clearAfterMs: file.clearAfter,
    everyMs: file.every,
    overMs: file.over,
    cooldownMs: file.cooldown,
    remindMs: file.remind,
    severity: file.severity,
    examples: file.examples,
    zone: file.zone,
    raise: file.raise,
    clear: file.clear,
    minMass: file.minMass,
    fitted: file.fitted && inForce(file.fitted),
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
