import type { BacktestView, ProposedFit } from '../backtests.ts';
import { mayDo, type Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import { percent } from '../percent.ts';
import { Icon } from './icons.tsx';
import { ActionForm } from './parts.tsx';

interface FitProps {
  readonly page: Page;
  readonly run: BacktestView;
  readonly cameras: readonly CameraStatus[];
}

/** Thresholds made of the marks: shown before they are applied. Sent anew when they are asked for. */
export function BacktestFit({ page, run, cameras }: FitProps) {
  const { backtest } = page.t;
  const mayChange = mayDo(page.identity, 'operator');
  return (
    <section id="fit" class="panel" aria-labelledby="fit-title">
      <h2 id="fit-title">{backtest.fit}</h2>
      <p class="quiet">{backtest.fitHint}</p>
      {mayChange ? (
        <form
          class="fit-form"
          method="post"
          action={`/backtests/${run.id}/fit`}
          hx-post={`/backtests/${run.id}/fit`}
          hx-target="#fit"
          hx-swap="outerMorph"
          hx-disable="find button"
        >
          <input type="hidden" name="_csrf" value={page.csrf} />
          <label class="field">
            <span>{backtest.target}</span>
            <input
              name="target"
              type="number"
              min="0"
              max="10000"
              step="any"
              required
              value={String(run.fit?.target ?? 2)}
            />
          </label>
          <button type="submit" class="button">
            {backtest.fitNow}
          </button>
        </form>
      ) : (
        <p class="quiet">{backtest.viewerOnly}</p>
      )}
      <div role="status">{run.fit ? <Proposal page={page} run={run} cameras={cameras} fit={run.fit} /> : null}</div>
    </section>
  );
}

function Proposal({ page, run, cameras, fit }: FitProps & { fit: ProposedFit }) {
  const { backtest } = page.t;
  const { now, outcome } = fit;
  if ('refused' in outcome) {
    return (
      <p class="news">
        <strong>{backtest.refused[outcome.refused]}.</strong> {backtest.refusedMeans[outcome.refused]}
      </p>
    );
  }
  const { raise, clear, right, wrong, before, after, heldOut } = outcome;
  const number = new Intl.NumberFormat(page.language, { maximumFractionDigits: 1 });
  const rows: ReadonlyArray<readonly [name: string, now: string, fitted: string, about?: string]> = [
    [backtest.yesFrom, percent(now.raise), percent(raise)],
    [backtest.noUpTo, percent(now.clear), percent(clear)],
    [
      backtest.accuracy,
      percent(before.balancedAccuracy),
      percent(after.balancedAccuracy),
      backtest.heldOut(percent(heldOut)),
    ],
    [backtest.falseAlarms, number.format(before.falseAlarmsPerWeek), number.format(after.falseAlarmsPerWeek)],
  ];
  const camera = cameras.find(({ id }) => id === run.cameraId)?.name ?? run.cameraId;
  return (
    <>
      <table class="plain-table fit-table">
        <thead>
          <tr>
            <td />
            <th scope="col">{backtest.inForce}</th>
            <th scope="col">{backtest.fitted}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, old, fitted, about]) => (
            <tr>
              <th scope="row">{name}</th>
              <td>{old}</td>
              <td>
                <strong>{fitted}</strong> {about ? <span class="quiet fit-about">{about}</span> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">
        {backtest.fitFrom(right, wrong)} {backtest.accuracyMeans}
      </p>
      {run.draft ? (
        <p class="news">{backtest.saveFirst}</p>
      ) : mayDo(page.identity, 'operator') ? (
        <ActionForm
          page={page}
          action={`/backtests/${run.id}/apply`}
          fields={{ raise: String(raise) }}
          class="fit-apply"
        >
          <button type="submit" class="button button-primary">
            <Icon name="check" />
            {backtest.apply(camera)}
          </button>
          <span class="quiet">{backtest.applyHint}</span>
        </ActionForm>
      ) : null}
    </>
  );
}
