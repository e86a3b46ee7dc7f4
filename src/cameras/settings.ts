import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';
import { toError } from '../platform/errors.ts';
import { parseSourceAddress } from './source-address.ts';

/** A polygon in relative picture coordinates (0..1 from the left and from the top), at least three points. */
export type Polygon = ReadonlyArray<readonly [x: number, y: number]>;

/** Who decodes the video. `auto` lets ffmpeg try what the machine has; all of them fall back to software by themselves. */
export const DECODERS = ['software', 'auto', 'cuda', 'vaapi', 'v4l2m2m', 'nvv4l2dec'] as const;
export type Decoder = (typeof DECODERS)[number];

/** What the picture health can find wrong with a picture. */
export const PICTURE_PROBLEMS = ['frozen', 'dark', 'overexposed', 'blurred', 'covered', 'moved'] as const;
export type PictureProblem = (typeof PICTURE_PROBLEMS)[number];

const ratio = z
  .number({ error: 'must be a number between 0 and 1 (0 is the left or top edge, 1 the right or bottom edge)' })
  .min(0, 'must be between 0 and 1: corners are shares of the width and height, not pixels')
  .max(1, 'must be between 0 and 1: corners are shares of the width and height, not pixels');

/** One polygon as people write it: `[[0.1, 0.2], [0.9, 0.2], [0.5, 0.8]]`. */
export const polygonSchema = z
  .array(z.tuple([ratio, ratio], { error: 'must be a corner of two numbers, such as [0.25, 0.5]' }), {
    error: 'must be a list of corners, such as [[0, 0], [1, 0], [1, 1]]',
  })
  .min(3, 'needs at least three corners')
  .max(64, 'may have at most 64 corners');

function duration(limits: { minMs: number; maxMs: number; example: string }) {
  return z.string({ error: `must be a duration such as ${limits.example}` }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms < limits.minMs || ms > limits.maxMs) {
      const range = `between ${limits.minMs} ms and ${limits.maxMs / 1000} s`;
      context.addIssue(
        ms === undefined ? `"${text}" is not a duration: write for example ${limits.example}` : `must be ${range}`,
      );
      return z.NEVER;
    }
    return ms;
  });
}

const source = z
  .string({ error: 'must be the address of the camera, such as rtsp://192.168.1.20/stream1' })
  .superRefine((text, context) => {
    try {
      parseSourceAddress(text);
    } catch (error) {
      context.addIssue(toError(error).message);
    }
  });

const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be small letters, digits and dashes, starting with a letter or digit');

/** One camera's settings as a person writes them under `cameras: {id: {...}}`. Strict: unknown keys are errors. */
export const cameraSettingsSchema = z
  .strictObject({
    /** Where its pictures come from: rtsp://, rtsps://, http://, https://, file: or demo:. */
    source,
    /** Name shown to people; the id when absent. */
    name: z.string().min(1, 'must not be empty').max(80, 'may have at most 80 characters').optional(),
    /** User and password, when they are not part of the address. They may hold any character. */
    user: z.string().min(1, 'must not be empty').optional(),
    password: z.string().optional(),
    /** One picture per this long. Default 2s. */
    every: duration({ minMs: 100, maxMs: 3_600_000, example: '2s' }).prefault('2s'),
    /** RTSP transport. TCP (default) does not smear pictures when packets are lost. */
    transport: choice(['tcp', 'udp']).default('tcp'),
    /** Default software: decoding keyframes only costs 2 % of a core. */
    decoder: choice(DECODERS).default('software'),
    /** Whether an encrypted source must show a certificate this machine trusts. Default true. */
    verifyCertificate: z.boolean({ error: 'must be true or false' }).default(true),
    /** Zones that rules can name. */
    zones: z.record(nameSchema, polygonSchema).default({}),
    /**
     * Keeps a short clip with each event, as the camera sent it. Not for cameras with masks: what is not decoded cannot be
     * painted. Default false: half a minute of video stays in memory, 25 MB at 4 Mbit/s.
     */
    clips: z.boolean({ error: 'must be true or false' }).default(false),
    /** The camera's full-size RTSP stream, where `source` is its small one: clips are cut from it. Same login. */
    mainSource: source
      .refine((text) => /^rtsps?:/i.test(text.trim()), 'must be an rtsp:// or rtsps:// address')
      .optional(),
    /** How much of a clip is before the deciding picture, and after it. Default 8s and 6s. */
    clipBefore: duration({ minMs: 1_000, maxMs: 30_000, example: '8s' }).prefault('8s'),
    clipAfter: duration({ minMs: 0, maxMs: 30_000, example: '6s' }).prefault('6s'),
    /** Privacy masks: painted out before anything sees or stores a picture. */
    masks: z.array(polygonSchema).max(32, 'may hold at most 32 polygons').default([]),
    /** Pictures wider than this are scaled down. Default 1280 pixels. */
    maxWidth: z
      .int('must be a whole number of pixels')
      .min(160, 'must be at least 160')
      .max(7680, 'may be at most 7680')
      .default(1280),
    /** JPEG quality, 1 to 100. Default 80. */
    quality: z.int('must be a whole number').min(1, 'must be at least 1').max(100, 'may be at most 100').default(80),
    /** No picture for this long means that the camera is lost. Default: five times `every`, at least 10s. */
    lostAfter: duration({ minMs: 1_000, maxMs: 86_400_000, example: '30s' }).optional(),
    /** Picture problems that are normal for this camera, such as dark for one that sleeps at night. */
    ignore: z.array(choice(PICTURE_PROBLEMS)).default([]),
  })
  .refine(({ clips, masks }) => !clips || masks.length === 0, {
    error: 'cannot be kept of a camera with masks: a clip shows what the camera sent, unpainted',
    path: ['clips'],
  })
  .transform(({ every, lostAfter, clipBefore, clipAfter, ...rest }) => ({
    ...rest,
    clipBeforeMs: clipBefore,
    clipAfterMs: clipAfter,
    everyMs: every,
    lostAfterMs: lostAfter ?? Math.max(10_000, 5 * every),
  }));

/** One camera's settings with every default filled in; durations in milliseconds. */
export type CameraSettings = z.output<typeof cameraSettingsSchema>;
