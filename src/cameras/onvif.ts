import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Clock, deadline } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import { maskSecrets } from '../platform/secrets.ts';
import { connectionCause, statusCause } from './causes.ts';
import type { FromOnvifThread, OnvifTask, RawDevice, RawFound } from './onvif-messages.ts';
import {
  type DeviceStreams,
  deviceStreams,
  type FoundDevice,
  foundDevice,
  parseOnvifAddress,
} from './onvif-streams.ts';

/** Answers come within a second; a camera that wakes from its power saving may need two. */
export const DISCOVERY_MS = 4_000;
/** A dozen questions to a slow device. */
const DESCRIBE_MS = 30_000;
/** Starting the thread on a busy box. */
const START_MS = 10_000;
const MOST_DEVICES = 256;

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/cameras/onvif-thread.js' : './onvif-thread.js',
  import.meta.url,
);

export interface OnvifDeps {
  readonly clock: Clock;
  /** The compiled thread. */
  readonly entry?: URL;
}

/**
 * Asks all local networks which ONVIF cameras there are (WS-Discovery, UDP multicast) for `timeoutMs`. Routers do not pass the question on.
 * Rejects with `unavailable` when this machine has no network. What answers nonsense is left out.
 */
export async function discoverDevices(
  options: { readonly timeoutMs?: number; readonly interfaces?: readonly string[] },
  deps: OnvifDeps,
  signal?: AbortSignal,
): Promise<FoundDevice[]> {
  const interfaces = options.interfaces ?? localNetworks();
  const unknown = interfaces.find((name) => !Object.hasOwn(networkInterfaces(), name));
  if (unknown !== undefined || interfaces.length === 0)
    throw new WatchwordError(
      'unavailable',
      unknown === undefined ? 'this machine has no network' : `this machine has no network "${unknown.slice(0, 40)}"`,
      { hint: `It has ${Object.keys(networkInterfaces()).join(', ') || 'none at all'}` },
    );
  const { timeoutMs = DISCOVERY_MS } = options;
  const found = new Map<string, FoundDevice>();
  const onFound = (raw: RawFound): void => {
    const device = foundDevice(raw);
    if (device && found.size < MOST_DEVICES) found.set(device.address, device);
  };
  try {
    await runThread({ kind: 'discover', interfaces, timeoutMs }, timeoutMs, deps, onFound, signal);
  } catch (error) {
    signal?.throwIfAborted();
    // Whoever floods the network with nonsense can end the thread: what was heard until then still counts.
    if (found.size === 0) throw error;
  }
  return [...found.values()].sort((one, other) => one.address.localeCompare(other.address, 'en', { numeric: true }));
}

/**
 * Asks one device for its streams. `address` is `HOST`, `HOST:PORT` or the service's URL. Rejects with a readable cause:
 * `unauthenticated`, `unavailable`, `timeout`, `unsupported`, or `invalid-input` for an address that is refused.
 */
export async function describeDevice(
  address: string,
  login: { readonly user?: string | undefined; readonly password?: string | undefined; verifyCertificate?: boolean },
  deps: OnvifDeps,
  signal?: AbortSignal,
): Promise<DeviceStreams> {
  const at = parseOnvifAddress(address);
  const { user, password, verifyCertificate = true } = login;
  // The package signs passwords byte by byte and puts the name into XML as it is.
  if (/[^\x20-\x7e]/.test(`${user ?? ''}${password ?? ''}`) || /[<>&"]/.test(user ?? ''))
    throw new WatchwordError('unsupported', 'ONVIF login takes letters, digits and signs of ASCII only', {
      hint: "Make a user for Watchword in the camera, or give the stream's address by hand",
    });
  const credentials = { ...(user !== undefined && { user }), ...(password !== undefined && { password }) };
  const task: OnvifTask = { kind: 'describe', ...at, verifyCertificate, ...credentials };
  const raw = await runThread(task, DESCRIBE_MS, deps, () => undefined, signal);
  if (!raw) throw notOnvif();
  return deviceStreams(raw, at);
}

/** Networks that cameras can be on: not the machine's own loop. */
function localNetworks(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ family, internal }) => family === 'IPv4' && !internal))
    .map(([name]) => name);
}

/** One task in a thread of its own, whose memory is bounded and which is gone when this settles. */
async function runThread(
  task: OnvifTask,
  forMs: number,
  { clock, entry = ENTRY }: OnvifDeps,
  onFound: (raw: RawFound) => void,
  signal?: AbortSignal,
): Promise<RawDevice | null> {
  signal?.throwIfAborted();
  const late = deadline(
    clock,
    forMs + START_MS,
    () => new WatchwordError('timeout', 'the device does not answer in time', { hint: 'Check its network' }),
  );
  const worker = new Worker(entry, {
    workerData: task,
    name: 'onvif',
    resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    // What the package prints is not for our logs.
    stdout: true,
    stderr: true,
  });
  const ended = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
  try {
    return await new Promise<RawDevice | null>((resolve, reject) => {
      ended.addEventListener('abort', () => reject(toError(ended.reason)), { once: true });
      worker.on('message', (message: FromOnvifThread) => {
        if ('found' in message) onFound(message.found);
        else if ('done' in message) resolve(message.done);
        else reject(causeOfFailure(message.failed));
      });
      worker.once('error', (error) => reject(causeOfFailure({ message: error.message })));
      worker.once('exit', () => reject(notOnvif()));
    });
  } finally {
    late.stop();
    await worker.terminate();
  }
}

/** The package's errors in the words of all other cameras. */
function causeOfFailure({ message, code }: { message: string; code?: string }): WatchwordError {
  if (/not ?authorized|unauthorized|authority failure|\b401\b/i.test(message)) return statusCause('401 Unauthorized');
  if (code === 'ECONNRESET' || /^the answer is too large|memory limit/.test(message)) return notOnvif();
  if (code !== undefined) return connectionCause(Object.assign(new Error(message), { code }));
  if (/timeout/i.test(message)) return connectionCause(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
  const fault = /^ONVIF SOAP Fault: (.+)/s.exec(message)?.[1];
  if (fault === undefined) return notOnvif();
  return new WatchwordError(
    'unavailable',
    `the device refuses: ${maskSecrets(fault).replace(/\s+/g, ' ').slice(0, 200)}`,
    {
      hint: 'Check the rights of this user in the camera itself',
    },
  );
}

function notOnvif(): WatchwordError {
  return new WatchwordError('unsupported', 'what answers at this address does not speak ONVIF', {
    hint: 'Check host and port; many cameras want ONVIF to be switched on, some with a user of its own',
  });
}
