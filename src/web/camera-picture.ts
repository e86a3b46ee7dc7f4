import { WatchwordError } from '../platform/errors.ts';
import type { CameraBoard } from './deps.ts';

/**
 * The newest picture of a camera, for programs that name it. Throws `not-found`, and `unavailable` while there is none or
 * the camera is away: an old picture must not pass for what is to be seen now.
 */
export function pictureOfCamera(cameras: CameraBoard, id: string): Uint8Array {
  const camera = cameras.list().find((each) => each.id === id);
  if (!camera) {
    throw new WatchwordError('not-found', `there is no camera "${id.slice(0, 64)}"`, {
      hint: 'GET /api/v1/cameras lists them',
    });
  }
  const frame = cameras.latestFrame(id);
  if (camera.health === 'down' || !frame) {
    const why = camera.cause === '' ? '' : `: ${camera.cause}`;
    throw new WatchwordError('unavailable', `camera "${id}" shows no picture${why}`, { hint: 'Try again later' });
  }
  return frame.jpeg;
}
