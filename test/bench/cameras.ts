import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { cpuTimeMs } from '../../src/cameras/cpu-time.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { startRtspServer } from '../support/rtsp-server.ts';
import type { SamplerUse } from './cameras/sampler.ts';

const runProgram = promisify(execFile);
const EVERY_S = 2;
const GOPS_S = [2, 1] as const;
const WARM_UP_MS = 10_000;
const COMPARED_CAMERAS = 8;

/**
 * `npm run bench -- cameras [--json] [--seconds N] [--cameras N]`, on 1080p25 H.264 at 4 Mbit/s over RTSP, one frame per 2 s:
 *
 * 1. Side by side for N seconds (default 60), on the same stream: one ffmpeg that decodes everything and writes JPEGs of the
 *    same size, and eight cameras in a process of ours, counted with that process and divided by eight. Once with a keyframe
 *    every 2 s, which most cameras have from the factory, once with one every second.
 * 2. Many cameras (default 25) in one process that may use one core only, with its decoders: whether each gets its frames,
 *    what they leave of the core, and resident memory.
 *
 * Serving the streams runs in processes of their own and is not counted.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean' },
      seconds: { type: 'string', default: '60' },
      cameras: { type: 'string', default: '25' },
    },
  });
  const seconds = Number(values.seconds);
  const count = Number(values.cameras);
  if (!(seconds >= 10) || !(count >= 1)) throw new Error('--seconds takes 10 or more, --cameras 1 or more');
  const folder = temporaryFolder('watchword-bench-');
  const stops: Array<() => Promise<void>> = [async () => folder.remove()];
  try {
    progress('making the clips');
    const clips: string[] = [];
    for (const gopSeconds of GOPS_S) clips.push(await makeClip(join(folder.path, `gop${gopSeconds}.mp4`), gopSeconds));
    const server = await startRtspServer(clips);
    stops.unshift(() => server.stop());
    const compared: Compared[] = [];
    for (const [i, gopSeconds] of GOPS_S.entries()) {
      const result = await compare(server.url(i), seconds);
      compared.push(result);
      if (!values.json)
        process.stdout.write(
          `keyframe every ${gopSeconds} s, CPU per camera and second: everything decoded ${ms(result.fullMs)}, sampled ${ms(result.oursMs)} (decoder ${ms(result.decoderMs)}, its share of our process ${ms(result.ownMs)}), ratio ${round(result.fullMs / result.oursMs)}\n`,
        );
    }
    const load = await loadOneCore(server.url(0), count, seconds);
    if (!values.json)
      process.stdout.write(
        `${count} cameras on one core for ${seconds} s: ${round(load.coreShare * 100)} % of it, frames per camera ${load.leastFrames} to ${load.mostFrames} of ${seconds / EVERY_S}\n`,
      );
    const summary = {
      cpuRatio: round((compared[0]?.fullMs ?? 0) / (compared[0]?.oursMs ?? 1)),
      cpuRatioKeyframeEverySecond: round((compared[1]?.fullMs ?? 0) / (compared[1]?.oursMs ?? 1)),
      camerasPerCore: Math.floor(count / load.coreShare),
      rssMbPerCamera: round(load.rssMb),
      pssMbPerCamera: round(load.pssMb),
      leastFramesShare: round(load.leastFrames / (seconds / EVERY_S)),
      isPinned: load.isPinned,
    };
    process.stdout.write(`${JSON.stringify({ summary })}\n`);
  } finally {
    for (const stop of stops) await stop();
  }
}

/** Noise in it, or nothing would be left to decode. */
async function makeClip(file: string, gopSeconds: number): Promise<string> {
  const gop = String(gopSeconds * 25);
  await runProgram('ffmpeg', [
    ...['-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=25:duration=20'],
    ...['-vf', 'noise=alls=14:allf=t', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0'],
    ...['-b:v', '4M', '-maxrate', '5M', '-bufsize', '8M', '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', file],
  ]);
  return file;
}

interface Compared {
  /** CPU ms per second of the stream. */
  readonly fullMs: number;
  readonly oursMs: number;
  readonly decoderMs: number;
  readonly ownMs: number;
}

async function compare(url: string, seconds: number): Promise<Compared> {
  const full = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-loglevel', 'error', '-rtsp_transport', 'tcp', '-i', url, '-an'],
      ...['-vf', `fps=1/${EVERY_S},scale=1280:-2`, '-c:v', 'mjpeg', '-q:v', '8', '-f', 'mjpeg', 'pipe:1'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const sampler = start([String(COMPARED_CAMERAS), url]);
  try {
    await once(sampler, 'message');
    progress(`side by side for ${seconds} s`);
    await systemClock.sleep(WARM_UP_MS);
    const before = await useOf(sampler);
    const fullBefore = cpuTimeMs(full.pid ?? 0) ?? Number.NaN;
    await systemClock.sleep(seconds * 1_000);
    const after = await useOf(sampler);
    const fullAfter = cpuTimeMs(full.pid ?? 0) ?? Number.NaN;
    const took = (after.at - before.at) / 1_000;
    const frames = Math.min(...framesBetween(before, after));
    if (frames < (0.9 * seconds) / EVERY_S) throw new Error(`a sampled camera gave ${frames} frames only`);
    const decoderMs = (after.decoderMs - before.decoderMs) / took / COMPARED_CAMERAS;
    const ownMs = (after.ownMs - before.ownMs) / took / COMPARED_CAMERAS;
    return { fullMs: (fullAfter - fullBefore) / took, oursMs: decoderMs + ownMs, decoderMs, ownMs };
  } finally {
    full.kill('SIGKILL');
    await end(sampler);
  }
}

async function loadOneCore(url: string, count: number, seconds: number) {
  const isPinned = await runProgram('taskset', ['--version']).then(
    () => true,
    () => false,
  );
  const sampler = start([String(count), url], isPinned);
  try {
    await once(sampler, 'message');
    progress(`${count} cameras connect`);
    const limit = systemClock.monotonic() + 120_000;
    for (let use = await useOf(sampler); use.frames.some((frames) => frames < 3); use = await useOf(sampler)) {
      if (systemClock.monotonic() > limit)
        throw new Error(`after two minutes some gave nothing: ${use.frames.join(' ')}`);
      await systemClock.sleep(1_000);
    }
    await systemClock.sleep(WARM_UP_MS);
    progress(`${count} cameras for ${seconds} s`);
    const before = await useOf(sampler);
    await systemClock.sleep(seconds * 1_000);
    const after = await useOf(sampler);
    const frames = framesBetween(before, after);
    const used = after.ownMs + after.decoderMs - before.ownMs - before.decoderMs;
    return {
      isPinned,
      coreShare: used / (after.at - before.at),
      leastFrames: Math.min(...frames),
      mostFrames: Math.max(...frames),
      rssMb: mean(after.decoderRssMb),
      pssMb: mean(after.decoderPssMb),
    };
  } finally {
    await end(sampler);
  }
}

/** `isPinned`: it and its children may use the first core only. */
function start(args: readonly string[], isPinned = false): ChildProcess {
  const pinned = { execPath: 'taskset', execArgv: ['-c', '0', process.execPath, ...process.execArgv] };
  const file = fileURLToPath(new URL('./cameras/sampler.ts', import.meta.url));
  return fork(file, args, { stdio: 'inherit', ...(isPinned && pinned) });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

async function useOf(sampler: ChildProcess): Promise<SamplerUse> {
  const answered = new AbortController();
  const ended = once(sampler, 'exit', { signal: answered.signal }).then(() => {
    throw new Error('the process with the cameras ended');
  });
  const answer = once(sampler, 'message');
  sampler.send('use');
  try {
    const [use] = (await Promise.race([answer, ended])) as [SamplerUse];
    return use;
  } finally {
    answered.abort();
  }
}

function framesBetween(before: SamplerUse, after: SamplerUse): number[] {
  return after.frames.map((number, i) => number - (before.frames[i] ?? 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
