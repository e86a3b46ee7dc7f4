import { z } from 'zod';
import { parseDuration } from '../../platform/duration.ts';

const port = (usual: number) =>
  z
    .int('must be a whole number')
    .min(0, 'must be 0 (any free port) to 65535')
    .max(65_535, 'must be 0 (any free port) to 65535')
    .default(usual);

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

const cooldown = z.string({ error: 'must be a duration such as 60s' }).transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1_000 && ms <= 86_400_000) return ms;
  context.addIssue(
    ms === undefined ? `"${text}" is not a duration: write for example 60s` : 'must be between 1s and 24h',
  );
  return z.NEVER;
});

/** The Jetson VLM service. Its API answers on both ports; the prefixes of its gateway are understood too. */
const vlmSchema = z
  .strictObject({
    port: port(5010),
    webSocketPort: port(5016),
    /** Streams that may be added. The original takes one. */
    maxStreams: z.int('must be a whole number').min(1, 'must be 1 to 64').max(64, 'must be 1 to 64').default(8),
    /** While an alert stays true, it is repeated on the WebSocket after this long. */
    alertCooldown: cooldown.prefault('60s'),
  })
  .transform(({ alertCooldown, ...rest }) => ({ ...rest, alertCooldownMs: alertCooldown }));

/** `/query` of metropolis-nim-workflows. */
const querySchema = z.strictObject({
  /** Which camera is asked: the original watches one video. */
  camera: z.string({ error: 'must be the id of a camera' }).min(1, 'must not be empty'),
  port: port(5432),
  webSocketPort: port(5433),
});

/** The `nvidia:` section. A service whose section is missing is off, so both are off by default. */
export const nvidiaSettingsSchema = z
  .strictObject({
    /** 127.0.0.1 serves programs on this machine only, 0.0.0.0 the network. */
    host: z.string().min(1, 'must not be empty').default('127.0.0.1'),
    /** The originals let anybody in. Here each call needs an API token, unless only this machine can call. */
    requireToken: z.boolean({ error: 'must be true or false' }).default(true),
    vlm: vlmSchema.optional(),
    query: querySchema.optional(),
  })
  .refine(({ host, requireToken }) => requireToken || isLoopback(host), {
    error: 'must be true where the network can call: make a token with watchword token add, or set host: 127.0.0.1',
    path: ['requireToken'],
  });

export type NvidiaSettings = z.output<typeof nvidiaSettingsSchema>;
export type VlmSettings = NonNullable<NvidiaSettings['vlm']>;
export type QuerySettings = NonNullable<NvidiaSettings['query']>;
