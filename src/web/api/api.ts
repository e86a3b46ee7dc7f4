import { type Context, Hono } from 'hono';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, pageOf, type WebEnv, type WebParts } from '../context.ts';
import type { ReviewedEvent, WebDeps } from '../deps.ts';
import { readQuery, toEventFilter } from '../event-filter.ts';
import { readBody } from '../input.ts';
import { liveJson } from '../live-stream.ts';
import { eventById } from '../now-board.ts';
import { chosenWindow } from '../report-choice.ts';
import { reportJson } from '../report-json.ts';
import { auditPage } from '../routes/audit.tsx';
import { video } from '../video.ts';
import { auditQuerySchema } from './audit-schemas.ts';
import { backtestApi, recordsApi } from './backtests.ts';
import { cameraAddingApi } from './cameras.ts';
import { eventJson, iso } from './event-json.ts';
import { describeApi } from './openapi.ts';
import { eventQuerySchema, markBody, noteBody } from './schemas.ts';
import { cameraJson, partJson, ruleJson, scoresJson, stateJson } from './shapes.ts';

/** A timeline shows this much before and after the event, or as much as the event itself lasted when that is more. */
const LEAST_AROUND_MS = 2 * 60_000;
const MOST_AROUND_MS = 60 * 60_000;
const MOST_POINTS = 5_000;

export function apiRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>()
    .get('/cameras', allow('viewer'), (c) =>
      c.json(deps.cameras.list().map((camera) => cameraJson(camera, deps.cameras.latestFrame(camera.id)))),
    )
    .get('/cameras/:id/snapshot.jpg', allow('viewer'), (c) => {
      const frame = deps.cameras.latestFrame(c.req.param('id'));
      if (!frame)
        throw new WatchwordError('not-found', 'there is no picture of this camera', { hint: 'Look at its health' });
      // With the frame's number in the address it never changes; without, it is whatever is newest.
      const exact = c.req.query('at') === `${frame.capturedAt}-${frame.seq}`;
      return picture(c, frame.jpeg, exact ? 'private, max-age=300, immutable' : 'no-store');
    })
    .get('/rules', allow('viewer'), (c) => c.json(deps.rules.list().map(ruleJson)))
    .get('/rules/findings', allow('viewer'), (c) => c.json(deps.rules.findings()))
    .get('/states', allow('viewer'), (c) => c.json(deps.states.list().map(stateJson)))
    .get('/reports', allow('viewer'), (c) => {
      const { reports } = deps;
      if (!reports) throw new WatchwordError('not-found', 'this box makes no reports');
      return c.json(reportJson(reports.make(chosenWindow(reports, c.req.query()))));
    })
    .get('/health', allow('viewer'), (c) =>
      c.json({ overall: deps.health.overall(), parts: deps.health.parts().map(partJson) }),
    )
    .get('/system', allow('viewer'), (c) => c.json(systemJson(deps)))
    .get('/audit', allow('admin'), (c) => {
      const form = readQuery(auditQuerySchema, c.req.query());
      const { entries, next } = auditPage(deps, form, pageOf(c, parts), form.limit);
      return c.json({ entries: entries.map((entry) => ({ ...entry, at: iso(entry.at) })), next });
    })
    .get('/live', allow('viewer'), (c) => liveJson(c, parts))
    .get('/openapi.json', allow('viewer'), (c) => c.json(describeApi(deps.run.version)))
    .route('/cameras', cameraAddingApi(parts))
    .route('/backtests', backtestApi(parts))
    .route('/', recordsApi(parts))
    .route('/events', eventApi(parts));
}

function eventApi(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  const { events } = deps;
  const now = (): number => deps.clock.now();
  const answer = (c: Context<WebEnv>, id: string): Response => c.json(eventJson(eventById(deps, id)));
  return new Hono<WebEnv>()
    .get('/', allow('viewer'), (c) => {
      const parsed = eventQuerySchema.safeParse(c.req.query());
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw new WatchwordError('invalid-input', `"${issue?.path.join('.')}": ${issue?.message}`, {
          hint: 'See /api/v1/openapi.json',
        });
      }
      const { limit, cursor } = parsed.data;
      const found = events.list(toEventFilter(parsed.data, pageOf(c, parts).times), {
        limit,
        ...(cursor && { cursor }),
      });
      return c.json({ events: found.events.map(eventJson), next: found.next });
    })
    .get('/:id', allow('viewer'), (c) => answer(c, c.req.param('id')))
    .get('/:id/snapshot.jpg', allow('viewer'), async (c) => {
      const { event } = eventById(deps, c.req.param('id'));
      const jpeg = await events.snapshot(event.id);
      if (!jpeg)
        throw new WatchwordError('not-found', 'the picture is no longer kept', {
          hint: 'Retention may have removed it',
        });
      // The deciding frame may become a better one while the event is open.
      return picture(c, jpeg, event.endedAt === null ? 'private, max-age=5' : 'private, max-age=86400');
    })
    .get('/:id/clip.mp4', allow('viewer'), async (c) => {
      const clip = await deps.clips?.read(eventById(deps, c.req.param('id')).event.id);
      if (!clip)
        throw new WatchwordError('not-found', 'there is no clip of this event', {
          hint: 'Its camera keeps none, or it is some seconds too early, or too late',
        });
      return video(c, clip);
    })
    .get('/:id/scores', allow('viewer'), (c) => {
      const reviewed = eventById(deps, c.req.param('id'));
      const rule = deps.rules.list().find(({ id }) => id === reviewed.event.ruleId);
      return c.json(scoresJson(reviewed, rule, scoresAround(deps, reviewed)));
    })
    .post('/:id/acknowledge', allow('operator'), (c) => {
      const { event } = eventById(deps, c.req.param('id'));
      events.acknowledge(event.id, identityOf(c).name, now());
      return answer(c, event.id);
    })
    .post('/:id/mark', allow('operator'), async (c) => {
      const { event } = eventById(deps, c.req.param('id'));
      const { mark } = await readBody(c, markBody);
      events.mark(event.id, mark, identityOf(c).name, now());
      return answer(c, event.id);
    })
    .post('/:id/note', allow('operator'), async (c) => {
      const { event } = eventById(deps, c.req.param('id'));
      const { note } = await readBody(c, noteBody);
      events.note(event.id, note.trim(), identityOf(c).name, now());
      return answer(c, event.id);
    });
}

function scoresAround(deps: WebDeps, { event }: ReviewedEvent) {
  const end = event.endedAt ?? deps.clock.now();
  const around = Math.min(MOST_AROUND_MS, Math.max(LEAST_AROUND_MS, end - event.startedAt));
  const { ruleId, cameraId } = event;
  return deps.history.scores({
    ruleId,
    cameraId,
    since: event.startedAt - around,
    until: end + around,
    limit: MOST_POINTS,
  });
}

function systemJson({ run, clock, site, model }: WebDeps) {
  const identity = model();
  return {
    version: run.version,
    node: process.version,
    run: run.id,
    startedAt: iso(run.startedAt),
    time: iso(clock.now()),
    site: { name: site.name, timeZone: site.timeZone },
    model: identity && {
      name: identity.name,
      dtype: identity.dtype,
      device: identity.device,
      weightsHash: identity.weightsHash,
    },
  };
}

function picture(c: Context<WebEnv>, jpeg: Uint8Array, caching: string): Response {
  return c.body(new Uint8Array(jpeg), 200, { 'Content-Type': 'image/jpeg', 'Cache-Control': caching });
}
