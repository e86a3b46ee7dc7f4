import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { loadSettings, readSettings } from '../../src/config/load.ts';
import { formatFinding } from '../../src/platform/findings.ts';

const broken = fileURLToPath(new URL('../fixtures/config/', import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function written(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-config-'));
  folders.push(folder);
  const file = join(folder, 'watchword.yaml');
  writeFileSync(file, text);
  return file;
}

/** What a new user is told about each broken file: place, words, advice. */
const EXPECTED: Record<string, RegExp> = {
  'bad-camera-id': /:2:\d+: error: .*an id is made of small letters, digits and dashes, such as "aisle-1"/,
  'bad-day': /:3:\d+: error: .*"moonday" is not a day: write mon, mon-fri/,
  'bad-duration': /:4:\d+: error: "cameras\.aisle-1\.every": "2 secs" is not a duration: write for example 2s/,
  'bad-hours': /:3:\d+: error: .*"8 to late" is not a time span such as 08:00-22:00/,
  'bad-indentation': /:[23]:\d+: error: .*Check the indentation/,
  'bad-port': /:1:\d+: error: "web\.port": must be 0 \(any free port\) to 65535/,
  'duplicate-key': /:3:\d+: error: Map keys must be unique/,
  'misspelled-setting': /:3:5: error: unknown setting "cameras\.aisle-1\.sorce"\. Did you mean "source"\?/,
  'no-source': /:2:\d+: error: "cameras\.aisle-1\.source": must be the address of the camera, such as rtsp/,
  'not-a-mapping': /:1:\d+: error: /,
  'open-broker': /:1:\d+: error: .*listens on loopback only until it has a user and a password/,
  'open-quote': /:[23]:\d+: error: .*Check the indentation, quotes and colons/,
  'overlapping-hours': /:3:\d+: error: .*wed 08:00-22:00 and wed 20:00-23:00 overlap/,
  'tab-indentation': /:2:\d+: error: .*[Tt]ab/,
  'unknown-decoder': /:2:\d+: error: .*must be one of software, auto, cuda/,
  'unknown-device': /:1:\d+: error: "model\.device": must be one of auto, cpu, webgpu, cuda, tensorrt/,
  'unknown-scheme': /:2:\d+: error: "cameras\.aisle-1\.source": .*rtsp/,
  'unknown-section': /:2:1: error: unknown setting "camera"\. Did you mean "cameras"\?/,
  'unknown-time-zone': /:1:\d+: error: "site\.timeZone": is not a time zone this machine knows/,
  'unsigned-webhook': /:1:\d+: error: .*give secret or secretFile/,
  'wildcard-topic': /:1:\d+: error: "mqtt\.baseTopic": /,
  'zone-off-picture': /:5:\d+: error: .*must be between 0 and 1/,
  'zone-two-corners': /:5:\d+: error: .*needs at least three corners/,
};

describe('configuration', () => {
  test('each broken file is in the table', () => {
    expect(
      readdirSync(broken)
        .map((name) => name.replace('.yaml', ''))
        .sort(),
    ).toEqual(Object.keys(EXPECTED).sort());
  });

  test.each(Object.entries(EXPECTED))('%s: the message says where, what and what to do', (name, message) => {
    const { settings, findings } = readSettings(join(broken, `${name}.yaml`));
    expect(settings).toBeUndefined();
    expect(findings.map(formatFinding).join('\n')).toMatch(message);
    expect(findings.map(formatFinding).join('\n')).not.toContain('hunter2');
  });

  test('every finding of a file is reported at once', () => {
    const { findings } = readSettings(written('site: { id: Shop }\nweb: { port: x }\nlogs: {}\n'));
    expect(findings.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  test('an empty file is a configuration with defaults and without cameras', () => {
    const { settings, findings } = readSettings(written(''));
    expect(settings).toMatchObject({
      site: { id: 'store' },
      web: { host: '127.0.0.1', port: 8480 },
      mqtt: { broker: { kind: 'embedded' } },
    });
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', message: 'there is no camera' })]);
  });

  test('the shipped configurations are sound', () => {
    for (const name of ['demo/demo.yaml', 'config/example.yaml']) {
      expect(readSettings(fileURLToPath(new URL(`../../src/${name}`, import.meta.url))).findings).toEqual([]);
    }
  });

  test('folders are relative to the file, and the settings cannot be changed', () => {
    const file = written('rules: here/rules\ncameras: { a: { source: rtsp://10.0.0.7/1 } }\n');
    const settings = loadSettings(file);
    expect(settings.rules).toBe(join(file, '../here/rules'));
    expect(() => Object.assign(settings.cameras, { b: {} })).toThrow(TypeError);
  });

  test('a missing file says what to do', () => {
    expect(() => readSettings('/nowhere/watchword.yaml')).toThrow('there is no such configuration file');
  });

  test('hours across midnight and across the week do not overlap by themselves', () => {
    const sound =
      'cameras: { a: { source: rtsp://10.0.0.7/1 } }\ncalendars:\n  night:\n    daily: 22:00-06:00\n    closed: [2026-12-25]\n';
    const { settings, findings } = readSettings(written(sound));
    expect(findings).toEqual([]);
    expect(settings?.calendars.night?.closed).toEqual(['2026-12-25']);
    const overlapping = 'calendars: { late: { sun: "20:00-08:00", mon: "07:00-09:00" } }\n';
    expect(readSettings(written(overlapping)).findings[0]?.message).toMatch(
      /sun 20:00-08:00 and mon 07:00-09:00 overlap/,
    );
  });
});
