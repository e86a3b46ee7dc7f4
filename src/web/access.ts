import type { MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { matchedRoutes } from 'hono/route';
import { WatchwordError } from '../platform/errors.ts';
import type { Auth } from './auth.ts';
import { mayDo, type WebContext, type WebEnv } from './context.ts';
import { isCsrfToken, isForeign } from './csrf.ts';
import type { Role } from './deps.ts';
import { parseForm } from './input.ts';

export const SESSION_COOKIE = 'watchword_session';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Which handlers are gates: a request that passes none of them is refused, so a route without `allow` is closed. */
const gates = new WeakSet<object>();

/** Stands first on every route and says who may use it. `anyone`: also who is not logged in. */
export function allow(role: Role | 'anyone'): MiddlewareHandler<WebEnv> {
  const gate: MiddlewareHandler<WebEnv> = async (c, next) => {
    if (role !== 'anyone') {
      const identity = c.get('identity');
      if (!identity) throw new WatchwordError('unauthenticated', 'not logged in', { hint: 'Log in first' });
      if (!mayDo(identity, role)) {
        throw new WatchwordError('forbidden', `this needs the role ${role}`, {
          hint: 'Ask an admin of this box for it',
        });
      }
    }
    await next();
  };
  gates.add(gate);
  return gate;
}

/** Finds out who asks and refuses forged requests; runs before every route. */
export function identify(auth: Auth): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    if (!matchedRoutes(c).some(({ handler }) => gates.has(handler))) {
      throw new WatchwordError('not-found', 'there is nothing at this address', { hint: 'Check the address' });
    }
    const bearer = /^Bearer ([\w.~+/=-]+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
    if (bearer) {
      const identity = auth.identifyToken(bearer);
      if (!identity)
        throw new WatchwordError('unauthenticated', 'unknown API token', { hint: 'Make a new token and use that' });
      c.set('identity', identity);
    } else {
      const cookie = getCookie(c, SESSION_COOKIE);
      const identity = cookie ? auth.identifySession(cookie) : undefined;
      if (identity) c.set('identity', identity);
      if (!SAFE_METHODS.has(c.req.method)) await refuseForged(c, identity?.session?.token);
    }
    await next();
  };
}

async function refuseForged(c: WebContext, sessionToken: string | undefined): Promise<void> {
  const foreign = isForeign({
    fetchSite: c.req.header('Sec-Fetch-Site'),
    origin: c.req.header('Origin'),
    host: c.req.header('Host') ?? new URL(c.req.url).host,
  });
  if (foreign)
    throw new WatchwordError('forbidden', 'the request came from another site', { hint: 'Use the pages of this box' });
  if (sessionToken === undefined) return;
  const token = c.req.header('X-CSRF-Token') ?? (await formToken(c));
  if (!isCsrfToken(token, sessionToken)) {
    throw new WatchwordError('forbidden', 'this page is out of date', { hint: 'Reload it and try again' });
  }
}

async function formToken(c: WebContext): Promise<string | undefined> {
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(c.req.header('Content-Type') ?? ''))
    return undefined;
  const value = (await parseForm(c))._csrf;
  return typeof value === 'string' ? value : undefined;
}
