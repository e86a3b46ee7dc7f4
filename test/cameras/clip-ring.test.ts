import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Camera } from '../../src/cameras/camera.ts';
import { writeClip } from '../../src/cameras/clip-file.ts';
import { ClipRing } from '../../src/cameras/clip-ring.ts';
import type { Frame } from '../../src/cameras/frame.ts';
import { MainStream } from '../../src/cameras/main-stream.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ffmpegChildren, frameNumber, makeNumberedClip, publishClip, until } from '../support/clips.ts';
import { RtspRelay } from '../support/rtsp-relay.ts';

const run = promisify(execFile);
const FPS = 25;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  await makeNumberedClip(join(folder, 'clip.mp4'), { seconds: 60, fps: FPS, gopSeconds: 2 });
  await makeNumberedClip(join(folder, 'large.mp4'), { seconds: 60, fps: FPS, gopSeconds: 2, size: '640x360' });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The number painted into a clip's picture at a time, seconds from its beginning. */
async function numberAt(clip: string, seconds: number): Promise<number> {
  const file = join(folder, 'at.jpg');
  // After the input: decodes up to the very picture instead of to the nearest keyframe.
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', clip, '-ss', seconds.toFixed(3), '-frames:v', '1', file]);
  return frameNumber(await readFile(file));
}

describe('the clip of an event', () => {
  it('is what the camera sent around the deciding frame, to the picture, in a file that browsers play', async () => {
    const relay = new RtspRelay();
    await relay.start();
    const url = `rtsp://127.0.0.1:${relay.port}/cam`;
    const publisher = publishClip(join(folder, 'clip.mp4'), url);
    const settings = cameraSettingsSchema.parse({ source: url, every: '2s', clips: true });
    const source = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
    const health = new Health(() => systemClock.now());
    const parts = { clock: systemClock, logger: silentLogger, health, random: Math.random };
    const camera = new Camera({ id: 'cam', settings, source, ...parts });
    onTestFinished(async () => {
      await camera.stop();
      await publisher.stop();
      await relay.stop();
    });
    const frames: Frame[] = [];
    camera.onFrame((frame) => frames.push(frame));
    await until('the clip is published', () => relay.hasStream('/cam'));
    camera.start();
    await until('five frames have come', () => frames.length >= 5, 30_000);
    const deciding = frames.at(-1) as Frame;
    const piece = await source.recent?.piece(deciding.at - 5_000, deciding.at + 3_000, new AbortController().signal);
    if (!piece) throw new Error('there is no video');
    // From the keyframe before what was asked for, and no further back than one distance of keyframes.
    expect(deciding.at - 5_000 - piece.startsAt).toBeGreaterThanOrEqual(-100);
    expect(deciding.at - 5_000 - piece.startsAt).toBeLessThan(2_200);
    const file = join(folder, 'event.mp4');
    await writeClip(piece.transport, file);
    expect((await readdir(folder)).filter((name) => name.startsWith('event'))).toEqual(['event.mp4']);

    const decided = await frameNumber(deciding.jpeg);
    const shown = await numberAt(file, (deciding.at - piece.startsAt) / 1_000);
    expect(Math.abs(shown - decided) / FPS).toBeLessThanOrEqual(0.5);
    // The same once more without trust in times: the keyframe itself is in the clip, and 3 s after it are.
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=duration',
      '-of',
      'csv=p=0',
      file,
    ]);
    expect(Number(stdout)).toBeGreaterThan(7.5);
    expect(Number(stdout)).toBeLessThan(13);
    // MP4 with its index in front: a browser can begin before it has everything.
    const head = (await readFile(file)).subarray(0, 4_096).toString('latin1');
    expect(head.indexOf('moov')).toBeGreaterThan(0);
  }, 90_000);

  it('is cut from the main stream while the small one is sampled, and agrees with it in time', async () => {
    const relay = new RtspRelay();
    await relay.start();
    const at = (path: string): string => `rtsp://127.0.0.1:${relay.port}${path}`;
    const large = publishClip(join(folder, 'large.mp4'), at('/main'));
    const small = publishClip(join(folder, 'clip.mp4'), at('/sub'));
    const settings = cameraSettingsSchema.parse({
      ...{ source: at('/sub'), mainSource: at('/main'), clips: true, clipBefore: '4s', clipAfter: '2s' },
    });
    const source = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
    const mainStream = MainStream.of({ settings, clock: systemClock, random: () => 0 });
    const health = new Health(() => systemClock.now());
    const parts = { clock: systemClock, logger: silentLogger, health, random: Math.random };
    const camera = new Camera({ id: 'cam', settings, source, mainStream, ...parts });
    onTestFinished(async () => {
      await camera.stop();
      await Promise.all([large.stop(), small.stop()]);
      await relay.stop();
    });
    await until('both are published', () => relay.hasStream('/main') && relay.hasStream('/sub'));
    camera.start();
    const frames: Frame[] = [];
    camera.onFrame((frame) => frames.push(frame));
    await until('four frames have come', () => frames.length >= 4, 30_000);
    const deciding = frames.at(-1) as Frame;
    const piece = await camera.recent?.piece(deciding.at - 4_000, deciding.at + 2_000, new AbortController().signal);
    if (!piece) throw new Error('there is no video');
    const file = join(folder, 'main-event.mp4');
    await writeClip(piece.transport, file);
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=width', '-of', 'csv=p=0', file]);
    expect([stdout.trim(), deciding.width]).toEqual(['640', 320]);
    // Both show the same counter, each from when it went on air.
    const shown = await numberAt(file, (deciding.at - piece.startsAt) / 1_000);
    const decided = await frameNumber(deciding.jpeg);
    const apart = (relay.zeroAt('/main') - relay.zeroAt('/sub')) / 1_000;
    expect(Math.abs((shown - decided) / FPS + apart)).toBeLessThanOrEqual(0.5);

    await large.stop();
    await until('it says that there are no clips', () =>
      camera.status().notes.join().includes('the main stream fails'),
    );
    expect(camera.status().state).toBe('live');
    const again = publishClip(join(folder, 'large.mp4'), at('/main'));
    onTestFinished(() => again.stop());
    await until('there are clips again', () => camera.status().notes.length === 0, 30_000);
    await camera.stop();
    expect(await ffmpegChildren(`:${relay.port}/`)).toHaveLength(2);
  }, 120_000);

  it('comes from a main stream that is RTSP, and only where clips are kept', () => {
    const given = { source: 'rtsp://cam/2', mainSource: 'rtsp://cam/1' };
    const idle = cameraSettingsSchema.parse(given);
    expect(MainStream.of({ settings: idle, clock: systemClock, random: () => 0 })).toBeUndefined();
    for (const mainSource of ['http://cam/1', 'file:a.mp4', 'rtsp://169.254.169.254/1', '-i'])
      expect(cameraSettingsSchema.safeParse({ ...given, mainSource, clips: true }).success).toBe(false);
    const settings = cameraSettingsSchema.parse({ ...given, clips: true, clipBefore: '12s' });
    expect(settings).toMatchObject({ clipBeforeMs: 12_000, clipAfterMs: 6_000 });
    const deps = { clock: systemClock, demoFolder: '', baseFolder: '' };
    expect(createSource(settings, deps).recent).toBeUndefined();
    expect(MainStream.of({ settings, clock: systemClock, random: () => 0 })?.recent).toBeDefined();
    const without = cameraSettingsSchema.parse({ source: 'rtsp://cam/2', clips: true });
    expect(MainStream.of({ settings: without, clock: systemClock, random: () => 0 })).toBeUndefined();
  });

  it('is not kept of a camera with masks, nor without being asked for', () => {
    const deps = { clock: systemClock, demoFolder: '', baseFolder: '' };
    expect(createSource(cameraSettingsSchema.parse({ source: 'rtsp://cam/1' }), deps).recent).toBeUndefined();
    const masked = {
      source: 'rtsp://cam/1',
      clips: true,
      masks: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      ],
    };
    expect(() => cameraSettingsSchema.parse(masked)).toThrow('cannot be kept of a camera with masks');
  });
});

describe('the ring', () => {
  let transport: Buffer;
  beforeAll(async () => {
    const file = join(folder, 'clip.ts');
    const options = ['-c', 'copy', '-muxdelay', '0', '-muxpreload', '0', '-f', 'mpegts'];
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', join(folder, 'clip.mp4'), ...options, file]);
    transport = await readFile(file);
  });

  function filled(options: { maxMs: number; maxBytes: number }, chunk: number): ClipRing {
    const ring = new ClipRing(options);
    for (let at = 0; at < transport.length; at += chunk) ring.push(transport.subarray(at, at + chunk));
    return ring;
  }

  it('gives the same piece however the bytes are cut', async () => {
    const whole = filled({ maxMs: 60_000, maxBytes: 1e9 }, 1e9).cut(11_000, 15_900);
    expect(whole?.startPtsMs).toBeCloseTo(10_000, 0);
    for (const chunk of [61, 187, 188, 10_007]) {
      const piece = filled({ maxMs: 60_000, maxBytes: 1e9 }, chunk).cut(11_000, 15_900);
      expect([chunk, piece?.startPtsMs]).toEqual([chunk, whole?.startPtsMs]);
      expect(whole && piece?.transport.equals(whole.transport)).toBe(true);
    }
    const file = join(folder, 'cut.mp4');
    await writeClip(whole?.transport ?? Buffer.alloc(0), file);
    expect(await numberAt(file, 0)).toBe(10 * FPS);
    expect(await numberAt(file, 5.9)).toBeCloseTo(15.9 * FPS, -0.5);
  }, 60_000);

  it('holds no more than it may, in time and in bytes', () => {
    const byTime = filled({ maxMs: 10_000, maxBytes: 1e9 }, 5_000);
    expect(byTime.cut(0, 1e9)?.startPtsMs).toBeGreaterThanOrEqual(46_000);
    expect(byTime.cut(0, 40_000)).toBeUndefined();
    const byBytes = filled({ maxMs: 1e9, maxBytes: 100_000 }, 5_000);
    expect(byBytes.bytes).toBeLessThanOrEqual(100_000);
    expect(byTime.newestPtsMs).toBeCloseTo(60_000 - 1_000 / FPS, 0);
  });

  it('makes nothing of what is no transport stream', () => {
    const ring = new ClipRing({ maxMs: 1_000, maxBytes: 1_000 });
    ring.push(Buffer.from('GET / HTTP/1.1\r\n'.repeat(1_000)));
    expect([ring.bytes, ring.cut(0, 1e9)]).toEqual([0, undefined]);
  });
});
