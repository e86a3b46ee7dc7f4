import { access, constants } from 'node:fs/promises';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { ffmpegPictures } from './ffmpeg.ts';
import type { FrameSource, SampledPicture } from './frame.ts';
import type { CameraSettings } from './settings.ts';

/** Containers a clip may have. Play lists are not among them: a clip must not lead anywhere else. */
const CLIP_FORMATS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,gif';

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

  constructor(options: { path: string; settings: CameraSettings; clock: Clock; program: string }) {
    this.#path = options.path;
    this.#settings = options.settings;
    this.#clock = options.clock;
    this.#program = options.program;
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<SampledPicture, void, void> {
    await mustBeReadable(this.#path);
    const { everyMs, maxWidth, quality } = this.#settings;
    yield* ffmpegPictures({
      program: this.#program,
      inputOptions: ['-protocol_whitelist', 'file', '-format_whitelist', CLIP_FORMATS, '-re', '-stream_loop', '-1'],
      input: `file:${this.#path}`,
      picking: { kind: 'grid', everyMs },
      maxWidth,
      quality,
      clock: this.#clock,
      signal,
    });
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
