import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { camera } from '../../src/cli/camera.ts';
import { type CommandIo, runCommand } from '../../src/cli/command.ts';
import { withCamera } from '../../src/config/camera-entry.ts';
import { readSettings } from '../../src/config/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { makeNumberedClip, publishClip, until } from '../support/clips.ts';
import { recordIo } from '../support/command-io.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { RtspRelay } from '../support/rtsp-relay.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  folder = temporaryFolder();
  await makeNumberedClip(join(folder.path, 'clip.mp4'), { seconds: 10, fps: 25, gopSeconds: 1 });
});
afterAll(() => folder.remove());

async function run(...args: string[]) {
  const recorded = recordIo();
  // The real clock: real cameras do not wait for a manual one.
  const io: CommandIo = { ...recorded, clock: systemClock };
  const code = await runCommand(camera, args, io);
  return { code, out: recorded.out(), err: recorded.err() };
}

describe.concurrent('camera test', { timeout: 60_000 }, () => {
  test('tells what an RTSP camera sends and what it costs, and keeps a picture', async ({ onTestFinished }) => {
    const relay = new RtspRelay({ login: 'user:p@ss/word' });
    await relay.start();
    const at = `127.0.0.1:${relay.port}/cam`;
    const publisher = publishClip(join(folder.path, 'clip.mp4'), `rtsp://${at}`);
    onTestFinished(async () => {
      await publisher.stop();
      await relay.stop();
    });
    await until('the clip is published', () => !Number.isNaN(relay.zeroAt('/cam')));
    const picture = join(folder.path, 'seen.jpg');
    const login = ['--user', 'user', '--password', 'p@ss/word'];
    const { code, out, err } = await run('test', `rtsp://${at}`, ...login, '--json', '--picture', picture);
    expect(err).toBe(`trying rtsp://***@${at}, up to 50 s\n`);
    expect(code).toBe(0);
    const found = JSON.parse(out) as Record<string, unknown>;
    expect(found).toMatchObject({
      source: `rtsp://***@${at}`,
      codec: 'h264',
      width: 320,
      height: 180,
      keyframeMs: 1_000,
      picture: { width: 320, height: 180 },
      notes: [],
    });
    expect(found.fps).toBeCloseTo(25, 0);
    expect(found.cpuPercent).toBeGreaterThanOrEqual(0);
    expect(found.cpuPercent).toBeLessThan(100);
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'jpeg', width: 320 });
  });

  test('takes a camera of the configuration by its id, and paints its masks', async () => {
    const config = join(folder.path, 'masked.yaml');
    writeFileSync(
      config,
      `cameras:\n  aisle:\n    source: file:clip.mp4\n    masks: [[[0, 0], [1, 0], [1, 1], [0, 1]]]\n`,
    );
    const picture = join(folder.path, 'masked.jpg');
    const { code, out } = await run('test', 'aisle', '--config', config, '--picture', picture);
    expect(code).toBe(0);
    expect(out).toMatch(/stream +h264, 320 x 180, 25 frames\/s, a keyframe every 1 s\n/);
    expect(out).toMatch(/cost +\d+\.\d % of a CPU core\n/);
    const { channels } = await sharp(picture).stats();
    expect(Math.max(...channels.map(({ max }) => max))).toBeLessThan(20);
    const unknown = await run('test', 'isle', '--config', config);
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean "aisle"?') });
  });

  test('says why there is no picture, without the password', async () => {
    const { code, out, err } = await run('test', 'rtsp://admin:hunter2@127.0.0.1:1/cam?token=abc123');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('the camera refuses the connection (rtsp://***@127.0.0.1:1/cam?token=***)');
    expect(err).not.toMatch(/hunter2|abc123/);
  });

  test.for([
    [['test'], 2, 'needs a URL or an id'],
    [['look', 'x'], 2, 'no "camera look"'],
    [['test', 'file:clip.mp4', '--picture', 'a.png'], 2, 'ends in .jpg'],
    [['test', 'gopher://x/1'], 1, '"gopher:" is not a kind of source'],
    [['test', 'concat:a|b'], 1, 'is not a kind of source'],
    [['test', 'rtsp://x/1', '--every', 'soon'], 1, '--every "soon" is not a duration'],
    [['add', 'dock'], 2, 'needs an id and a URL'],
  ] as const)('%j is refused', async ([args, code, message]) => {
    expect(await run(...args)).toMatchObject({ code, out: '', err: expect.stringContaining(message) });
  });
});

describe('camera add', () => {
  test('tries the camera and prints the entry', async () => {
    const { code, out, err } = await run('add', 'yard', 'demo:road_incident', '--name', 'Yard: road');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'cameras:\n  yard:\n    name: "Yard: road"\n    source: demo:road_incident\n',
    });
    expect(err).toContain('h264');
    expect(await run('add', 'dock', 'rtsp://127.0.0.1:1/x')).toMatchObject({ code: 1, out: '' });
  }, 60_000);

  test('puts the entry into the file, keeps its mode, and says nothing of the password', async () => {
    const file = join(folder.path, 'watchword.yaml');
    writeFileSync(file, '# mine\ncameras: {} # none yet\nrules: ./rules\n');
    chmodSync(file, 0o600);
    const login = ['--user', 'me', '--password', 'pa: ss#1'];
    const added = await run('add', 'dock', 'rtsp://10.0.0.9/1', ...login, '--untested', '--config', file);
    expect(added).toMatchObject({ code: 0, out: `${file}: added dock, rtsp://***@10.0.0.9/1\n` });
    expect(added.out + added.err).not.toContain('pa: ss');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^# mine\ncameras: +# none yet\n {2}dock:\n/);
    const { settings } = readSettings(file);
    expect(settings?.cameras.dock).toMatchObject({ source: 'rtsp://10.0.0.9/1', user: 'me', password: 'pa: ss#1' });
    const again = await run('add', 'dock', 'rtsp://10.0.0.9/2', '--untested', '--config', file);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('there is a camera "dock" already') });
  });

  test('changes nothing when the entry or the file is wrong', async () => {
    const file = join(folder.path, 'wrong.yaml');
    const text = 'cameras:\n  a: { source: demo:no_vest }\n';
    writeFileSync(file, text);
    const refused = await run('add', 'Dock 1', 'rtsp://10.0.0.9/1', '--untested', '--config', file);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('an id is made of small letters') });
    expect(readFileSync(file, 'utf8')).toBe(text);
    const missing = join(folder.path, 'nowhere.yaml');
    expect(await run('add', 'a', 'demo:no_vest', '--untested', '--config', missing)).toMatchObject({ code: 1 });
    expect(existsSync(missing)).toBe(false);
  });
});

describe('adding to a configuration', () => {
  const entry = { source: 'demo:no_vest' };

  test.for([
    ['an empty file', '', 'cameras:\n  new:\n    source: demo:no_vest\n'],
    ['no cameras yet', 'rules: ./r\n', 'rules: ./r\n\ncameras:\n  new:\n    source: demo:no_vest\n'],
    [
      'comments after the last camera and other sections',
      'cameras:\n    a: # first\n        source: demo:x # there\n    # b: later\n\n# rules\nrules: ./r\n',
      'cameras:\n    a: # first\n        source: demo:x # there\n    new:\n      source: demo:no_vest\n    # b: later\n\n# rules\nrules: ./r\n',
    ],
    [
      'no line end',
      'cameras:\n  a: { source: demo:x }',
      'cameras:\n  a: { source: demo:x }\n  new:\n    source: demo:no_vest\n',
    ],
    [
      'nothing under it',
      'cameras: # soon\nrules: r\n',
      'cameras: # soon\n  new:\n    source: demo:no_vest\nrules: r\n',
    ],
    [
      'one line',
      'cameras: { a: { source: demo:x } } # all\n',
      'cameras: { a: { source: demo:x }, "new": {"source":"demo:no_vest"} } # all\n',
    ],
    [
      'Windows line ends',
      'cameras:\r\n  a:\r\n    source: demo:x\r\n',
      'cameras:\r\n  a:\r\n    source: demo:x\r\n  new:\r\n    source: demo:no_vest\r\n',
    ],
    [
      'a text of several lines at the end',
      'cameras:\n  a:\n    source: demo:x\n    name: |\n      two\n      lines\nrules: r\n',
      'cameras:\n  a:\n    source: demo:x\n    name: |\n      two\n      lines\n  new:\n    source: demo:no_vest\nrules: r\n',
    ],
  ])('with %s only puts text in', ([, before, after]) => {
    expect(withCamera(before ?? '', 'new', entry)).toBe(after);
  });

  test('is refused where it cannot be done safely', () => {
    expect(() => withCamera('{ cameras: { a: { source: demo:x }, } }', 'new', entry)).toThrow('only people edit');
    expect(() => withCamera('- a\n', 'new', entry)).toThrow('only people edit');
    expect(() => withCamera('cameras: [', 'new', entry)).toThrow('no sound YAML');
  });
});
