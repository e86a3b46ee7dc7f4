import { Hono } from 'hono';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import type { WebEnv, WebParts } from '../context.ts';

/** What machines ask: static files, liveness, readiness, metrics. */
export function plainRoutes({ deps, assets }: WebParts): Hono<WebEnv> {
  return (
    new Hono<WebEnv>()
      .get('/static/:name', allow('anyone'), (c) => {
        const asset = assets.find(c.req.param('name'));
        if (!asset)
          throw new WatchwordError('not-found', 'there is no such file', {
            hint: 'Reload the page: the box may have been updated',
          });
        const gzip = /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '');
        return c.body(gzip ? asset.gzip : asset.body, 200, {
          'Content-Type': asset.type,
          // The address holds the content's hash.
          'Cache-Control': 'public, max-age=31536000, immutable',
          Vary: 'Accept-Encoding',
          ...(gzip && { 'Content-Encoding': 'gzip' }),
        });
      })
      .get('/favicon.ico', allow('anyone'), (c) => c.redirect(assets.url('icon.svg'), 302))
      // Open to all and therefore silent about everything but themselves.
      .get('/healthz', allow('anyone'), (c) => c.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' }))
      .get('/readyz', allow('anyone'), (c) => {
        const ready = deps.ready();
        return c.json({ status: ready ? 'ready' : 'starting' }, ready ? 200 : 503, { 'Cache-Control': 'no-store' });
      })
      .get('/metrics', allow('viewer'), async (c) => {
        if (!deps.metrics) throw new WatchwordError('not-found', 'no metrics are kept');
        return c.body(await deps.metrics.metrics(), 200, {
          'Content-Type': deps.metrics.contentType,
          'Cache-Control': 'no-store',
        });
      })
  );
}
