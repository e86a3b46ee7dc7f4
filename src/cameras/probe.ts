import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { noFirstPicture, streamEnded } from './causes.ts';
import { cpuTimeMs } from './cpu-time.ts';
import type { FrameSource, SampledPicture } from './frame.ts';
import type { CameraSettings } from './settings.ts';
import { createSource, type SourceDeps } from './sources.ts';
import type { StreamFacts } from './stream-facts.ts';

const FIRST_PICTURE_MS = 20_000;
/**
 * Long enough for two keyframes of most cameras, and for others as long as it takes up to the second limit: a distance of
 * 10 s is measured after up to 23 s, because the connection is made anew to decode everything.
 */
const MEASURE_MS = 6_000;
const MEASURE_MOST_MS = 26_000;
const LOOK_MS = 250;

const NOTHING_KNOWN: StreamFacts = {
  codec: undefined,
  width: undefined,
  height: undefined,
  fps: undefined,
  keyframeMs: undefined,
};

export interface ProbeResult extends StreamFacts {
  /** A picture as the rules would see it, without masks painted: only for the person who sets the camera up. */
  readonly picture: SampledPicture;
  /** From the first attempt to the first picture, ms. */
  readonly firstPictureMs: number;
  /** Share of one CPU core that decoding took after the first picture; undefined where no process decodes. */
  readonly cpuShare: number | undefined;
  /** What a person should know, such as that every picture has to be decoded. */
  readonly notes: readonly string[];
}

/**
 * Tries a camera once with exactly what its sampling would use: until the first picture, then 6 s, or up to 26 s while the
 * distance of its keyframes is not known yet. Rejects with the readable cause when there is no picture within 20 s. Its
 * child processes are gone when it settles.
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
  const cost = new DecodingCost(source, clock);
  const watching = watch(clock, stop.signal, () => {
    if (firstAt === undefined) return clock.monotonic() - startedAt < FIRST_PICTURE_MS;
    cost.look();
    const ms = clock.monotonic() - firstAt;
    return ms < MEASURE_MS || (ms < MEASURE_MOST_MS && isKeyframeAwaited(source));
  }).then(onAbort);
  try {
    signal?.throwIfAborted();
    for await (const sampled of source.pictures(stop.signal)) {
      picture = sampled;
      firstAt ??= clock.monotonic();
    }
  } catch (error) {
    if (!picture) throw toError(error);
  } finally {
    stop.abort();
    signal?.removeEventListener('abort', onAbort);
    await watching;
  }
  signal?.throwIfAborted();
  if (firstAt === undefined) throw noFirstPicture(FIRST_PICTURE_MS);
  if (!picture) throw streamEnded();
  const facts = source.facts ?? NOTHING_KNOWN;
  return { ...facts, picture, firstPictureMs: firstAt - startedAt, cpuShare: cost.share(), notes: [...source.notes] };
}

/** Looks four times a second while `goesOn`. */
async function watch(clock: Clock, signal: AbortSignal, goesOn: () => boolean): Promise<void> {
  while (!signal.aborted && goesOn()) await clock.sleep(LOOK_MS, signal).catch(() => undefined);
}

/** A connection that is made anew knows nothing yet, not even its codec; stills know that and never more. */
function isKeyframeAwaited({ facts }: FrameSource): boolean {
  if (facts === undefined || facts.keyframeMs !== undefined) return false;
  return facts.fps !== undefined || facts.codec === undefined;
}

/** What the newest of a source's processes costs once it runs: starting up and looking at the stream is paid once. */
class DecodingCost {
  readonly #source: FrameSource;
  readonly #clock: Clock;
  #pid: number | undefined;
  #startedAt = 0;
  #from: { at: number; ms: number } | undefined;
  #to: { at: number; ms: number } | undefined;

  constructor(source: FrameSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  look(): void {
    const { pid } = this.#source;
    const at = this.#clock.monotonic();
    if (pid === undefined) return;
    if (pid !== this.#pid) {
      this.#pid = pid;
      this.#startedAt = at;
      this.#from = undefined;
      this.#to = undefined;
    }
    const ms = cpuTimeMs(pid);
    if (ms === undefined || at - this.#startedAt < 1_000) return;
    this.#from ??= { at, ms };
    this.#to = { at, ms };
  }

  share(): number | undefined {
    if (!this.#from || !this.#to || this.#to.at - this.#from.at < 1_000) return undefined;
    return (this.#to.ms - this.#from.ms) / (this.#to.at - this.#from.at);
  }
}
