import { z } from 'zod';

const time = z.iso.datetime().describe('ISO 8601, UTC');
const given = z.iso.datetime({ offset: true }).describe('ISO 8601');
const share = z.number().min(0).max(1);
const score = share.describe('P(expected answer)');
const ms = z.number().describe('Milliseconds');
const length = z
  .number()
  .min(0)
  .max(7 * 86_400_000)
  .describe('Milliseconds, at most 7 days');
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day looks like 2026-03-02')
  .describe('A day of the site');
const mark = z.enum(['right', 'wrong']);
const value = z.enum(['yes', 'no', 'unknown']);
const gap = z.object({
  ms,
  from: time,
  cause: z.string().describe('What it began with, such as `dark` or `not-asked`'),
});
const watched = {
  scheduledMs: ms,
  evaluatedMs: ms,
  gatedMs: ms.describe('Not asked because nothing had changed'),
  lostMs: z.record(z.string(), ms).describe('By cause'),
  longestGap: gap.nullable(),
};

export const backtestOrderBody = z
  .object({
    rule: z.string().max(64).optional().describe('A rule by its id'),
    words: z.string().max(500).optional().describe('A sentence that is not saved'),
    cameras: z.array(z.string().max(100)).max(500).optional().describe('Of that sentence'),
    camera: z.string().max(200),
    since: given.describe('From when on, ISO 8601'),
    until: given.optional().describe('Up to when; now if it is missing'),
    raise: share.optional().describe('Instead of what the rule says, as all below'),
    clear: share.optional(),
    forMs: length.optional(),
    clearAfterMs: length.optional(),
    schedule: z.string().max(200).optional().describe('Words as in a rule file, such as `weekdays 8am-10pm`'),
  })
  .refine(({ rule, words }) => rule !== undefined || words !== undefined, {
    error: 'name a rule or write a sentence',
    path: ['rule'],
  });
export const frameMarkBody = z.object({ mark: mark.nullable().describe('null takes the mark back') });
export const fitBody = z.object({
  target: z.number().min(0).max(10_000).default(2).describe('False alarms a week at most'),
});
export const applyFitBody = z.object({ raise: share.describe('As it was proposed') });

const markedShare = z.object({ share, low: share, high: share, of: z.int() }).nullable();
const thresholds = z.object({ raise: share, clear: share });
const fitFigures = z.object({ balancedAccuracy: share, falseAlarmsPerWeek: z.number() });

const resultSchema = z.object({
  events: z
    .array(
      z.object({
        startedAt: time,
        endedAt: time.nullable(),
        endReason: z.string().nullable(),
        alertedAt: time.nullable(),
        score,
      }),
    )
    .describe('Oldest first, at most some hundreds'),
  eventCount: z.int(),
  alertCount: z.int(),
  alertsPerDay: z.number(),
  looks: z.object({ stored: z.int(), pictures: z.int(), asked: z.int() }),
  coverage: z.object({ share: share.nullable().describe('null: the rule was never on'), ...watched }),
  timeline: z
    .array(
      z.object({
        from: time,
        yes: z.int(),
        no: z.int(),
        unknown: z.int(),
        min: score.nullable(),
        max: score.nullable(),
        mean: score.nullable(),
      }),
    )
    .describe('Parts of the time; those without a look are left out'),
  frames: z.array(
    z.object({
      at: z.int().describe('Its name in addresses: the milliseconds of capturedAt'),
      capturedAt: time,
      role: z.enum(['deciding', 'near']),
      value: value.describe('What the rule reads there'),
      score,
      mark: mark.nullable().describe('Whether that reading is right'),
      markedBy: z.string().nullable(),
      snapshotUrl: z.string(),
    }),
  ),
  figures: z
    .object({ marked: z.int(), precision: markedShare, recall: markedShare })
    .describe('With 95 % Wilson intervals'),
});

const fitSchema = z.object({
  target: z.number(),
  now: thresholds,
  refused: z.enum(['marks', 'met', 'unreachable']).nullable(),
  message: z.string().describe('Why there is none; empty when there is one'),
  fitted: thresholds
    .extend({
      right: z.int(),
      wrong: z.int(),
      before: fitFigures,
      after: fitFigures,
      heldOut: share.describe('Balanced accuracy to expect of other pictures'),
    })
    .nullable(),
});

export const backtestSchema = z.object({
  id: z.string(),
  rule: z.string().nullable().describe('null: a sentence that is not saved'),
  words: z.string(),
  question: z.string(),
  expects: z.enum(['yes', 'no']),
  raise: share,
  clear: share,
  forMs: ms,
  clearAfterMs: ms,
  camera: z.string(),
  since: time,
  until: time,
  orderedBy: z.string(),
  orderedAt: time,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  ahead: z.int().describe('Others before it'),
  progress: z.object({ asked: z.int(), toAsk: z.int() }).nullable().describe('Pictures put to the model'),
  problem: z.string().nullable().describe('Why it failed'),
  result: resultSchema.nullable().describe('null before it is done, and in lists'),
  fit: fitSchema.nullable(),
});

export const removedSchema = z.object({ id: z.string() });
export const appliedSchema = z.object({ rule: z.string() });

/** For the timeline of pages; the same shape as an event's scores, with any number of bands. */
export const backtestScoresSchema = z.object({
  raise: share,
  clear: share,
  bands: z.array(z.object({ startedAt: time, endedAt: time.nullable() })),
  points: z.array(
    z.object({ at: time, value, score: score.nullable().describe('The best of its part'), cause: z.null() }),
  ),
});

export const daySpanQuery = z.object({ from: day.optional(), to: day.optional() });
export const coverageQuery = daySpanQuery.extend({
  rule: z.string().max(64).optional(),
  camera: z.string().max(200).optional(),
});
export const coverageSchema = z.array(z.object({ rule: z.string(), camera: z.string(), day, share, ...watched }));
export const falseAlarmsSchema = z.array(
  z.object({
    camera: z.string(),
    events: z.int(),
    right: z.int(),
    wrong: z.int(),
    perDay: z
      .object({ rate: z.number(), low: z.number(), high: z.number() })
      .nullable()
      .describe('Events marked wrong, with the 95 % interval'),
    trend: z.enum(['rising', 'falling', 'steady', 'unknown']).describe('The second half of the days against the first'),
    days: z.array(z.object({ day, events: z.int(), right: z.int(), wrong: z.int() })),
  }),
);
