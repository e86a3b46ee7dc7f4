import { Hono } from 'hono';
import { z } from 'zod';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { clientAddress } from '../connection.ts';
import { identityOf, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { FIRST_STEPS, type FirstStep } from '../first-run.ts';
import { readBody } from '../input.ts';
import type { Messages } from '../language.ts';
import { cameraNames } from '../now-board.ts';
import { keepSession } from '../session-cookie.ts';
import { FirstAlert, HOURS_OF, type StartForm, StartPage } from '../views/start.tsx';

const text = (most: number) => z.string().trim().max(most);
const passwordForm = z.object({ next: z.string().max(256) });
const siteForm = z.object({ name: text(80).min(1), timeZone: text(64) }).catchall(z.string().max(100));
const cameraForm = z.object({
  name: text(80).min(1),
  source: text(500).min(1),
  user: text(100).default(''),
  password: z.string().max(200).default(''),
});
const ruleForm = z.object({ words: text(500).min(1) });

/** The guided start of a fresh box; for admins, until it is over. */
export function startRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps, auth, settings } = parts;
  const { firstRun } = deps;
  const routes = new Hono<WebEnv>();
  if (!firstRun) return routes;
  const view = (c: WebContext, step: FirstStep, form: StartForm = {}, problem?: string) => {
    const state = firstRun.state();
    if (!state) throw new WatchwordError('not-found', 'this box is set up', { hint: 'Go on to its cameras' });
    const firstAlert = firstAlertOf(parts, state.ruleId);
    return (
      <StartPage
        page={pageOf(c, parts)}
        {...{ state, step, form, firstAlert }}
        cameraNames={cameraNames(deps)}
        runId={deps.run.id}
        restarting={c.req.query('restarting') !== undefined}
        {...(problem !== undefined && { problem })}
      />
    );
  };
  /** What was wrong is said where it was typed; everything else is the app's to answer. */
  const saving = async (c: WebContext, step: FirstStep, form: StartForm, save: () => Promise<string | undefined>) => {
    try {
      return c.redirect((await save()) ?? '/start', 303);
    } catch (error) {
      const kind = kindOf(error);
      if (kind !== 'invalid-input' && kind !== 'conflict' && kind !== 'unavailable' && kind !== 'too-large')
        throw error;
      return c.html(view(c, step, form, describeError(error)), STATUS_OF[kind]);
    }
  };
  return routes
    .get('/start', allow('admin'), (c) => {
      const state = firstRun.state();
      if (!state) return c.redirect('/', 303);
      const asked = FIRST_STEPS.find((step) => step === c.req.query('step'));
      return c.html(view(c, asked ?? FIRST_STEPS.find((step) => !state.done[step]) ?? 'alert'));
    })
    .post('/start/password', allow('admin'), async (c) => {
      const { next } = await readBody(c, passwordForm);
      const { name } = identityOf(c);
      return saving(c, 'password', {}, async () => {
        // Only the printed password is replaced without being asked for: whoever is here has just typed it.
        if (firstRun.state()?.done.password !== false) {
          throw new WatchwordError('conflict', 'the first password was replaced already', {
            hint: 'Use the account page',
          });
        }
        await auth.replacePassword(name, next);
        keepSession(c, parts, (await auth.login(name, next, clientAddress(c, settings.trustProxy))).token);
        return undefined;
      });
    })
    .post('/start/site', allow('admin'), async (c) => {
      const { name, timeZone, ...times } = await readBody(c, siteForm);
      return saving(c, 'site', { name, timeZone, ...times }, async () => {
        const hours = hoursOf(times, pageOf(c, parts).t);
        await firstRun.saveSite({ name, timeZone, hours }, identityOf(c).name);
        return undefined;
      });
    })
    .post('/start/demo', allow('admin'), (c) => {
      firstRun.keepDemo();
      return c.redirect('/start', 303);
    })
    .post('/start/camera', allow('admin'), async (c) => {
      const { name, source, user, password } = await readBody(c, cameraForm);
      return saving(c, 'camera', { name, source, user }, async () => {
        const entry = { name, source, ...(user && { user }), ...(password && { password }) };
        const { restarts } = await firstRun.addCamera(entry, identityOf(c).name);
        return restarts ? '/start?restarting' : undefined;
      });
    })
    .post('/start/rule', allow('admin'), async (c) => {
      const { words } = await readBody(c, ruleForm);
      return saving(c, 'rule', { words }, async () => {
        const saved = await deps.ruleDesk.create({ words, cameras: [] }, identityOf(c).name);
        firstRun.ruleSaved(saved.id);
        return undefined;
      });
    })
    .get('/start/alert', allow('admin'), (c) => {
      const state = firstRun.state();
      if (!state) return c.body(null, 204);
      const found = firstAlertOf(parts, state.ruleId);
      return c.html(<FirstAlert page={pageOf(c, parts)} state={state} found={found} cameraNames={cameraNames(deps)} />);
    })
    .post('/start/finish', allow('admin'), (c) => {
      firstRun.finish(identityOf(c).name);
      return c.redirect('/', 303);
    });
}

function firstAlertOf({ deps }: WebParts, ruleId: string | undefined) {
  return deps.events.list(ruleId === undefined ? {} : { ruleId }, { limit: 1 }).events[0];
}

/** `from.sat` and `to.sat` as the configuration writes them. Throws `invalid-input`. */
function hoursOf(times: Record<string, string>, { start }: Messages): Record<string, string> {
  const hours: Record<string, string> = {};
  for (const day of HOURS_OF) {
    const [from = '', to = ''] = [times[`from.${day}`], times[`to.${day}`]];
    if (from === '' && to === '') continue;
    if (from === '' || to === '') throw new WatchwordError('invalid-input', start.halfHours(start.days[day]));
    hours[day] = `${from}-${to}`;
  }
  if (Object.keys(hours).length === 0) throw new WatchwordError('invalid-input', start.noHours);
  return hours;
}
