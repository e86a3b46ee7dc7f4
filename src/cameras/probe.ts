import { toError } from '../platform/errors.ts';
import { noFirstPicture, streamEnded } from './causes.ts';
import type { SampledPicture } from './frame.ts';
import type { CameraSettings } from './settings.ts';
import { createSource, type SourceDeps } from './sources.ts';
import type { StreamFacts } from './stream-facts.ts';

const FIRST_PICTURE_MS = 20_000;
/** Long enough for two keyframes of most cameras. */
const MEASURE_MS = 6_000;

export interface ProbeResult extends StreamFacts {
  /** A picture as the rules would see it, without masks painted: only for the person who sets the camera up. */
  readonly picture: SampledPicture;
  /** From the first attempt to the first picture, ms. */
  readonly firstPictureMs: number;
  /** What a person should know, such as that every picture has to be decoded. */
  readonly notes: readonly string[];
}

/**
 * Tries a camera once with exactly what its sampling would use, for about six seconds after the first picture. Rejects with
 * the readable cause when there is none. Its child processes are gone when it settles.
 */
export async function probeCamera(
  settings: CameraSettings,
  deps: SourceDeps,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const { clock } = deps;
  const source = createSource(settings, deps);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const startedAt = clock.monotonic();
  let firstAt: number | undefined;
  let picture: SampledPicture | undefined;
  clock.sleep(FIRST_PICTURE_MS, stop.signal).then(
    () => {
      if (!picture) stop.abort();
    },
    () => undefined,
  );
  try {
    signal?.throwIfAborted();
    for await (const sampled of source.pictures(stop.signal)) {
      picture = sampled;
      if (firstAt !== undefined) continue;
      firstAt = clock.monotonic();
      clock.sleep(MEASURE_MS, stop.signal).then(onAbort, () => undefined);
    }
  } catch (error) {
    if (!picture) throw toError(error);
  } finally {
    stop.abort();
    signal?.removeEventListener('abort', onAbort);
  }
  signal?.throwIfAborted();
  if (!picture || firstAt === undefined) throw firstAt === undefined ? noFirstPicture(FIRST_PICTURE_MS) : streamEnded();
  const facts = source.facts ?? {
    codec: undefined,
    width: undefined,
    height: undefined,
    fps: undefined,
    keyframeMs: undefined,
  };
  return { ...facts, picture, firstPictureMs: firstAt - startedAt, notes: source.notes };
}
