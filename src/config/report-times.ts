import { z } from 'zod';

/** Minutes after midnight of `06:30`. */
const clockTime = z
  .string({ error: 'must be a time of the day such as "06:00" (quote it)' })
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'must be a time of the day such as "06:00"')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number);
    return hours * 60 + minutes;
  });

const shiftName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} -]{0,39}$/u, 'a shift is called by letters, digits and spaces');

/** When reports are told to subscribers, by the site's clock. */
export const reportSettingsSchema = z
  .strictObject({
    /** When yesterday's report is told; false: never. */
    day: z.union([z.literal(false), clockTime]).prefault('06:00'),
    /** When each shift begins; it lasts until the next one. Its report is told when it is over. An empty map: no shifts. */
    shifts: z
      .record(shiftName, clockTime)
      .prefault({ early: '06:00', late: '14:00', night: '22:00' })
      .refine((shifts) => new Set(Object.values(shifts)).size === Object.keys(shifts).length, {
        error: 'two shifts begin at the same time',
      })
      .refine((shifts) => Object.keys(shifts).length <= 12, { error: 'may be at most 12' }),
  })
  .transform(({ day, shifts }) => ({
    dayAt: day === false ? null : day,
    shifts: Object.entries(shifts).map(([name, startsAt]) => ({ name, startsAt })),
  }));
