import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeDevice, discoverDevices } from '../../src/cameras/onvif.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { HARD, Seeded, seedOf } from '../hard/seeded.ts';
import { type DeviceOptions, type DeviceProfile, envelope, OnvifDevice, probeMatch } from '../support/onvif-device.ts';

const TIMES = HARD ? 500 : 20;
const deps = { clock: systemClock };
const login = { user: 'admin', password: "pa:ss'#1 <&>" };

const PROFILES: DeviceProfile[] = [
  { token: 'tiny', name: 'Third', codec: 'H264', width: 352, height: 240, uri: 'rtsp://127.0.0.1:554/3' },
  {
    token: '1',
    name: 'Main',
    codec: 'H265',
    width: 2560,
    height: 1440,
    uri: 'rtsp://127.0.0.1:554/cam?channel=1&sub=0',
  },
  {
    token: 'sub',
    name: 'Sub',
    codec: 'H264',
    width: 704,
    height: 576,
    uri: 'rtsp://127.0.0.1:554/cam?channel=1&sub=1',
  },
];

async function device(options: DeviceOptions = {}): Promise<OnvifDevice> {
  const started = await new OnvifDevice({ profiles: PROFILES, ...options }).start();
  onTestFinished(() => started.stop());
  return started;
}

const at = ({ port }: OnvifDevice): string => `127.0.0.1:${port}`;

describe('the streams of an ONVIF device', () => {
  test.for([
    ['a signature in the message, its clock three years behind', { auth: 'wsse', clockAheadMs: -3 * 365 * 86_400_000 }],
    ['a signature in the message, its clock a day ahead', { auth: 'wsse', clockAheadMs: 86_400_000 }],
    ['HTTP digest', { auth: 'digest' }],
    ['the newer media service', { media2: 'works', auth: 'digest' }],
    ['both media services, of which the newer one does not work', { media2: 'broken' }],
  ] satisfies [string, DeviceOptions][])('are found with %s', async ([, options]) => {
    const camera = await device({ ...options, ...login });
    const found = await describeDevice(at(camera), login, deps);
    expect(found).toMatchObject({ manufacturer: 'Lens & Co', model: 'Dome 4', firmware: '1.2.3', serial: '00042' });
    expect(found.streams.map(({ name }) => name)).toEqual(['Main', 'Sub', 'Third']);
    expect(found.main).toEqual({
      ...{ name: 'Main', codec: 'H265', width: 2560, height: 1440, fps: 25 },
      source: 'rtsp://127.0.0.1:554/cam?channel=1&sub=0',
    });
    expect(found.sub?.source).toBe('rtsp://127.0.0.1:554/cam?channel=1&sub=1');
    for (const { body, authorization = '' } of camera.asked) expect(body + authorization).not.toContain(login.password);
  });

  test('stay at the host that was asked, without credentials; what is no stream is left out', async () => {
    const uris = [
      'rtsp://root:secret@169.254.169.254:8554/a',
      'rtsp://evil.example/b',
      'file:///etc/passwd',
      'concat:a|b',
      'rtsp://10.0.0.1/new\nline',
      'http://169.254.169.254/latest/meta-data/',
      '-i',
      'rtsp://',
    ];
    const profiles = uris.map((uri, i) => ({
      ...{ token: `${i}`, name: `${i}`, codec: 'H264', width: 100 - i, height: 100, uri },
    }));
    const camera = await device({ profiles });
    const { streams, sub } = await describeDevice(at(camera), {}, deps);
    expect(streams.map(({ source }) => source)).toEqual([
      'rtsp://127.0.0.1:8554/a',
      'rtsp://127.0.0.1/b',
      'http://127.0.0.1/latest/meta-data/',
    ]);
    expect(sub).toBeUndefined();
  });

  test.for([
    ['wsse', 'wrong'],
    ['digest', 'wrong'],
    ['wsse', undefined],
    ['digest', undefined],
  ] as const)('are refused by %s with the password %s, in the words of every camera', async ([auth, password]) => {
    const camera = await device({ auth, ...login });
    const given = password === undefined ? {} : { user: 'admin', password };
    await expect(describeDevice(at(camera), given, deps)).rejects.toMatchObject({
      kind: 'unauthenticated',
      message: 'the camera refuses the user name or password',
    });
  });

  test.for([
    ['169.254.169.254', 'invalid-input'],
    ['http://2852039166/onvif', 'invalid-input'],
    ['admin:secret@10.0.0.1', 'invalid-input'],
    ['10.0.0.1/\r\nHost: x', 'invalid-input'],
    ['file:///etc/passwd', 'invalid-input'],
    ['127.0.0.1:1', 'unavailable'],
  ] as const)('are not asked for at %j', async ([address, kind]) => {
    await expect(describeDevice(address, {}, deps)).rejects.toMatchObject({ kind });
  });

  test('need a login that the protocol can carry', async () => {
    await expect(describeDevice('10.0.0.1', { user: 'admin', password: '密码' }, deps)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.not.stringContaining('密码'),
    });
  });
});

const GARBAGE: Record<string, (response: ServerResponse) => void> = {
  nothing: (response) => void response.end(),
  'a web page': (response) => void response.end('<!DOCTYPE html><html><body>Welcome</body></html>'),
  'bad UTF-8': (response) => void response.end(Buffer.from(envelope('\xff\xfe\xc0<a>'), 'latin1')),
  'random bytes': (response) => void response.end(randomBytes(50_000)),
  'an entity bomb': (response) =>
    void response.end(
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${'a'.repeat(1_000)}"><!ENTITY b "${'&a;'.repeat(1_000)}"><!ENTITY c "${'&b;'.repeat(1_000)}">]>${envelope('<a>&c;</a>')}`,
    ),
  'a hundred thousand elements in each other': (response) =>
    void response.end(envelope(`${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`)),
  'a body that is empty': (response) => void response.end(envelope('')),
  'a body without answers': (response) => void response.end(envelope('<tds:GetProfilesResponse/>')),
  'names of JavaScript': (response) =>
    void response.end(envelope('<__proto__><a>1</a></__proto__><constructor/><toString>1</toString>')),
  'an answer without end': (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('<a>'.repeat(20_000)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  },
  'a cut connection': (response) => void response.socket?.destroy(),
  elsewhere: (response) => void response.writeHead(302, { Location: 'http://169.254.169.254/' }).end(),
};

describe('a device that answers nonsense', () => {
  test.for(Object.keys(GARBAGE))('%s: ends in a readable cause and nothing else', async (kind) => {
    const camera = await device({ answer: (response) => GARBAGE[kind]?.(response) });
    const error = await describeDevice(at(camera), login, deps).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'WatchwordError',
      kind: expect.stringMatching(/^(unsupported|unavailable)$/),
      message: expect.not.stringContaining(login.password),
    });
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test('changed at random: never ends the process, never leads to another host', {
    timeout: 60_000,
  }, async () => {
    const seeded = new Seeded(seedOf(7));
    const honest = await device();
    const own = await fetch(honest.service, { method: 'POST', body: '<s:Body><GetProfiles/>' }).then((r) => r.text());
    const camera = await device({
      answer(response) {
        const bytes = Buffer.from(own);
        for (let i = 0; i < 30; i++) bytes[seeded.below(bytes.length)] = seeded.below(256);
        response.end(seeded.chance(0.3) ? bytes.subarray(0, seeded.below(bytes.length)) : bytes);
      },
    });
    const outcomes = new Map<string, number>();
    for (let i = 0; i < TIMES; i++) {
      const outcome = await describeDevice(at(camera), {}, deps).then(
        ({ streams }) => (streams.every(({ source }) => source.includes('//127.0.0.1')) ? 'found' : 'elsewhere'),
        (thrown: { kind?: string }) => thrown.kind ?? 'no kind',
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].filter((each) => !/^(found|unsupported|unavailable)$/.test(each))).toEqual([]);
  });

  test('that answers nothing is given up when we are told to', async () => {
    const camera = await device({ answer: () => undefined });
    const stop = new AbortController();
    const asking = describeDevice(at(camera), {}, deps, stop.signal);
    await expect.poll(() => camera.asked.length).toBeGreaterThan(1);
    stop.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });
});

describe('discovery', () => {
  const look = () => discoverDevices({ interfaces: ['lo'], timeoutMs: 1_000 }, deps);

  test('finds what answers, by its name and where it answered from', async () => {
    const scopes =
      'onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/name/Dome%204%1b[31m onvif://www.onvif.org/hardware/D4-%E4%B8%AD';
    const camera = await device({
      announce: ({ service }) => [
        probeMatch({ urn: 'urn:uuid:1', xaddrs: `http://10.255.255.1/onvif/device_service ${service}`, scopes }),
        probeMatch({ urn: 'urn:uuid:1', xaddrs: service, scopes }),
      ],
    });
    expect(await look()).toEqual([{ name: 'Dome 4 [31m', hardware: 'D4-中', address: at(camera) }]);
  });

  test('is not led to another host, and takes no harm from garbage', async () => {
    const camera = await device({
      announce: ({ service }) => [
        randomBytes(1_400),
        'x',
        '',
        envelope('<d:ProbeMatches/>'),
        envelope('<d:ProbeMatches><d:ProbeMatch/></d:ProbeMatches>'),
        envelope(`${'<a>'.repeat(8_000)}`),
        probeMatch({ urn: 'urn:uuid:2', xaddrs: 'not an address' }),
        probeMatch({ urn: 'urn:uuid:3', xaddrs: 'http://169.254.169.254/onvif/device_service', scopes: '%%%' }),
        probeMatch({ urn: 'urn:uuid:4', xaddrs: `${service.replace('device_service', 'other')}` }),
      ],
    });
    const found = await look();
    expect(found.map(({ address }) => address)).toEqual(['127.0.0.1', `http://${at(camera)}/onvif/other`]);
  });

  test('says when there is no such network', async () => {
    await expect(discoverDevices({ interfaces: ['nowhere0'] }, deps)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'this machine has no network "nowhere0"',
    });
  });
});
