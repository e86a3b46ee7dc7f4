import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CameraSet } from '../src/camera-set.ts';
import { Camera } from '../src/cameras/camera.ts';
import type { FrameSource, SampledPicture } from '../src/cameras/frame.ts';
import { loadSettings, readSettings } from '../src/config/load.ts';
import { Health } from '../src/platform/health.ts';
import { createLogger } from '../src/platform/logger.ts';
import type { Act } from '../src/store/audit.ts';
import { Streams, withAddedCameras } from '../src/streams.ts';
import { temporaryFolder } from './support/daemon.ts';
import { ManualClock } from './support/manual-clock.ts';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

/** Shows one picture and stays, or fails where the address says so. */
function sourceOf(address: string, clock: ManualClock): FrameSource {
  return {
    notes: [],
    async *pictures(signal): AsyncGenerator<SampledPicture> {
      if (address.includes('away')) throw new Error('nobody answers at this address');
      yield { jpeg: JPEG, at: clock.monotonic(), capturedAt: clock.now(), width: 64, height: 36 };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
}

function boxOf(dataDir: string) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const changes: string[] = [];
  const logger = createLogger((_level, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`));
  const cameraSet = new CameraSet({
    settings: {},
    build: (id, settings) =>
      new Camera({
        ...{ id, settings, source: sourceOf(settings.source, clock), clock, logger },
        ...{ health: new Health(() => 0), random: () => 0.5 },
      }),
    connect: () => undefined,
    changed: async (id, change) => void changes.push(`${change} ${id}`),
  });
  const acts: string[] = [];
  const audit = { add: ({ who, act, about }: Act) => void acts.push(`${who} ${act} ${about}`) };
  const streams = new Streams({ dataDir, cameras: cameraSet, audit, clock, logger });
  cameraSet.start();
  onTestFinished(() => cameraSet.stop());
  return { streams, cameraSet, changes, lines, acts };
}

function dataFolder(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

test('a stream that shows a picture is a camera, also after a restart; its password is for the file alone', async () => {
  const dataDir = dataFolder();
  const { streams, cameraSet, changes, lines, acts } = boxOf(dataDir);
  const url = 'rtsp://guard:hidden@192.0.2.7/stream1';
  const [stream, same] = await Promise.all([
    streams.add(url, 'Back  door', 8, 'app'),
    streams.add(url, 'Back  door', 8, 'app'),
  ]);
  expect(same).toEqual(stream);
  expect(cameraSet.find(stream.cameraId)?.settings).toMatchObject({ source: url, name: 'Back door' });
  expect(changes).toEqual([`added ${stream.cameraId}`]);
  expect(acts).toEqual([`app camera-added ${stream.cameraId}`]);
  expect(JSON.stringify([streams.list(), lines])).not.toContain('hidden');
  const file = join(dataDir, 'streams.yaml');
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const again = boxOf(dataDir);
  expect(again.streams.list()).toEqual(streams.list());
  expect(again.cameraSet.find(stream.cameraId)).toBeDefined();
  expect(await again.streams.remove(stream.id, 'app')).toBe(true);
  expect(await again.streams.remove(stream.id, 'app')).toBe(false);
  expect(again.changes).toEqual([`removed ${stream.cameraId}`]);
  expect(boxOf(dataDir).streams.list()).toEqual([]);
});

test('one that shows none, or is no address, is not kept; nor is one too many', async () => {
  const { streams, cameraSet } = boxOf(dataFolder());
  await expect(streams.add('rtsp://192.0.2.7/away', '', 1, 'app')).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('nobody answers'),
  });
  await expect(streams.add('rtsp://169.254.169.254/x', '', 1, 'app')).rejects.toMatchObject({ kind: 'invalid-input' });
  expect(cameraSet.cameras).toEqual([]);
  await streams.add('rtsp://192.0.2.7/1', '', 1, 'app');
  await expect(streams.add('rtsp://192.0.2.7/2', '', 1, 'app')).rejects.toMatchObject({ kind: 'too-many' });
});

test('a file that is none is put aside, and one camera of it that is refused costs the others nothing', () => {
  const dataDir = dataFolder();
  const file = join(dataDir, 'streams.yaml');
  const stream = (id: string, source: string) => `  ${id}: { id: "${id}", camera: { source: "${source}" } }\n`;
  writeFileSync(
    file,
    `streams:\n${stream('nvidia-1', 'rtsp://192.0.2.7/1')}${stream('nvidia-2', 'concat:/etc/passwd')}`,
  );
  const { streams, lines } = boxOf(dataDir);
  expect(streams.list().map(({ cameraId }) => cameraId)).toEqual(['nvidia-1']);
  expect(lines.join()).toContain('nvidia-2');

  writeFileSync(file, 'streams: [');
  expect(boxOf(dataDir).streams.list()).toEqual([]);
  expect(existsSync(file)).toBe(false);
  expect(existsSync(`${file}.broken`)).toBe(true);
});

test('commands beside the daemon know the added cameras, so that their rules are sound', async () => {
  const folder = dataFolder();
  mkdirSync(join(folder, 'data'));
  const { streams } = boxOf(join(folder, 'data'));
  const { cameraId } = await streams.add('rtsp://192.0.2.7/stream1', '', 8, 'app');
  const config = join(folder, 'watchword.yaml');
  writeFileSync(config, 'cameras: { lane: { source: "demo:robot_falls" } }\nnvidia: { query: { camera: lame } }\n');
  expect(Object.keys(withAddedCameras(loadSettings(config)).cameras)).toEqual([cameraId, 'lane']);
  expect(readSettings(config).findings).toMatchObject([
    { severity: 'warning', line: 2, message: 'there is no camera "lame"' },
  ]);
  writeFileSync(join(folder, 'data', 'streams.yaml'), 'streams: [');
  expect(Object.keys(withAddedCameras(loadSettings(config)).cameras)).toEqual(['lane']);
});
