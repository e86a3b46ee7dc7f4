import { describeDevice, discoverDevices } from '../cameras/onvif.ts';
import type { DeviceStream, DeviceStreams, FoundDevice } from '../cameras/onvif-streams.ts';
import { parseDuration } from '../platform/duration.ts';
import { describeError, WatchwordError } from '../platform/errors.ts';
import { type CommandIo, EXIT_DONE, UsageError } from './command.ts';

const MAX_TIMEOUT_MS = 60_000;

export interface DiscoverOptions {
  readonly timeout?: string | undefined;
  readonly interface?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints which ONVIF cameras the local networks have and, with a login, their streams. */
export async function discover(options: DiscoverOptions, io: CommandIo): Promise<number> {
  const { user, password, json = false } = options;
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  if (options.timeout !== undefined && (timeoutMs === undefined || timeoutMs < 100 || timeoutMs > MAX_TIMEOUT_MS))
    throw new UsageError('--timeout takes 100ms to 60s');
  io.stderr('asking the network for cameras\n');
  const devices = await discoverDevices(
    {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(options.interface !== undefined && { interfaces: [options.interface] }),
    },
    io,
    io.signal,
  );
  // One after the other: a login that is wrong everywhere is seen, and can be stopped, before it has been tried everywhere.
  for (const device of devices) {
    const streams = user === undefined ? undefined : await ask(device, { user, password }, io);
    io.stdout(json ? `${JSON.stringify(asJson(device, streams))}\n` : asText(device, streams));
  }
  if (devices.length === 0) io.stderr('No camera answered. Routers do not pass the question on: try --onvif HOST.\n');
  return EXIT_DONE;
}

type Outcome = { readonly streams: DeviceStreams } | { readonly problem: string };

async function ask(
  { address }: FoundDevice,
  login: { user: string; password: string | undefined },
  io: CommandIo,
): Promise<Outcome> {
  try {
    return { streams: await describeDevice(address, login, io, io.signal) };
  } catch (error) {
    if (!(error instanceof WatchwordError)) throw error;
    return { problem: describeError(error) };
  }
}

function asJson({ name, hardware, address }: FoundDevice, outcome: Outcome | undefined) {
  const device = { name, hardware, address };
  if (outcome === undefined) return device;
  if ('problem' in outcome) return { ...device, problem: outcome.problem };
  const { manufacturer, model, firmware, serial, ...found } = outcome.streams;
  const profiles = found.streams.map(({ name: profile, source, codec, width, height, fps }) => ({
    ...{ name: profile, source, codec: codec ?? null, width: width ?? null, height: height ?? null, fps: fps ?? null },
    use: source === found.main.source ? 'main' : source === found.sub?.source ? 'sub' : null,
  }));
  return { ...device, manufacturer, model, firmware, serial, profiles };
}

function asText({ name, hardware, address }: FoundDevice, outcome: Outcome | undefined): string {
  const title = `${address}  ${[name, hardware].filter((words) => words !== '').join(', ') || 'a camera without a name'}\n`;
  if (outcome === undefined) return title;
  if ('problem' in outcome) return `${title}  ${outcome.problem}\n`;
  const { manufacturer, model, main, sub, streams } = outcome.streams;
  const made = [manufacturer, model].filter((words) => words !== '').join(' ');
  const rows = streams.map((stream) => {
    const use = stream === main ? 'main' : stream === sub ? 'sub' : '';
    return `  ${use.padEnd(5)}${streamText(stream)}\n`;
  });
  return `${title}${made === '' ? '' : `  ${made}\n`}${rows.join('')}`;
}

/** One stream on one line. */
export function streamText({ source, codec, width, height, fps }: DeviceStream): string {
  const facts = [codec, width && height ? `${width} x ${height}` : undefined, fps ? `${fps} frames/s` : undefined];
  return [source, ...facts.filter((fact) => fact !== undefined)].join('  ');
}
