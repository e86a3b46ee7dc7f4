import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { handOver } from './address-handover.ts';
import { causeOf, ffmpegMissing, stalled } from './causes.ts';
import { startChild, stopChild } from './child.ts';
import type { SourceView } from './frame.ts';
import { coveringBoxes } from './masks.ts';
import type { Polygon } from './settings.ts';

/** From connecting to the first byte, and from one byte to the next. */
const STALL_MS = 20_000;
const STDERR_KEPT = 4_096;
const MASK_STRIPS = 48;

/** node-rtsp-stream's muxer: one ffmpeg from an input to MPEG-1 in an MPEG transport stream. */
interface Mpeg1Muxer extends EventEmitter {
  readonly stream: ChildProcess;
}
type Mpeg1MuxerConstructor = new (options: {
  url: string;
  ffmpegPath: string;
  /** Keys become options after the input, in this order; values may be empty. */
  ffmpegOptions: Record<string, string>;
}) => Mpeg1Muxer;

// Only the muxer: the package's main file brings an open WebSocket server of its own, which is not for us.
const Muxer = createRequire(import.meta.url)('node-rtsp-stream/mpeg1muxer.js') as Mpeg1MuxerConstructor;

export interface Mpeg1Options {
  readonly program: string;
  readonly source: SourceView;
  readonly masks: readonly Polygon[];
  readonly width: number;
  readonly kbitPerSecond: number;
  readonly clock: Clock;
}

/**
 * Plays the source once: `onData` gets MPEG-TS chunks until the signal is aborted (then it resolves) or the stream ends,
 * fails or falls silent (then it resolves with the readable cause). Either way both processes are gone by then.
 *
 * Two processes, because the muxer takes no options for its input: without them it would try UDP first, could not replay a
 * clip in real time and would open any protocol. So a feeder opens the source and copies it, undecoded, into the muxer's
 * standard input; the muxer never learns the address. Nothing piles up between them: pipes push back.
 */
export async function playMpeg1(
  options: Mpeg1Options,
  onData: (chunk: Buffer) => void,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const { clock, program, source } = options;
  if (signal.aborted) return undefined;
  const inputOptions = await source.options().catch(() => []);
  const handed = await handOver(source.input).catch(toError);
  if (handed instanceof Error) return handed;
  if (signal.aborted) {
    handed.close();
    return undefined;
  }
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  let lastAt = clock.monotonic();
  let delivered = false;
  let failure: Error | undefined;
  const muxer = startMuxer(options, (chunk) => {
    delivered = true;
    lastAt = clock.monotonic();
    onData(chunk);
  });
  const feeder = startChild({ program, clock, args: feederArguments(inputOptions, handed.input) });
  feeder.stdout.on('error', () => undefined);
  if (muxer.child.stdin) feeder.stdout.pipe(muxer.child.stdin);
  // The feeder's end closes the muxer's input, so that the last pictures still come out; the muxer's end is the end.
  void muxer.ended.then(stop);
  void feeder.ended.then(({ error }) => error && stop());
  while (!over.signal.aborted) {
    await clock.sleep(1_000, over.signal).catch(() => undefined);
    if (over.signal.aborted || clock.monotonic() - lastAt < STALL_MS) continue;
    failure = stalled(STALL_MS);
    stop();
  }
  signal.removeEventListener('abort', stop);
  const [fed] = await Promise.all([feeder.stop(), stopChild(muxer.child, muxer.ended, clock)]);
  handed.close();
  if (signal.aborted) return undefined;
  return failure ?? fed.error ?? muxer.failure() ?? causeOf(fed.stderr, delivered);
}

interface RunningMuxer {
  readonly child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** Why it could not run, when it could not. */
  failure(): Error | undefined;
}

/** The muxer itself watches only for exit code 1 and lets a missing ffmpeg kill the daemon; here every end is noticed. */
function startMuxer(options: Mpeg1Options, onData: (chunk: Buffer) => void): RunningMuxer {
  const { program } = options;
  const muxer = new Muxer({ url: 'pipe:0', ffmpegPath: program, ffmpegOptions: muxerOptions(options) });
  const child = muxer.stream;
  // Its own listener writes to the console.
  child.removeAllListeners('exit');
  child.stdin?.on('error', () => undefined);
  let failure: Error | undefined;
  let stderr = '';
  muxer.on('ffmpegStderr', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
  });
  muxer.on('mpeg1data', onData);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      failure = error.code === 'ENOENT' ? ffmpegMissing(program) : toError(error);
      resolve();
    });
    child.once('close', () => resolve());
  });
  return {
    child,
    ended,
    failure: () => failure ?? (/Error while opening encoder/.test(stderr) ? causeOf(stderr, false) : undefined),
  };
}

function feederArguments(inputOptions: readonly string[], input: string): string[] {
  const output = ['-map', '0:v:0', '-c', 'copy', '-flush_packets', '1', '-f', 'nut', 'pipe:1'];
  return ['-nostdin', '-hide_banner', '-loglevel', 'level+error', ...inputOptions, '-i', input, ...output];
}

function muxerOptions({ masks, width, kbitPerSecond }: Mpeg1Options): Record<string, string> {
  return {
    '-hide_banner': '',
    '-loglevel': 'level+error',
    '-vf': [`scale=${width}:-2`, ...masks.flatMap(maskFilters)].join(','),
    // MPEG-1 knows a few frame rates only; 25 is one of them.
    '-r': '25',
    '-b:v': `${kbitPerSecond}k`,
    '-bf': '0',
    '-g': '25',
    '-an': '',
    '-threads': '1',
    '-flush_packets': '1',
    // Each picture leaves at once instead of when 3 KB have gathered.
    '-pes_payload_size': '0',
  };
}

function maskFilters(mask: Polygon): string[] {
  return coveringBoxes(mask, MASK_STRIPS).map(({ x, y, width, height }) => {
    const share = (value: number): string => value.toFixed(4);
    return `drawbox=x=iw*${share(x)}-2:y=ih*${share(y)}-1:w=iw*${share(width)}+4:h=ih*${share(height)}+2:color=black:t=fill`;
  });
}
