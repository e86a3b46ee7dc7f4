import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';

const HOUR_MS = 3_600_000;
const MAX_EVERY_MS = 31 * 24 * HOUR_MS;

const interval = z.string({ error: 'must be a duration such as 1d' }).transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= HOUR_MS && ms <= MAX_EVERY_MS) return ms;
  context.addIssue(
    ms === undefined ? `"${text}" is not a duration: write for example 1d` : 'must be between 1 h and 31 days',
  );
  return z.NEVER;
});

/** Backups of the database that the box writes by itself. */
export const backupSettingsSchema = z
  .strictObject({
    /** false: none are written. */
    enabled: z.boolean({ error: 'must be true or false' }).default(true),
    /** Where to, relative to the configuration; best another disk or a mounted share. Default: `backups` in the data folder. */
    folder: z.string().min(1, 'must not be empty').optional(),
    every: interval.prefault('1d'),
    /** How many are kept; the oldest go. */
    keep: z.int('must be a whole number').min(1, 'must be 1 to 365').max(365, 'must be 1 to 365').default(3),
  })
  .transform(({ every, ...rest }) => ({ ...rest, everyMs: every }));

export type BackupSettings = z.output<typeof backupSettingsSchema>;
