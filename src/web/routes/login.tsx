import { Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { describeError, kindOf } from '../../platform/errors.ts';
import { allow, SESSION_COOKIE } from '../access.ts';
import { clientAddress, isSecure } from '../connection.ts';
import {
  identityOf,
  LANGUAGE_COOKIE,
  pageOf,
  THEME_COOKIE,
  type WebContext,
  type WebEnv,
  type WebParts,
} from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { readBody } from '../input.ts';
import { isLanguage } from '../language.ts';
import { keepSession } from '../session-cookie.ts';
import { AccountPage } from '../views/account.tsx';
import { LoginPage } from '../views/login.tsx';

const loginForm = z.object({
  name: z.string().max(64),
  password: z.string().max(1_000),
  next: z.string().max(2_000).default('/'),
});
const passwordForm = z.object({ current: z.string().max(1_000), next: z.string().max(1_000) });
const appearanceForm = z.object({ language: z.string().max(16), theme: z.enum(['auto', 'light', 'dark']) });
const YEAR_S = 365 * 86_400;

export function loginRoutes(parts: WebParts): Hono<WebEnv> {
  const { auth, settings } = parts;
  const address = (c: WebContext): string => clientAddress(c, settings.trustProxy);
  const remember = (c: WebContext, name: string, value: string): void =>
    setCookie(c, name, value, {
      path: '/',
      sameSite: 'Lax',
      httpOnly: true,
      secure: isSecure(c, settings),
      maxAge: YEAR_S,
    });

  return new Hono<WebEnv>()
    .get('/login', allow('anyone'), (c) => {
      const next = localPath(c.req.query('next'));
      if (c.get('identity')) return c.redirect(next, 303);
      return c.html(<LoginPage page={pageOf(c, parts)} next={next} changed={c.req.query('changed') !== undefined} />);
    })
    .post('/login', allow('anyone'), async (c) => {
      const form = await readBody(c, loginForm);
      const next = localPath(form.next);
      try {
        const session = await auth.login(form.name, form.password, address(c));
        keepSession(c, parts, session.token);
        const isSettingUp = next === '/' && parts.deps.firstRun?.state() !== undefined;
        return c.redirect(isSettingUp && auth.identifySession(session.token)?.role === 'admin' ? '/start' : next, 303);
      } catch (error) {
        const kind = kindOf(error);
        if (kind !== 'unauthenticated' && kind !== 'too-many') throw error;
        const page = pageOf(c, parts);
        return c.html(
          <LoginPage page={page} next={next} name={form.name} problem={describeError(error)} />,
          STATUS_OF[kind],
        );
      }
    })
    .post('/logout', allow('viewer'), (c) => {
      const { session } = identityOf(c);
      if (session) auth.logout(session.tokenHash);
      deleteCookie(c, SESSION_COOKIE, { path: '/' });
      return c.redirect('/login', 303);
    })
    .get('/language', allow('anyone'), (c) => {
      const to = c.req.query('to');
      if (isLanguage(to)) remember(c, LANGUAGE_COOKIE, to);
      return c.redirect('/login', 303);
    })
    .get('/account', allow('viewer'), (c) => c.html(<AccountPage page={pageOf(c, parts)} />))
    .post('/account/appearance', allow('viewer'), async (c) => {
      const { language, theme } = await readBody(c, appearanceForm);
      if (isLanguage(language)) remember(c, LANGUAGE_COOKIE, language);
      remember(c, THEME_COOKIE, theme);
      return c.redirect('/account', 303);
    })
    .post('/account/password', allow('viewer'), async (c) => {
      const { current, next } = await readBody(c, passwordForm);
      try {
        await auth.changePassword(identityOf(c).name, current, next, address(c));
      } catch (error) {
        const kind = kindOf(error);
        if (kind !== 'invalid-input' && kind !== 'too-many') throw error;
        return c.html(<AccountPage page={pageOf(c, parts)} problem={describeError(error)} />, STATUS_OF[kind]);
      }
      deleteCookie(c, SESSION_COOKIE, { path: '/' });
      return c.redirect('/login?changed', 303);
    });
}

/** Where to go after the login: a path of this box and nothing else. */
export function localPath(next: string | undefined): string {
  return next && /^\/(?![/\\])[^\r\n\\]*$/.test(next) && !next.startsWith('/login') ? next : '/';
}
