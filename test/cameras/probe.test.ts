import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { probeCamera } from '../../src/cameras/probe.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { ffmpegChildren, makeNumberedClip, publishClip, until } from '../support/clips.ts';
import { RtspRelay } from '../support/rtsp-relay.ts';

const FPS = 25;
let folder: string;
const clip = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  await makeNumberedClip(clip('gop1.mp4'), { seconds: 20, fps: FPS, gopSeconds: 1 });
  await makeNumberedClip(clip('gop8.mp4'), { seconds: 40, fps: 15, gopSeconds: 8 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const deps = { clock: systemClock, demoFolder: '', baseFolder: '' };
const probe = (source: string, signal?: AbortSignal) =>
  probeCamera(cameraSettingsSchema.parse({ source }), deps, signal);

async function serve(onTestFinished: TestContext['onTestFinished'], file: string): Promise<string> {
  const relay = new RtspRelay();
  await relay.start();
  const url = `rtsp://127.0.0.1:${relay.port}/cam`;
  const publisher = publishClip(file, url);
  onTestFinished(async () => {
    await publisher.stop();
    await relay.stop();
  });
  await until('the clip is published', () => !Number.isNaN(relay.zeroAt('/cam')));
  return url;
}

describe.concurrent('probing a camera', { timeout: 60_000 }, () => {
  it('tells codec, size, rate, keyframe distance and cost, and shows a picture', async ({ expect, onTestFinished }) => {
    const url = await serve(onTestFinished, clip('gop1.mp4'));
    const result = await probe(url);
    expect(result).toMatchObject({ codec: 'h264', width: 320, height: 180, keyframeMs: 1_000, notes: [] });
    expect(result.fps).toBeCloseTo(FPS, 0);
    expect(result.cpuShare).toBeGreaterThanOrEqual(0);
    expect(result.cpuShare).toBeLessThan(1);
    expect(result.firstPictureMs).toBeGreaterThan(0);
    expect(await sharp(result.picture.jpeg).metadata()).toMatchObject({ width: 320, height: 180 });
    expect(await ffmpegChildren(`-i ${url}`)).toEqual([]);
  });

  it('waits for keyframes that are far apart, and says what that costs', async ({ expect, onTestFinished }) => {
    const result = await probe(await serve(onTestFinished, clip('gop8.mp4')));
    expect(result.keyframeMs).toBe(8_000);
    expect(result.fps).toBeCloseTo(15, 0);
    expect(result.notes).toEqual([expect.stringContaining('every picture is decoded')]);
  });

  it('takes a camera that serves stills, which cost no decoder', async ({ expect, onTestFinished }) => {
    const jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'white' } })
      .jpeg()
      .toBuffer();
    const server = createServer((_request, answer) => answer.setHeader('content-type', 'image/jpeg').end(jpeg));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const result = await probe(`http://127.0.0.1:${(server.address() as AddressInfo).port}/still.jpg`);
    expect(result).toMatchObject({ codec: 'mjpeg', width: 64, height: 48, keyframeMs: undefined, cpuShare: undefined });
  });

  it('fails with the readable cause, or at once when it is cancelled', async ({ expect }) => {
    await expect(probe('rtsp://user:secret@127.0.0.1:1/x')).rejects.toMatchObject({
      message: 'the camera refuses the connection',
    });
    const cancelled = new AbortController();
    const probing = probe(`file:${clip('gop1.mp4')}`, cancelled.signal);
    cancelled.abort();
    await expect(probing).rejects.toMatchObject({ name: 'AbortError' });
    await expect(probe(`file:${clip('gop1.mp4')}`, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
