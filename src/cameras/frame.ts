import type { RecentVideo } from './recent-video.ts';
import type { StreamFacts } from './stream-facts.ts';

/** One sampled picture of one camera. Picture and times belong together and travel together to the event. */
export interface Frame {
  readonly cameraId: string;
  /** Counts up per camera within one process run, from 1. */
  readonly seq: number;
  /** Wall-clock time at which the picture was taken, whole ms since the epoch (UTC). For records. */
  readonly capturedAt: number;
  /** The same instant on the monotonic clock, ms. For durations. */
  readonly at: number;
  /** The picture as JPEG, after privacy masks were painted out. */
  readonly jpeg: Uint8Array;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** A picture as a source delivers it, before the camera gives it a number. */
export type SampledPicture = Omit<Frame, 'cameraId' | 'seq'>;

/**
 * Where a camera's pictures come from: one connection attempt at a time.
 *
 * `pictures` connects and yields about one picture per interval until the signal is aborted (then it returns after its
 * child processes are gone) or the stream fails or ends (then it throws a WatchwordError whose message is a readable cause
 * without secrets). It may be called again after that. It never buffers: a slow consumer gets the newest picture.
 */
export interface FrameSource {
  pictures(signal: AbortSignal): AsyncIterable<SampledPicture>;
  /** What a person should know about how it works at the moment, such as a fall-back in use. Empty when all is as wished. */
  readonly notes: readonly string[];
  /** What a live view plays; absent when the source has nothing that plays. */
  readonly view?: SourceView;
  /** What is known of the stream of the newest connection. */
  readonly facts?: StreamFacts;
  /** The last half minute of video, for evidence; absent where none is kept. */
  readonly recent?: RecentVideo | undefined;
  /** The process that decodes now, for measuring what it costs; undefined while there is none. */
  readonly pid?: number | undefined;
}

/** A source as ffmpeg opens it. */
export interface SourceView {
  /** Options that stand before `-i`, from where the source stands now. */
  options(): Promise<readonly string[]>;
  /** What stands after `-i`. May hold a password: never shown. */
  readonly input: string;
}
