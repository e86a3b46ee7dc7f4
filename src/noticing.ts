import { ChangeGate } from './cameras/change-gate.ts';
import type { Frame } from './cameras/frame.ts';
import { PictureHealth } from './cameras/picture-health.ts';
import type { CameraSettings } from './cameras/settings.ts';
import { type Thumbnail, thumbnailOf } from './cameras/thumbnail.ts';
import type { Settings } from './config/settings.ts';
import { FrameHistory, type Noticed } from './history/frame-history.ts';
import { LONGEST_STAND_MS, PictureIndex } from './history/picture-index.ts';
import type { Clock } from './platform/clock.ts';
import { toError } from './platform/errors.ts';
import type { Health } from './platform/health.ts';
import type { Logger } from './platform/logger.ts';

const GATE_MIN_GAP_MS = 10_000;

/** One thumbnail per frame, however many look at it; gone with the frame. */
export function sharedThumbnails(): (frame: Frame) => Promise<Thumbnail> {
  const made = new WeakMap<Frame, Promise<Thumbnail>>();
  return (frame) => {
    const known = made.get(frame) ?? thumbnailOf(frame.jpeg);
    made.set(frame, known);
    return known;
  };
}

/**
 * What the history needs to know of a frame, for all cameras: whether it shows something else than the one kept last, and
 * whether it could be judged at all. Apart from the pipeline's own inspection, which sees only the frames that it takes up.
 */
export function createNoticer(
  cameras: ReadonlyArray<{ id: string; settings: CameraSettings }>,
  thumbnail: (frame: Frame) => Promise<Thumbnail>,
): (frame: Frame) => Promise<Noticed> {
  const noticers = new WeakMap<object, { readonly gate: ChangeGate; readonly health: PictureHealth }>();
  return async (frame) => {
    const camera = cameras.find(({ id }) => id === frame.cameraId);
    if (!camera) throw new Error(`there is no camera "${frame.cameraId}"`);
    const noticer = noticers.get(camera) ?? noticerOf(camera.settings);
    noticers.set(camera, noticer);
    const small = await thumbnail(frame);
    const trouble = noticer.health.judgeThumbnail(small, frame) ?? null;
    const changed = noticer.gate.decide('history', null, small, frame.at).evaluate;
    if (changed) noticer.gate.evaluated('history', small, frame.at);
    return { changed, trouble };
  };
}

function noticerOf({ everyMs, ignore }: CameraSettings): { gate: ChangeGate; health: PictureHealth } {
  const gapMs = Math.max(GATE_MIN_GAP_MS, 5 * everyMs);
  return { gate: new ChangeGate({ maxAgeMs: LONGEST_STAND_MS, gapMs }), health: new PictureHealth({ ignore }) };
}

/** A history as the app uses it. */
export interface RunningHistory {
  /** Never waits, never throws. */
  offer(frame: Frame): void;
  run(signal: AbortSignal): Promise<void>;
}

/** The frame history of a box; undefined when it is switched off, or its folder cannot be written: no other part minds. */
export function openHistory(options: {
  readonly settings: Pick<Settings, 'cameras' | 'data' | 'history'>;
  /** Where cameras come and go: the list that shows it. Default: the configured ones. */
  readonly cameras?: ReadonlyArray<{ id: string; settings: CameraSettings }>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly thumbnail: (frame: Frame) => Promise<Thumbnail>;
  /** Wall-clock ms that ages are reckoned from. Default: the clock's. */
  readonly agesBy?: () => number;
}): RunningHistory | undefined {
  const { settings, clock, logger, health, thumbnail } = options;
  if (!settings.history.enabled) return undefined;
  try {
    const index = PictureIndex.open(settings.data);
    const configured = Object.entries(settings.cameras).map(([id, camera]) => ({ id, settings: camera }));
    const cameras = options.cameras ?? configured;
    const notice = createNoticer(cameras, thumbnail);
    const { agesBy } = options;
    const history = new FrameHistory({
      ...{ index, settings: settings.history, clock, logger, notice },
      ...(agesBy && { agesBy }),
    });
    return {
      offer: (frame) => history.offer(frame),
      run: (signal) => history.run(signal).finally(() => index.close()),
    };
  } catch (error) {
    const { message } = toError(error);
    logger.warn('no frames are kept for backtests', { error: message });
    health.report('history', 'degraded', `no frames are kept: ${message}`);
    return undefined;
  }
}
