import type { Clock } from '../platform/clock.ts';
import { describeError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { backoffMs } from '../platform/retry.ts';
import type { SourceView } from './frame.ts';
import { playMpeg1 } from './mpeg1-stream.ts';
import type { Polygon } from './settings.ts';

/** A viewer that has so much unsent gets nothing more until it has caught up: live means now. */
const MAX_UNSENT_BYTES = 512 * 1024;
const MAX_BACKOFF_MS = 15_000;
/** A stream that was good for so long starts the back-off anew. */
const STEADY_MS = 10_000;

/** What the live view has to know of a camera. */
export interface ViewedCamera {
  readonly view: SourceView | undefined;
  readonly settings: { readonly masks: readonly Polygon[] };
}

export interface LiveViewOptions {
  /** The camera of an id, or undefined when there is none. */
  readonly camera: (id: string) => ViewedCamera | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Cameras that may be viewed at once: each costs a fifth of a core. Default 4. */
  readonly maxStreams?: number;
  readonly program?: string;
  readonly width?: number;
  readonly kbitPerSecond?: number;
}

/** Someone who looks. */
export interface Viewer {
  /** Gets MPEG-TS chunks. */
  send(chunk: Uint8Array): void;
  /** Bytes given to `send` that have not left yet (`WebSocket.bufferedAmount`). */
  bufferedAmount(): number;
  /** Told why there is no picture at the moment. The stream comes back by itself. */
  problem?(cause: string): void;
}

export interface StreamStatus {
  readonly cameraId: string;
  readonly viewers: number;
  /** Chunks that slow viewers did not get. */
  readonly drops: number;
  readonly restarts: number;
}

interface Stream {
  readonly cameraId: string;
  readonly viewers: Set<Viewer>;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** Ends what plays now; the stream begins anew. */
  playing: AbortController;
  drops: number;
  restarts: number;
}

/**
 * Live pictures for people, on demand: the first viewer of a camera starts its stream, all viewers share it, the last one
 * ends it. Listens nowhere itself: the web server hands its own authenticated connections in.
 */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: LiveViewOptions) {
    this.#options = options;
  }

  /**
   * Sends the camera's live picture to the viewer until the returned function is called. Throws `not-found` for an unknown
   * camera, `unsupported` for one without a live view, `too-many` when as many cameras as allowed are being viewed.
   */
  watch(cameraId: string, viewer: Viewer): () => void {
    const stream = this.#streams.get(cameraId) ?? this.#start(cameraId);
    stream.viewers.add(viewer);
    return () => {
      stream.viewers.delete(viewer);
      if (stream.viewers.size === 0) this.#end(stream);
    };
  }

  /** The camera's masks were drawn anew: whoever watches it sees it with those from now on. */
  redrawn(cameraId: string): void {
    this.#streams.get(cameraId)?.playing.abort();
  }

  streams(): StreamStatus[] {
    return [...this.#streams.values()].map(({ cameraId, viewers, drops, restarts }) => ({
      cameraId,
      viewers: viewers.size,
      drops,
      restarts,
    }));
  }

  /** Ends every stream; resolves when all processes are gone. */
  async stop(): Promise<void> {
    for (const stream of [...this.#streams.values()]) this.#end(stream);
    await Promise.all(this.#ending);
  }

  #start(cameraId: string): Stream {
    const camera = this.#options.camera(cameraId);
    if (!camera) throw new WatchwordError('not-found', `there is no camera "${cameraId}"`);
    const most = this.#options.maxStreams ?? 4;
    if (this.#streams.size >= most) {
      throw new WatchwordError('too-many', `${most} cameras are being viewed already`, {
        hint: 'Close another live view first',
      });
    }
    const { view } = camera;
    if (!view) throw new WatchwordError('unsupported', `camera "${cameraId}" has no live view`);
    const stop = new AbortController();
    const viewers = new Set<Viewer>();
    const stream: Stream = {
      cameraId,
      viewers,
      stop,
      playing: new AbortController(),
      drops: 0,
      restarts: 0,
      done: Promise.resolve().then(() => this.#run(stream, view, camera)),
    };
    this.#streams.set(cameraId, stream);
    return stream;
  }

  #end(stream: Stream): void {
    if (this.#streams.get(stream.cameraId) === stream) this.#streams.delete(stream.cameraId);
    stream.stop.abort();
    this.#ending.add(stream.done);
    void stream.done.finally(() => this.#ending.delete(stream.done));
  }

  async #run(stream: Stream, source: SourceView, camera: ViewedCamera): Promise<void> {
    const { clock, random, logger, program = 'ffmpeg', width = 640, kbitPerSecond = 800 } = this.#options;
    const { signal } = stream.stop;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      const options = { program, source, masks: camera.settings.masks, width, kbitPerSecond, clock };
      stream.playing = new AbortController();
      const playing = AbortSignal.any([signal, stream.playing.signal]);
      const ended = await playMpeg1(options, (chunk) => this.#send(stream, chunk), playing);
      if (signal.aborted) return;
      if (playing.aborted) continue;
      stream.restarts++;
      if (clock.monotonic() - startedAt > STEADY_MS) failures = 0;
      const cause = describeError(ended ?? new Error('the stream ended'));
      logger.warn('live view interrupted', { camera: stream.cameraId, cause });
      this.#complain(stream, cause);
      await clock.sleep(backoffMs(failures++, { maxMs: MAX_BACKOFF_MS, random }), signal).catch(() => undefined);
    }
  }

  #complain(stream: Stream, cause: string): void {
    for (const viewer of stream.viewers) {
      try {
        viewer.problem?.(cause);
      } catch {
        stream.drops++;
      }
    }
  }

  #send(stream: Stream, chunk: Buffer): void {
    for (const viewer of stream.viewers) {
      try {
        if (viewer.bufferedAmount() > MAX_UNSENT_BYTES) stream.drops++;
        else viewer.send(chunk);
      } catch {
        // A connection that broke under us: its owner calls the returned function in due course.
        stream.drops++;
      }
    }
  }
}
