import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import onvif from 'onvif';
import { BoundedAgent, BoundedTlsAgent } from './bounded-agent.ts';
import type { FromOnvifThread, OnvifTask, RawDevice, RawProfile } from './onvif-messages.ts';

/**
 * The thread in which the ONVIF package runs, one task long. What devices answer is not to be trusted, and the package
 * bounds neither its size nor what an odd answer throws where: all of that ends this thread and nothing else.
 */

/** A device is asked for the streams of so many of its profiles at most. */
const MOST_PROFILES = 16;
const MOST_FOUND = 256;
const ANSWER_MS = 8_000;

function say(message: FromOnvifThread): void {
  parentPort?.postMessage(message);
}

/** Asks on each interface at once. What does not answer in the protocol's words is left out. */
async function discover({ interfaces, timeoutMs }: OnvifTask & { kind: 'discover' }): Promise<void> {
  const { Discovery } = onvif;
  let found = 0;
  // Garbage is told as an error, which ends the process where nobody listens.
  Discovery.on('error', () => undefined);
  Discovery.on('device', (answer: unknown, from: { address: string }) => {
    const match = at(answer, 'probeMatches', 'probeMatch');
    const xaddrs = textAt(match, 'XAddrs');
    const urn = textAt(match, 'endpointReference', 'address');
    if (xaddrs === undefined || urn === undefined || ++found > MOST_FOUND) return;
    say({ found: { urn, xaddrs, scopes: textAt(match, 'scopes') ?? '', from: from.address } });
  });
  const probe = (device: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      Discovery.probe({ device, timeout: timeoutMs, resolve: false }, (error) => {
        // A list of errors is what devices answered; one with a code is what the machine's own network said.
        const code = error && !Array.isArray(error) && 'code' in error ? String(error.code) : undefined;
        resolve(code);
      });
    });
  const codes = await Promise.all(interfaces.map(probe));
  const [first] = codes;
  if (first !== undefined && codes.every((code) => code !== undefined))
    say({ failed: { message: 'the network refuses', code: first } });
  else say({ done: null });
}

async function describe(task: OnvifTask & { kind: 'describe' }): Promise<void> {
  const { host, port, path, isSecure, verifyCertificate, user, password } = task;
  const cam = new onvif.Cam({
    ...{ hostname: host, port, path, useSecure: isSecure, timeout: ANSWER_MS, autoconnect: false },
    ...(user !== undefined && { username: user, password: password ?? '' }),
    ...{ preserveAddress: true, agent: isSecure ? new BoundedTlsAgent() : new BoundedAgent() },
    secureOpts: { rejectUnauthorized: verifyCertificate },
  });
  // The device's clock first: the stamp in a login must be of its time, not of ours.
  await asked<unknown>((done) => cam.getSystemDateAndTime(done));
  await asked<unknown>((done) => cam.getServices(false, done)).catch(() =>
    asked<unknown>((done) => cam.getCapabilities(done)),
  );
  const about = await asked<unknown>((done) => cam.getDeviceInformation(done)).catch(() => undefined);
  const profiles = await asked<unknown>((done) => cam.getProfiles(done)).catch((error: unknown) => {
    if (!cam.media2Support) throw error;
    // Some devices advertise the newer media service and cannot speak it.
    cam.media2Support = false;
    return asked<unknown>((done) => cam.getProfiles(done));
  });
  const streams: RawProfile[] = [];
  for (const profile of (Array.isArray(profiles) ? profiles : []).slice(0, MOST_PROFILES)) {
    const token = textAt(profile, '$', 'token');
    if (token === undefined) continue;
    const answer = await asked<unknown>((done) =>
      cam.getStreamUri({ protocol: 'RTSP', profileToken: token }, done),
    ).catch(() => undefined);
    const uri = textAt(answer, 'uri');
    if (uri !== undefined) streams.push({ ...profileOf(profile), token, uri });
  }
  say({ done: { ...deviceOf(about), profiles: streams } });
}

function profileOf(profile: unknown): Omit<RawProfile, 'token' | 'uri'> {
  const encoder = at(profile, 'videoEncoderConfiguration');
  return {
    name: textAt(profile, 'name'),
    codec: textAt(encoder, 'encoding'),
    width: numberAt(encoder, 'resolution', 'width'),
    height: numberAt(encoder, 'resolution', 'height'),
    fps: numberAt(encoder, 'rateControl', 'frameRateLimit'),
  };
}

function deviceOf(about: unknown): Omit<RawDevice, 'profiles'> {
  const [manufacturer, model, firmware, serial] = ['manufacturer', 'model', 'firmwareVersion', 'serialNumber'].map(
    (key) => textAt(about, key),
  );
  return { manufacturer, model, firmware, serial };
}

/** One of the package's calls as a promise. */
function asked<T>(call: (done: (error: Error | null | false, answer?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

function at(value: unknown, ...keys: string[]): unknown {
  let here = value;
  for (const key of keys) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

/** Text of an element, with attributes or without; the package makes numbers of texts that look like one. */
function textAt(value: unknown, ...keys: string[]): string | undefined {
  const found = at(value, ...keys);
  const text = typeof found === 'object' ? at(found, '_') : found;
  return typeof text === 'string' || typeof text === 'number' ? String(text).slice(0, 2_048) : undefined;
}

function numberAt(value: unknown, ...keys: string[]): number | undefined {
  const found = at(value, ...keys);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

if (!isMainThread) {
  const task = workerData as OnvifTask;
  (task.kind === 'discover' ? discover(task) : describe(task)).catch((thrown: unknown) => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = 'code' in error ? String(error.code) : undefined;
    say({ failed: { message: error.message.slice(0, 500), ...(code !== undefined && { code }) } });
  });
}
