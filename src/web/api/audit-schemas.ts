import { z } from 'zod';
import { auditFilterSchema } from '../audit-filter.ts';

export const auditQuerySchema = auditFilterSchema.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const auditPageSchema = z.object({
  entries: z
    .array(
      z.object({
        id: z.int(),
        at: z.iso.datetime().describe('ISO 8601, UTC'),
        who: z
          .string()
          .nullable()
          .describe('A user or a token; `mqtt`, `cli` or `box` for what is none; null: not known. Filter with `who=-`'),
        act: z.string().describe('What was done, such as `rule-saved`'),
        about: z.string().describe('Id or name of what was changed'),
        detail: z.string().describe('The new value in a few words; never a secret'),
      }),
    )
    .describe('Newest first'),
  next: z.string().nullable().describe('Cursor of the next (older) page; null at the end'),
});
