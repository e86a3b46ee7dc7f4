import { upgradeWebSocket } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { every } from 'hono/combine';
import type { Auth } from '../auth.ts';
import type { Audience } from './audience.ts';
import type { DropInEnv } from './gate.ts';

/** Joins who asks for a WebSocket to an audience, for as long as the token is good. What they send is not looked at. */
export function listening(audience: Audience, auth: Pick<Auth, 'identifyToken'>): MiddlewareHandler<DropInEnv> {
  const upgrade = upgradeWebSocket((c: Context<DropInEnv>) => {
    const token = c.get('token');
    let leave: (() => void) | undefined;
    return {
      onOpen: (_event, socket) => {
        leave = audience.join(socket, () => token === undefined || auth.identifyToken(token) !== undefined);
      },
      onClose: () => leave?.(),
      onError: () => leave?.(),
    };
  });
  return every(async (c, next) => {
    if (c.req.header('Upgrade') === undefined) return c.notFound();
    return next();
  }, upgrade);
}
