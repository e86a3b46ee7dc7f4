import type { CompiledRule } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { CoverageDay, FalseAlarms } from '../rule-records.ts';
import { RuleLinks } from './backtest.tsx';
import { Icon, type IconName } from './icons.tsx';
import { Layout } from './layout.tsx';
import { Empty } from './parts.tsx';
import { Sentence } from './rule-parts.tsx';

export const DAY_CHOICES = [7, 28, 90] as const;
/** Of more cameras only the sums are shown: days are a press away. */
const MOST_TABLES = 6;
const DAY_MS = 86_400_000;

export interface CoverageProps {
  readonly page: Page;
  readonly ruleId: string;
  /** undefined: it is deleted. */
  readonly rule: CompiledRule | undefined;
  readonly days: number;
  /** The one that is shown alone; empty: all. */
  readonly camera: string;
  readonly coverage: readonly CoverageDay[];
  readonly falseAlarms: readonly FalseAlarms[];
  readonly names: ReadonlyMap<string, string>;
}

/** How a rule did, by camera and day. */
export function CoveragePage(props: CoverageProps) {
  const { page, ruleId, rule, days, camera, falseAlarms } = props;
  const { backtest, editor } = page.t;
  return (
    <Layout page={page} title={backtest.coverage} styles={['backtest.css']}>
      <a class="back" href="/rules">
        <Icon name="back" />
        {editor.back}
      </a>
      <h1>{backtest.coverage}</h1>
      <div class="backtest-about">
        <p class="sentence" lang="en">
          {rule ? <Sentence page={page} words={rule.words} spans={rule.spans} /> : ruleId}
        </p>
        <p class="quiet">{backtest.coverageHint}</p>
        <p class="links">
          <RuleLinks page={page} ruleId={ruleId} here="coverage" />
        </p>
      </div>
      <nav class="chips" aria-label={backtest.period}>
        {DAY_CHOICES.map((choice) => (
          <a
            class="chip"
            href={coveragePath(ruleId, choice, camera)}
            aria-current={choice === days ? 'true' : undefined}
          >
            {backtest.days(choice)}
          </a>
        ))}
      </nav>
      {falseAlarms.length === 0 ? <Empty title={backtest.noCoverage} /> : null}
      {falseAlarms.map((alarms) => (
        <CameraRecord {...props} alarms={alarms} brief={falseAlarms.length > MOST_TABLES} />
      ))}
      {camera === '' ? null : (
        <p>
          <a href={coveragePath(ruleId, days, '')}>{backtest.allCameras}</a>
        </p>
      )}
    </Layout>
  );
}

function coveragePath(ruleId: string, days: number, camera: string): string {
  const query = new URLSearchParams({ days: String(days), ...(camera !== '' && { camera }) });
  return `/rules/${encodeURIComponent(ruleId)}/coverage?${query}`;
}

function CameraRecord(props: CoverageProps & { alarms: FalseAlarms; brief: boolean }) {
  const { page, ruleId, days, coverage, alarms, names, brief } = props;
  const { t, times } = page;
  const { backtest } = t;
  const own = new Map(coverage.filter(({ cameraId }) => cameraId === alarms.cameraId).map((each) => [each.day, each]));
  const sum = (of: (each: CoverageDay) => number): number =>
    [...own.values()].reduce((total, each) => total + of(each), 0);
  const scheduledMs = sum((each) => each.scheduledMs);
  const watchedMs = sum(({ evaluatedMs, gatedMs }) => evaluatedMs + gatedMs);
  const { events, right, wrong, perDay, trend } = alarms;
  const number = new Intl.NumberFormat(page.language, { maximumFractionDigits: perDay && perDay.high < 1 ? 2 : 1 });
  return (
    <section class="panel record">
      <h2>{names.get(alarms.cameraId) ?? alarms.cameraId}</h2>
      <dl class="sums">
        <div>
          <dt>{backtest.watchedTotal}</dt>
          <dd>
            <strong>{scheduledMs > 0 ? share(page, watchedMs / scheduledMs) : '–'}</strong>{' '}
            <span class="quiet">{backtest.ofHours(times.roughly(scheduledMs))}</span>
          </dd>
        </div>
        {perDay ? (
          <div>
            <dt>{backtest.perDay}</dt>
            <dd>
              {watchedMs < DAY_MS ? (
                // The interval of an hour would reach into the hundreds, and tell nothing.
                <span class="quiet">{backtest.perDayTooEarly}</span>
              ) : (
                <>
                  <strong>{number.format(perDay.rate)}</strong>{' '}
                  <span class="quiet">
                    {backtest.perDayInterval(number.format(perDay.low), number.format(perDay.high))}
                  </span>
                  <TrendPill page={page} trend={trend} />
                </>
              )}
              <span class="quiet record-from">{backtest.perDayFrom(wrong, events, events - right - wrong)}</span>
            </dd>
          </div>
        ) : null}
      </dl>
      {brief ? (
        <p>
          <a href={coveragePath(ruleId, days, alarms.cameraId)}>{backtest.byDay}</a>
        </p>
      ) : (
        <DayTable page={page} coverage={own} alarms={alarms} />
      )}
    </section>
  );
}

function DayTable(props: { page: Page; coverage: ReadonlyMap<string, CoverageDay>; alarms: FalseAlarms }) {
  const { page, coverage, alarms } = props;
  const { backtest } = page.t;
  // Newest on top; days without hours and without events say nothing.
  const rows = alarms.days.filter(({ day, events: count }) => coverage.has(day) || count > 0).reverse();
  return (
    <table class="record-table">
      <thead>
        <tr>
          {[
            backtest.day,
            backtest.share,
            backtest.longestGap,
            backtest.lostTo,
            backtest.eventsColumn,
            backtest.wrongColumn,
          ].map((title) => (
            <th scope="col">{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ day, events: count, wrong: wrongCount }) => (
          <tr>
            <th scope="row">{day}</th>
            <CoverageCells page={page} coverage={coverage.get(day)} />
            <td data-label={backtest.eventsColumn}>{count}</td>
            <td data-label={backtest.wrongColumn}>{wrongCount}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CoverageCells({ page, coverage }: { page: Page; coverage: CoverageDay | undefined }) {
  const { t, times } = page;
  const { backtest } = t;
  if (!coverage)
    return (
      <td colspan={3} class="quiet">
        –
      </td>
    );
  const { share: part, scheduledMs, longestGap, lostMs } = coverage;
  const lost = Object.entries(lostMs).sort(([, a], [, b]) => b - a);
  return (
    <>
      <td data-label={backtest.share}>
        <span class={`record-share${part < 0.9 ? ' record-low' : ''}`}>
          <svg class="score-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" x="0" y="2" width="100" height="4" />
            <rect class="value" x="0" y="2" width={String(Math.round(part * 100))} height="4" />
          </svg>
          <strong>{share(page, part)}</strong> <span class="quiet">{backtest.ofHours(times.roughly(scheduledMs))}</span>
        </span>
      </td>
      <td data-label={backtest.longestGap}>
        <span>
          {longestGap ? times.roughly(longestGap.ms) : backtest.noGap}{' '}
          {longestGap ? (
            <span class="quiet">
              {backtest.gapFrom(times.short(longestGap.from))}, {causeWords(page, longestGap.cause)}
            </span>
          ) : null}
        </span>
      </td>
      <td data-label={backtest.lostTo}>
        {lost.length === 0
          ? '–'
          : lost.map(([cause, ms]) => `${causeWords(page, cause)} ${times.roughly(ms)}`).join(', ')}
      </td>
    </>
  );
}

function causeWords({ t }: Page, cause: string): string {
  const words: Readonly<Record<string, string>> = { ...t.cause, ...t.backtest.lossCause };
  return words[cause] ?? cause;
}

function TrendPill({ page, trend }: { page: Page; trend: FalseAlarms['trend'] }) {
  const looks: Record<typeof trend, IconName> = {
    rising: 'warning',
    falling: 'check',
    steady: 'waiting',
    unknown: 'unknown',
  };
  return (
    <span class={`pill trend-${trend}`}>
      <Icon name={looks[trend]} />
      {page.t.backtest.trend[trend]}
    </span>
  );
}

/** One decimal: 99.6 % is not all. */
function share({ language }: Page, part: number): string {
  const floored = Math.floor(part * 1_000) / 10;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(floored)}\u00a0%`;
}
