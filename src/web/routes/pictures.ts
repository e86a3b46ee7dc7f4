import { Hono } from 'hono';
import { allow } from '../access.ts';
import type { WebContext, WebEnv, WebParts } from '../context.ts';
import { PictureSizes } from '../picture-sizes.ts';

const TILE_WIDTH = 640;
const THUMB_WIDTH = 320;

/** Shown where there is no picture: a missing one is no error of the page. */
const NO_PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 48"><title>no picture</title><g fill="none" stroke="#8a968f" stroke-width="2" stroke-linecap="round"><rect x="17" y="16" width="20" height="16" rx="3"/><path d="M37 22l9-5v14l-9-5zM16 38L48 10"/></g></svg>';

/** Pictures in the size pages show them; the API has the originals. */
export function pictureRoutes({ deps }: WebParts): Hono<WebEnv> {
  const sizes = new PictureSizes();
  return new Hono<WebEnv>()
    .get('/cameras/:id/tile.jpg', allow('viewer'), async (c) => {
      const id = c.req.param('id');
      const frame = deps.cameras.latestFrame(id);
      if (!frame) return nothing(c);
      const small = await sizes.fit(`${id} ${frame.capturedAt} ${frame.seq}`, frame.jpeg, TILE_WIDTH);
      // The address names the frame: the same address is the same picture, unless a newer one was quicker.
      const exact = c.req.query('at') === `${frame.capturedAt}-${frame.seq}`;
      return jpeg(c, small, exact ? 'private, max-age=300, immutable' : 'no-store');
    })
    .get('/events/:id/thumb.jpg', allow('viewer'), async (c) => {
      const id = c.req.param('id');
      const reviewed = deps.events.get(id);
      const picture = reviewed && (await deps.events.snapshot(id));
      if (!picture) return nothing(c);
      const small = await sizes.fit(`${id} ${picture.length} ${reviewed.event.revision}`, picture, THUMB_WIDTH);
      return jpeg(c, small, reviewed.event.endedAt === null ? 'private, max-age=5' : 'private, max-age=86400');
    });
}

function jpeg(c: WebContext, picture: Uint8Array, caching: string): Response {
  return c.body(new Uint8Array(picture), 200, { 'Content-Type': 'image/jpeg', 'Cache-Control': caching });
}

function nothing(c: WebContext): Response {
  return c.body(NO_PICTURE, 200, { 'Content-Type': 'image/svg+xml', 'Cache-Control': 'no-store' });
}
