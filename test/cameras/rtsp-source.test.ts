import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { Camera } from '../../src/cameras/camera.ts';
import type { Frame, FrameSource } from '../../src/cameras/frame.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { DEMO_FOLDER, ffmpegChildren, frameNumber, makeNumberedClip, publishClip, until } from '../support/clips.ts';
import { type RelayOptions, RtspRelay } from '../support/rtsp-relay.ts';

const FPS = 25;
let folder: string;
const clip = (name: string): string => join(folder, `${name}.mp4`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  await makeNumberedClip(clip('gop1'), { seconds: 40, fps: FPS, gopSeconds: 1 });
  await makeNumberedClip(clip('gop4'), { seconds: 30, fps: FPS, gopSeconds: 4 });
  await makeNumberedClip(clip('reordered'), { seconds: 30, fps: FPS, gopSeconds: 1, bFrames: 2 });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await until('every child is gone', async () => (await ffmpegChildren()).length === 0);
});

type OnFinished = TestContext['onTestFinished'];

/** A relay with a clip published under /cam. */
async function serve(onTestFinished: OnFinished, file: string, options: RelayOptions = {}): Promise<RtspRelay> {
  const relay = new RtspRelay(options);
  await relay.start();
  const publisher = publishClip(file, `rtsp://127.0.0.1:${relay.port}/cam`);
  onTestFinished(async () => {
    await publisher.stop();
    await relay.stop();
  });
  await until('the clip is published', () => !Number.isNaN(relay.zeroAt('/cam')));
  return relay;
}

function watch(
  onTestFinished: OnFinished,
  address: string,
  settings: object = {},
): { camera: Camera; source: FrameSource; frames: Frame[] } {
  const parsed = cameraSettingsSchema.parse({ source: address, every: '1s', ...settings });
  const source = createSource(parsed, { clock: systemClock, demoFolder: DEMO_FOLDER, baseFolder: folder });
  const camera = new Camera({
    id: 'cam',
    settings: parsed,
    source,
    clock: systemClock,
    logger: silentLogger,
    health: new Health(() => Date.now()),
    random: () => 0.5,
  });
  const frames: Frame[] = [];
  camera.onFrame((frame) => frames.push(frame));
  onTestFinished(() => camera.stop());
  camera.start();
  return { camera, source, frames };
}

/** How far each frame's time is from the time of its painted number, ms: [least, most]. */
async function timeErrors(frames: Frame[], zeroAt: number): Promise<[number, number]> {
  const errors = await Promise.all(
    frames.map(async ({ jpeg, at }) => at - zeroAt - ((await frameNumber(jpeg)) * 1_000) / FPS),
  );
  return [Math.min(...errors), Math.max(...errors)];
}

describe.concurrent('an RTSP camera', { timeout: 60_000 }, () => {
  it('samples keyframes alone, each with the time at which it was taken', async ({ expect, onTestFinished }) => {
    const relay = await serve(onTestFinished, clip('gop1'));
    const { camera, frames } = watch(onTestFinished, `rtsp://127.0.0.1:${relay.port}/cam`);
    await until('seven frames have come', () => frames.length >= 7, 20_000);
    await camera.stop();
    const [least, most] = await timeErrors(frames, relay.zeroAt('/cam'));
    expect(Math.max(Math.abs(least), Math.abs(most))).toBeLessThan(200);
    const numbers = await Promise.all(frames.map(({ jpeg }) => frameNumber(jpeg)));
    expect(numbers.every((number) => number % FPS === 0)).toBe(true);
    expect(camera.status().notes).toEqual([]);
    for (const frame of frames)
      expect(Math.abs(frame.capturedAt - frame.at - (Date.now() - performance.now()))).toBeLessThan(50);
  });

  it.for<[string, string]>([
    ['gop4', 'keyframes are further apart'],
    ['reordered', 'reorders its pictures'],
  ])('decodes everything by itself where keyframes do not do: %s', async ([name, note], { expect, onTestFinished }) => {
    const relay = await serve(onTestFinished, clip(name));
    const { camera, frames } = watch(onTestFinished, `rtsp://127.0.0.1:${relay.port}/cam`);
    await until('it says so', () => camera.status().notes.length > 0);
    const before = frames.length;
    await until('five more frames have come', () => frames.length >= before + 5, 20_000);
    await camera.stop();
    expect(camera.status()).toMatchObject({ state: 'live', reconnects: 0, notes: [expect.stringContaining(note)] });
    const [least, most] = await timeErrors(frames, relay.zeroAt('/cam'));
    expect(most - least).toBeLessThan(200);
    const spacing = frames
      .slice(before + 1)
      .map((frame, index, all) => frame.at - (all[index - 1]?.at ?? frame.at - 1_000));
    for (const ms of spacing) expect(Math.abs(ms - 1_000)).toBeLessThan(200);
  });

  it('logs in with a password full of special characters, which no process list shows', async ({
    expect,
    onTestFinished,
  }) => {
    const relay = await serve(onTestFinished, clip('gop1'), { login: 'us@er:p@s/%2:ö' });
    const { frames, source } = watch(onTestFinished, `rtsp://127.0.0.1:${relay.port}/cam`, {
      user: 'us@er',
      password: 'p@s/%2:ö',
    });
    await until('a frame has come', () => frames.length >= 1);
    const shown = readFileSync(`/proc/${source.pid}/cmdline`, 'utf8');
    expect(shown).toContain('rtsp://127.0.0.1:');
    expect(shown).not.toMatch(/us(@|%40)er|p(@|%40)s/);
  });

  it('is back soon after its server was killed and started again, twice', async ({ expect, onTestFinished }) => {
    const relay = await serve(onTestFinished, clip('gop1'));
    const url = `rtsp://127.0.0.1:${relay.port}/cam`;
    const { camera, frames } = watch(onTestFinished, url);
    await until('it is live', () => camera.status().state === 'live');
    for (let round = 0; round < 2; round++) {
      await relay.stop();
      await until('it is lost', () => camera.status().state === 'lost');
      await until('it was refused', () => camera.status().cause.includes('refuses the connection'));
      await relay.start();
      const publisher = publishClip(clip('gop1'), url);
      onTestFinished(() => publisher.stop());
      const before = frames.length;
      await until('frames come again', () => frames.length > before, 15_000);
      expect(camera.status().state).toBe('live');
    }
    await camera.stop();
  });

  it('notices a server that holds the connection and falls silent', async ({ expect, onTestFinished }) => {
    const relay = await serve(onTestFinished, clip('gop1'));
    const { camera } = watch(onTestFinished, `rtsp://127.0.0.1:${relay.port}/cam`, { lostAfter: '2s' });
    await until('it is live', () => camera.status().state === 'live');
    relay.hanging = true;
    await until('it is lost', () => camera.status().state === 'lost');
    expect(camera.status().cause).toContain('the stream stalled');
    relay.hanging = false;
    await until('it is live again', () => camera.status().state === 'live');
  });

  it('leaves no process behind, even one that does not listen to requests to end', async ({
    expect,
    onTestFinished,
  }) => {
    const relay = await serve(onTestFinished, clip('gop1'));
    const { camera } = watch(onTestFinished, `rtsp://127.0.0.1:${relay.port}/cam`);
    await until('it is live', () => camera.status().state === 'live');
    const [pid = 0] = await ffmpegChildren(`-i rtsp://127.0.0.1:${relay.port}/`);
    process.kill(pid, 'SIGSTOP');
    await camera.stop();
    expect(pid).toBeGreaterThan(0);
    expect(await ffmpegChildren(`-i rtsp://127.0.0.1:${relay.port}/`)).toEqual([]);
  });
});

describe.concurrent('the cause of a lost RTSP camera is readable and holds no password', { timeout: 60_000 }, () => {
  const cause = async (onTestFinished: OnFinished, source: string, settings: object = {}): Promise<string> => {
    const { camera } = watch(onTestFinished, source, settings);
    await until('it is lost', () => camera.status().state === 'lost');
    await camera.stop();
    if (camera.status().cause.includes('secret'))
      throw new Error(`the cause holds the password: ${camera.status().cause}`);
    return camera.status().cause;
  };

  it('for a wrong password and a wrong path', async ({ expect, onTestFinished }) => {
    const relay = await serve(onTestFinished, clip('gop1'), { login: 'user:right' });
    const at = `127.0.0.1:${relay.port}`;
    expect(await cause(onTestFinished, `rtsp://user:secret@${at}/cam`)).toContain('refuses the user name or password');
    expect(await cause(onTestFinished, `rtsp://user:right@${at}/secret`)).toContain('has no stream at this path');
  });

  it('for a closed port, an unknown host and something that is no camera', async ({ expect, onTestFinished }) => {
    const closed = new RtspRelay();
    await closed.start();
    await closed.stop();
    expect(await cause(onTestFinished, `rtsp://user:secret@127.0.0.1:${closed.port}/1`)).toContain(
      'refuses the connection',
    );
    expect(await cause(onTestFinished, 'rtsp://user:secret@no-such-camera.invalid/1')).toContain(
      'host name is not known',
    );
    const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    expect(await cause(onTestFinished, `rtsp://user:secret@127.0.0.1:${port}/1`)).toMatch(
      /not a video stream|gave up|ended/,
    );
  });

  it('for a missing ffmpeg', async ({ expect }) => {
    const settings = cameraSettingsSchema.parse({ source: 'rtsp://127.0.0.1/1' });
    const source = createSource(settings, {
      clock: systemClock,
      demoFolder: '',
      baseFolder: '',
      program: '/nowhere/ffmpeg',
    });
    const pictures = source.pictures(new AbortController().signal)[Symbol.asyncIterator]();
    await expect(pictures.next()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('is not installed'),
    });
  });

  it('for a certificate that nobody vouches for', async ({ expect, onTestFinished }) => {
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const subject = ['-subj', '/CN=localhost', '-days', '2'];
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    const { readFile } = await import('node:fs/promises');
    const relay = new RtspRelay({ tls: { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') } });
    await relay.start();
    onTestFinished(() => relay.stop());
    expect(await cause(onTestFinished, `rtsps://user:secret@127.0.0.1:${relay.port}/cam`)).toContain(
      'certificate is not trusted',
    );
    // Told to trust it, the camera gets as far as the missing stream.
    expect(
      await cause(onTestFinished, `rtsps://user:secret@127.0.0.1:${relay.port}/cam`, { verifyCertificate: false }),
    ).toContain('no stream at this path');
  });
});
