import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Camera } from '../../src/cameras/camera.ts';
import type { Frame } from '../../src/cameras/frame.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ffmpegChildren, frameNumber, makeNumberedClip, realFootage, until } from '../support/clips.ts';
import { FOREIGN_SERVER_PACKAGES, hasForeignServer, startForeignServer } from '../support/rtsp-foreign.ts';

const FPS = 30;
const SECONDS = 39;

describe("real footage over GStreamer's RTSP server", () => {
  it('is sampled every second for its whole length, timed right to 200 ms, and again after the server was killed twice', async ({
    skip,
  }) => {
    const footage = realFootage('bottle-detection.mp4');
    if (!footage) return skip('the real footage is not on this machine');
    if (!(await hasForeignServer())) return skip(`needs apt-get install ${FOREIGN_SERVER_PACKAGES.join(' ')}`);
    const folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const clip = join(folder, 'bottles.mp4');
    await makeNumberedClip(clip, { seconds: SECONDS, fps: FPS, gopSeconds: 1, from: footage });

    let server = await startForeignServer(clip);
    onTestFinished(() => server.stop());
    const settings = cameraSettingsSchema.parse({ source: `rtsp://127.0.0.1:${server.port}/cam`, every: '1s' });
    const camera = new Camera({
      id: 'bottles',
      settings,
      source: createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' }),
      clock: systemClock,
      logger: silentLogger,
      health: new Health(() => Date.now()),
      random: () => 0.5,
    });
    onTestFinished(() => camera.stop());
    const frames: Frame[] = [];
    camera.onFrame((frame) => frames.push(frame));
    const startedAt = performance.now();
    camera.start();
    await until('the clip has ended', () => camera.status().state === 'lost', 90_000);

    const numbers = await Promise.all(frames.map(({ jpeg }) => frameNumber(jpeg)));
    // What comes in one burst while the connection is made is one hand-off: the newest of it counts.
    const first = numbers[0] ?? Number.NaN;
    expect([0, FPS]).toContain(first);
    expect(numbers).toEqual(Array.from({ length: SECONDS - first / FPS }, (_, second) => first + second * FPS));
    const zeros = frames.map(({ at }, index) => at - ((numbers[index] ?? 0) / FPS) * 1_000);
    expect(Math.max(...zeros) - Math.min(...zeros)).toBeLessThan(200);
    expect(Math.min(...zeros)).toBeGreaterThan(startedAt - 200);
    expect(camera.status().cause).toContain('the stream ended');

    for (let round = 0; round < 2; round++) {
      await until('it is live', () => camera.status().state === 'live');
      await server.stop();
      await until('it is lost', () => camera.status().state === 'lost');
      await until('it was refused', () => camera.status().cause.includes('refuses the connection'));
      server = await startForeignServer(clip, server.port);
      await until('it is live again', () => camera.status().state === 'live', 15_000);
    }
    await camera.stop();
    expect(await ffmpegChildren()).toEqual([]);
  }, 180_000);
});
