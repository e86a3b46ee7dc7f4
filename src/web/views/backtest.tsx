import type { CompiledRule } from '../../rules/rule.ts';
import { type BacktestForm, backtestPath, PERIODS } from '../backtest-form.ts';
import type { BacktestView } from '../backtests.ts';
import { mayDo, type Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import { BacktestOutcome } from './backtest-result.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm, When } from './parts.tsx';
import { Issues, Sentence } from './rule-parts.tsx';

export interface BacktestPageProps {
  readonly page: Page;
  /** As it is in force, or as the draft would be; undefined when the draft is refused. */
  readonly rule: CompiledRule | undefined;
  readonly form: BacktestForm;
  readonly cameras: readonly CameraStatus[];
  /** The one that is shown. */
  readonly run: BacktestView | undefined;
  /** Of the same rule, newest first. */
  readonly others: readonly BacktestView[];
  readonly problem?: string;
}

export function BacktestPage(props: BacktestPageProps) {
  const { page, rule, form, run, problem } = props;
  const { backtest, editor } = page.t;
  const isDraft = form.words !== '';
  const back = isDraft ? editorPath(form) : '/rules';
  return (
    <Layout
      page={page}
      title={backtest.title}
      scripts={['uplot.js', 'timeline.js', 'review.js', 'backtest.js']}
      styles={['uplot.css', 'backtest.css']}
    >
      <a class="back" href={back}>
        <Icon name="back" />
        {isDraft ? backtest.backToEditor : editor.back}
      </a>
      <h1>{backtest.title}</h1>
      <div class="backtest-about">
        <p class="sentence" lang="en">
          {rule ? <Sentence page={page} words={rule.words} spans={rule.spans} /> : form.words || form.rule}
        </p>
        {isDraft ? <p class="quiet">{backtest.draft}</p> : null}
        {rule ? <Issues page={page} words={rule.words} warnings={rule.warnings} /> : null}
        {isDraft || !rule ? null : <p class="links">{<RuleLinks page={page} ruleId={rule.id} here="backtest" />}</p>}
      </div>
      {problem ? (
        <p class="problem" role="alert">
          {problem}
        </p>
      ) : null}
      <div class="backtest">
        <OrderForm {...props} />
        {run ? <RunPanel page={page} run={run} cameras={props.cameras} /> : null}
      </div>
      {run?.result ? <BacktestOutcome page={page} run={run} result={run.result} cameras={props.cameras} /> : null}
      <Others {...props} />
    </Layout>
  );
}

/** From one page about a rule to the others. */
export function RuleLinks({ page, ruleId, here }: { page: Page; ruleId: string; here: 'backtest' | 'coverage' }) {
  const { t } = page;
  const path = `/rules/${encodeURIComponent(ruleId)}`;
  return (
    <>
      {mayDo(page.identity, 'operator') ? <a href={`${path}/edit`}>{t.editor.edit}</a> : null}
      <a href={`/events?rule=${encodeURIComponent(ruleId)}`}>{t.events.title}</a>
      {here === 'coverage' ? <a href={`${path}/backtest`}>{t.backtest.link}</a> : null}
      {here === 'backtest' ? <a href={`${path}/coverage`}>{t.backtest.coverageLink}</a> : null}
      <a href={`${path}/versions`}>{t.editor.versions}</a>
    </>
  );
}

function editorPath({ rule, words }: BacktestForm): string {
  if (rule !== '') return `/rules/${encodeURIComponent(rule)}/edit`;
  return `/rules/new?${new URLSearchParams({ words })}`;
}

function OrderForm({ page, form, cameras }: BacktestPageProps) {
  const { backtest } = page.t;
  if (!mayDo(page.identity, 'operator')) {
    return (
      <section class="panel">
        <h2>{backtest.order}</h2>
        <p class="quiet">{backtest.viewerOnly}</p>
      </section>
    );
  }
  const changed = [form.raise, form.clear, form.for, form.clearAfter, form.schedule].some((typed) => typed !== '');
  return (
    <form class="panel backtest-order" method="post" action="/backtests">
      <input type="hidden" name="_csrf" value={page.csrf} />
      <input type="hidden" name="rule" value={form.rule} />
      <input type="hidden" name="words" value={form.words} />
      {form.cameras.map((pattern) => (
        <input type="hidden" name="cameras" value={pattern} />
      ))}
      <h2>{backtest.order}</h2>
      <p class="quiet">{backtest.hint}</p>
      <div class="backtest-fields">
        <label class="field">
          <span>{backtest.camera}</span>
          <select name="camera" required>
            {cameras.map(({ id, name }) => (
              <option value={id} selected={id === form.camera}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{backtest.period}</span>
          <select name="period">
            {PERIODS.map((hours) => (
              <option value={String(hours)} selected={hours === form.period}>
                {backtest.periods[hours]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <details open={form.from !== '' || form.to !== ''}>
        <summary>{backtest.exactDays}</summary>
        <div class="backtest-fields">
          <Typed name="from" label={backtest.from} value={form.from} type="date" />
          <Typed name="to" label={backtest.to} value={form.to} type="date" />
        </div>
      </details>
      <details open={changed}>
        <summary>{backtest.changes}</summary>
        <p class="quiet">{backtest.changesHint}</p>
        <div class="backtest-fields">
          <Typed name="raise" label={backtest.raise} value={form.raise} inputmode="numeric" />
          <Typed name="clear" label={backtest.clear} value={form.clear} inputmode="numeric" />
          <Typed name="for" label={backtest.for} value={form.for} placeholder={backtest.durationExample} />
          <Typed
            name="clearAfter"
            label={backtest.clearAfter}
            value={form.clearAfter}
            placeholder={backtest.durationExample}
          />
          <Typed
            name="schedule"
            label={backtest.schedule}
            value={form.schedule}
            placeholder={backtest.scheduleExample}
          />
        </div>
      </details>
      <button type="submit" class="button button-primary">
        {backtest.start}
      </button>
    </form>
  );
}

function Typed({
  label,
  ...input
}: {
  label: string;
  name: string;
  value: string;
  type?: string;
  inputmode?: 'numeric';
  placeholder?: string;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input {...input} />
    </label>
  );
}

/** What has become of an order; its script keeps it up to date and shows the result when it is there. */
function RunPanel({ page, run, cameras }: { page: Page; run: BacktestView; cameras: readonly CameraStatus[] }) {
  const { backtest } = page.t;
  const { state, progress, ahead } = run;
  const goesOn = state === 'waiting' || state === 'running';
  const following = goesOn
    ? { 'data-backtest': `/api/v1/backtests/${run.id}`, 'data-words': backtest.asking('{asked}', '{all}') }
    : {};
  return (
    <section class="panel backtest-run" aria-labelledby="run-title" {...following}>
      <h2 id="run-title">
        <StatePill page={page} state={state} />
      </h2>
      <p class="meta">
        <RunSpan page={page} run={run} cameras={cameras} />
        <span>{backtest.by(run.orderedBy)}</span>
      </p>
      {state === 'waiting' && ahead > 0 ? <p>{backtest.aheadOf(ahead)}</p> : null}
      {goesOn ? (
        <p class="backtest-progress">
          <progress aria-label={backtest.progress} max={progress?.toAsk} value={progress?.asked} />
          <span data-count>{progress ? backtest.asking(progress.asked, progress.toAsk) : backtest.reading}</span>
        </p>
      ) : null}
      {run.problem ? <p class="stale">{run.problem}</p> : null}
      {state === 'cancelled' ? <p class="quiet">{backtest.cancelledHint}</p> : null}
      {mayDo(page.identity, 'operator') ? (
        <ActionForm page={page} action={`/backtests/${run.id}/cancel`}>
          <button type="submit" class="button">
            {goesOn ? backtest.cancel : backtest.forget}
          </button>
        </ActionForm>
      ) : null}
    </section>
  );
}

function RunSpan({ page, run, cameras }: { page: Page; run: BacktestView; cameras: readonly CameraStatus[] }) {
  const { times } = page;
  const camera = cameras.find(({ id }) => id === run.cameraId)?.name ?? run.cameraId;
  return <span>{page.t.backtest.span(camera, times.withDay(run.since), times.withDay(run.until))}</span>;
}

function StatePill({ page, state }: { page: Page; state: BacktestView['state'] }) {
  const looks = { waiting: 'waiting', running: 'pending', done: 'clear', failed: 'down', cancelled: 'close' } as const;
  return (
    <span class={`pill backtest-${state}`}>
      <Icon name={looks[state]} />
      {page.t.backtest.state[state]}
    </span>
  );
}

function Others({ page, others, cameras }: BacktestPageProps) {
  if (others.length === 0) return null;
  return (
    <section class="panel">
      <h2>{page.t.backtest.earlier}</h2>
      <ul class="backtest-others">
        {others.map((run) => (
          <li>
            <a href={backtestPath(run)}>
              <RunSpan page={page} run={run} cameras={cameras} />
            </a>
            <StatePill page={page} state={run.state} />
            <When page={page} at={run.orderedAt} />
          </li>
        ))}
      </ul>
    </section>
  );
}
