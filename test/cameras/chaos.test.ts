import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Camera } from '../../src/cameras/camera.ts';
import type { FrameSource } from '../../src/cameras/frame.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { HARD, Seeded, seedOf } from '../hard/seeded.ts';
import { ffmpegChildren, makeNumberedClip, until } from '../support/clips.ts';
import { FaultyLine, LINE_FAULTS } from '../support/faulty-line.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';

const run = promisify(execFile);
const SERVERS = 3;
const CAMERAS = 12;
const FAULTS = HARD ? 1_000 : 100;
/** Long form only: the faults above are a hundred reconnects as well. */
const RECONNECTS = 1_000;
const AT_ONCE = 12;
const SEED = seedOf(1);
const BETWEEN_MS = 120;
const BACK_WITHIN_MS = 30_000;

interface Watched {
  readonly source: FrameSource;
  readonly camera: Camera;
  readonly line: FaultyLine;
}

let folder: string;
let clips: string[];

/** Four ways to send a picture: two codecs beside H.264, and a stream that changes its size every two seconds. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  const file = (name: string): string => join(folder, name);
  await makeNumberedClip(file('h264.mp4'), { seconds: 10, fps: 10, gopSeconds: 1 });
  await makeNumberedClip(file('small.mp4'), { seconds: 2, fps: 10, gopSeconds: 1, size: '160x120' });
  const encode = async (name: string, ...options: string[]): Promise<void> => {
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file('h264.mp4'), '-g', '10', ...options, file(name)]);
  };
  await encode('hevc.mp4', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error');
  await encode('mpeg4.mp4', '-c:v', 'mpeg4', '-vf', 'scale=480:-2');
  const both = `concat:${file('a.ts')}|${file('b.ts')}`;
  await encode('a.ts', '-t', '2', '-c', 'copy');
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-i',
    file('small.mp4'),
    '-c',
    'copy',
    '-output_ts_offset',
    '2',
    file('b.ts'),
  ]);
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', both, '-c', 'copy', file('changing.ts')]);
  clips = ['h264.mp4', 'hevc.mp4', 'mpeg4.mp4', 'changing.ts'].map(file);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function watch(index: number, serverOf: () => RtspServer, seeded: Seeded): Promise<Watched> {
  const line = new FaultyLine({ target: () => serverOf().port, random: () => seeded.next() });
  await line.start();
  const settings = cameraSettingsSchema.parse({
    source: `rtsp://127.0.0.1:${line.port}/cam0`,
    every: '1s',
    lostAfter: '3s',
  });
  const source = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
  const camera = new Camera({
    id: `cam-${index}`,
    settings,
    source,
    clock: systemClock,
    logger: silentLogger,
    health: new Health(() => systemClock.now()),
    random: () => seeded.next(),
  });
  camera.start();
  return { source, camera, line };
}

interface Struck {
  readonly lastsMs: number;
  readonly mend?: () => Promise<void> | void;
}

/** What strikes how often in a hundred times. */
const SHARES: Record<string, number> = {
  'server killed': 4,
  'server hangs': 8,
  'server sends another stream': 7,
  'decoder killed': 6,
  'decoder hangs': 5,
  ...Object.fromEntries(LINE_FAULTS.map((fault) => [`line: ${fault}`, 10])),
};

/** Everything that can go wrong with cameras, one thing at a time. */
class Chaos {
  readonly #seeded: Seeded;
  readonly #servers: RtspServer[];
  readonly #watched: readonly Watched[];
  readonly #dead = new Set<RtspServer>();

  constructor(seeded: Seeded, servers: RtspServer[], watched: readonly Watched[]) {
    this.#seeded = seeded;
    this.#servers = servers;
    this.#watched = watched;
  }

  /** All kinds in their shares, shuffled. */
  kinds(count: number): string[] {
    const kinds = Object.entries(SHARES).flatMap(([kind, share]) => Array<string>((share * count) / 100).fill(kind));
    for (let i = kinds.length - 1; i > 0; i--) {
      const other = this.#seeded.below(i + 1);
      [kinds[i], kinds[other]] = [kinds[other] ?? '', kinds[i] ?? ''];
    }
    return kinds;
  }

  /** Undefined when it does not apply to what was drawn for it. */
  strike(kind: string): Struck | undefined {
    const lastsMs = 300 + this.#seeded.below(4_000);
    if (kind.startsWith('server')) return this.#server(kind, lastsMs);
    const { source, camera, line } = this.#seeded.pick(this.#watched);
    if (kind.startsWith('decoder')) {
      if (source.pid === undefined || camera.status().state !== 'live') return undefined;
      process.kill(source.pid, kind === 'decoder killed' ? 'SIGKILL' : 'SIGSTOP');
      return { lastsMs: 0 };
    }
    line.break(LINE_FAULTS.find((fault) => kind === `line: ${fault}`) ?? 'cut');
    return { lastsMs, mend: () => line.mend() };
  }

  #server(kind: string, lastsMs: number): Struck | undefined {
    const at = this.#seeded.below(this.#servers.length);
    const clip = this.#seeded.pick(clips);
    const server = this.#servers[at];
    if (!server || this.#dead.has(server)) return undefined;
    if (kind === 'server sends another stream') {
      server.play(0, clip);
      return { lastsMs: 0 };
    }
    if (kind === 'server hangs') {
      server.signal('SIGSTOP');
      return { lastsMs, mend: () => server.signal('SIGCONT') };
    }
    this.#dead.add(server);
    const killed = server.kill();
    const mend = async (): Promise<void> => {
      await killed;
      this.#servers[at] = await startRtspServer([clip], server.port);
    };
    return { lastsMs, mend };
  }
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

test(`twelve cameras survive ${FAULTS} random faults of network, servers and decoders, and leave nothing behind`, {
  timeout: 300_000 + FAULTS * 2 * BETWEEN_MS,
}, async ({ onTestFinished }) => {
  const jitter = new Seeded(SEED + 1);
  const servers = await Promise.all(
    Array.from({ length: SERVERS }, (_, i) => startRtspServer([clips[i % clips.length] as string])),
  );
  const filesBefore = openFiles();
  const memoryBefore = process.memoryUsage.rss();
  const watched = await Promise.all(
    Array.from({ length: CAMERAS }, (_, i) => watch(i, () => servers[i % SERVERS] as RtspServer, jitter)),
  );
  onTestFinished(async () => {
    await Promise.all(watched.map(({ camera, line }) => Promise.all([camera.stop(), line.stop()])));
    await Promise.all(servers.map((server) => server.stop()));
  });
  // One that is live may just be changing its decoder: what is held open is compared with all twelve at work.
  const allLive = (): boolean =>
    watched.every(({ camera, source }) => camera.status().state === 'live' && source.pid !== undefined);
  await until('all cameras are live', allLive, 60_000);
  const filesLive = openFiles();
  const memoryLive = process.memoryUsage.rss();

  const chaos = new Chaos(new Seeded(SEED), servers, watched);
  const mending: Promise<void>[] = [];
  const kinds = chaos.kinds(FAULTS);
  expect(kinds).toHaveLength(FAULTS);
  for (const kind of kinds) {
    let struck = chaos.strike(kind);
    for (; !struck; struck = chaos.strike(kind)) await systemClock.sleep(BETWEEN_MS);
    const { lastsMs, mend } = struck;
    mending.push(systemClock.sleep(lastsMs).then(() => mend?.()));
    await systemClock.sleep(BETWEEN_MS);
  }
  await Promise.all(mending);
  for (const { line } of watched) line.mend();
  const frames = watched.map(({ camera }) => camera.status().frames);
  const sampling = (): string[] =>
    watched.flatMap(({ camera }, i) => {
      const { state, cause, frames: now } = camera.status();
      return state === 'live' && now >= (frames[i] ?? 0) + 2 ? [] : [`${camera.id} ${state} ${cause}`];
    });
  await until('all cameras sample again', () => sampling().length === 0, BACK_WITHIN_MS).catch((error: Error) => {
    throw new Error(`${error.message}: ${sampling().join('; ')}`);
  });
  for (const { camera } of watched) await sharp(camera.latest()?.jpeg).raw().toBuffer();

  // One decoder per camera and no zombie; what each holds open is what it held open before.
  const decoders = await ffmpegChildren(' -i rtsp://');
  const filesAfter = openFiles();
  const memoryAfter = process.memoryUsage.rss();
  expect(decoders).toHaveLength(CAMERAS);
  expect(await ffmpegChildren('<defunct>')).toEqual([]);
  expect(filesAfter).toBeLessThanOrEqual(filesLive + 4);
  expect((memoryAfter - memoryLive) / 2 ** 20).toBeLessThan(60);

  await Promise.all(watched.map(({ camera, line }) => Promise.all([camera.stop(), line.stop()])));
  expect(await ffmpegChildren()).toEqual([]);
  await until('everything is closed', () => openFiles() <= filesBefore);
  if (HARD) {
    const restarts = watched.reduce((sum, { camera }) => sum + camera.status().reconnects, 0);
    const mb = (...bytes: number[]): string => bytes.map((each) => Math.round(each / 2 ** 20)).join(' / ');
    process.stdout.write(
      `chaos: ${FAULTS} faults, ${restarts} reconnects; before / live / after / stopped: ` +
        `descriptors ${filesBefore} / ${filesLive} / ${filesAfter} / ${openFiles()}, ` +
        `decoders 0 / ${CAMERAS} / ${decoders.length} / 0, ` +
        `RSS ${mb(memoryBefore, memoryLive, memoryAfter, process.memoryUsage.rss())} MB\n`,
    );
  }
});

test.runIf(HARD)(
  `${RECONNECTS} connections in a row leave no process, no descriptor and no memory behind`,
  {
    timeout: 60_000 + RECONNECTS * 1_500,
  },
  async ({ onTestFinished }) => {
    const seeded = new Seeded(SEED);
    const server = await startRtspServer([clips[0] as string]);
    const lines = await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const line = new FaultyLine({ target: () => server.port, random: () => seeded.next() });
        await line.start();
        return line;
      }),
    );
    onTestFinished(async () => {
      await Promise.all(lines.map((line) => line.stop()));
      await server.stop();
    });
    let connections = 0;
    const reconnect = async (line: FaultyLine, until: number): Promise<void> => {
      const settings = cameraSettingsSchema.parse({ source: `rtsp://127.0.0.1:${line.port}/cam0`, every: '1s' });
      const source = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
      while (connections < until) {
        connections++;
        const stop = new AbortController();
        try {
          for await (const _ of source.pictures(stop.signal)) {
            const how = seeded.below(3);
            if (how === 0) stop.abort();
            else if (how === 1 && source.pid !== undefined) process.kill(source.pid, 'SIGKILL');
            else {
              line.break('cut');
              line.mend();
            }
          }
        } catch {
          // The line was cut or the decoder killed: that is what this is about.
        }
        expect(source.pid).toBeUndefined();
      }
    };
    const all = (until: number): Promise<unknown> => Promise.all(lines.map((line) => reconnect(line, until)));
    // What is loaded and grown once is not a leak.
    await all(2 * AT_ONCE);
    const filesBefore = openFiles();
    const memoryBefore = process.memoryUsage.rss();
    connections = 0;
    await all(RECONNECTS);
    expect(await ffmpegChildren()).toEqual([]);
    expect(await ffmpegChildren('<defunct>')).toEqual([]);
    await until('everything is closed', () => openFiles() <= filesBefore);
    const grownMb = (process.memoryUsage.rss() - memoryBefore) / 2 ** 20;
    process.stdout.write(
      `${connections} connections: descriptors ${filesBefore} -> ${openFiles()}, ` +
        `RSS ${Math.round(memoryBefore / 2 ** 20)} MB ${grownMb < 0 ? '' : '+'}${grownMb.toFixed(1)}\n`,
    );
    expect(grownMb).toBeLessThan(20);
  },
);
