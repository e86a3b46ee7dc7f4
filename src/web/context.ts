import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Assets } from './assets.ts';
import type { Auth, Identity } from './auth.ts';
import { issueCsrfToken } from './csrf.ts';
import type { Role, WebDeps, WebSettings } from './deps.ts';
import { chooseLanguage, type Language, type Messages, messagesOf } from './language.ts';
import type { LiveClients } from './live-clients.ts';
import type { LiveViewers } from './live-viewers.ts';
import { TimeText } from './time-text.ts';

/** What every route can use. */
export interface WebParts {
  readonly deps: WebDeps;
  readonly settings: WebSettings;
  readonly auth: Auth;
  readonly assets: Assets;
  readonly live: LiveClients;
  readonly liveViewers: LiveViewers;
}

export interface WebEnv {
  Variables: { identity?: Identity };
}

export type WebContext = Context<WebEnv>;
export type Theme = 'auto' | 'light' | 'dark';

export const LANGUAGE_COOKIE = 'watchword_language';
export const THEME_COOKIE = 'watchword_theme';

/** What a view needs beside its own content. */
export interface Page {
  readonly t: Messages;
  readonly language: Language;
  readonly theme: Theme;
  readonly times: TimeText;
  readonly now: number;
  readonly site: { readonly name: string; readonly timeZone: string };
  readonly identity: Identity | undefined;
  /** Hidden in every form; empty when nobody is logged in. */
  readonly csrf: string;
  readonly path: string;
  readonly asset: (name: string) => string;
  /** Where the live stream goes on from. */
  readonly place: string;
  readonly openEvents: number;
  /** Wall-clock ms until which a rule is silenced, null when it is not; undefined when there is no such rule. */
  readonly silencedUntil: (ruleId: string) => number | null | undefined;
  readonly health: 'ok' | 'degraded' | 'down';
  /** The box is fresh, and this person may set it up. */
  readonly isSettingUp: boolean;
}

export function pageOf(c: WebContext, { deps, assets, live }: WebParts): Page {
  const language = languageOf(c);
  const identity = c.get('identity');
  const theme = getCookie(c, THEME_COOKIE);
  const now = deps.clock.now();
  const rules = new Set(identity ? deps.rules.list().map(({ id }) => id) : []);
  return {
    t: messagesOf(language),
    language,
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    times: new TimeText(language, deps.site.timeZone, now),
    now,
    site: deps.site,
    identity,
    csrf: identity?.session ? issueCsrfToken(identity.session.token) : '',
    path: c.req.path,
    asset: (name) => assets.url(name),
    // Taken before anything is read: what changes while the page is drawn comes again, and is not missed.
    place: live.place(),
    silencedUntil: (ruleId) => (rules.has(ruleId) ? deps.silences.until(ruleId) : undefined),
    openEvents: identity ? deps.events.countOpen() : 0,
    health: identity ? deps.health.overall() : 'ok',
    isSettingUp: identity?.role === 'admin' && deps.firstRun?.state() !== undefined,
  };
}

export function languageOf(c: WebContext): Language {
  return chooseLanguage(getCookie(c, LANGUAGE_COOKIE), c.req.header('Accept-Language'));
}

/** The identity behind `allow(role)`: there is always one there. */
export function identityOf(c: WebContext): Identity {
  const identity = c.get('identity');
  if (!identity) throw new Error('this route has no gate');
  return identity;
}

export function mayDo(identity: Identity | undefined, role: Role): boolean {
  const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };
  return identity !== undefined && rank[identity.role] >= rank[role];
}

/** A fragment is wanted, not a page. */
export function isPartial(c: WebContext): boolean {
  return c.req.header('HX-Request') === 'true';
}
