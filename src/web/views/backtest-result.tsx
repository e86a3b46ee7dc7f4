import type { BacktestFigures, BacktestResult, BacktestView, MarkedShare } from '../backtests.ts';
import type { Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import { percent } from '../percent.ts';
import { BacktestFit } from './backtest-fit.tsx';
import { BacktestFrames } from './backtest-frames.tsx';
import { TimelineLegend } from './event.tsx';
import { Empty } from './parts.tsx';

export interface OutcomeProps {
  readonly page: Page;
  readonly run: BacktestView;
  readonly result: BacktestResult;
  readonly cameras: readonly CameraStatus[];
}

/** A longer list is opened on demand. */
const MOST_OPEN = 12;

/** What a rule would have done: figures, timeline, pictures to mark, thresholds, events. */
export function BacktestOutcome(props: OutcomeProps) {
  const { page, run, result } = props;
  const { t } = page;
  const { looks } = result;
  if (looks.stored + looks.pictures === 0) {
    return (
      <section id="result" tabindex={-1} class="panel">
        <Empty title={t.backtest.nothingKnown} hint={t.backtest.nothingKnownHint} />
      </section>
    );
  }
  return (
    <div class="backtest-outcome">
      <section id="result" tabindex={-1} class="panel" aria-labelledby="result-title">
        <h2 id="result-title">{t.backtest.result}</h2>
        <Sums page={page} result={result} />
      </section>
      <section class="panel">
        <h2>{t.backtest.timeline}</h2>
        <p class="quiet">{t.backtest.timelineHint}</p>
        <TimelineLegend page={page} rule={run.rule} />
        <div
          class="timeline"
          data-timeline={`/api/v1/backtests/${run.id}/scores`}
          data-zone={page.site.timeZone}
          data-words-none={t.event.noScores}
          data-words-unknown={t.phase.unknown}
          data-words-causes={JSON.stringify(t.cause)}
        />
        <p class="readout" />
      </section>
      <Figures page={page} figures={result.figures} frames={result.frames.length} />
      <BacktestFit page={page} run={run} cameras={props.cameras} />
      <BacktestFrames {...props} />
      <EventTable page={page} result={result} />
    </div>
  );
}

function Sums({ page, result }: { page: Page; result: BacktestResult }) {
  const { t, times } = page;
  const { backtest } = t;
  const { eventCount, alertCount, alertsPerDay, coverage, looks } = result;
  const number = new Intl.NumberFormat(page.language);
  const sums: ReadonlyArray<readonly [name: string, value: string, about: string]> = [
    [backtest.events, number.format(eventCount), backtest.alerts(alertCount)],
    [
      backtest.alertsPerDay,
      new Intl.NumberFormat(page.language, { maximumFractionDigits: 1 }).format(alertsPerDay),
      '',
    ],
    [
      backtest.watched,
      coverage.share === null ? '–' : percent(coverage.share),
      backtest.watchedOf(times.roughly(coverage.scheduledMs)),
    ],
    [
      backtest.restsOn,
      number.format(looks.stored + looks.pictures),
      backtest.restsOnOf(number.format(looks.stored), number.format(looks.pictures)),
    ],
  ];
  return (
    <dl class="sums">
      {sums.map(([name, value, about]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong> {about === '' ? null : <span class="quiet">{about}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Sent anew with each mark. */
export function Figures({ page, figures, frames }: { page: Page; figures: BacktestFigures; frames: number }) {
  const { backtest } = page.t;
  return (
    <section id="figures" class="panel" aria-live="polite">
      <h2>{backtest.marked(figures.marked, frames)}</h2>
      <dl class="sums">
        <Share page={page} name={backtest.precision} means={backtest.precisionMeans} share={figures.precision} />
        <Share page={page} name={backtest.recall} means={backtest.recallMeans} share={figures.recall} />
      </dl>
      <p class="quiet">{backtest.sampleHint}</p>
    </section>
  );
}

function Share({ page, name, means, share }: { page: Page; name: string; means: string; share: MarkedShare | null }) {
  const { backtest } = page.t;
  return (
    <div>
      <dt>
        {name} <span class="quiet">{means}</span>
      </dt>
      <dd>
        {share ? (
          <>
            <strong>{percent(share.share)}</strong>{' '}
            <span class="quiet">{backtest.interval(percent(share.low), percent(share.high), share.of)}</span>
          </>
        ) : (
          <span class="quiet">{backtest.notYet}</span>
        )}
      </dd>
    </div>
  );
}

function EventTable({ page, result }: { page: Page; result: BacktestResult }) {
  const { t, times } = page;
  const { backtest } = t;
  const { events, eventCount } = result;
  if (events.length === 0) {
    return (
      <section class="panel">
        <p>{backtest.noEvents}</p>
      </section>
    );
  }
  return (
    <details class="panel event-list" open={events.length <= MOST_OPEN}>
      <summary>
        <h2 class="event-list-title">{backtest.eventList}</h2>
      </summary>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">{backtest.started}</th>
            <th scope="col">{backtest.lasted}</th>
            <th scope="col">{backtest.bestScore}</th>
            <th scope="col">{backtest.alert}</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ startedAt, endedAt, score, alertedAt }) => (
            <tr>
              <td>
                <time datetime={new Date(startedAt).toISOString()} title={times.full(startedAt)}>
                  {times.short(startedAt)}
                </time>
              </td>
              <td>{endedAt === null ? backtest.stillOpen : times.duration(endedAt - startedAt)}</td>
              <td>{percent(score)}</td>
              <td>{alertedAt === undefined ? backtest.alertHeld : backtest.alertYes}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {eventCount > events.length ? <p class="quiet">{backtest.moreEvents(eventCount - events.length)}</p> : null}
    </details>
  );
}
