import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, isPartial, type Page, pageOf, type WebEnv, type WebParts } from '../context.ts';
import { exportCsv, exportJson } from '../event-export.ts';
import { filterQuery, readFilter, toEventFilter } from '../event-filter.ts';
import { readBody } from '../input.ts';
import { cameraNames, eventById } from '../now-board.ts';
import { EventDetailPage, ReviewPanel } from '../views/event.tsx';
import { EventCard, EventRow, eventPath } from '../views/event-items.tsx';
import { EventRows, EventsPage } from '../views/events.tsx';

const PAGE_SIZE = 50;
/** Longer than that is a rule to be switched off. */
const MOST_SILENT_HOURS = 7 * 24;
const HOUR_MS = 3_600_000;
const place = z.enum(['card', 'row', 'detail']).default('detail');
const acknowledgeForm = z.object({ place });
const markForm = z.object({ place, mark: z.enum(['right', 'wrong', 'none']) });
const silenceForm = z.object({ place, hours: z.coerce.number().int().min(0).max(MOST_SILENT_HOURS) });
const noteForm = z.object({ place, note: z.string().max(2_000) });

export function eventRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  const { events } = deps;
  return new Hono<WebEnv>()
    .get('/events', allow('viewer'), (c) => {
      const page = pageOf(c, parts);
      const form = readFilter(c.req.query());
      const found = events.list(toEventFilter(form, page.times), {
        limit: PAGE_SIZE,
        ...(form.cursor && { cursor: form.cursor }),
      });
      // Older rows are added to the list that is already there.
      if (isPartial(c)) return c.html(<EventRows page={page} form={form} found={found} names={cameraNames(deps)} />);
      return c.html(
        <EventsPage page={page} form={form} found={found} cameras={deps.cameras.list()} rules={deps.rules.list()} />,
      );
    })
    .get('/events/export.csv', allow('viewer'), (c) => exported(c, parts, 'csv'))
    .get('/events/export.json', allow('viewer'), (c) => exported(c, parts, 'json'))
    .get('/events/:id', allow('viewer'), async (c) => {
      const page = pageOf(c, parts);
      const reviewed = eventById(deps, c.req.param('id'));
      const { event } = reviewed;
      return c.html(
        <EventDetailPage
          page={page}
          reviewed={reviewed}
          cameraName={cameraNames(deps).get(event.cameraId) ?? event.cameraId}
          rule={deps.rules.list().find(({ id }) => id === event.ruleId)}
          hasPicture={(await events.snapshot(event.id)) !== undefined}
          clip={deps.clips?.find(event.id)}
        />,
      );
    })
    .post('/events/:id/acknowledge', allow('operator'), async (c) => {
      const body = await readBody(c, acknowledgeForm);
      const id = c.req.param('id');
      eventById(deps, id);
      events.acknowledge(id, identityOf(c).name, deps.clock.now());
      return reviewedAnswer(c, parts, id, body.place);
    })
    .post('/events/:id/mark', allow('operator'), async (c) => {
      const body = await readBody(c, markForm);
      const id = c.req.param('id');
      eventById(deps, id);
      events.mark(id, body.mark === 'none' ? null : body.mark, identityOf(c).name, deps.clock.now());
      return reviewedAnswer(c, parts, id, body.place);
    })
    .post('/events/:id/silence', allow('operator'), async (c) => {
      const body = await readBody(c, silenceForm);
      const { event } = eventById(deps, c.req.param('id'));
      const { ruleId } = event;
      if (!deps.rules.list().some((rule) => rule.id === ruleId)) {
        throw new WatchwordError('not-found', 'the rule of this event is no longer in force');
      }
      const until = body.hours === 0 ? null : deps.clock.now() + body.hours * HOUR_MS;
      deps.silences.set(ruleId, until, identityOf(c).name);
      return reviewedAnswer(c, parts, event.id, body.place);
    })
    .post('/events/:id/note', allow('operator'), async (c) => {
      const body = await readBody(c, noteForm);
      const id = c.req.param('id');
      eventById(deps, id);
      events.note(id, body.note.trim(), identityOf(c).name, deps.clock.now());
      return reviewedAnswer(c, parts, id, body.place);
    });
}

/** The piece of the page the action came from, or the event's page where there are no scripts. */
function reviewedAnswer(
  c: Context<WebEnv>,
  parts: WebParts,
  id: string,
  where: z.infer<typeof place>,
): Response | Promise<Response> {
  if (!isPartial(c)) return c.redirect(eventPath(id), 303);
  const page: Page = pageOf(c, parts);
  const reviewed = eventById(parts.deps, id);
  const cameraName = cameraNames(parts.deps).get(reviewed.event.cameraId);
  if (where === 'card') return c.html(<EventCard page={page} reviewed={reviewed} cameraName={cameraName} />);
  if (where === 'row') return c.html(<EventRow page={page} reviewed={reviewed} cameraName={cameraName} />);
  return c.html(<ReviewPanel page={page} reviewed={reviewed} />);
}

function exported(c: Context<WebEnv>, parts: WebParts, format: 'csv' | 'json'): Response {
  const form = readFilter(c.req.query());
  const filter = toEventFilter(form, pageOf(c, parts).times);
  const body = format === 'csv' ? exportCsv(parts.deps.events, filter) : exportJson(parts.deps.events, filter);
  const name = `events${filterQuery(form) ? '-filtered' : ''}.${format}`;
  return c.body(body, 200, {
    'Content-Type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'no-store',
  });
}
