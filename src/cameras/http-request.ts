import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { WatchwordError } from '../platform/errors.ts';
import { connectionCause, statusCause } from './causes.ts';
import { authorization, type Login } from './http-auth.ts';
import { parseSourceAddress } from './source-address.ts';

const MAX_REDIRECTS = 3;

/**
 * GETs a camera's URL and resolves with the answer once it is 200, its body unread. Answers Basic and Digest challenges,
 * follows up to three redirects (to http and https only; credentials go to the first host only). Rejects with a readable
 * cause. Aborting the signal closes the connection at any time.
 */
export async function openHttp(
  target: string,
  options: { verifyCertificate: boolean; signal: AbortSignal },
): Promise<IncomingMessage> {
  const first = new URL(target);
  const login: Login = { user: decodeURIComponent(first.username), password: decodeURIComponent(first.password) };
  let url = withoutLogin(first);
  let authorized: string | undefined;
  for (let redirects = 0, challenged = false; ; ) {
    const answer = await get(url, authorized, options);
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    answer.destroy();
    const challenge = answer.headers['www-authenticate'] ?? '';
    const isFirstHost = url.host === first.host;
    if (status === 401 && !challenged && login.user !== '' && isFirstHost) {
      challenged = true;
      const uri = url.pathname + url.search;
      authorized = authorization(challenge, { login, method: 'GET', uri, cnonce: randomBytes(8).toString('hex') });
      if (authorized !== undefined) continue;
    }
    if ([301, 302, 303, 307, 308].includes(status) && answer.headers.location && redirects < MAX_REDIRECTS) {
      redirects++;
      challenged = false;
      authorized = undefined;
      url = redirected(answer.headers.location, url);
      continue;
    }
    throw statusCause(`${status} ${answer.statusMessage ?? ''}`);
  }
}

function withoutLogin(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

/** A camera must not lead us to another kind of source, nor to an address that a camera never has. */
function redirected(location: string, from: URL): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to?.protocol !== 'http:' && to?.protocol !== 'https:') {
    throw new WatchwordError('unsupported', 'the camera sends us on to an address that is not http', {
      hint: 'Check the address',
    });
  }
  parseSourceAddress(to.href);
  return withoutLogin(to);
}

function get(
  url: URL,
  authorized: string | undefined,
  options: { verifyCertificate: boolean; signal: AbortSignal },
): Promise<IncomingMessage> {
  const headers = {
    accept: 'multipart/x-mixed-replace, image/*',
    ...(authorized ? { authorization: authorized } : {}),
  };
  const { signal, verifyCertificate } = options;
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, { headers, signal, agent: false, rejectUnauthorized: verifyCertificate })
        : requestHttp(url, { headers, signal, agent: false });
    request.once('response', resolve);
    // Stays attached: an abort after the answer came is an error event too.
    request.on('error', (error) => reject(signal.aborted ? error : connectionCause(error)));
    request.end();
  });
}
