import { FrameHistory } from '../../../src/history/frame-history.ts';
import type { PictureIndex } from '../../../src/history/picture-index.ts';
import { createNoticer } from '../../../src/noticing.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import { ManualClock } from '../manual-clock.ts';
import { Footage } from './footage.ts';
import { SIZE } from './scene.ts';
import type { Script } from './script.ts';
import { thumbnail, Watching, type WatchingOptions } from './watching.ts';

/** Shows a script to the live pipeline and to the frame history at once, as a box does. Resolves to the live events. */
export async function livePast(options: WatchingOptions & { readonly script: Script; readonly index: PictureIndex }) {
  const { script, index, cameraId, settings, began } = options;
  const camera = settings.cameras[cameraId];
  if (!camera) throw new Error(`there is no camera "${cameraId}"`);
  const watching = new Watching(options);
  const history = new FrameHistory({
    index,
    settings: { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY, everyMs: camera.everyMs },
    clock: new ManualClock(began),
    logger: silentLogger,
    notice: createNoticer([{ id: cameraId, settings: camera }], thumbnail),
  });
  const footage = new Footage(script);
  let seq = 0;
  for (let at = 0; at < script.seconds * 1_000; at += camera.everyMs) {
    const jpeg = await footage.picture(at / 1_000);
    history.offer({ cameraId, seq: ++seq, capturedAt: began + at, at, jpeg, ...SIZE });
    await history.takeWaiting();
    await watching.show(jpeg, at);
  }
  history.flush();
  await watching.stop();
  return { events: watching.events, frames: seq };
}
