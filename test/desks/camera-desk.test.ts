import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createCameraSet } from '../../src/camera-set.ts';
import { ConfigFile } from '../../src/config/config-file.ts';
import { createCameraDesk } from '../../src/desks/camera-desk.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { makeNumberedClip } from '../support/clips.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { OnvifDevice, probeMatch } from '../support/onvif-device.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';

const LOGIN = { user: 'admin', password: "pa:ss'#1" };
const going = new AbortController().signal;
let clips: ReturnType<typeof temporaryFolder>;
let server: RtspServer;
beforeAll(async () => {
  clips = temporaryFolder();
  const [small, large] = [join(clips.path, 'small.mp4'), join(clips.path, 'large.mp4')];
  await makeNumberedClip(small, { seconds: 20, fps: 10, gopSeconds: 1, size: '640x360' });
  await makeNumberedClip(large, { seconds: 20, fps: 10, gopSeconds: 1, size: '1280x720' });
  server = await startRtspServer([small, large]);
}, 120_000);
afterAll(async () => {
  await server.stop();
  clips.remove();
});

function setUp() {
  const folder = temporaryFolder();
  const file = join(folder.path, 'watchword.yaml');
  writeFileSync(file, '# mine\ncameras:\n  yard: { source: demo:robot_falls } # the old one\n');
  const health = new Health(() => systemClock.now());
  const changed: string[] = [];
  const sources = { demoFolder: '', baseFolder: folder.path };
  const cameras = createCameraSet({
    ...{ settings: { cameras: {} }, ...sources, clock: systemClock, logger: silentLogger, health },
    connect: () => undefined,
    changed: async (id, change) => void changed.push(`${id} ${change}`),
  });
  cameras.start();
  const audited: unknown[] = [];
  const desk = createCameraDesk({
    ...{ config: new ConfigFile({ file }), cameras, sources, clock: systemClock, logger: silentLogger },
    audit: { add: (entry) => void audited.push(entry) },
    interfaces: ['lo'],
  });
  onTestFinished(async () => {
    await cameras.stop();
    folder.remove();
  });
  return { desk, cameras, file, changed, audited };
}

async function dome(): Promise<OnvifDevice> {
  const stream = { codec: 'H264', width: 640, height: 360 };
  const device = await new OnvifDevice({
    ...{ auth: 'digest', ...LOGIN },
    profiles: [
      { ...stream, token: 'b', name: 'Sub', uri: `rtsp://10.9.9.9:${server.port}/cam0` },
      { token: 'a', name: 'Main', codec: 'H264', width: 1280, height: 720, uri: `rtsp://10.9.9.9:${server.port}/cam1` },
    ],
    announce: ({ service }) => [probeMatch({ urn: 'urn:uuid:1', xaddrs: service })],
  }).start();
  onTestFinished(() => device.stop());
  return device;
}

describe('adding a camera while the box runs', { timeout: 60_000 }, () => {
  test('finds it, takes both of its streams, writes it down and watches it', async () => {
    const { desk, cameras, file, changed, audited } = setUp();
    const device = await dome();
    const [found] = await desk.discover(going);
    expect(found).toEqual({ name: 'Dome 4', hardware: '', address: `127.0.0.1:${device.port}` });
    const { main, sub } = await desk.describe(found?.address ?? '', LOGIN, going);
    expect([main.width, sub?.width]).toEqual([1280, 640]);

    const camera = { id: 'dock', name: 'Dock', address: found?.address ?? '', ...LOGIN, clips: true };
    const added = await desk.add(camera, 'ada', going);
    expect(added).toMatchObject({
      source: `rtsp://127.0.0.1:${server.port}/cam0`,
      mainSource: `rtsp://127.0.0.1:${server.port}/cam1`,
      probe: { codec: 'h264', width: 640, height: 360, keyframeMs: 1_000 },
    });
    expect(JSON.stringify([added, audited])).not.toContain(LOGIN.password);
    expect(audited).toEqual([{ who: 'ada', act: 'camera-added', about: 'dock', detail: added.source }]);
    expect(changed).toEqual(['dock added']);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# mine\ncameras:\n {2}yard: .*# the old one\n {2}dock:\n/);
    await expect.poll(() => cameras.find('dock')?.status().state, { timeout: 20_000 }).toBe('live');
    await expect(desk.add(camera, 'ada', going)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(desk.add({ ...camera, id: 'yard' }, 'ada', going)).rejects.toMatchObject({ kind: 'conflict' });
  });

  test.for([
    ['rtsp://127.0.0.1:1/x', 'unavailable'],
    ['127.0.0.1:1', 'unavailable'],
    ['169.254.169.254', 'invalid-input'],
    ['rtsp://169.254.169.254/x', 'invalid-input'],
    ['file:/etc/clip.mp4', 'invalid-input'],
    ['-i', 'unavailable'],
    ['concat:a|b', 'invalid-input'],
    ['', 'invalid-input'],
  ] as const)('%j is not added, and leaves everything as it was', async ([address, kind]) => {
    const { desk, cameras, file, audited } = setUp();
    const before = readFileSync(file, 'utf8');
    await expect(desk.add({ id: 'dock', address, clips: false }, 'ada', going)).rejects.toMatchObject({ kind });
    expect([readFileSync(file, 'utf8'), cameras.cameras.length, audited]).toEqual([before, 0, []]);
  });

  test('a login that the camera refuses does not log the person out who typed it', async () => {
    const { desk } = setUp();
    const device = await dome();
    await expect(
      desk.describe(`127.0.0.1:${device.port}`, { user: 'admin', password: 'no' }, going),
    ).rejects.toMatchObject({ kind: 'unavailable', message: 'the camera refuses the user name or password' });
  });

  test('one search at a time', async () => {
    const { desk } = setUp();
    const first = desk.discover(going);
    await expect(desk.discover(going)).rejects.toMatchObject({ kind: 'too-many' });
    await expect(first).resolves.toEqual([]);
  });
});
