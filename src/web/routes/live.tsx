import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { type Page, pageOf, type WebEnv, type WebParts } from '../context.ts';
import type { WebDeps } from '../deps.ts';
import type { LiveBatch } from '../live-clients.ts';
import { streamLive } from '../live-stream.ts';
import { cameraNames, cameraTiles, openEvents } from '../now-board.ts';
import { CameraRow, CameraView } from '../views/cameras.tsx';
import { EventStatus } from '../views/event.tsx';
import { EventsNews } from '../views/events.tsx';
import { HealthBadge, OpenBadge } from '../views/layout.tsx';
import { CameraTile, OpenEvents } from '../views/now.tsx';
import { anchor } from '../views/parts.tsx';
import { HealthPanel } from '../views/system.tsx';

const liveQuery = z.object({
  view: z.enum(['now', 'events', 'event', 'rules', 'cameras', 'camera', 'system']),
  /** The camera or event that the page shows. */
  id: z.string().max(200).default(''),
  /** The filter of the events page. */
  query: z.string().max(2_000).default(''),
});

type LiveQuery = z.infer<typeof liveQuery>;

/** What a page that is kept up to date may need to know. */
interface LiveScope {
  readonly page: Page;
  readonly deps: WebDeps;
  readonly asked: LiveQuery;
  /** Whether anything of this kind changed. */
  touched(kind: 'event' | 'health'): boolean;
  touchedEvent(eventId: string): boolean;
  /** The cameras with a change; undefined: all. */
  readonly cameraIds: ReadonlySet<string> | undefined;
}

/** Streams the pieces of a page that changed; each replaces the element of the same id. */
export function liveRoutes(parts: WebParts): Hono<WebEnv> {
  return new Hono<WebEnv>().get('/live', allow('viewer'), (c) => {
    const parsed = liveQuery.safeParse(c.req.query());
    if (!parsed.success)
      throw new WatchwordError('invalid-input', 'there is no such live view', { hint: 'Reload the page' });
    return streamLive(c, parts, async (stream, batch) => {
      // The page is made anew for each batch: times and counts are of now.
      const scope = scopeOf(pageOf(c, parts), parts.deps, parsed.data, batch);
      const pieces = [...menuPieces(scope), ...PIECES[parsed.data.view](scope)];
      if (pieces.length > 0) await stream.writeSSE({ data: pieces.map(String).join('\n') });
    });
  });
}

function scopeOf(page: Page, deps: WebDeps, asked: LiveQuery, { everything, changes }: LiveBatch): LiveScope {
  const kinds = new Set(changes.map(({ kind }) => kind));
  const eventIds = new Set(changes.flatMap((change) => (change.kind === 'event' ? [change.eventId] : [])));
  const cameraIds = new Set(changes.flatMap((change) => ('cameraId' in change ? [change.cameraId] : [])));
  return {
    page,
    deps,
    asked,
    touched: (kind) => everything || kinds.has(kind),
    touchedEvent: (eventId) => everything || eventIds.has(eventId),
    cameraIds: everything ? undefined : cameraIds,
  };
}

function menuPieces({ page, touched }: LiveScope): Child[] {
  return [
    ...(touched('event') ? [replace('open-badge', <OpenBadge page={page} />)] : []),
    ...(touched('health') ? [replace('health-badge', <HealthBadge page={page} />)] : []),
  ];
}

const PIECES: Record<LiveQuery['view'], (scope: LiveScope) => Child[]> = {
  now: ({ page, deps, touched, cameraIds }) => [
    ...(touched('event')
      ? [replace('open-events', <OpenEvents page={page} open={openEvents(deps)} cameraNames={cameraNames(deps)} />)]
      : []),
    ...cameraTiles(deps, cameraIds).map((tile) =>
      replace(anchor('camera', tile.camera.id).id, <CameraTile page={page} tile={tile} />),
    ),
  ],
  cameras: ({ page, deps, cameraIds }) =>
    cameraTiles(deps, cameraIds).map((tile) =>
      replace(anchor('camera-row', tile.camera.id).id, <CameraRow page={page} tile={tile} />),
    ),
  camera: ({ page, deps, asked, cameraIds }) =>
    cameraIds && !cameraIds.has(asked.id)
      ? []
      : cameraTiles(deps, new Set([asked.id])).map((tile) =>
          replace('camera-view', <CameraView page={page} tile={tile} />),
        ),
  // The list itself stays still under the finger: a line says that there is more.
  events: ({ page, asked, touched, cameraIds }) =>
    touched('event') && cameraIds
      ? [replace('events-news', <EventsNews page={page} show={true} query={asked.query} />)]
      : [],
  event: ({ page, deps, asked, touchedEvent }) => {
    const reviewed = touchedEvent(asked.id) ? deps.events.get(asked.id) : undefined;
    if (!reviewed) return [];
    const cameraName = cameraNames(deps).get(reviewed.event.cameraId) ?? reviewed.event.cameraId;
    return [replace('event-status', <EventStatus page={page} reviewed={reviewed} cameraName={cameraName} />)];
  },
  system: ({ page, deps, touched }) =>
    touched('health')
      ? [
          replace(
            'health-panel',
            <HealthPanel page={page} parts={deps.health.parts()} cameraNames={cameraNames(deps)} />,
          ),
        ]
      : [],
  rules: () => [],
};

/** htmx 4's own element for a piece that goes where its id says; what keeps its id keeps its focus and its picture. */
function replace(id: string, piece: Child): Child {
  return (
    <hx-partial id={id} hx-swap="outerMorph">
      {piece}
    </hx-partial>
  );
}
