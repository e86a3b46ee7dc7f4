import sharp from 'sharp';
import type { EncodedPicture } from '../cameras/masks.ts';
import { WatchwordError } from '../platform/errors.ts';

/** A phone's largest pictures have 50 megapixels and 12 MB. */
export const MOST_PICTURE_BYTES = 12 * 1024 * 1024;
const MOST_PIXELS = 64_000_000;
/** Models see less than this; what is larger is scaled before it is passed on. */
const MOST_SIDE = 1_920;
/** How pictures begin, by file kind; `.` is any byte. Drawings and documents are never handed to their interpreters. */
const BEGINNINGS = [
  /^\xff\xd8\xff/,
  /^\x89PNG/,
  /^GIF8/,
  /^RIFF.{4}WEBP/s,
  /^.{4}ftyp(avif|heic|mif1)/s,
  /^(II\*\0|MM\0\*)/,
];
/** A large picture takes a few hundred megabytes while it is read. */
const MOST_AT_ONCE = 2;

let reading = 0;

/**
 * A picture that a person sent, upright and as a JPEG of bounded size. Rejects with `too-large`, `invalid-input` for what is
 * no picture, and `too-many` while others are being read.
 */
export async function readOwnPicture(file: Blob): Promise<EncodedPicture> {
  if (file.size > MOST_PICTURE_BYTES) {
    throw new WatchwordError('too-large', 'the picture is too large', {
      hint: `At most ${MOST_PICTURE_BYTES / 1024 / 1024} MB`,
    });
  }
  if (reading >= MOST_AT_ONCE) {
    throw new WatchwordError('too-many', 'others are sending pictures already', { hint: 'Try again in a moment' });
  }
  reading++;
  try {
    return await toJpeg(new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    if (error instanceof WatchwordError) throw error;
    throw new WatchwordError('invalid-input', 'this file is no picture that the box can read', {
      hint: 'Send a JPEG, PNG or WebP picture',
      cause: error,
    });
  } finally {
    reading--;
  }
}

async function toJpeg(bytes: Uint8Array): Promise<EncodedPicture> {
  const beginning = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (!BEGINNINGS.some((kind) => kind.test(beginning))) throw new Error('no known kind of picture');
  const { width = 0, height = 0 } = await sharp(bytes, { limitInputPixels: false }).metadata();
  if (width * height > MOST_PIXELS) {
    throw new WatchwordError('too-large', `the picture has ${width} × ${height} pixels`, {
      hint: `At most ${MOST_PIXELS / 1e6} megapixels`,
    });
  }
  const { data, info } = await sharp(bytes, { limitInputPixels: MOST_PIXELS })
    .rotate()
    .resize({ width: MOST_SIDE, height: MOST_SIDE, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .jpeg({ quality: 90 })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: new Uint8Array(data), width: info.width, height: info.height };
}
