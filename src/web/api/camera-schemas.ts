import { z } from 'zod';

const text = (most: number) => z.string().trim().max(most);
const login = { user: text(128).min(1).optional(), password: z.string().max(256).optional() };
const known = <T extends z.ZodType>(schema: T) => schema.nullable().describe('null: not known');

export const emptyBody = z.object({});

export const describeBody = z.object({
  address: text(500).min(1).describe('Host, host:port or http:// address of an ONVIF camera'),
  ...login,
});

export const addCameraBody = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be small letters, digits and dashes'),
  name: text(80).min(1).optional(),
  address: text(500).min(1).describe('Address of a stream, or of an ONVIF camera that is asked for its streams'),
  ...login,
  clips: z.boolean().default(false).describe('Keep a clip with each event'),
});

export const foundCameraSchema = z.object({ name: z.string(), hardware: z.string(), address: z.string() });

export const describedCameraSchema = z.object({
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  serial: z.string(),
  profiles: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      codec: known(z.string()),
      width: known(z.number()),
      height: known(z.number()),
      fps: known(z.number()),
      use: z.enum(['main', 'sub']).nullable().describe('main: for clips; sub: for sampling'),
    }),
  ),
});

export const addedCameraSchema = z.object({
  id: z.string(),
  source: z.string().describe('Passwords masked'),
  mainSource: z.string().nullable().describe('The large stream that clips are cut from'),
  codec: known(z.string()),
  width: known(z.number()),
  height: known(z.number()),
  fps: known(z.number()),
  keyframeMs: known(z.number()),
  firstPictureMs: z.number(),
  cpuPercent: z.number().nullable().describe('Of one core; null: no process decodes'),
  notes: z.array(z.string()),
});
