import { z } from 'zod';

export const frameMarkForm = z.object({
  at: z.coerce.number().int().min(0),
  mark: z.enum(['right', 'wrong', 'none']),
});
export const targetForm = z.object({ target: z.coerce.number().min(0).max(10_000) });
export const applyForm = z.object({ raise: z.coerce.number().min(0).max(1) });
