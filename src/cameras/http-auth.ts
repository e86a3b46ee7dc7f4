import { createHash } from 'node:crypto';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * The Authorization header that answers a `WWW-Authenticate` challenge: Digest where offered (RFC 7616, MD5 or SHA-256,
 * qop auth or none), Basic otherwise (RFC 7617). Undefined when the challenge is neither.
 */
export function authorization(
  challenge: string,
  request: { login: Login; method: string; uri: string; cnonce: string },
): string | undefined {
  const { login, method, uri, cnonce } = request;
  const digest = /(?:^|,\s*)Digest\s+(.*)$/i.exec(challenge);
  if (digest) return digestHeader(parameters(digest[1] ?? ''), login, method, uri, cnonce);
  if (!/(?:^|,\s*)Basic\b/i.test(challenge)) return undefined;
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
}

function digestHeader(
  asked: Map<string, string>,
  login: Login,
  method: string,
  uri: string,
  cnonce: string,
): string | undefined {
  const algorithm = asked.get('algorithm') ?? 'MD5';
  const hashName = { md5: 'md5', 'sha-256': 'sha256' }[algorithm.toLowerCase()];
  if (!hashName) return undefined;
  const hash = (text: string): string => createHash(hashName).update(text).digest('hex');
  const realm = asked.get('realm') ?? '';
  const nonce = asked.get('nonce') ?? '';
  const isAuth = (asked.get('qop') ?? '').split(',').some((qop) => qop.trim() === 'auth');
  const secret = hash(`${login.user}:${realm}:${login.password}`);
  const what = hash(`${method}:${uri}`);
  const response = hash(isAuth ? `${secret}:${nonce}:00000001:${cnonce}:auth:${what}` : `${secret}:${nonce}:${what}`);
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const fields = [
    `username=${quoted(login.user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(isAuth ? ['qop=auth', 'nc=00000001', `cnonce="${cnonce}"`] : []),
    ...(asked.has('opaque') ? [`opaque=${quoted(asked.get('opaque') ?? '')}`] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

function parameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/([a-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)) {
    found.set((match[1] ?? '').toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  return found;
}
