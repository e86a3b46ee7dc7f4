import { z } from 'zod';

const time = z.iso.datetime();
const share = z.number().min(0).max(1);
const ms = z.number().nonnegative();
const about = { rule: z.string(), camera: z.string(), words: z.string() };

const eventSchema = z.object({
  id: z.string(),
  ...about,
  severity: z.enum(['info', 'warning', 'critical']),
  startedAt: time,
  endedAt: time.nullable(),
  lastedMs: ms,
  endReason: z.string().nullable(),
  stale: z.boolean(),
  acknowledgedBy: z.string().nullable(),
  mark: z.enum(['right', 'wrong']).nullable(),
  note: z.string(),
});

export const reportQuerySchema = z.object({
  kind: z.enum(['day', 'shift']).default('day'),
  date: z.iso.date().optional().describe('Day of the site on which it began; default: what is on now'),
  shift: z.string().optional().describe('Name of the shift'),
});

export const reportSchema = z.object({
  key: z.string().describe('The same for the same day or shift, however often it is told'),
  kind: z.enum(['day', 'shift']),
  shift: z.string().nullable(),
  date: z.iso.date(),
  from: time,
  until: time,
  madeAt: time,
  complete: z.boolean().describe('False while its time is not over'),
  counts: z.object({
    started: z.int(),
    resolved: z.int(),
    open: z.int(),
    critical: z.int(),
    acknowledged: z.int(),
    wrong: z.int(),
  }),
  open: z.array(eventSchema),
  repeated: z.array(z.object({ ...about, times: z.int(), totalMs: ms })),
  resolved: z.array(eventSchema),
  timeToFix: z.object({
    medianMs: ms.nullable(),
    rules: z.array(z.object({ rule: z.string(), words: z.string(), resolved: z.int(), medianMs: ms, longestMs: ms })),
  }),
  coverage: z.object({
    share: share.nullable(),
    pairs: z.array(z.object({ ...about, share, scheduledMs: ms, lostMs: ms, mainCause: z.string().nullable() })),
  }),
  cameras: z.array(z.object({ camera: z.string(), problems: z.int(), blindMs: ms, causes: z.array(z.string()) })),
  cut: z.boolean(),
});
