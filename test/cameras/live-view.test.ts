import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SourceView } from '../../src/cameras/frame.ts';
import { LiveView, type LiveViewOptions, type ViewedCamera } from '../../src/cameras/live-view.ts';
import { coveringBoxes, isInside } from '../../src/cameras/masks.ts';
import { cameraSettingsSchema, type Polygon } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ffmpegChildren, frameNumber, makeNumberedClip, pictureOfVideo, publishClip, until } from '../support/clips.ts';
import { RtspRelay } from '../support/rtsp-relay.ts';

const FPS = 25;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  await makeNumberedClip(join(folder, 'clip.mp4'), { seconds: 20, fps: FPS, gopSeconds: 1 });
  await makeNumberedClip(join(folder, 'short.mp4'), { seconds: 2, fps: FPS, gopSeconds: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function clipView(name: string, second = 0): SourceView {
  const options = ['-ss', String(second), '-re', '-stream_loop', '-1'];
  return { input: `file:${join(folder, name)}`, options: () => Promise.resolve(options) };
}

function liveView(
  cameras: Record<string, SourceView | undefined>,
  options: Partial<LiveViewOptions> & { masks?: Polygon[] } = {},
): LiveView {
  const camera = (id: string): ViewedCamera | undefined =>
    id in cameras ? { view: cameras[id], settings: { masks: options.masks ?? [] } } : undefined;
  const live = new LiveView({ camera, clock: systemClock, logger: silentLogger, random: () => 0.5, ...options });
  onTestFinished(() => live.stop());
  return live;
}

class Screen {
  readonly chunks: Uint8Array[] = [];
  readonly problems: string[] = [];
  unsent = 0;
  send(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }
  bufferedAmount(): number {
    return this.unsent;
  }
  problem(cause: string): void {
    this.problems.push(cause);
  }
  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
}

describe('the live view', () => {
  it('plays MPEG-1 in a transport stream, from where the clip stands', async () => {
    const live = liveView({ cam: clipView('clip.mp4', 10) });
    const screen = new Screen();
    const stop = live.watch('cam', screen);
    await until('some video has come', () => screen.bytes > 100_000);
    stop();
    expect(screen.chunks[0]?.[0]).toBe(0x47); // the sync byte of a transport stream packet
    const { jpeg, codec } = await pictureOfVideo(Buffer.concat(screen.chunks));
    expect(codec).toBe('mpeg1video');
    const number = await frameNumber(jpeg);
    expect(number).toBeGreaterThanOrEqual(10 * FPS);
    expect(number).toBeLessThan(11 * FPS);
  });

  it('starts with the first viewer, is shared, and ends after the last', async () => {
    const live = liveView({ cam: clipView('clip.mp4') });
    expect(await ffmpegChildren('clip.mp4')).toEqual([]);
    const [first, second] = [new Screen(), new Screen()];
    const stopFirst = live.watch('cam', first);
    const stopSecond = live.watch('cam', second);
    await until('both see something', () => first.bytes > 0 && second.bytes > 0);
    expect(await ffmpegChildren('clip.mp4')).toHaveLength(1);
    stopFirst();
    const before = second.bytes;
    await until('the second sees on', () => second.bytes > before);
    stopSecond();
    await until('nothing runs', async () => (await ffmpegChildren('clip.mp4')).length === 0);
    expect(live.streams()).toEqual([]);
  });

  it('goes round with a clip and comes back after a crash', async () => {
    const live = liveView({ cam: clipView('short.mp4') });
    const screen = new Screen();
    live.watch('cam', screen);
    await until('more has come than the clip holds', () => screen.bytes > 350_000);
    expect(screen.problems).toEqual([]);
    const [pid = 0] = await ffmpegChildren('short.mp4');
    process.kill(pid, 'SIGKILL');
    const before = screen.bytes;
    await until(
      'it plays again',
      async () => screen.bytes > before && !(await ffmpegChildren('short.mp4')).includes(pid),
    );
  });

  it('tells viewers why there is nothing to see, without the password, and tries again', async () => {
    const view = { input: 'rtsp://user:secret@127.0.0.1:1/cam', options: () => Promise.resolve([]) };
    const live = liveView({ cam: view });
    const screen = new Screen();
    live.watch('cam', screen);
    await until('two tries failed', () => screen.problems.length >= 2);
    expect(screen.problems[0]).toContain('refuses the connection');
    expect(screen.problems.join()).not.toContain('secret');
  });

  it('survives a missing ffmpeg', async () => {
    const live = liveView({ cam: clipView('clip.mp4') }, { program: '/nowhere/ffmpeg' });
    const screen = new Screen();
    live.watch('cam', screen);
    await until('the viewer is told', () => screen.problems.length > 0);
    expect(screen.problems[0]).toContain('is not installed');
  });

  it('passes over a viewer who cannot keep up instead of filling memory', async () => {
    const live = liveView({ cam: clipView('clip.mp4') });
    const [slow, quick] = [new Screen(), new Screen()];
    live.watch('cam', slow);
    live.watch('cam', quick);
    slow.unsent = 10_000_000;
    await until('the quick one sees something', () => quick.bytes > 0);
    expect(slow.bytes).toBe(0);
    expect(live.streams()[0]?.drops).toBeGreaterThan(0);
    slow.unsent = 0;
    await until('the slow one is back', () => slow.bytes > 0);
  });

  it('refuses one camera too many, an unknown one and one that has nothing to play', () => {
    const live = liveView({ a: clipView('clip.mp4'), b: clipView('clip.mp4'), still: undefined }, { maxStreams: 1 });
    live.watch('a', new Screen());
    live.watch('a', new Screen());
    expect(() => live.watch('b', new Screen())).toThrow('being viewed already');
    expect(() => live.watch('nobody', new Screen())).toThrow('no camera');
    expect(() => liveView({ still: undefined }).watch('still', new Screen())).toThrow('no live view');
  });

  it('paints the privacy masks out', async () => {
    const mask: Polygon = [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
      [0, 1],
    ];
    const live = liveView({ cam: clipView('clip.mp4') }, { masks: [mask] });
    const screen = new Screen();
    live.watch('cam', screen);
    await until('some video has come', () => screen.bytes > 100_000);
    const { jpeg } = await pictureOfVideo(Buffer.concat(screen.chunks));
    const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
    const column = (x: number): number[] =>
      Array.from({ length: info.height }, (_, y) => data[y * info.width + x] ?? 0);
    expect(Math.max(...column(40), ...column(200), ...column(310))).toBeLessThan(40);
    expect(Math.max(...column(500))).toBeGreaterThan(60);
  });

  it('asks an RTSP camera for TCP at once and leaves nothing behind', async () => {
    const relay = new RtspRelay({ login: 'user:p@ss' });
    await relay.start();
    const url = `127.0.0.1:${relay.port}/cam`;
    const publisher = publishClip(join(folder, 'clip.mp4'), `rtsp://${url}`);
    onTestFinished(async () => {
      await publisher.stop();
      await relay.stop();
    });
    await until('the clip is published', () => !Number.isNaN(relay.zeroAt('/cam')));
    const settings = cameraSettingsSchema.parse({ source: `rtsp://user:p%40ss@${url}?x=1` });
    const { view } = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
    const live = liveView({ cam: view });
    const screen = new Screen();
    live.watch('cam', screen);
    await until('some video has come', () => screen.bytes > 20_000);
    expect(relay.udpRefused).toBe(0);
    await live.stop();
    expect(await ffmpegChildren(url)).toHaveLength(1); // the publisher
    expect(await ffmpegChildren('pipe:0')).toEqual([]);
    await until('the camera is left alone', () => relay.players('/cam') === 0);
  });
});

describe('covering boxes', () => {
  it('cover every point of a polygon, dented ones too', () => {
    for (const polygon of [
      [
        [0.1, 0.1],
        [0.9, 0.2],
        [0.5, 0.95],
      ],
      [
        [0, 0],
        [1, 0],
        [0.5, 0.5],
        [1, 1],
        [0, 1],
      ],
      [
        [0.2, 0.3],
        [0.6, 0.3],
        [0.6, 0.301],
        [0.2, 0.301],
      ],
    ] as Polygon[]) {
      const boxes = coveringBoxes(polygon, 48);
      for (let y = 0.0005; y < 1; y += 0.001) {
        for (let x = 0.005; x < 1; x += 0.01) {
          if (!isInside(polygon, x, y)) continue;
          const isCovered = boxes.some(
            (box) => x >= box.x - 1e-9 && x <= box.x + box.width + 1e-9 && y >= box.y && y <= box.y + box.height,
          );
          if (!isCovered) throw new Error(`(${x}, ${y}) shows`);
        }
      }
    }
  });
});
