import type { HttpBindings } from '@hono/node-server';
import type { WebContext } from './context.ts';
import type { WebSettings } from './deps.ts';

/**
 * The client's address, for limits and the log. Behind a proxy of one's own it is the last entry of X-Forwarded-For, the one
 * the proxy itself added; otherwise that header is the client's own claim and is not looked at.
 */
export function clientAddress(c: WebContext, trustProxy: boolean): string {
  const forwarded = trustProxy ? c.req.header('X-Forwarded-For')?.split(',').at(-1)?.trim() : undefined;
  if (forwarded) return forwarded.slice(0, 64);
  return socketOf(c)?.remoteAddress ?? 'unknown';
}

/** Whether cookies may be marked as for TLS only. */
export function isSecure(c: WebContext, settings: Pick<WebSettings, 'secureCookie' | 'trustProxy'>): boolean {
  if (settings.secureCookie !== 'auto') return settings.secureCookie;
  if (settings.trustProxy && c.req.header('X-Forwarded-Proto') === 'https') return true;
  return new URL(c.req.url).protocol === 'https:';
}

function socketOf(c: WebContext): { remoteAddress?: string | undefined } | undefined {
  // The node server passes its own request here; an app called without a server has none.
  const bindings = c.env as Partial<HttpBindings> | undefined;
  return bindings?.incoming?.socket;
}
