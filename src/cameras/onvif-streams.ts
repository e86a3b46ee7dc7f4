import { WatchwordError } from '../platform/errors.ts';
import type { RawDevice, RawFound, RawProfile } from './onvif-messages.ts';
import { parseSourceAddress } from './source-address.ts';

/** A camera that answered on the network. All texts are the device's own, made harmless. */
export interface FoundDevice {
  readonly name: string;
  readonly hardware: string;
  /** Host, and port where it is not 80: what `describeDevice` takes. */
  readonly address: string;
}

/** One of a device's streams. */
export interface DeviceStream {
  readonly name: string;
  /** RTSP or HTTP address at the host that was asked, without credentials. */
  readonly source: string;
  readonly codec: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fps: number | undefined;
}

export interface DeviceStreams {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  /** Largest picture first. Never empty. */
  readonly streams: readonly DeviceStream[];
  /** For clips. */
  readonly main: DeviceStream;
  /** For sampling; undefined when the device has one size only. */
  readonly sub: DeviceStream | undefined;
}

/** Where a device's ONVIF service is asked. */
export interface OnvifAddress {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const SERVICE_PATH = '/onvif/device_service';
/** Rules see too little in less. */
const LEAST_SUB_WIDTH = 640;

/** `HOST`, `HOST:PORT` or the http(s):// address of the service. Throws `invalid-input`, also for hosts that no camera has. */
export function parseOnvifAddress(text: string): OnvifAddress {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // The same rules as for any camera: no metadata service, no control characters.
  const { scheme, target, masked } = parseSourceAddress(full);
  if (scheme !== 'http' && scheme !== 'https')
    throw new WatchwordError('invalid-input', 'an ONVIF device is a host name, an IP address or an http:// address', {
      where: masked,
    });
  const url = new URL(target);
  if (url.username !== '' || url.password !== '')
    throw new WatchwordError('invalid-input', 'the address of a device holds no user and password', {
      where: masked,
      hint: 'Give them on their own',
    });
  const isSecure = url.protocol === 'https:';
  const path = url.pathname === '/' ? SERVICE_PATH : url.pathname + url.search;
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { isSecure, host: url.hostname.replace(/^\[|\]$/g, ''), port, path };
}

/**
 * A device as it may be shown. It is asked only where it answered from: an announcement that points to another host could
 * have us log in at anything that this machine reaches. Pure.
 */
export function foundDevice({ xaddrs, scopes, from }: RawFound): FoundDevice | undefined {
  const own = xaddrs
    .split(/\s+/)
    .map((text) => (URL.canParse(text) ? new URL(text) : undefined))
    .find((url) => url?.hostname === from && (url.protocol === 'http:' || url.protocol === 'https:'));
  const address = own === undefined ? from : addressOf(own);
  try {
    parseOnvifAddress(address);
  } catch {
    return undefined;
  }
  return { name: scopeOf(scopes, 'name'), hardware: scopeOf(scopes, 'hardware'), address };
}

function addressOf(url: URL): string {
  return url.protocol === 'http:' && url.pathname === SERVICE_PATH ? url.host : `${url.origin}${url.pathname}`;
}

function scopeOf(scopes: string, kind: string): string {
  const prefix = `onvif://www.onvif.org/${kind}/`;
  const scope = scopes.split(/\s+/).find((each) => each.toLowerCase().startsWith(prefix));
  const text = scope?.slice(prefix.length) ?? '';
  try {
    return harmless(decodeURIComponent(text));
  } catch {
    return harmless(text);
  }
}

/** A device's word for a terminal or a page: one short line. */
function harmless(text: string | undefined): string {
  return (text ?? '')
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 80);
}

/**
 * The streams a device offers, at the host that was asked: a device that names another host is behind an address
 * translation or means no good, and either way the stream is where the device is. Throws `unsupported` when there is none.
 * Pure.
 */
export function deviceStreams(raw: RawDevice, { host }: OnvifAddress): DeviceStreams {
  const streams = raw.profiles
    .flatMap((profile) => streamOf(profile, host) ?? [])
    .sort((one, other) => pixels(other) - pixels(one));
  const [main] = streams;
  if (!main)
    throw new WatchwordError('unsupported', 'the device offers no stream that Watchword can take', {
      hint: 'Switch on RTSP in the camera itself, or give its address by hand',
    });
  const sub = streams
    .filter((stream) => pixels(stream) < pixels(main) && (stream.width ?? 0) >= LEAST_SUB_WIDTH)
    .at(-1);
  const [manufacturer, model, firmware, serial] = [raw.manufacturer, raw.model, raw.firmware, raw.serial].map(harmless);
  return {
    ...{ manufacturer: manufacturer ?? '', model: model ?? '', firmware: firmware ?? '', serial: serial ?? '' },
    ...{ streams, main, sub },
  };
}

function streamOf({ uri, name, codec, width, height, fps }: RawProfile, host: string): DeviceStream | undefined {
  if (!/^(rtsps?|https?):\/\//i.test(uri) || !URL.canParse(uri)) return undefined;
  const { protocol, port, hostname } = new URL(uri);
  if (hostname === '') return undefined;
  const tail = uri.slice(uri.indexOf('//') + 2).replace(/^[^/?#]*/, '');
  const at = host.includes(':') ? `[${host}]` : host;
  try {
    const { target } = parseSourceAddress(`${protocol.toLowerCase()}//${at}${port === '' ? '' : `:${port}`}${tail}`);
    return { name: harmless(name), source: target, codec: harmless(codec) || undefined, width, height, fps };
  } catch {
    return undefined;
  }
}

/** What a person should know of clips from this stream; undefined when there is nothing. */
export function clipNote({ codec = '' }: DeviceStream): string | undefined {
  if (!/265|hevc/i.test(codec)) return undefined;
  return 'its large stream is H.265, which not every browser plays: set it to H.264 in the camera for clips';
}

function pixels({ width = 0, height = 0 }: DeviceStream): number {
  return width * height;
}
