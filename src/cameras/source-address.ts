import { WatchwordError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { maskSecrets } from '../platform/secrets.ts';

export const SOURCE_SCHEMES = ['rtsp', 'rtsps', 'http', 'https', 'file', 'demo'] as const;
export type SourceScheme = (typeof SOURCE_SCHEMES)[number];

/** Where a camera's pictures come from, checked. */
export interface SourceAddress {
  readonly scheme: SourceScheme;
  /**
   * Network schemes: the whole URL with percent-encoded credentials, safe as one argument of a child process.
   * `file`: the path, possibly relative. `demo`: the clip's name.
   */
  readonly target: string;
  /** The same for people: no password. */
  readonly masked: string;
}

/** Containers that are clips. The ending is checked so that a source cannot be pointed at any file of the machine. */
const CLIP_ENDINGS = /\.(mp4|m4v|mov|mkv|webm|avi|ts|mpg|mpeg|gif)$/i;

/** Cloud metadata services hand out credentials to whoever asks from the machine: never a camera. */
const METADATA_HOSTS = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '168.63.129.16',
  '100.100.100.200',
  '[fd00:ec2::254]',
  'metadata.google.internal',
]);

/**
 * Parses and checks a camera's source. `login` fills in credentials that are not in the text. Throws `invalid-input` with
 * a readable reason. What it returns holds no control character, begins with its scheme and has an allowed one, so it can
 * neither become an option of a child process nor reach another protocol.
 */
export function parseSourceAddress(
  text: string,
  login: { user?: string | undefined; password?: string | undefined } = {},
): SourceAddress {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text))
    throw invalid(text, 'the source holds a control character or line break');
  const match = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(text.trim());
  const scheme = match?.[1]?.toLowerCase() ?? '';
  const rest = match?.[2] ?? '';
  if (!isScheme(scheme)) throw invalid(text, refusedScheme(scheme));
  if (scheme === 'demo') return demoAddress(rest);
  if (scheme === 'file') return fileAddress(text.trim(), rest);
  return networkAddress(scheme, text.trim(), login);
}

function refusedScheme(scheme: string): string {
  const allowed = SOURCE_SCHEMES.map((known) => `${known}:`).join(', ');
  if (scheme === '') return `a source must begin with one of ${allowed}`;
  const [meant] = nearest(scheme, SOURCE_SCHEMES, 1);
  return `"${scheme}:" is not a kind of source${meant ? ` (did you mean "${meant}:"?)` : ''}; use one of ${allowed}`;
}

function isScheme(text: string): text is SourceScheme {
  return (SOURCE_SCHEMES as readonly string[]).includes(text);
}

function demoAddress(name: string): SourceAddress {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name))
    throw invalid(`demo:${name}`, 'a demo source is demo: and the name of a demo clip');
  return { scheme: 'demo', target: name, masked: `demo:${name}` };
}

function fileAddress(text: string, rest: string): SourceAddress {
  let path = rest;
  if (rest.startsWith('//')) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.host !== '') throw invalid(text, 'a file source is file: and a path, such as file:/var/clips/aisle.mp4');
    path = decode(url.pathname);
  }
  if (!CLIP_ENDINGS.test(path))
    throw invalid(text, 'a file source must be a clip (mp4, mov, mkv, webm, avi, ts, mpg or gif)');
  return { scheme: 'file', target: path, masked: `file:${path}` };
}

function networkAddress(
  scheme: SourceScheme,
  text: string,
  login: { user?: string | undefined; password?: string | undefined },
): SourceAddress {
  if (/\s/.test(text)) throw invalid(text, 'the address holds a space: write it as %20');
  if (!URL.canParse(text)) {
    throw invalid(
      text,
      'the address is not a valid URL: in a user name or password write / as %2F, ? as %3F, # as %23',
    );
  }
  const url = new URL(text);
  if (!text.slice(scheme.length + 1).startsWith('//') || url.hostname === '')
    throw invalid(text, 'the address names no host');
  if (METADATA_HOSTS.has(plainHost(url.hostname)))
    throw invalid(text, 'the address is that of a cloud metadata service, not of a camera');
  // The path stays exactly as written: cameras are picky about theirs, and URL would tidy it up.
  const tail = text
    .slice(text.indexOf('//') + 2)
    .replace(/^[^/?#]*/, '')
    .replace(/#.*$/, '');
  const user = login.user === undefined ? decode(url.username) : login.user;
  const password = login.password === undefined ? decode(url.password) : login.password;
  const credentials = user || password ? `${encode(user)}:${encode(password)}@` : '';
  const target = `${scheme}://${credentials}${url.host}${tail}`;
  return { scheme, target, masked: maskSecrets(target) };
}

/**
 * One spelling per host: URL leaves the host of schemes it does not know as it is written, but 0xa9fea9fe, 2852039166 and
 * ::ffff:169.254.169.254 are all the same address to whoever connects.
 */
function plainHost(hostname: string): string {
  const known = `http://${hostname}/`;
  const host = (URL.canParse(known) ? new URL(known).hostname : hostname).toLowerCase().replace(/\.$/, '');
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host);
  if (!mapped) return host;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Quotes and brackets too: whoever masks a URL in a text takes them for its end. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/['!()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare % in a password is a plain character, not an escape.
    return text;
  }
}

function invalid(text: string, message: string): WatchwordError {
  return new WatchwordError('invalid-input', message, {
    // The whole text is one address, sound or not: up to its last @ it may be a password of any characters.
    where: maskSecrets(text.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, '$1***@')),
    hint: 'Check the source of this camera',
  });
}
