import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { handOver } from './address-handover.ts';
import { causeOf, ffmpegMissing } from './causes.ts';
import { startChild } from './child.ts';
import type { SampledPicture } from './frame.ts';
import { FrameTimes } from './frame-times.ts';
import { jpegSize } from './jpeg-size.ts';
import { Newest } from './newest.ts';
import { PacketLogReader, type StreamPacket } from './packet-log.ts';
import { SmjpegReader, type TimedJpeg } from './smjpeg.ts';
import type { StreamMeter } from './stream-facts.ts';

const MAX_PICTURE_BYTES = 32 * 1024 * 1024;
const run = promisify(execFile);

/** Which pictures of the stream are wanted, in stream time. */
export type Picking =
  /** Exactly one per `everyMs`: the first of each interval on a grid that begins with the first picture. */
  | { readonly kind: 'grid'; readonly everyMs: number }
  /** Any that is at least `atLeastMs` after the one before. */
  | { readonly kind: 'spaced'; readonly atLeastMs: number };

export interface FfmpegRun {
  readonly program: string;
  /** Options that stand before `-i`. */
  readonly inputOptions: readonly string[];
  /** The checked source address; its login does not get into the arguments. */
  readonly input: string;
  readonly picking: Picking;
  readonly maxWidth: number;
  /** 1..100 */
  readonly quality: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with each packet of the stream as it comes in. */
  readonly onPacket?: (packet: StreamPacket) => void;
  /** Told everything about the stream. */
  readonly meter?: StreamMeter;
  /** Gets the stream as it came, undecoded, as an MPEG transport stream on the same time line as the pictures. */
  readonly onRecording?: (chunk: Buffer) => void;
  /** Told which process works for this run, and undefined when it is gone. */
  readonly onProcess?: (pid: number | undefined) => void;
}

/** A sampled picture with what its stream knows of it. */
export type StreamPicture = SampledPicture & {
  /** The stream's own time, ms from its start. */
  readonly ptsMs: number;
  /** How much newer the newest packet was when the decoder gave this picture out, ms of stream time. */
  readonly lagMs: number;
};

/**
 * One run of ffmpeg over one input: yields the newest sampled picture whenever the consumer asks. Returns when the signal
 * is aborted, throws the readable cause when ffmpeg ends by itself; either way its process is gone by then.
 */
export async function* ffmpegPictures(options: FfmpegRun): AsyncGenerator<StreamPicture, void, void> {
  const { clock, signal, program } = options;
  if (signal.aborted) return;
  const frameRateMode = await frameRateOption(program);
  const newest = new Newest<StreamPicture>();
  const output = new StreamOutput({ ...options, newest });
  const handed = await handOver(options.input);
  if (signal.aborted) return handed.close();
  const child = startChild({
    program,
    args: ffmpegArguments({ ...options, input: handed.input }, frameRateMode),
    clock,
    onOutput: (chunk) => output.takePictures(chunk),
    onSideOutput: (chunk) => output.takePackets(chunk),
    ...(options.onRecording && { onRecording: options.onRecording }),
  });
  options.onProcess?.(child.pid);
  const end = (): void => newest.end();
  signal.addEventListener('abort', end, { once: true });
  const ended = child.ended.finally(end);
  try {
    for await (const picture of newest) {
      if (signal.aborted) break;
      yield picture;
    }
  } finally {
    signal.removeEventListener('abort', end);
    output.close();
    await child.stop();
    handed.close();
    options.onProcess?.(undefined);
  }
  if (signal.aborted) return;
  const { error, stderr } = await ended;
  throw output.damage ?? error ?? causeOf(stderr, output.delivered);
}

/** How long the first picture waits for its time: what a server or ffmpeg held back comes in one burst and is no measure. */
const SETTLE_MS = 200;

/** Puts the two outputs of one ffmpeg together: pictures, and the packets that tell when they were taken. */
class StreamOutput {
  readonly #options: Pick<FfmpegRun, 'clock' | 'onPacket' | 'meter'> & { newest: Newest<StreamPicture> };
  readonly #times: FrameTimes;
  readonly #pictures = new SmjpegReader({ maxBytes: MAX_PICTURE_BYTES });
  readonly #packets = new PacketLogReader();
  readonly #closed = new AbortController();
  #newestPtsMs = 0;
  #isSettled = false;
  #waiting: TimedJpeg | undefined;
  delivered = false;
  damage: Error | undefined;

  constructor(options: Pick<FfmpegRun, 'clock' | 'onPacket' | 'meter'> & { newest: Newest<StreamPicture> }) {
    this.#options = options;
    this.#times = new FrameTimes(options.clock.now() - options.clock.monotonic());
  }

  takePackets(chunk: Buffer): void {
    const arrivedAt = this.#options.clock.monotonic();
    const { meter } = this.#options;
    const packets = this.#packets.push(chunk);
    if (meter)
      Object.assign(meter, { codec: this.#packets.codec, width: this.#packets.width, height: this.#packets.height });
    for (const packet of packets) {
      meter?.saw(packet);
      this.#times.saw(packet.ptsMs, arrivedAt);
      this.#newestPtsMs = packet.ptsMs;
      this.#options.onPacket?.(packet);
    }
  }

  takePictures(chunk: Buffer): void {
    if (this.damage) return;
    const arrivedAt = this.#options.clock.monotonic();
    try {
      for (const picture of this.#pictures.push(chunk)) {
        this.#times.saw(picture.ptsMs, arrivedAt);
        this.#take(picture);
      }
    } catch (error) {
      this.damage = toError(error);
      this.#options.newest.end();
    }
  }

  close(): void {
    this.#closed.abort();
  }

  #take(picture: TimedJpeg): void {
    if (this.#isSettled) {
      this.#give(picture);
      return;
    }
    const isFirst = this.#waiting === undefined;
    this.#waiting = picture;
    if (!isFirst) return;
    this.#options.clock.sleep(SETTLE_MS, this.#closed.signal).then(
      () => {
        this.#isSettled = true;
        if (this.#waiting) this.#give(this.#waiting);
      },
      () => undefined,
    );
  }

  #give({ ptsMs, jpeg }: TimedJpeg): void {
    const size = jpegSize(jpeg);
    if (!size) return;
    this.delivered = true;
    const lagMs = Math.max(0, this.#newestPtsMs - ptsMs);
    this.#options.newest.put({ ...this.#times.of(ptsMs), ptsMs, lagMs, jpeg, ...size });
  }
}

function ffmpegArguments(options: FfmpegRun, frameRateMode: readonly string[]): string[] {
  const { inputOptions, input, picking, maxWidth, quality } = options;
  // Threads would only add delay and memory: one stream at one picture per second keeps no core busy.
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'level+error', '-threads', '1'],
    ...[...inputOptions, '-i', input],
    ...['-map', '0:v:0', '-an', '-sn', '-dn', '-map_metadata', '-1', '-threads', '1'],
    ...['-vf', `${selectFilter(picking)},scale='min(${maxWidth},iw)':-2`, ...frameRateMode],
    ...['-c:v', 'mjpeg', '-q:v', String(quantizer(quality)), '-flush_packets', '1', '-f', 'smjpeg', 'pipe:1'],
    ...PACKET_LOG,
    ...(options.onRecording ? RECORDING : []),
  ];
}

/** Tells of each packet as it comes, on file descriptor 3. */
export const PACKET_LOG: readonly string[] = [
  ...['-map', '0:v:0', '-c', 'copy', '-copyinkf', '-avoid_negative_ts', 'disabled', '-flush_packets', '1'],
  ...['-f', 'framecrc', 'pipe:3'],
];

/** Handed over in pieces of 32 KB: nobody waits for it, and each piece wakes us. */
export const RECORDING: readonly string[] = [
  ...['-map', '0:v:0', '-c', 'copy', '-muxdelay', '0', '-muxpreload', '0', '-flush_packets', '0', '-f', 'mpegts'],
  'pipe:4',
];

function selectFilter(picking: Picking): string {
  if (picking.kind === 'spaced') {
    return `select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,${picking.atLeastMs / 1000})'`;
  }
  // A millisecond of grace: 2.0 s must not fall into the interval before it by rounding.
  const slot = (time: string): string => `floor((${time}-start_t+0.001)/${picking.everyMs / 1000})`;
  return `select='isnan(prev_selected_t)+gt(${slot('t')}\\,${slot('prev_selected_t')})'`;
}

/** JPEG quality 1..100 as ffmpeg's quantizer 31..2. */
function quantizer(quality: number): number {
  return Math.round(31 - ((quality - 1) * 29) / 99);
}

const frameRateOptions = new Map<string, Promise<readonly string[]>>();

/** `-vsync` became `-fps_mode` in ffmpeg 5.1 and is going away; either way every selected frame passes with its own time. */
function frameRateOption(program: string): Promise<readonly string[]> {
  let known = frameRateOptions.get(program);
  if (!known) {
    known = readFrameRateOption(program);
    frameRateOptions.set(program, known);
    // A program that is installed later must be found then.
    known.catch(() => frameRateOptions.delete(program));
  }
  return known;
}

async function readFrameRateOption(program: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = (await run(program, ['-version'], { timeout: 10_000 })).stdout;
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? ffmpegMissing(program)
      : toError(error);
  }
  const version = /version n?(\d+)\.(\d+)/.exec(text);
  const isOld = version !== null && Number(version[1]) + Number(version[2]) / 100 < 5.01;
  return isOld ? ['-vsync', 'passthrough'] : ['-fps_mode', 'passthrough'];
}
