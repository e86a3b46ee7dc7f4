import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { type Page, pageOf, type WebEnv, type WebParts } from '../context.ts';
import type { WebDeps } from '../deps.ts';
import { readFilter, toEventFilter } from '../event-filter.ts';
import type { LiveBatch } from '../live-clients.ts';
import { streamLive } from '../live-stream.ts';
import { cameraNames, cameraTiles, openEvents, rulesWithCameras } from '../now-board.ts';
import { savedState } from '../saved-mark.ts';
import { CameraRow, CameraView } from '../views/cameras.tsx';
import { EventStatus } from '../views/event.tsx';
import { EventRow } from '../views/event-items.tsx';
import { HealthBadge, OpenBadge } from '../views/layout.tsx';
import { CameraTile, OpenEvents } from '../views/now.tsx';
import { anchor } from '../views/parts.tsx';
import { RulesBoard } from '../views/rules.tsx';
import { HealthPanel } from '../views/system.tsx';

/** A list page shows no more. */
const MOST_ROWS = 50;

const liveQuery = z.object({
  view: z.enum(['now', 'events', 'event', 'rules', 'cameras', 'camera', 'system']),
  /** The camera or event that the page shows, or the rule that was just saved. */
  id: z.string().max(200).default(''),
  /** The filter of the events page, or the mark of the saved rule. */
  query: z.string().max(2_000).default(''),
});

type LiveQuery = z.infer<typeof liveQuery>;

/** What a page that is kept up to date may need to know. */
interface LiveScope {
  readonly page: Page;
  readonly deps: WebDeps;
  readonly asked: LiveQuery;
  /** Whether anything of this kind changed. */
  touched(kind: 'event' | 'health' | 'rules'): boolean;
  touchedEvent(eventId: string): boolean;
  readonly eventIds: ReadonlySet<string>;
  /** The cameras with a change; undefined: all. */
  readonly cameraIds: ReadonlySet<string> | undefined;
}

/** Streams the pieces of a page that changed; each replaces the element of the same id. */
export function liveRoutes(parts: WebParts): Hono<WebEnv> {
  return new Hono<WebEnv>().get('/live', allow('viewer'), (c) => {
    const parsed = liveQuery.safeParse(c.req.query());
    if (!parsed.success)
      throw new WatchwordError('invalid-input', 'there is no such live view', { hint: 'Reload the page' });
    return streamLive(c, parts, (batch) => {
      // The page is made anew for each batch: times and counts are of now.
      const scope = scopeOf(pageOf(c, parts), parts.deps, parsed.data, batch);
      const pieces = [...menuPieces(scope), ...PIECES[parsed.data.view](scope)];
      const newest = parsed.data.view === 'events' ? newestEvent(scope) : undefined;
      return [
        ...(pieces.length > 0 ? [{ data: pieces.map(String).join('\n') }] : []),
        ...(newest === undefined ? [] : [{ event: 'newest-event', data: newest }]),
      ];
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
    eventIds,
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
  // Rows that are there are kept right; what is new waits for `newestEvent` and a tap, so that the list never jumps.
  events: ({ page, deps, eventIds }) => {
    const names = cameraNames(deps);
    return [...eventIds].slice(-MOST_ROWS).flatMap((eventId) => {
      const reviewed = deps.events.get(eventId);
      if (!reviewed) return [];
      const row = <EventRow page={page} reviewed={reviewed} cameraName={names.get(reviewed.event.cameraId)} />;
      return [replace(anchor('event', eventId).id, row)];
    });
  },
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
  // A broken file changes no rule, but what the rules say of their health.
  rules: ({ page, deps, asked, touched }) => {
    if (!touched('rules') && !touched('health')) return [];
    const saved = asked.id === '' ? {} : { saved: savedState(deps.rules, asked.id, asked.query) };
    const board = <RulesBoard page={page} rules={rulesWithCameras(deps)} findings={deps.rules.findings()} {...saved} />;
    return [replace('rules-board', board)];
  },
};

/** The element id of the newest event that matches the page's filter, when any event changed; older pages have none. */
function newestEvent({ page, deps, asked, touched }: LiveScope): string | undefined {
  if (!touched('event')) return undefined;
  const form = readFilter(Object.fromEntries(new URLSearchParams(asked.query)));
  const [newest] = form.cursor ? [] : deps.events.list(toEventFilter(form, page.times), { limit: 1 }).events;
  return newest && anchor('event', newest.event.id).id;
}

/** htmx 4's own element for a piece that goes where its id says; what keeps its id keeps its focus and its picture. */
function replace(id: string, piece: Child): Child {
  return (
    <hx-partial id={id} hx-swap="outerMorph">
      {piece}
    </hx-partial>
  );
}
