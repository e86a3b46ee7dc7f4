import type { Context, MiddlewareHandler } from 'hono';
import { kindOf, toError, WatchwordError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { maskSecrets } from '../../platform/secrets.ts';
import type { Auth, Identity } from '../auth.ts';
import { mayDo } from '../context.ts';
import { isForeign } from '../csrf.ts';
import type { Role } from '../deps.ts';
import { STATUS_OF } from '../errors.ts';
import { isLoopback } from './settings.ts';

export interface DropInEnv {
  Variables: { identity?: Identity; token?: string };
}
export type DropInContext = Context<DropInEnv>;

/** Who calls, behind a gate. */
export function identityOf(c: DropInContext): Identity {
  const identity = c.get('identity');
  if (!identity) throw new Error('this route has no gate');
  return identity;
}

/** Who calls where no token is asked for: rules and cameras may be changed, people and passwords not. */
const ANYBODY_HERE: Identity = { name: 'nvidia', role: 'operator' };

/** Makes the handlers that stand first on each route and let in who has at least this role. */
export function createGate(auth: Pick<Auth, 'identifyToken'>, requireToken: boolean) {
  return (role: Role): MiddlewareHandler<DropInEnv> =>
    async (c, next) => {
      refuseForeign(c, requireToken);
      const token = /^Bearer ([\w.~+/=-]+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
      const identity = token === undefined && !requireToken ? ANYBODY_HERE : auth.identifyToken(token ?? '');
      if (!identity) {
        throw new WatchwordError('unauthenticated', 'this needs an API token', {
          hint: 'Send "Authorization: Bearer TOKEN"; watchword token add makes one',
        });
      }
      if (!mayDo(identity, role)) throw new WatchwordError('forbidden', `this needs a token of the role ${role}`);
      c.set('identity', identity);
      if (token !== undefined) c.set('token', token);
      await next();
    };
}

/** A page of another site must not reach, through a person's browser, what is open to this machine. */
function refuseForeign(c: DropInContext, requireToken: boolean): void {
  const host = c.req.header('Host') ?? '';
  const foreign = isForeign({ fetchSite: c.req.header('Sec-Fetch-Site'), origin: c.req.header('Origin'), host });
  const isNamedElse = !requireToken && !isLoopback(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
  if (foreign || isNamedElse) throw new WatchwordError('forbidden', 'the request came from another site');
}

/** Errors as the originals write them: `{"detail": ...}`. */
export function answerDetail(c: DropInContext, thrown: unknown, logger: Logger): Response {
  if (thrown instanceof Refusal) return c.json({ detail: thrown.detail }, thrown.status);
  const kind = kindOf(thrown);
  const ours = thrown instanceof WatchwordError;
  if (!ours) logger.error('a request of the drop-in failed', { path: c.req.path, error: toError(thrown) });
  const text = ours ? [thrown.message, thrown.hint].filter(Boolean).join('. ') : 'something went wrong in the box';
  if (kind === 'unauthenticated') c.header('WWW-Authenticate', 'Bearer realm="watchword"');
  const status = kind === 'invalid-input' ? 422 : STATUS_OF[kind];
  return c.json({ detail: maskSecrets(text) }, status as 400);
}

/** An answer with the very status and words that the original has for it. */
export class Refusal extends Error {
  readonly status: 400 | 422 | 503;
  readonly detail: unknown;

  constructor(status: Refusal['status'], detail: unknown) {
    super(typeof detail === 'string' ? detail : 'the request is not understood');
    this.status = status;
    this.detail = detail;
  }
}
