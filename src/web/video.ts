import type { Context } from 'hono';
import type { WebEnv } from './context.ts';

/** A whole MP4, or the part of it that is asked for: browsers that seek ask for parts (RFC 9110 14). */
export function video(c: Context<WebEnv>, mp4: Uint8Array): Response {
  const headers = {
    'Content-Type': 'video/mp4',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=86400, immutable',
  };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(c.req.header('Range') ?? '') ?? [];
  if (from === undefined) return c.body(new Uint8Array(mp4), 200, headers);
  const start = Number(from);
  const end = Math.min(to ? Number(to) : Number.POSITIVE_INFINITY, mp4.length - 1);
  if (start > end) return c.body(null, 416, { 'Content-Range': `bytes */${mp4.length}` });
  const range = { ...headers, 'Content-Range': `bytes ${start}-${end}/${mp4.length}` };
  return c.body(new Uint8Array(mp4.subarray(start, end + 1)), 206, range);
}
