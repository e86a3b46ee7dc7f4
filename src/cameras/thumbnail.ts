import sharp from 'sharp';
import { toError, WatchwordError } from '../platform/errors.ts';

/** A small grey picture, one byte per pixel, row by row: what picture health and change gate look at. */
export interface Thumbnail {
  readonly grey: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export const THUMBNAIL_WIDTH = 160;
export const THUMBNAIL_HEIGHT = 90;

/** The picture as a thumbnail of fixed size, whatever its shape. Rejects with `corrupt` for a damaged picture. */
export async function thumbnailOf(jpeg: Uint8Array): Promise<Thumbnail> {
  try {
    const grey = await sharp(jpeg, { failOn: 'error' })
      .greyscale()
      .resize(THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
    return { grey: new Uint8Array(grey), width: THUMBNAIL_WIDTH, height: THUMBNAIL_HEIGHT };
  } catch (error) {
    throw new WatchwordError('corrupt', `the picture is damaged: ${toError(error).message.split('\n', 1)[0]}`, {
      cause: error,
    });
  }
}
