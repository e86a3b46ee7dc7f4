import { type ErrorKind, WatchwordError } from '../platform/errors.ts';
import { maskSecrets } from '../platform/secrets.ts';

interface Cause {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
}

/**
 * What ffmpeg writes when a stream cannot be had, most telling first, and what it means to a person. Texts of ffmpeg 4 to 7
 * and of the errno names that it prints.
 */
const CAUSES: readonly Cause[] = [
  {
    pattern: /\b401 Unauthorized|authorization failed/i,
    kind: 'unauthenticated',
    message: 'the camera refuses the user name or password',
    hint: 'Check user and password of this camera; too many wrong tries can lock its account',
  },
  {
    pattern: /\b403 Forbidden|access denied/i,
    kind: 'forbidden',
    message: 'the camera forbids this user to see the stream',
    hint: 'Give this user the right to view the stream in the camera itself',
  },
  {
    pattern: /\b404 Not Found|Stream Not Found/i,
    kind: 'not-found',
    message: 'the camera has no stream at this path',
    hint: 'Check the part of the address after the host; the maker of the camera lists the right one',
  },
  {
    pattern: /\b453 Not Enough Bandwidth|\b503 Service Unavailable|too many (users|clients|connections)/i,
    kind: 'too-many',
    message: 'the camera has no free connection',
    hint: 'Close other viewers of this camera, or raise its limit of streams',
  },
  {
    pattern: /\b461 |Unsupported Transport|Nonmatching transport/i,
    kind: 'unsupported',
    message: 'the camera does not offer this transport',
    hint: 'Set transport to udp, or back to tcp',
  },
  {
    pattern: /certificate verif|certificate .*(expired|unknown|not trusted|self.signed)|peer certificate/i,
    kind: 'forbidden',
    message: "the camera's certificate is not trusted",
    hint: 'Install its certificate on this machine, or set verifyCertificate: false for this camera',
  },
  {
    pattern: /TLS|SSL/i,
    kind: 'unavailable',
    message: 'the encrypted connection to the camera failed',
    hint: 'Check whether the camera offers encryption at this port',
  },
  {
    pattern: /Failed to resolve hostname|Name or service not known|nodename nor servname/i,
    kind: 'unavailable',
    message: "the camera's host name is not known on this network",
    hint: 'Check the host in the address, or use its IP address',
  },
  {
    pattern: /Connection refused/i,
    kind: 'unavailable',
    message: 'the camera refuses the connection',
    hint: 'It is reachable but nothing listens at this port: check the port, and whether streaming is switched on',
  },
  {
    pattern:
      /No route to host|Network is unreachable|Host is (down|unreachable)|Connection timed out|Operation timed out/i,
    kind: 'unavailable',
    message: 'the camera is unreachable',
    hint: 'Check its power, its cable and its address',
  },
  {
    pattern: /No such file or directory/i,
    kind: 'not-found',
    message: 'the clip does not exist',
    hint: 'Check the path of the clip',
  },
  {
    pattern: /Permission denied/i,
    kind: 'forbidden',
    message: 'the clip may not be read',
    hint: 'Give the user that runs Watchword the right to read it',
  },
  {
    pattern:
      /Unknown decoder|Decoder .* not found|Could not find codec parameters|unknown codec|Decoding requested, but no decoder|no decoder found|dimensions not set/i,
    kind: 'unsupported',
    message: 'the video codec of the stream is not supported',
    hint: 'Set the camera to H.264, H.265 or MJPEG',
  },
  {
    pattern: /matches no streams|does not contain any stream|no video stream/i,
    kind: 'unsupported',
    message: 'the stream holds no video',
    hint: 'Check that the address is that of a video stream',
  },
  {
    pattern: /Invalid data found when processing input|moov atom not found|not on whitelist|No codec could be found/i,
    kind: 'corrupt',
    message: 'what comes from this address is not a video stream',
    hint: 'Check the address; for a clip, check that the file plays',
  },
];

/** What a stream that delivered pictures and then stopped is called. */
export function streamEnded(): WatchwordError {
  return new WatchwordError('unavailable', 'the stream ended', {
    hint: 'The camera closed the connection; it is tried again by itself',
  });
}

/** What a camera that is connected but silent is called. */
export function stalled(forMs: number): WatchwordError {
  return new WatchwordError('timeout', `no picture for ${Math.round(forMs / 1000)} s: the stream stalled`, {
    hint: 'The connection is made anew by itself; when it lasts, check the camera and its network',
  });
}

/** What a camera that never delivered a first picture is called. */
export function noFirstPicture(forMs: number): WatchwordError {
  return new WatchwordError(
    'timeout',
    `no picture within ${Math.round(forMs / 1000)} s of connecting: the camera is unreachable or silent`,
    {
      hint: 'Check its power, its cable and its address',
    },
  );
}

/** What a missing decoder program is called. */
export function ffmpegMissing(program: string): WatchwordError {
  return new WatchwordError('unavailable', `${program} is not installed`, {
    hint: 'Install it: apt-get install ffmpeg',
  });
}

/** The readable cause of an ended ffmpeg, from what it wrote to standard error. Never holds a secret. */
export function causeOf(stderr: string, delivered: boolean): WatchwordError {
  const known = CAUSES.find(({ pattern }) => pattern.test(stderr));
  // After pictures came, complaints about single damaged packets are not why it ended.
  if (delivered && (!known || known.kind === 'unsupported' || known.kind === 'corrupt')) return streamEnded();
  if (known) return new WatchwordError(known.kind, known.message, { hint: known.hint });
  const last = lastLine(stderr);
  if (!last) return streamEnded();
  return new WatchwordError('internal', `the decoder gave up: ${last}`, { hint: 'It is tried again by itself' });
}

function lastLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const words = (lines.at(-1) ?? '').replace(/^(\[[^\]]*\]\s*)+/, '');
  return maskSecrets(words).slice(0, 200);
}

/** What a failed connection of Node's own sockets (HTTP, TLS) means, in the same words as `causeOf`. */
export function connectionCause(error: NodeJS.ErrnoException): WatchwordError {
  const code = error.code ?? '';
  const words =
    CONNECTION_WORDS[code] ?? (/CERT|SELF_SIGNED|ISSUER|LEAF_SIGNATURE/.test(code) ? 'certificate verify failed' : '');
  const cause = CAUSES.find(({ pattern }) => words !== '' && pattern.test(words));
  if (cause) return new WatchwordError(cause.kind, cause.message, { hint: cause.hint });
  if (/SSL|TLS|EPROTO/.test(code)) return statusCause('TLS');
  return new WatchwordError(
    'unavailable',
    `the connection to the camera failed: ${maskSecrets(error.message).slice(0, 200)}`,
    {
      hint: 'It is tried again by itself',
    },
  );
}

const CONNECTION_WORDS: Record<string, string> = {
  ECONNREFUSED: 'Connection refused',
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Name or service not known',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EHOSTDOWN: 'Host is down',
  ETIMEDOUT: 'Connection timed out',
};

/** The cause behind a server's answer, such as `404 Not Found`. */
export function statusCause(status: string): WatchwordError {
  const cause = CAUSES.find(({ pattern }) => pattern.test(status));
  if (cause) return new WatchwordError(cause.kind, cause.message, { hint: cause.hint });
  return new WatchwordError('unavailable', `the camera answered ${status.slice(0, 100)}`, {
    hint: 'It is tried again by itself',
  });
}
