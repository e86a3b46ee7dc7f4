import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { camera } from '../../src/cli/camera.ts';
import { type CommandIo, runCommand } from '../../src/cli/command.ts';
import { readSettings } from '../../src/config/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { recordIo } from '../support/command-io.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { OnvifDevice, probeMatch } from '../support/onvif-device.ts';

const PASSWORD = "pa:ss'#1 <&>";
const LOGIN = ['--user', 'admin', '--password', PASSWORD];
const LOOK = ['discover', '--interface', 'lo', '--timeout', '1s'];

async function run(...args: string[]) {
  const recorded = recordIo();
  const io: CommandIo = { ...recorded, clock: systemClock };
  const code = await runCommand(camera, args, io);
  return { code, out: recorded.out(), err: recorded.err(), lines: () => recorded.lines() };
}

async function dome(): Promise<OnvifDevice> {
  const scopes = 'onvif://www.onvif.org/name/Dome onvif://www.onvif.org/hardware/D4';
  const device = await new OnvifDevice({
    ...{ auth: 'digest', user: 'admin', password: PASSWORD, clockAheadMs: -86_400_000 },
    profiles: [
      { token: 'a', name: 'Main', codec: 'H265', width: 1920, height: 1080, uri: 'rtsp://10.9.9.9:1/main' },
      { token: 'b', name: 'Sub', codec: 'H264', width: 640, height: 360, uri: 'rtsp://10.9.9.9:1/sub' },
    ],
    announce: ({ service }) => [probeMatch({ urn: 'urn:uuid:1', xaddrs: service, scopes })],
  }).start();
  onTestFinished(() => device.stop());
  return device;
}

describe('camera discover', { timeout: 30_000 }, () => {
  test('lists cameras, and their streams to who has a login', async () => {
    const device = await dome();
    const address = `127.0.0.1:${device.port}`;
    const plain = await run(...LOOK);
    expect(plain).toMatchObject({ code: 0, out: `${address}  Dome, D4\n`, err: 'asking the network for cameras\n' });
    const { code, lines, out, err } = await run(...LOOK, ...LOGIN, '--json');
    expect(code).toBe(0);
    expect(lines()).toEqual([
      {
        ...{ name: 'Dome', hardware: 'D4', address, manufacturer: 'Lens & Co', model: 'Dome 4' },
        ...{ firmware: '1.2.3', serial: '00042' },
        profiles: [
          {
            ...{ name: 'Main', source: 'rtsp://127.0.0.1:1/main', codec: 'H265', width: 1920, height: 1080, fps: 25 },
            use: 'main',
          },
          {
            ...{ name: 'Sub', source: 'rtsp://127.0.0.1:1/sub', codec: 'H264', width: 640, height: 360, fps: 25 },
            use: 'sub',
          },
        ],
      },
    ]);
    expect(out + err).not.toContain(PASSWORD);
    const wrong = await run(...LOOK, '--user', 'admin', '--password', 'hunter2');
    expect(wrong.out).toContain('\n  the camera refuses the user name or password.');
    expect(wrong.out + wrong.err).not.toContain('hunter2');
  });

  test.for([
    [['discover', 'x'], 2, 'unexpected "x"'],
    [['discover', '--timeout', '2'], 2, '--timeout takes'],
    [['discover', '--interface', 'nowhere0'], 1, 'has no network "nowhere0"'],
    [['add', 'dock', 'rtsp://10.0.0.1/1', '--onvif', '10.0.0.1'], 2, 'or an id and --onvif HOST'],
    [['add', 'dock', '--onvif', '169.254.169.254'], 1, 'cloud metadata service'],
    [['add', 'dock', '--onvif', '127.0.0.1:1'], 1, 'refuses the connection'],
  ] as const)('%j is refused', async ([args, code, message]) => {
    expect(await run(...args)).toMatchObject({ code, out: '', err: expect.stringContaining(message) });
  });
});

test('camera add takes both streams from the device itself', { timeout: 30_000 }, async () => {
  const device = await dome();
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const file = join(folder.path, 'watchword.yaml');
  writeFileSync(file, '# mine\nrules: ./rules\n', { mode: 0o600 });
  const to = ['--onvif', `127.0.0.1:${device.port}`, ...LOGIN, '--clips', '--untested', '--config', file];
  const { code, out, err } = await run('add', 'dock', ...to);
  expect({ code, out }).toEqual({ code: 0, out: `${file}: added dock, rtsp://***@127.0.0.1:1/sub\n` });
  expect(out + err).not.toContain(PASSWORD);
  expect(err).toContain('note  its large stream is H.265');
  expect(readFileSync(file, 'utf8')).toContain('# mine\n');
  expect(readSettings(file).settings?.cameras.dock).toMatchObject({
    ...{ source: 'rtsp://127.0.0.1:1/sub', mainSource: 'rtsp://127.0.0.1:1/main', clips: true },
    ...{ user: 'admin', password: PASSWORD },
  });
});
