import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * A token that only pages of this session can know: a random part and its HMAC under the session's own token. It differs
 * on every page, so that compression cannot leak it (BREACH), and needs no storage.
 */
export function issueCsrfToken(sessionToken: string): string {
  const nonce = randomBytes(12).toString('base64url');
  return `${nonce}.${sign(nonce, sessionToken)}`;
}

export function isCsrfToken(text: string | undefined, sessionToken: string): boolean {
  const [nonce, signature] = text?.split('.') ?? [];
  if (!nonce || !signature) return false;
  const expected = Buffer.from(sign(nonce, sessionToken));
  const actual = Buffer.from(signature);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/**
 * True when a browser says that the request comes from a page of another site: by `Sec-Fetch-Site`, or where that is
 * missing (plain HTTP), by `Origin`. Programs send neither; what they send needs no such protection.
 */
export function isForeign(headers: {
  fetchSite: string | undefined;
  origin: string | undefined;
  host: string | undefined;
}): boolean {
  const { fetchSite, origin, host } = headers;
  if (fetchSite !== undefined) return fetchSite !== 'same-origin';
  if (origin === undefined) return false;
  try {
    // The scheme is left out: a proxy in front may end TLS.
    return new URL(origin).host !== host;
  } catch {
    return true;
  }
}

function sign(nonce: string, sessionToken: string): string {
  return createHmac('sha256', sessionToken).update(`csrf ${nonce}`).digest('base64url');
}
