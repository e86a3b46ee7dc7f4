import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

const run = promisify(execFile);
const BITS = 12;

/** The bundled demo clips. */
export const DEMO_FOLDER = fileURLToPath(new URL('../../models/watchword-tiny/demo', import.meta.url));

/** A piece of real footage for tests, or undefined where it is not on this machine. */
export function realFootage(name: string): string | undefined {
  const file = fileURLToPath(new URL(`../../../shared/media/${name}`, import.meta.url));
  return existsSync(file) ? file : undefined;
}

/** A folder that is gone after `use`. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes an H.264 clip into which every frame's number is painted as twelve black or white blocks along the bottom, so that
 * a picture tells its own time. `from`: footage to paint over; a moving test picture otherwise.
 */
export async function makeNumberedClip(
  file: string,
  options: { seconds: number; fps: number; gopSeconds: number; size?: string; from?: string; bFrames?: number },
): Promise<void> {
  const { seconds, fps, gopSeconds, size = '320x180', from, bFrames = 0 } = options;
  const input = from ? ['-i', from] : ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}:duration=${seconds}`];
  const blocks = Array.from(
    { length: BITS },
    (_, bit) =>
      `drawbox=x=iw*${bit}/${BITS}:y=ih*9/10:w=iw/${BITS}:h=ih/10:color=white:t=fill:enable='gt(mod(floor(n/${2 ** bit}),2),0)'`,
  );
  const filter = [`fps=${fps}`, 'drawbox=x=0:y=ih*9/10:w=iw:h=ih/10:color=black:t=fill', ...blocks].join(',');
  const gop = String(Math.round(gopSeconds * fps));
  await run('nice', [
    ...['ffmpeg', '-nostdin', '-loglevel', 'error', '-y', ...input, '-t', String(seconds), '-an', '-vf', filter],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', String(bFrames)],
    ...['-g', gop, '-keyint_min', gop, '-sc_threshold', '0', file],
  ]);
}

/** The frame number painted into a picture of a numbered clip. */
export async function frameNumber(jpeg: Uint8Array): Promise<number> {
  const width = BITS * 8;
  const { data } = await sharp(jpeg)
    .greyscale()
    .resize(width, 40, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const at = 38 * width + bit * 8 + 4;
    if ((data[at] ?? 0) > 128) number += 2 ** bit;
  }
  return number;
}

/** Plays a clip to an RTSP server in real time as a camera would. */
export function publishClip(
  file: string,
  url: string,
  options: { loop?: boolean; encode?: readonly string[] } = {},
): {
  ended: Promise<void>;
  stop(): Promise<void>;
  pid: number;
} {
  const loop = options.loop === false ? [] : ['-stream_loop', '-1'];
  const encode = options.encode ?? ['-c', 'copy'];
  const args = ['-nostdin', '-loglevel', 'error', '-re', ...loop, '-i', file, '-an', ...encode];
  const child = spawn('ffmpeg', [...args, '-f', 'rtsp', '-rtsp_transport', 'tcp', url], { stdio: 'ignore' });
  const ended = once(child, 'close').then(() => undefined);
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The first picture of a piece of video, and its codec as ffprobe names it. */
export async function pictureOfVideo(video: Buffer): Promise<{ jpeg: Buffer; codec: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  try {
    const file = join(folder, 'piece');
    await writeFile(file, video);
    await run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-i', file, '-frames:v', '1', '-f', 'mjpeg', `${file}.jpg`]);
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name',
      '-of',
      'csv=p=0',
      file,
    ]);
    return { jpeg: await readFile(`${file}.jpg`), codec: stdout.trim().split('\n')[0] ?? '' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The process ids of this process' ffmpeg children, zombies included; only those with `text` in their arguments, if given. */
export async function ffmpegChildren(text = ''): Promise<number[]> {
  const { stdout } = await run('ps', ['-ww', '-o', 'pid=,args=', '--ppid', String(process.pid)]);
  return stdout
    .split('\n')
    .filter((line) => line.includes('ffmpeg') && line.includes(text))
    .map((line) => Number.parseInt(line, 10));
}

/** Resolves when `condition` holds, looking every 20 ms; rejects after `withinMs` with what was awaited. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const limit = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
