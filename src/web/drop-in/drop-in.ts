import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { WatchwordError } from '../../platform/errors.ts';
import type { Auth } from '../auth.ts';
import type { DropInDeps } from './drop-in-deps.ts';
import { answerDetail, createGate, type DropInEnv } from './gate.ts';
import { queryService } from './query.ts';
import type { NvidiaSettings } from './settings.ts';
import { RuleSlots } from './slots.ts';
import { vlmService } from './vlm.ts';

/** A chat carries pictures, as large as the original takes them. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

/** What the services share. */
export interface DropInParts {
  readonly deps: DropInDeps;
  readonly auth: Pick<Auth, 'identifyToken'>;
  readonly gate: ReturnType<typeof createGate>;
  readonly slots: RuleSlots;
}

export interface Service {
  readonly routes: Hono<DropInEnv>;
  /** Where the routes answer: the service's own paths, and those of its gateway. */
  readonly prefixes: readonly string[];
  close(): void;
}

/** One service as a function from Request to Response, for the ports it is to be had at. */
export interface DropInApp {
  readonly name: string;
  readonly app: { readonly fetch: Hono<DropInEnv>['fetch'] };
  readonly ports: readonly number[];
  close(): void;
}

/** The services that the settings switch on; none by default. Listens to nothing by itself. */
export function createDropIn(deps: DropInDeps, settings: NvidiaSettings): DropInApp[] {
  const auth: DropInParts['auth'] = {
    identifyToken: (token) => deps.tokens?.find(createHash('sha256').update(token).digest('hex')),
  };
  const gate = createGate(auth, settings.requireToken);
  const parts = { deps, auth, gate, slots: new RuleSlots(deps) };
  const { vlm, query } = settings;
  return [
    ...(vlm ? [appOf('vlm', vlmService(parts, vlm), vlm, deps)] : []),
    ...(query ? [appOf('query', queryService(parts, query), query, deps)] : []),
  ];
}

function appOf(
  name: string,
  { routes, prefixes, close }: Service,
  { port, webSocketPort }: { readonly port: number; readonly webSocketPort: number },
  { logger }: Pick<DropInDeps, 'logger'>,
): DropInApp {
  const app = new Hono<DropInEnv>();
  app.use(async (c, next) => {
    await next();
    c.res.headers.set('Cache-Control', 'no-store');
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
  });
  app.use(
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: () => {
        throw new WatchwordError('too-large', `the request is larger than ${MOST_BODY_BYTES / 1024 / 1024} MB`);
      },
    }),
  );
  for (const prefix of prefixes) app.route(prefix, routes);
  app.notFound((c) => c.json({ detail: 'Not Found' }, 404));
  app.onError((error, c) => answerDetail(c, error, logger));
  return { name, app, ports: [...new Set([port, webSocketPort])], close };
}
