import { z } from 'zod';
import type { AuditAct, AuditFilter } from '../store/audit.ts';
import { day, text, toDays } from './event-filter.ts';
import { enAudit } from './messages/en-audit.ts';
import type { TimeText } from './time-text.ts';

/** Stands for whoever is not known in an address; no user and no token can have this name. */
export const NOBODY = '-';
/** In the order people are offered them. */
export const AUDIT_ACTS = Object.keys(enAudit.acts) as AuditAct[];

/** The filter as it stands in an address: every part optional, empty means any. */
export const auditFilterSchema = z.object({
  who: text(64),
  act: z.enum(['', ...AUDIT_ACTS]).default(''),
  text: text(100),
  from: day,
  to: day,
  /** The number of the entry behind which the page begins. */
  cursor: z.union([z.literal(''), z.string().regex(/^\d{1,15}$/, 'is a number')]).default(''),
});

export type AuditForm = z.infer<typeof auditFilterSchema>;

/** Throws `invalid-input` for a day that does not exist. */
export function toAuditFilter(form: AuditForm, times: TimeText): AuditFilter {
  return {
    ...(form.who && { who: form.who === NOBODY ? null : form.who }),
    ...(form.act && { act: form.act }),
    ...(form.text && { text: form.text }),
    ...toDays(form, times),
  };
}
