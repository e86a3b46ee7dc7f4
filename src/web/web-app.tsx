import type { MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { kindOf, toError, WatchwordError } from '../platform/errors.ts';
import { maskSecrets } from '../platform/secrets.ts';
import { identify } from './access.ts';
import { apiRoutes } from './api/api.ts';
import { loadAssets } from './assets.ts';
import { Auth } from './auth.ts';
import { isPartial, pageOf, type WebContext, type WebEnv, type WebParts } from './context.ts';
import { DEFAULT_WEB_SETTINGS, type WebDeps } from './deps.ts';
import { STATUS_OF } from './errors.ts';
import { LiveClients } from './live-clients.ts';
import { LiveViewers } from './live-viewers.ts';
import { MOST_PICTURE_BYTES } from './own-picture.ts';
import { askRoutes } from './routes/ask.tsx';
import { auditRoutes } from './routes/audit.tsx';
import { backtestRoutes } from './routes/backtest.tsx';
import { cameraRoutes } from './routes/cameras.tsx';
import { addCameraRoutes } from './routes/cameras-add.tsx';
import { chatRoutes } from './routes/chat.ts';
import { coverageRoutes } from './routes/coverage.tsx';
import { eventRoutes } from './routes/events.tsx';
import { liveRoutes } from './routes/live.tsx';
import { liveViewRoutes } from './routes/live-view.ts';
import { loginRoutes } from './routes/login.tsx';
import { nowRoutes } from './routes/now.tsx';
import { pictureRoutes } from './routes/pictures.ts';
import { plainRoutes } from './routes/plain.ts';
import { reportRoutes } from './routes/reports.tsx';
import { ruleEditorRoutes } from './routes/rule-editor.tsx';
import { ruleFileRoutes } from './routes/rule-file.tsx';
import { ruleRoutes } from './routes/rules.tsx';
import { startRoutes } from './routes/start.tsx';
import { systemRoutes } from './routes/system.tsx';
import { zoneRoutes } from './routes/zones.tsx';
import { ErrorPage } from './views/login.tsx';

/** No form or API call is larger, but a picture to try a rule on. */
const MOST_BODY_BYTES = 64 * 1024;
const MOST_TRIED_BYTES = MOST_PICTURE_BYTES + MOST_BODY_BYTES;
const WITH_PICTURE = new Set(['/rules/try', '/v1/chat/completions']);
/** What programs ask, and what they are answered in JSON. */
const FOR_PROGRAMS = /^\/(?:api|v1|metrics)(?:\/|$)/;

export interface WebApp {
  /** Request -> Response. */
  readonly app: Hono<WebEnv>;
  /** How many live connections are open, for metrics. */
  liveClients(): number;
  /** How many people watch a camera live. */
  liveViewers(): number;
  /** Ends every live connection; call it before the server stops listening. */
  close(): void;
}

/** The whole web: pages, API, live streams. Listens to nothing by itself. */
export function createWebApp(deps: WebDeps): WebApp {
  const parts = connect(deps);
  const app = new Hono<WebEnv>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'blob:'],
        mediaSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: 'DENY',
      referrerPolicy: 'same-origin',
      // Over plain HTTP browsers ignore it; behind TLS it is the TLS end that knows whether it is meant for ever.
      strictTransportSecurity: false,
      // Browsers refuse these two over plain HTTP, with an error in the console; frame-ancestors already does their work.
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
      permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
    }),
  );
  app.use(compress());
  const usual = limitBody(MOST_BODY_BYTES);
  const withPicture = limitBody(MOST_TRIED_BYTES);
  app.use((c, next) => (WITH_PICTURE.has(c.req.path) ? withPicture(c, next) : usual(c, next)));
  app.use(async (c, next) => {
    await next();
    // Pages show what only this person may see.
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
  });
  app.use(identify(parts.auth));
  for (const routes of [
    nowRoutes,
    eventRoutes,
    ruleRoutes,
    ruleEditorRoutes,
    ruleFileRoutes,
    backtestRoutes,
    coverageRoutes,
    cameraRoutes,
    addCameraRoutes,
    zoneRoutes,
    reportRoutes,
    startRoutes,
    askRoutes,
    chatRoutes,
    systemRoutes,
    auditRoutes,
    loginRoutes,
    liveRoutes,
    liveViewRoutes,
    pictureRoutes,
    plainRoutes,
  ]) {
    app.route('/', routes(parts));
  }
  app.route('/api/v1', apiRoutes(parts));
  app.notFound((c) =>
    answerError(
      c,
      parts,
      new WatchwordError('not-found', 'there is nothing at this address', { hint: 'Check the address' }),
    ),
  );
  app.onError((error, c) => answerError(c, parts, error));
  return {
    app,
    liveClients: () => parts.live.count,
    liveViewers: () => parts.liveViewers.count,
    close() {
      parts.live.close();
      parts.liveViewers.close();
    },
  };
}

function limitBody(maxSize: number): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new WatchwordError('too-large', 'the request is too large', { hint: `At most ${maxSize / 1024} KB` });
    },
  });
}

function connect(deps: WebDeps): WebParts {
  const settings = { ...DEFAULT_WEB_SETTINGS, ...deps.settings };
  const { users, sessions, tokens, audit, clock, logger, subscribe } = deps;
  const auth = new Auth({
    users,
    sessions,
    tokens,
    audit,
    clock,
    logger,
    sessionMs: settings.sessionMs,
    passwordCost: settings.passwordCost,
  });
  const live = new LiveClients({
    clock,
    subscribe,
    runId: deps.run.id,
    most: settings.maxLiveClients,
    intervalMs: settings.liveIntervalMs,
  });
  const liveViewers = new LiveViewers({ deps, auth, settings });
  auth.onSessionEnd((tokenHash) => {
    live.closeSession(tokenHash);
    liveViewers.closeSession(tokenHash);
  });
  return { deps, settings, auth, assets: loadAssets(), live, liveViewers };
}

/** The one place where errors become answers: JSON for programs, a word in the page for partial updates, a page otherwise. */
function answerError(c: WebContext, parts: WebParts, thrown: unknown): Response | Promise<Response> {
  const error = toError(thrown);
  const kind = error instanceof HTTPException ? kindOfStatus(error.status) : kindOf(error);
  const status = STATUS_OF[kind];
  if (status >= 500) parts.deps.logger.error('request failed', { method: c.req.method, path: c.req.path, error });
  // A foreign error's text may hold anything; ours are written for people.
  const ours = error instanceof WatchwordError;
  const message = ours
    ? maskSecrets(error.message)
    : status < 500
      ? 'the request was not understood'
      : 'something went wrong in the box';
  const hint = ours ? maskSecrets(error.hint ?? '') : status < 500 ? '' : 'Look at the log, then try again';
  if (FOR_PROGRAMS.test(c.req.path)) {
    if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="watchword"');
    // Clients of OpenAI's API read type and code.
    const theirs = c.req.path.startsWith('/v1/') && { type: kind, code: kind, param: null };
    return c.json({ error: { kind, message, hint, ...theirs } }, status as 400);
  }
  // Who asks for a WebSocket can neither follow a redirect nor read a page.
  if (c.req.header('Upgrade') !== undefined) return c.body(null, status as 400);
  const next = c.req.method === 'GET' ? c.req.path + new URL(c.req.url).search : '/';
  const login = next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
  if (isPartial(c)) {
    if (kind === 'unauthenticated') c.header('HX-Redirect', '/login');
    c.header('HX-Reswap', 'none');
    c.header('HX-Trigger', asciiJson({ 'show-toast': { text: hint ? `${message}. ${hint}` : message } }));
    return c.body(null, status as 400);
  }
  if (kind === 'unauthenticated') return c.redirect(login, 303);
  return c.html(<ErrorPage page={pageOf(c, parts)} message={message} hint={hint} />, status as 400);
}

function kindOfStatus(status: number): keyof typeof STATUS_OF {
  if (status === 413) return 'too-large';
  return status < 500 ? 'invalid-input' : 'internal';
}

/** Headers are ASCII. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
