import { setCookie } from 'hono/cookie';
import { SESSION_COOKIE } from './access.ts';
import { isSecure } from './connection.ts';
import type { WebContext, WebParts } from './context.ts';

/** The browser keeps the session. */
export function keepSession(c: WebContext, { settings }: WebParts, token: string): void {
  setCookie(c, SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    // Lax, not Strict: the link in an alert must open the event for whoever is logged in.
    sameSite: 'Lax',
    secure: isSecure(c, settings),
    maxAge: Math.floor(settings.sessionMs / 1000),
  });
}
