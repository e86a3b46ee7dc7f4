import { upgradeWebSocket } from '@hono/node-server';
import { Hono } from 'hono';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { isForeign } from '../csrf.ts';

/**
 * A camera's live picture over a WebSocket: binary messages are an MPEG transport stream, text messages say why there is
 * no picture at the moment. What a client sends is not looked at.
 */
export function liveViewRoutes(parts: WebParts): Hono<WebEnv> {
  const { liveViewers } = parts;
  return new Hono<WebEnv>().get(
    '/cameras/:id/live',
    allow('viewer'),
    async (c, next) => {
      if (c.req.header('Upgrade') === undefined) return c.notFound();
      refuseForeign(c);
      return next();
    },
    upgradeWebSocket((c) => {
      const { session } = identityOf(c);
      let leave: (() => void) | undefined;
      return {
        onOpen: (_event, socket) => {
          leave = liveViewers.join(c.req.param('id') ?? '', session?.tokenHash, socket);
        },
        onClose: () => leave?.(),
        onError: () => leave?.(),
      };
    }),
  );
}

/** Browsers let any site open a WebSocket to us, cookies and all: the only protection is to look where it came from. */
function refuseForeign(c: WebContext): void {
  const origin = c.req.header('Origin');
  const isPage = identityOf(c).session !== undefined;
  const host = c.req.header('Host') ?? new URL(c.req.url).host;
  const isMissing = isPage && origin === undefined;
  if (!isMissing && !isForeign({ fetchSite: c.req.header('Sec-Fetch-Site'), origin, host })) return;
  throw new WatchwordError('forbidden', 'the request came from another site', { hint: 'Use the pages of this box' });
}
