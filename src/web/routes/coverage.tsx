import { Hono } from 'hono';
import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { pageOf, type WebEnv, type WebParts } from '../context.ts';
import { daySpan } from '../day-span.ts';
import { readQuery, text } from '../event-filter.ts';
import { cameraNames } from '../now-board.ts';
import { CoveragePage, DAY_CHOICES } from '../views/coverage.tsx';

const shownQuery = z.object({
  /** Of one camera alone. */
  camera: text(200),
  days: z.coerce
    .number()
    .refine((days) => DAY_CHOICES.some((choice) => choice === days), { error: `one of ${DAY_CHOICES.join(', ')}` })
    .default(7),
});

/** How a rule did: coverage and false alarms by day. */
export function coverageRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>().get('/rules/:id/coverage', allow('viewer'), (c) => {
    const ruleId = c.req.param('id');
    const rule = deps.rules.list().find(({ id }) => id === ruleId);
    const page = pageOf(c, parts);
    const { days, camera } = readQuery(shownQuery, c.req.query());
    const span = daySpan(page.times, {}, days);
    const coverage = deps.ruleRecords.coverage({ ...span, ruleId, ...(camera !== '' && { cameraId: camera }) });
    const falseAlarms = deps.ruleRecords
      .falseAlarms(ruleId, span)
      .filter(({ cameraId }) => camera === '' || camera === cameraId);
    // A rule that is deleted has a past all the same.
    if (!rule && falseAlarms.length === 0) {
      throw new WatchwordError('not-found', 'there is no such rule', { hint: 'Look at the list of rules' });
    }
    const shown = { days, camera, coverage, falseAlarms, names: cameraNames(deps) };
    return c.html(<CoveragePage page={page} ruleId={ruleId} rule={rule} {...shown} />);
  });
}
