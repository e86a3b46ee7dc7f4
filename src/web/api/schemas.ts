import { z } from 'zod';
import { filterSchema } from '../event-filter.ts';

/** The shapes the API speaks; the OpenAPI description is made from them and the tests hold the answers to them. */
const time = z.iso.datetime().describe('ISO 8601, UTC');
const score = z.number().min(0).max(1).describe('P(expected answer)');
const cause = z.string().describe('Why a verdict is unknown, such as `dark` or `camera-lost`');
export const severitySchema = z.enum(['info', 'warning', 'critical']);

export const errorSchema = z.object({
  error: z.object({
    kind: z.string(),
    message: z.string(),
    hint: z.string().describe('What to do about it; may be empty'),
  }),
});

export const cameraSchema = z.object({
  id: z.string(),
  name: z.string(),
  source: z.string().describe('Passwords masked'),
  health: z.enum(['ok', 'degraded', 'down']),
  cause: z.string().describe('Why it is not ok; empty when ok'),
  since: time,
  latestFrame: z.object({ seq: z.int(), capturedAt: time, width: z.int(), height: z.int() }).nullable(),
  snapshotUrl: z.string(),
});

export const ruleSchema = z.object({
  id: z.string(),
  words: z.string(),
  cameras: z.array(z.string()).describe('Ids or globs, as written'),
  enabled: z.boolean(),
  file: z.string(),
  question: z.string(),
  expects: z.enum(['yes', 'no']),
  forMs: z.number(),
  clearAfterMs: z.number(),
  schedule: z.array(z.unknown()).nullable(),
  severity: severitySchema,
  cooldownMs: z.number(),
  remindMs: z.number(),
  everyMs: z.number(),
  overMs: z.number().nullable().describe('The question is asked of several pictures of so long; null: of one picture'),
  examples: z
    .array(z.object({ picture: z.string(), says: z.string() }))
    .describe('Pictures shown to the model before: files beside the rule, and what they show'),
  zone: z.string().nullable(),
  raise: score,
  clear: score,
  spans: z.array(z.object({ start: z.int(), end: z.int(), means: z.string(), value: z.string() })),
  warnings: z.array(z.object({ code: z.string(), message: z.string(), start: z.int(), end: z.int() })),
});

export const findingSchema = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  hint: z.string(),
});

export const stateSchema = z.object({
  rule: z.string(),
  camera: z.string(),
  phase: z.enum(['inactive', 'pending', 'firing']),
  since: time.nullable(),
  value: z.enum(['yes', 'no', 'unknown']).nullable().describe('The last verdict; null: not judged yet'),
  cause: cause.optional(),
  score: score.optional(),
  evaluatedAt: time.nullable(),
  eventId: z.string().optional(),
});

export const eventSchema = z.object({
  id: z.string(),
  rule: z.string(),
  words: z.string(),
  question: z.string(),
  camera: z.string(),
  severity: severitySchema,
  state: z.enum(['open', 'ended']),
  startedAt: time,
  endedAt: time.nullable(),
  stale: z.boolean().describe('Its camera is lost: whether it still holds is unknown'),
  score,
  model: z.string(),
  weightsHash: z.string(),
  revision: z.int(),
  snapshotUrl: z.string(),
  review: z.object({
    mark: z.enum(['right', 'wrong']).nullable(),
    markedBy: z.string().nullable(),
    acknowledgedAt: time.nullable(),
    acknowledgedBy: z.string().nullable(),
    note: z.string(),
  }),
});

export const eventPageSchema = z.object({
  events: z.array(eventSchema).describe('Newest first'),
  next: z.string().nullable().describe('Cursor of the next (older) page; null at the end'),
});

export const scoresSchema = z.object({
  startedAt: time,
  endedAt: time.nullable(),
  raise: score.nullable().describe('null: the rule is no longer in force'),
  clear: score.nullable(),
  points: z.array(
    z.object({ at: time, value: z.enum(['yes', 'no', 'unknown']), score: score.nullable(), cause: cause.nullable() }),
  ),
});

export const healthSchema = z.object({
  overall: z.enum(['ok', 'degraded', 'down']),
  parts: z.array(
    z.object({ part: z.string(), status: z.enum(['ok', 'degraded', 'down']), reason: z.string(), since: time }),
  ),
});

export const systemSchema = z.object({
  version: z.string(),
  node: z.string(),
  run: z.string(),
  startedAt: time,
  time,
  site: z.object({ name: z.string(), timeZone: z.string() }),
  model: z.object({ name: z.string(), dtype: z.string(), device: z.string(), weightsHash: z.string() }).nullable(),
});

export const eventQuerySchema = filterSchema.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const acknowledgeBody = z.object({});
export const markBody = z.object({ mark: z.enum(['right', 'wrong']).nullable().describe('null takes the mark back') });
export const noteBody = z.object({ note: z.string().max(2_000) });
