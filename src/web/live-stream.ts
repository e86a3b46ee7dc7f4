import { streamSSE } from 'hono/streaming';
import { kindOf } from '../platform/errors.ts';
import { eventJson } from './api/event-json.ts';
import { cameraJson, partJson, stateJson } from './api/shapes.ts';
import { identityOf, type WebContext, type WebParts } from './context.ts';
import type { WebDeps } from './deps.ts';
import type { LiveBatch } from './live-clients.ts';

/** What a batch becomes on the wire; empty when it touches nothing that this client shows. */
type Render = (batch: LiveBatch) => Array<{ readonly event?: string; readonly data: string }>;

/**
 * Streams to one client until it leaves, its session ends or the box stops. A page gives the place it was drawn at, a
 * reconnecting browser the last id it got (Last-Event-ID); what changed after that comes first, so nothing is missed.
 */
export function streamLive(c: WebContext, parts: WebParts, render: Render): Response {
  const { live, auth, deps } = parts;
  const { session } = identityOf(c);
  const client = live.open({
    tokenHash: session?.tokenHash,
    since: c.req.header('Last-Event-ID') ?? c.req.query('since'),
  });
  const isOver = (): boolean => session !== undefined && !auth.isAlive(session.tokenHash);
  // Proxies such as nginx would keep the stream back until a buffer is full.
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => client.close());
    try {
      // Something at once: browsers count a connection as open with its first byte.
      await stream.write(': watching\n\n');
      for (;;) {
        const batch = await client.next();
        if (isOver()) break;
        const messages = render(batch);
        if (messages.length === 0) await stream.write(': still here\n\n');
        for (const message of messages) await stream.writeSSE({ ...message, id: batch.place });
      }
    } catch (error) {
      if (kindOf(error) !== 'cancelled') deps.logger.error('live stream failed', { error });
    } finally {
      client.close();
    }
    // Told only when the session is over: on a restart of the box the page simply connects again.
    if (isOver()) await stream.writeSSE({ event: 'session-ended', data: '' });
  });
}

/** Changes as JSON, for programs: each with the newest state of what changed. */
export function liveJson(c: WebContext, parts: WebParts): Response {
  return streamLive(c, parts, (batch) => changedJson(parts.deps, batch));
}

function changedJson(deps: WebDeps, { changes, everything }: LiveBatch): ReturnType<Render> {
  const kinds = new Set(changes.map(({ kind }) => kind));
  const cameras = new Set(
    changes.flatMap((change) => (change.kind === 'camera' || change.kind === 'frame' ? [change.cameraId] : [])),
  );
  const states = new Set(
    changes.flatMap((change) => (change.kind === 'state' ? [`${change.ruleId} ${change.cameraId}`] : [])),
  );
  const events = changes.flatMap((change) => (change.kind === 'event' ? [deps.events.get(change.eventId)] : []));
  const health = { overall: deps.health.overall(), parts: deps.health.parts().map(partJson) };
  const found: Array<[event: string, value: unknown]> = [
    ...deps.cameras
      .list()
      .filter(({ id }) => everything || cameras.has(id))
      .map((camera): [string, unknown] => ['camera', cameraJson(camera, deps.cameras.latestFrame(camera.id))]),
    ...deps.states
      .list()
      .filter(({ ruleId, cameraId }) => everything || states.has(`${ruleId} ${cameraId}`))
      .map((status): [string, unknown] => ['state', stateJson(status)]),
    ...events.flatMap((reviewed): Array<[string, unknown]> => (reviewed ? [['event', eventJson(reviewed)]] : [])),
    ...(everything || kinds.has('health') ? [['health', health] satisfies [string, unknown]] : []),
    ...(kinds.has('rules') ? [['rules', {}] satisfies [string, unknown]] : []),
  ];
  return found.map(([event, value]) => ({ event, data: JSON.stringify(value) }));
}
