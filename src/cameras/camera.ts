import type { Clock } from '../platform/clock.ts';
import { describeError, kindOf, toError } from '../platform/errors.ts';
import type { Health } from '../platform/health.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { backoffMs } from '../platform/retry.ts';
import { Slot } from '../platform/slot.ts';
import { noFirstPicture, stalled, streamEnded } from './causes.ts';
import type { Frame, FrameSource, SampledPicture, SourceView } from './frame.ts';
import type { MainStream } from './main-stream.ts';
import { paintMasks } from './masks.ts';
import { Patience } from './patience.ts';
import type { RecentVideo } from './recent-video.ts';
import type { CameraSettings } from './settings.ts';
import type { StreamFacts } from './stream-facts.ts';

/** A connection that was good for so long starts the back-off anew. */
const STEADY_MS = 10_000;
/** While a camera has not been away for so long, it is tried at least every 10 s: it has to be back soon after it can. */
const EAGER_MS = 600_000;
const EAGER_MAX_MS = 8_000;
/** A wrong password is not knocked at: cameras lock the account. */
const LOGIN_MIN_MS = 15_000;

export type CameraState = 'connecting' | 'live' | 'lost';

export interface CameraStatus {
  readonly id: string;
  readonly state: CameraState;
  /** Why it is lost, for a person; empty otherwise. Never holds a secret. */
  readonly cause: string;
  /** Wall-clock ms since when this state and cause hold. */
  readonly since: number;
  readonly frames: number;
  /** Frames replaced before the pipeline took them. */
  readonly drops: number;
  /** Pictures that could not be used because they were damaged. */
  readonly damaged: number;
  /** Connections that were lost or failed, and tried again. */
  readonly reconnects: number;
  /** What a person should know about how it works at the moment. */
  readonly notes: readonly string[];
  /** What is known of its stream; undefined for a source that does not tell. */
  readonly stream: StreamFacts | undefined;
}

export interface CameraOptions {
  readonly id: string;
  readonly settings: CameraSettings;
  readonly source: FrameSource;
  /** Where clips come from when that is not the source. */
  readonly mainStream?: MainStream | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly random: () => number;
}

/**
 * One camera, supervised for ever: takes pictures from its source, numbers them, paints its masks, hands the newest on, and
 * connects again with back-off whenever the source fails, ends or falls silent. Whatever happens to it stays with it.
 */
export class Camera {
  readonly id: string;
  /** The newest frame nobody has taken yet: where the pipeline takes from. */
  readonly slot = new Slot<Frame>();
  readonly #options: CameraOptions;
  readonly #repeats: RepeatLimiter;
  readonly #patience: Patience;
  readonly #frameListeners = new Set<(frame: Frame) => void>();
  readonly #stateListeners = new Set<(status: CameraStatus) => void>();
  #settings: CameraSettings;
  #state: CameraState = 'connecting';
  #cause = '';
  #since: number;
  #latest: Frame | undefined;
  #seq = 0;
  #damaged = 0;
  #reconnects = 0;
  #running: { stop: AbortController; done: Promise<void> } | undefined;

  constructor(options: CameraOptions) {
    this.id = options.id;
    this.#settings = options.settings;
    this.#options = options;
    this.#since = options.clock.now();
    const logger = options.logger.child({ camera: options.id });
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger });
    this.#patience = new Patience(options.settings.lostAfterMs);
  }

  /** Begins to connect. Returns at once: a camera that is away at the start is normal. */
  start(): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#report();
    this.#options.mainStream?.start();
    this.#running = { stop, done: this.#run(stop.signal) };
  }

  /** Resolves when its child processes are gone. It can be started again. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.stop.abort();
    await Promise.all([running.done, this.#options.mainStream?.stop()]);
    this.#running = undefined;
    this.#options.health.forget(this.#part);
  }

  /** The newest frame, taken or not; undefined before the first one. Old while the camera is lost. */
  latest(): Frame | undefined {
    return this.#latest;
  }

  /** As they are now: zones and masks may be drawn anew. */
  get settings(): CameraSettings {
    return this.#settings;
  }

  /**
   * Other zones and masks from now on. Resolves when no picture without the new masks can be had of this camera any more;
   * what was handed on before stays as it is.
   */
  async redraw(drawn: Pick<CameraSettings, 'zones' | 'masks'>): Promise<void> {
    const { zones, masks } = drawn;
    this.#settings = { ...this.#settings, zones, masks };
    const latest = this.#latest;
    if (!latest) return;
    this.#latest = undefined;
    const painted = await paintMasks(latest, masks, this.#settings.quality);
    // A newer one may have come meanwhile.
    this.#latest ??= Object.freeze(painted);
  }

  /** Its last video; undefined where no clips are kept. */
  get recent(): RecentVideo | undefined {
    return this.#options.mainStream?.recent ?? this.#options.source.recent;
  }

  /** What a live view of this camera plays. */
  get view(): SourceView | undefined {
    return this.#options.source.view;
  }

  status(): CameraStatus {
    return {
      id: this.id,
      state: this.#state,
      cause: this.#cause,
      since: this.#since,
      frames: this.#seq,
      drops: this.slot.dropped,
      damaged: this.#damaged,
      reconnects: this.#reconnects,
      notes: this.#notes(),
      stream: this.#options.source.facts,
    };
  }

  /** Calls `listener` with each frame; returns the function that ends it. */
  onFrame(listener: (frame: Frame) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  /** Calls `listener` on each change of state or cause; returns the function that ends it. */
  onState(listener: (status: CameraStatus) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  get #part(): string {
    return `camera/${this.id}`;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    let awaySince: number | undefined;
    while (!signal.aborted) {
      const { error, liveMs } = await this.#connection(signal);
      if (signal.aborted) return;
      if (liveMs > 0) awaySince = undefined;
      if (liveMs >= STEADY_MS) failures = 0;
      awaySince ??= clock.monotonic();
      this.#reconnects++;
      this.#become('lost', describeError(error));
      const isEager = clock.monotonic() - awaySince < EAGER_MS;
      const waitMs = backoffMs(failures++, isEager ? { maxMs: EAGER_MAX_MS, random } : { random });
      const isLogin = kindOf(error) === 'unauthenticated';
      await clock.sleep(isLogin ? Math.max(waitMs, LOGIN_MIN_MS) : waitMs, signal).catch(() => undefined);
    }
  }

  /** One connection, from connecting to its end. Resolves when the source has cleaned up. */
  async #connection(signal: AbortSignal): Promise<{ error: Error; liveMs: number }> {
    const { clock, source } = this.#options;
    const connection = new AbortController();
    const onStop = (): void => connection.abort();
    signal.addEventListener('abort', onStop, { once: true });
    const startedAt = clock.monotonic();
    const progress: Progress = { at: startedAt, firstAt: undefined, error: undefined };
    const watching = this.#watch(connection, progress);
    let error: Error = streamEnded();
    try {
      for await (const picture of source.pictures(connection.signal)) {
        if (connection.signal.aborted) break;
        progress.at = clock.monotonic();
        if (progress.firstAt === undefined) this.#patience.came(progress.at - startedAt);
        progress.firstAt ??= progress.at;
        await this.#accept(picture);
      }
    } catch (thrown) {
      error = toError(thrown);
    } finally {
      signal.removeEventListener('abort', onStop);
      connection.abort();
      await watching;
    }
    const liveMs = progress.firstAt === undefined ? 0 : Math.max(1, progress.at - progress.firstAt);
    return { error: progress.error ?? error, liveMs };
  }

  /** Ends a connection that has brought nothing for too long. */
  async #watch(connection: AbortController, progress: Progress): Promise<void> {
    const { clock } = this.#options;
    const firstWithinMs = this.#patience.limitMs;
    while (!connection.signal.aborted) {
      const limitMs = progress.firstAt === undefined ? firstWithinMs : this.settings.lostAfterMs;
      const leftMs = progress.at + limitMs - clock.monotonic();
      if (leftMs <= 0) {
        if (progress.firstAt === undefined) this.#patience.stayedSilent();
        progress.error = progress.firstAt === undefined ? noFirstPicture(limitMs) : stalled(limitMs);
        connection.abort();
        return;
      }
      // Looks often: the first picture shortens the limit while this sleeps.
      await clock.sleep(Math.min(leftMs, 1_000), connection.signal).catch(() => undefined);
    }
  }

  async #accept(picture: SampledPicture): Promise<void> {
    let painted: SampledPicture;
    try {
      painted = await this.#paint(picture);
    } catch (error) {
      // Unpainted, it must not be seen; damaged, it is worth nothing.
      this.#damaged++;
      this.#repeats.log('warn', 'damaged', 'a picture of the camera was damaged and left out', {
        error: toError(error),
      });
      return;
    }
    const { at, capturedAt, jpeg, width, height } = painted;
    // Records keep whole milliseconds.
    const wall = Math.round(capturedAt);
    const frame: Frame = Object.freeze({
      cameraId: this.id,
      seq: ++this.#seq,
      capturedAt: wall,
      at,
      jpeg,
      width,
      height,
    });
    this.#latest = frame;
    this.slot.put(frame);
    this.#become('live', '');
    this.#tell(this.#frameListeners, frame);
  }

  /** With the masks of the moment it is done: they may be drawn anew meanwhile. */
  async #paint(picture: SampledPicture): Promise<SampledPicture> {
    for (;;) {
      const { masks, quality } = this.#settings;
      const painted = await paintMasks(picture, masks, quality);
      if (masks === this.#settings.masks) return painted;
    }
  }

  #become(state: CameraState, cause: string): void {
    if (state === this.#state && cause === this.#cause) {
      // Notes may have changed; Health itself ignores what it knows.
      this.#report();
      return;
    }
    this.#state = state;
    this.#cause = cause;
    this.#since = this.#options.clock.now();
    if (state === 'lost') this.#repeats.log('warn', `lost: ${cause}`, 'camera lost', { cause });
    else this.#repeats.log('info', 'live', 'camera live');
    this.#report();
    this.#tell(this.#stateListeners, this.status());
  }

  #report(): void {
    const { health } = this.#options;
    if (this.#state === 'lost') health.report(this.#part, 'down', this.#cause);
    else if (this.#state === 'connecting') health.report(this.#part, 'degraded', 'connecting');
    else health.report(this.#part, 'ok', this.#notes().join('; '));
  }

  #notes(): readonly string[] {
    return [...this.#options.source.notes, ...(this.#options.mainStream?.notes ?? [])];
  }

  #tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (error) {
        this.#repeats.log('error', 'listener', 'a listener of the camera failed', { error: toError(error) });
      }
    }
  }
}

interface Progress {
  /** Monotonic ms of the start or of the last picture. */
  at: number;
  firstAt: number | undefined;
  /** Why the watchdog ended it. */
  error: Error | undefined;
}
