import { z } from 'zod';
import { mqttSettingsSchema, webhookSettingsSchema } from '../alerts/settings.ts';
import { cameraSettingsSchema } from '../cameras/settings.ts';
import { historySettingsSchema } from '../history/settings.ts';
import { backupSettingsSchema } from '../store/settings.ts';
import { modelSettingsSchema } from '../vision/settings.ts';
import { nvidiaSettingsSchema } from '../web/drop-in/settings.ts';
import { calendarSchema } from './calendars.ts';
import { reportSettingsSchema } from './report-times.ts';

const idSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'an id is made of small letters, digits and dashes, such as "aisle-1"');

const timeZoneSchema = z
  .string()
  .refine(isTimeZone, { error: 'is not a time zone this machine knows, such as Europe/Berlin' });

const siteSchema = z.strictObject({
  /** Part of every MQTT topic, so it must stay the same. */
  id: idSchema.default('store'),
  name: z.string().min(1, 'must not be empty').max(80, 'may have at most 80 characters').default('Watchword'),
  /** Schedules and pages use it. Default: the machine's. */
  timeZone: timeZoneSchema.default(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
});

const path = (what: string) => z.string(`${what} must be the path of a PEM file`).min(1, 'must not be empty');

const webSchema = z.strictObject({
  /** 127.0.0.1 shows the page on this machine only, 0.0.0.0 on the network. */
  host: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  port: z
    .int('must be a whole number')
    .min(0, 'must be 0 (any free port) to 65535')
    .max(65_535, 'must be 0 (any free port) to 65535')
    .default(8480),
  /** HTTPS: with a certificate that the box makes for itself at its first start, or with one of your own. */
  tls: z
    .union([z.literal('self-signed'), z.strictObject({ certFile: path('certFile'), keyFile: path('keyFile') })], {
      error: 'must be self-signed, or certFile and keyFile',
    })
    .optional(),
  /** The address people and other programs reach the page at; links in alerts begin with it. */
  publicUrl: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  /** Behind a reverse proxy of your own that sets X-Forwarded-For. */
  trustProxy: z.boolean({ error: 'must be true or false' }).default(false),
  /** Cameras that may be watched live at once: each takes a fifth of a core. 0 switches the live picture off. */
  liveCameras: z.int('must be a whole number').min(0, 'must be 0 to 64').max(64, 'must be 0 to 64').default(4),
});

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** The whole configuration. Each folder owns its slice; nothing outside this list is accepted. */
export const settingsSchema = z.strictObject({
  site: siteSchema.prefault({}),
  cameras: z.record(idSchema, cameraSettingsSchema).default({}),
  calendars: z.record(z.string(), calendarSchema).default({}),
  /** Folder of the rule files, relative to this file. */
  rules: z.string().min(1, 'must not be empty').default('./rules'),
  /** Folder of the database and the evidence, relative to this file. */
  data: z.string().min(1, 'must not be empty').default('./data'),
  /** Backups of the database that the box writes by itself. */
  backup: backupSettingsSchema.prefault({}),
  model: modelSettingsSchema.prefault({}),
  mqtt: mqttSettingsSchema.prefault({}),
  webhook: webhookSettingsSchema.optional(),
  /** Frames kept for backtests. */
  history: historySettingsSchema.prefault({}),
  web: webSchema.prefault({}),
  /** The APIs of NVIDIA's services, for programs that are moved here. Off by default. */
  nvidia: nvidiaSettingsSchema.optional(),
  reports: reportSettingsSchema.prefault({}),
  log: z
    .strictObject({ level: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info') })
    .prefault({}),
});

export type Settings = Readonly<z.output<typeof settingsSchema>>;

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
