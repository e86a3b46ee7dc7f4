import { Hono } from 'hono';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import type { CompiledRule } from '../../rules/rule.ts';
import { allow } from '../access.ts';
import {
  type BacktestForm,
  backtestForm,
  backtestPath,
  draftPath,
  emptyForm,
  formOf,
  orderOf,
} from '../backtest-form.ts';
import { backtestById, doneBacktest, frameAt } from '../backtest-lookup.ts';
import type { BacktestView } from '../backtests.ts';
import { identityOf, isPartial, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { readQuery } from '../event-filter.ts';
import { readBody } from '../input.ts';
import { cameraNames, rulesWithCameras } from '../now-board.ts';
import { PictureSizes } from '../picture-sizes.ts';
import { savedPath } from '../saved-mark.ts';
import { BacktestPage } from '../views/backtest.tsx';
import { BacktestFit } from '../views/backtest-fit.tsx';
import { FrameItem } from '../views/backtest-frames.tsx';
import { Figures } from '../views/backtest-result.tsx';
import { applyForm, frameMarkForm, targetForm } from './backtest-forms.ts';

const THUMB_WIDTH = 320;

/** Trying rules on the past, marking what they read, and taking over thresholds fitted to that. */
export function backtestRoutes(parts: WebParts): Hono<WebEnv> {
  const { backtests } = parts.deps;
  const sizes = new PictureSizes();
  const by = (c: WebContext): string => identityOf(c).name;
  return new Hono<WebEnv>()
    .get('/rules/backtest', allow('operator'), async (c) => {
      const { rule, words, cameras } = readQuery(backtestForm, {
        ...c.req.query(),
        cameras: c.req.queries('cameras') ?? [],
      });
      if (words === '')
        return c.redirect(rule === '' ? '/rules/new' : `/rules/${encodeURIComponent(rule)}/backtest`, 303);
      return backtestPage(c, parts, emptyForm({ rule, words, cameras }));
    })
    .post('/rules/backtest', allow('operator'), async (c) => {
      // From the editor, with what stands there.
      return c.redirect(draftPath(await readBody(c, backtestForm, { all: true })), 303);
    })
    .get('/rules/:id/backtest', allow('viewer'), (c) => backtestPage(c, parts, emptyForm({ rule: c.req.param('id') })))
    .post('/backtests', allow('operator'), async (c) => {
      const form = await readBody(c, backtestForm, { all: true });
      try {
        const order = orderOf(form, pageOf(c, parts).times, parts.deps.clock.now());
        return c.redirect(backtestPath(await backtests.start(order, by(c))), 303);
      } catch (error) {
        const kind = kindOf(error);
        if (!(error instanceof WatchwordError) || kind === 'not-found' || kind === 'cancelled') throw error;
        c.status(STATUS_OF[kind]);
        return backtestPage(c, parts, form, describeError(error));
      }
    })
    .post('/backtests/:id/cancel', allow('operator'), (c) => {
      const run = backtestById(parts, c.req.param('id'));
      backtests.cancel(run.id);
      return c.redirect(backtestPath(run), 303);
    })
    .get('/backtests/:id/frames/:at/thumb.jpg', allow('viewer'), async (c) => {
      const { id, at } = c.req.param();
      const jpeg = await backtests.picture(id, frameAt(at));
      if (!jpeg) throw new WatchwordError('not-found', 'there is no such picture');
      const small = await sizes.fit(`${id} ${at}`, jpeg, THUMB_WIDTH);
      const headers = { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=86400' };
      return c.body(new Uint8Array(small), 200, headers);
    })
    .post('/backtests/:id/mark', allow('operator'), async (c) => {
      const { at, mark } = await readBody(c, frameMarkForm);
      const run = await backtests.mark(c.req.param('id'), at, mark === 'none' ? null : mark, by(c));
      if (!isPartial(c)) return c.redirect(backtestPath(run), 303);
      const { result } = doneBacktest(parts, run.id);
      const page = pageOf(c, parts);
      const frame = result.frames.find((each) => each.at === at);
      const cameraName = cameraNames(parts.deps).get(run.cameraId) ?? run.cameraId;
      return c.html(
        <>
          {frame ? <FrameItem page={page} runId={run.id} cameraName={cameraName} frame={frame} /> : null}
          <hx-partial id="figures" hx-swap="outerMorph">
            <Figures page={page} figures={result.figures} frames={result.frames.length} />
          </hx-partial>
        </>,
      );
    })
    .post('/backtests/:id/fit', allow('operator'), async (c) => {
      const { target } = await readBody(c, targetForm);
      const run = await backtests.fit(c.req.param('id'), target);
      if (!isPartial(c)) return c.redirect(backtestPath(run), 303);
      return c.html(<BacktestFit page={pageOf(c, parts)} run={run} cameras={parts.deps.cameras.list()} />);
    })
    .post('/backtests/:id/apply', allow('operator'), async (c) => {
      const { raise } = await readBody(c, applyForm);
      return c.redirect(savedPath(await backtests.applyFit(c.req.param('id'), raise, by(c))), 303);
    });
}

async function backtestPage(c: WebContext, parts: WebParts, form: BacktestForm, problem?: string): Promise<Response> {
  const { deps } = parts;
  const { rule, watched } = await ruleOf(parts, form);
  const own = deps.backtests.list().filter((run) => isOf(run, form));
  const wanted = c.req.query('run');
  const shown = own.find(({ id }) => id === wanted) ?? own[0];
  const cameras = deps.cameras.list();
  const asked = c.req.query('camera') ?? watched ?? cameras[0]?.id ?? '';
  // What was typed stands; else what is shown can be changed and tried again.
  const filled = problem === undefined && shown ? formOf(shown) : { ...form, camera: form.camera || asked };
  return c.html(
    <BacktestPage
      page={{ ...pageOf(c, parts), path: '/rules' }}
      rule={rule}
      form={filled}
      cameras={cameras}
      run={shown && deps.backtests.get(shown.id)}
      others={own.filter((run) => run !== shown)}
      {...(problem === undefined ? {} : { problem })}
    />,
  );
}

/** The rule that a form is about, and the first camera that it watches. */
async function ruleOf(
  { deps }: WebParts,
  { rule: id, words, cameras }: BacktestForm,
): Promise<{ rule: CompiledRule | undefined; watched: string | undefined }> {
  if (words !== '') {
    const { rule, understood } = await deps.ruleDesk.understand({ words, cameras }, id === '' ? undefined : id);
    return { rule, watched: understood.cameras[0] };
  }
  const known = rulesWithCameras(deps).find(({ rule }) => rule.id === id);
  if (known) return { rule: known.rule, watched: known.cameras[0]?.id };
  throw new WatchwordError('not-found', 'there is no such rule', { hint: 'Look at the list of rules' });
}

function isOf(run: BacktestView, { rule, words }: BacktestForm): boolean {
  return words === '' ? !run.draft && run.ruleId === rule : run.draft?.words === words;
}
