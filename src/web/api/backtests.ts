import { Hono } from 'hono';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { backtestById, doneBacktest, frameAt } from '../backtest-lookup.ts';
import { identityOf, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { daySpan } from '../day-span.ts';
import { readQuery } from '../event-filter.ts';
import { readBody } from '../input.ts';
import {
  applyFitBody,
  backtestOrderBody,
  coverageQuery,
  daySpanQuery,
  fitBody,
  frameMarkBody,
} from './backtest-schemas.ts';
import { backtestJson, backtestScoresJson, coverageJson } from './backtest-shapes.ts';

/** Below `/backtests`. */
export function backtestApi(parts: WebParts): Hono<WebEnv> {
  const { backtests } = parts.deps;
  const by = (c: WebContext): string => identityOf(c).name;
  return new Hono<WebEnv>()
    .get('/', allow('viewer'), (c) => c.json(backtests.list().map(backtestJson)))
    .post('/', allow('operator'), async (c) => {
      const { rule, words, cameras = [], camera, since, until, ...changes } = await readBody(c, backtestOrderBody);
      const order = {
        ...(rule !== undefined && { rule }),
        ...(words !== undefined && { draft: { words, cameras } }),
        cameraId: camera,
        since: Date.parse(since),
        until: until === undefined ? parts.deps.clock.now() : Date.parse(until),
        changes: Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)),
      };
      return c.json(backtestJson(await backtests.start(order, by(c))));
    })
    .get('/:id', allow('viewer'), (c) => c.json(backtestJson(backtestById(parts, c.req.param('id')))))
    .delete('/:id', allow('operator'), (c) => {
      const id = c.req.param('id');
      backtests.cancel(id);
      return c.json({ id });
    })
    .get('/:id/scores', allow('viewer'), (c) => {
      const { view, result } = doneBacktest(parts, c.req.param('id'));
      return c.json(backtestScoresJson(view, result));
    })
    .get('/:id/frames/:at/snapshot.jpg', allow('viewer'), async (c) => {
      const jpeg = await backtests.picture(c.req.param('id'), frameAt(c.req.param('at')));
      if (!jpeg) {
        throw new WatchwordError('not-found', 'there is no such picture', {
          hint: 'The history may have let go of it',
        });
      }
      const headers = { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=86400' };
      return c.body(new Uint8Array(jpeg), 200, headers);
    })
    .post('/:id/frames/:at/mark', allow('operator'), async (c) => {
      const { mark } = await readBody(c, frameMarkBody);
      return c.json(backtestJson(await backtests.mark(c.req.param('id'), frameAt(c.req.param('at')), mark, by(c))));
    })
    .post('/:id/fit', allow('operator'), async (c) => {
      const { target } = await readBody(c, fitBody);
      return c.json(backtestJson(await backtests.fit(c.req.param('id'), target)));
    })
    .post('/:id/fit/apply', allow('operator'), async (c) => {
      const { raise } = await readBody(c, applyFitBody);
      const { id } = await backtests.applyFit(c.req.param('id'), raise, by(c));
      return c.json({ rule: id });
    });
}

/** How rules did. */
export function recordsApi(parts: WebParts): Hono<WebEnv> {
  const { ruleRecords } = parts.deps;
  return new Hono<WebEnv>()
    .get('/coverage', allow('viewer'), (c) => {
      const { rule, camera, ...given } = readQuery(coverageQuery, c.req.query());
      const span = daySpan(pageOf(c, parts).times, given, 7);
      const query = {
        ...span,
        ...(rule !== undefined && { ruleId: rule }),
        ...(camera !== undefined && { cameraId: camera }),
      };
      return c.json(coverageJson(ruleRecords.coverage(query)));
    })
    .get('/rules/:id/false-alarms', allow('viewer'), (c) => {
      const span = daySpan(pageOf(c, parts).times, readQuery(daySpanQuery, c.req.query()), 28);
      const found = ruleRecords.falseAlarms(c.req.param('id'), span);
      return c.json(found.map(({ cameraId, ...rest }) => ({ camera: cameraId, ...rest })));
    });
}
