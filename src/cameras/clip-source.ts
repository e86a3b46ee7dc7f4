import { access, constants } from 'node:fs/promises';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { clipSeconds } from './clip-seconds.ts';
import { ffmpegPictures } from './ffmpeg.ts';
import type { FrameSource, SampledPicture, SourceView } from './frame.ts';
import { type RecentVideo, recentVideoOf } from './recent-video.ts';
import type { CameraSettings } from './settings.ts';
import { type StreamFacts, StreamMeter } from './stream-facts.ts';

/** Containers a clip may have. Play lists are not among them: a clip must not lead anywhere else. */
const CLIP_FORMATS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,gif';
/** In real time, for ever. */
const REPLAY: readonly string[] = [
  '-protocol_whitelist',
  'file',
  '-format_whitelist',
  CLIP_FORMATS,
  '-re',
  '-stream_loop',
  '-1',
];

/**
 * A clip replayed in real time, for ever, as a camera. It begins at its beginning with each connection; at its end it goes
 * on from the start within the same connection, so that a loop is nothing that anyone has to know about.
 */
export class ClipSource implements FrameSource {
  readonly notes: readonly string[] = [];
  readonly #path: string;
  readonly #settings: CameraSettings;
  readonly #clock: Clock;
  readonly #program: string;
  #meter = new StreamMeter();
  #pid: number | undefined;
  /** Absent where no clips are kept. */
  readonly recent: RecentVideo | undefined;
  /** Monotonic ms at which this replay began; undefined before its first picture. */
  #zeroAt: number | undefined;

  constructor(options: { path: string; settings: CameraSettings; clock: Clock; program: string }) {
    this.#path = options.path;
    this.#settings = options.settings;
    this.#clock = options.clock;
    this.#program = options.program;
    this.recent = recentVideoOf(options.settings, options.clock);
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  get facts(): StreamFacts {
    return this.#meter.facts();
  }

  get view(): SourceView {
    const options = async (): Promise<string[]> => ['-ss', (await this.#position()).toFixed(3), ...REPLAY];
    return { input: `file:${this.#path}`, options };
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<SampledPicture, void, void> {
    await mustBeReadable(this.#path);
    this.#meter = new StreamMeter();
    this.recent?.connected();
    const { everyMs, maxWidth, quality } = this.#settings;
    const replay = ffmpegPictures({
      program: this.#program,
      inputOptions: REPLAY,
      input: `file:${this.#path}`,
      picking: { kind: 'grid', everyMs },
      maxWidth,
      quality,
      clock: this.#clock,
      signal,
      meter: this.#meter,
      ...(this.recent && { onRecording: this.recent.push }),
      onProcess: (pid) => {
        this.#pid = pid;
      },
    });
    for await (const picture of replay) {
      this.#zeroAt = picture.at - picture.ptsMs;
      this.recent?.saw(picture);
      yield picture;
    }
  }

  /** Where the replay stands now, seconds: what is seen live is what is sampled. */
  async #position(): Promise<number> {
    if (this.#zeroAt === undefined) return 0;
    const seconds = await clipSeconds(this.#path);
    return ((this.#clock.monotonic() - this.#zeroAt) / 1_000) % seconds;
  }
}

async function mustBeReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new WatchwordError(
      isMissing ? 'not-found' : 'forbidden',
      isMissing ? 'the clip does not exist' : 'the clip may not be read',
      {
        where: path,
        hint: isMissing ? 'Check the path of the clip' : 'Give the user that runs Watchword the right to read it',
        cause,
      },
    );
  }
}
