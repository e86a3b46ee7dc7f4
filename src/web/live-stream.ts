import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { kindOf } from '../platform/errors.ts';
import { eventJson } from './api/event-json.ts';
import { cameraJson, partJson, stateJson } from './api/shapes.ts';
import { identityOf, type WebContext, type WebParts } from './context.ts';
import type { LiveBatch } from './live-clients.ts';

/**
 * Streams batches to one client until it leaves, its session ends or the box stops. `write` sends what a batch says;
 * `first` is sent at once, so that nothing is lost between the page and the stream.
 */
export function streamLive(
  c: WebContext,
  parts: WebParts,
  write: (stream: SSEStreamingApi, batch: LiveBatch) => Promise<void>,
): Response {
  const { live, auth, deps } = parts;
  const { session } = identityOf(c);
  const client = live.open(session?.tokenHash);
  // Proxies such as nginx would keep the stream back until a buffer is full.
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => client.close());
    try {
      await write(stream, { changes: [], everything: true });
      for (;;) {
        const batch = await client.next();
        if (session && !auth.isAlive(session.tokenHash)) break;
        if (batch.changes.length === 0 && !batch.everything) await stream.write(': still here\n\n');
        else await write(stream, batch);
      }
    } catch (error) {
      if (kindOf(error) !== 'cancelled') deps.logger.error('live stream failed', { error });
    } finally {
      client.close();
    }
    // Told only when the session is over: on a restart of the box the page simply connects again.
    if (session && !auth.isAlive(session.tokenHash)) await stream.writeSSE({ event: 'session-ended', data: '' });
  });
}

/** Changes as JSON, for programs: each with the newest state of what changed. */
export function liveJson(c: WebContext, parts: WebParts): Response {
  return streamLive(c, parts, async (stream, { changes, everything }) => {
    const { deps } = parts;
    const send = (event: string, value: unknown): Promise<void> =>
      stream.writeSSE({ event, data: JSON.stringify(value) });
    const kinds = new Set(changes.map(({ kind }) => kind));
    const touched = new Set(
      changes.flatMap((change) => ('cameraId' in change && change.kind !== 'state' ? [change.cameraId] : [])),
    );
    const states = new Set(
      changes.flatMap((change) => (change.kind === 'state' ? [`${change.ruleId} ${change.cameraId}`] : [])),
    );
    for (const camera of deps.cameras.list()) {
      if (everything || touched.has(camera.id))
        await send('camera', cameraJson(camera, deps.cameras.latestFrame(camera.id)));
    }
    for (const status of deps.states.list()) {
      if (everything || states.has(`${status.ruleId} ${status.cameraId}`)) await send('state', stateJson(status));
    }
    for (const change of changes) {
      const reviewed = change.kind === 'event' ? deps.events.get(change.eventId) : undefined;
      if (reviewed) await send('event', eventJson(reviewed));
    }
    if (everything || kinds.has('health'))
      await send('health', { overall: deps.health.overall(), parts: deps.health.parts().map(partJson) });
    if (kinds.has('rules')) await send('rules', {});
  });
}
