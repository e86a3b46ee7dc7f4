import sharp from 'sharp';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { RgbPicture } from './resize.ts';

export interface PictureLimits {
  /** Pictures with more pixels are refused before anything is decoded. */
  readonly maxPixels: number;
  /** Longer files are refused unread. */
  readonly maxBytes: number;
}

/** An 8K camera has 33 megapixels; 50 of them are 150 MB as RGB, which a small box still holds. */
export const DEFAULT_PICTURE_LIMITS: PictureLimits = { maxPixels: 50_000_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Decodes a picture file as the models' reference processors do (Pillow): grey and palette become RGB, alpha is dropped
 * and not blended, an animation gives its first frame, colour profiles are ignored, 16 bits become 8, and the orientation
 * that a camera noted (EXIF) is applied. Throws `invalid-input` for what is no picture or a damaged one, `too-large`
 * before decoding when it has too many pixels.
 */
export async function decodePicture(
  file: Uint8Array,
  limits: PictureLimits = DEFAULT_PICTURE_LIMITS,
): Promise<RgbPicture> {
  if (file.length === 0)
    throw new WatchwordError('invalid-input', 'the picture is empty (0 bytes)', { hint: 'Give a picture file' });
  if (file.length > limits.maxBytes) {
    throw new WatchwordError('too-large', `the picture file has ${file.length} bytes, ${limits.maxBytes} are allowed`, {
      hint: 'Make it smaller',
    });
  }
  if (!PICTURE_STARTS.some((start) => start(file))) {
    throw new WatchwordError('invalid-input', 'this is not a picture file', {
      hint: 'Give a JPEG, PNG, WebP, GIF, TIFF or AVIF file',
    });
  }
  const input = sharp(file, {
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    ignoreIcc: true,
    autoOrient: true,
    pages: 1,
    sequentialRead: true,
  });
  try {
    const { data, info } = await input
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, pixels: asRgb(data, info.channels) };
  } catch (error) {
    throw pictureError(toError(error), limits);
  }
}

// What the bytes are is decided by their beginning, never by a name; formats that can hold scripts or links (SVG, PDF) are out.
const PICTURE_STARTS: ReadonlyArray<(file: Uint8Array) => boolean> = [
  (file) => startsWith(file, [0xff, 0xd8, 0xff]),
  (file) => startsWith(file, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  (file) => startsWith(file, [0x47, 0x49, 0x46, 0x38]),
  (file) => startsWith(file, [0x49, 0x49, 0x2a, 0x00]) || startsWith(file, [0x4d, 0x4d, 0x00, 0x2a]),
  (file) => startsWith(file, [0x52, 0x49, 0x46, 0x46]) && startsWith(file.subarray(8), [0x57, 0x45, 0x42, 0x50]),
  (file) => startsWith(file.subarray(4), [0x66, 0x74, 0x79, 0x70]),
];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

function asRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  const colour = channels > 3 ? 1 : 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let plane = 0; plane < 3; plane++) rgb[pixel * 3 + plane] = data[pixel * channels + plane * colour] ?? 0;
  }
  return rgb;
}

function pictureError(error: Error, limits: PictureLimits): WatchwordError {
  if (/pixel limit/i.test(error.message)) {
    return new WatchwordError('too-large', `the picture has more than ${limits.maxPixels} pixels`, {
      hint: 'Make it smaller',
      cause: error,
    });
  }
  const [line = ''] = error.message.split('\n', 1);
  return new WatchwordError('invalid-input', `the picture is damaged or of a kind that cannot be read: ${line}`, {
    hint: 'Open it in a viewer and save it again as JPEG or PNG',
    cause: error,
  });
}
