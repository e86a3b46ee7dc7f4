import type { Child } from 'hono/jsx';
import type { Page } from '../context.ts';
import type { Report, ReportedEvent, ReportWindow } from '../reporting.ts';
import { eventPath } from './event-items.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { SeverityPill } from './parts.tsx';

export interface ReportPageProps {
  readonly page: Page;
  readonly report: Report;
  readonly shifts: readonly string[];
  readonly cameraNames: ReadonlyMap<string, string>;
  readonly before: ReportWindow | undefined;
  readonly after: ReportWindow | undefined;
}

interface PartProps {
  readonly page: Page;
  readonly report: Report;
  readonly nameOf: (cameraId: string) => string;
}

export function ReportPage({ page, report, shifts, cameraNames, before, after }: ReportPageProps) {
  const { t, times } = page;
  const { reports } = t;
  const { window, madeAt } = report;
  const nameOf = (id: string): string => cameraNames.get(id) ?? id;
  const title = window.name === null ? reports.dayReport : reports.shiftReport(window.name);
  return (
    <Layout page={page} title={`${title} ${window.date}`} styles={['reports.css']} scripts={['reports.js']}>
      <div class="page-head no-print">
        <h1>{reports.title}</h1>
        <ReportChoice page={page} window={window} shifts={shifts} />
      </div>
      <article class="report">
        <header class="report-head">
          <h2>
            {title} · {times.dateOf(window.from)}
          </h2>
          <p class="quiet">
            {page.site.name} · {reports.from(times.clock(window.from), times.clock(window.until))} ·{' '}
            {madeAt < window.until ? reports.soFar(times.clock(madeAt)) : reports.madeAt(times.short(madeAt))}
          </p>
          <nav class="report-links no-print" aria-label={reports.title}>
            {before ? <a href={reportPath(before)}>{reports.previous}</a> : null}
            {after ? <a href={reportPath(after)}>{reports.next}</a> : null}
            <a href={`/api/v1${reportPath(window)}`}>{reports.json}</a>
            <button type="button" class="button" data-print hidden>
              {reports.print}
            </button>
          </nav>
        </header>
        <Counts page={page} report={report} />
        <OpenPart {...{ page, report, nameOf }} />
        <RepeatedPart {...{ page, report, nameOf }} />
        <FixPart {...{ page, report, nameOf }} />
        <ResolvedPart {...{ page, report, nameOf }} />
        <CoveragePart {...{ page, report, nameOf }} />
        <CameraPart {...{ page, report, nameOf }} />
      </article>
    </Layout>
  );
}

export function reportPath({ kind, name, date }: ReportWindow): string {
  return `/reports?${new URLSearchParams({ kind, date, ...(name !== null && { shift: name }) })}`;
}

function ReportChoice({ page, window, shifts }: { page: Page; window: ReportWindow; shifts: readonly string[] }) {
  const { reports } = page.t;
  const today = page.times.day();
  const chosen = (kind: string, name: string | null): 'page' | undefined =>
    window.kind === kind && window.name === name ? 'page' : undefined;
  return (
    <form method="get" action="/reports" class="report-choice">
      <ul class="chips" aria-label={reports.title}>
        <li>
          <a class="chip" href={`/reports?kind=day&date=${window.date}`} aria-current={chosen('day', null)}>
            {reports.day}
          </a>
        </li>
        {shifts.map((name) => (
          <li>
            <a class="chip" href={reportPath({ ...window, kind: 'shift', name })} aria-current={chosen('shift', name)}>
              {name}
            </a>
          </li>
        ))}
      </ul>
      <input type="hidden" name="kind" value={window.kind} />
      {window.name === null ? null : <input type="hidden" name="shift" value={window.name} />}
      <label class="field field-inline">
        <span class="visually-hidden">{reports.date}</span>
        <input type="date" name="date" value={window.date} max={today} required />
      </label>
      <button type="submit" class="button">
        {reports.show}
      </button>
    </form>
  );
}

function Counts({ page, report }: { page: Page; report: Report }) {
  const { reports, severity } = page.t;
  const { counts, cut, coverage } = report;
  const figures: Array<[count: number | string, words: string, look: string]> = [
    [counts.open, reports.open, counts.open > 0 ? 'figure-open' : ''],
    [counts.started, reports.started, ''],
    [counts.resolved, reports.resolved, ''],
    [counts.critical, severity.critical, counts.critical > 0 ? 'figure-open' : ''],
    [counts.acknowledged, reports.acknowledged, ''],
    [counts.wrong, reports.wrong, ''],
    ...(coverage.share === null
      ? []
      : [[percentOf(coverage.share), reports.coverageTitle, ''] satisfies [string, string, string]]),
  ];
  return (
    <>
      <ul class="figures">
        {figures.map(([count, words, look]) => (
          <li class={`figure ${look}`}>
            <strong>{count}</strong>
            <span>{words}</span>
          </li>
        ))}
      </ul>
      {cut ? <p class="problem">{reports.cut}</p> : null}
    </>
  );
}

function OpenPart({ page, report, nameOf }: PartProps) {
  const { reports } = page.t;
  return (
    <Part title={reports.openTitle} empty={report.open.length === 0 ? reports.noneOpen : undefined}>
      <EventTable page={page} events={report.open} nameOf={nameOf} />
    </Part>
  );
}

function ResolvedPart({ page, report, nameOf }: PartProps) {
  const { reports } = page.t;
  return (
    <Part title={reports.resolvedTitle} empty={report.resolved.length === 0 ? reports.noneResolved : undefined}>
      <EventTable page={page} events={report.resolved} nameOf={nameOf} />
    </Part>
  );
}

function RepeatedPart({ page, report, nameOf }: PartProps) {
  const { t, times } = page;
  const { reports } = t;
  return (
    <Part title={reports.repeatedTitle} empty={report.repeated.length === 0 ? reports.noneRepeated : undefined}>
      <ul class="report-lines">
        {report.repeated.map(({ words, cameraId, times: count, totalMs }) => (
          <li>
            <strong>{reports.times(count)}</strong> {words} · {nameOf(cameraId)}
            <span class="quiet"> · {reports.altogether(times.roughly(totalMs))}</span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function FixPart({ page, report }: PartProps) {
  const { t, times } = page;
  const { reports } = t;
  const { medianMs, rules } = report.timeToFix;
  return (
    <Part title={reports.fixTitle} empty={medianMs === null ? reports.noFix : undefined}>
      <ul class="report-lines">
        {rules.map((rule) => (
          <li>
            {rule.words}
            <span class="quiet">
              {' '}
              · {reports.over(rule.resolved)}, {reports.median(times.roughly(rule.medianMs))},{' '}
              {reports.longest(times.roughly(rule.longestMs))}
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function CoveragePart({ page, report, nameOf }: PartProps) {
  const { t, times } = page;
  const { reports } = t;
  const { share, pairs } = report.coverage;
  const empty = share === null ? reports.noHours : pairs.length === 0 ? reports.allWatched : undefined;
  return (
    <Part title={reports.coverageTitle} hint={reports.coverageHint} empty={empty}>
      <ul class="report-lines">
        {pairs.map((pair) => (
          <li>
            <strong>{percentOf(pair.share)}</strong> {pair.words} · {nameOf(pair.cameraId)}
            <span class="quiet">
              {' '}
              ·{' '}
              {pair.mainCause === null
                ? reports.lostTime(times.roughly(pair.lostMs))
                : reports.lost(times.roughly(pair.lostMs), causeWords(page, pair.mainCause))}
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function CameraPart({ page, report, nameOf }: PartProps) {
  const { t, times } = page;
  const { reports } = t;
  return (
    <Part title={reports.cameraTitle} empty={report.cameras.length === 0 ? reports.noTrouble : undefined}>
      <ul class="report-lines">
        {report.cameras.map(({ cameraId, problems, blindMs, causes }) => (
          <li>
            <strong>{nameOf(cameraId)}</strong>
            {blindMs > 0 ? ` ${reports.blind(times.roughly(blindMs))}` : ''}
            {problems > 0 ? ` · ${reports.problems(problems)}` : ''}
            {causes.length > 0 ? (
              <span class="quiet"> · {causes.map((cause) => causeWords(page, cause)).join(', ')}</span>
            ) : null}
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Part({
  title,
  hint,
  empty,
  children,
}: {
  title: string;
  hint?: string;
  empty?: string | undefined;
  children: Child;
}) {
  return (
    <section class="panel report-part">
      <h3>{title}</h3>
      {hint ? <p class="quiet no-print">{hint}</p> : null}
      {empty === undefined ? children : <p class="quiet">{empty}</p>}
    </section>
  );
}

function EventTable({
  page,
  events,
  nameOf,
}: {
  page: Page;
  events: readonly ReportedEvent[];
  nameOf: PartProps['nameOf'];
}) {
  const { t, times } = page;
  return (
    <ul class="report-events">
      {events.map((event) => (
        <li class="report-event">
          <SeverityPill page={page} severity={event.severity} />
          <span class="report-event-text">
            <a href={eventPath(event.id)}>{event.words}</a>
            <span class="quiet">
              {nameOf(event.cameraId)} · {times.short(event.startedAt)} · {times.roughly(event.lastedMs)}
              {event.stale ? (
                <>
                  {' '}
                  · <Icon name="unknown" /> {t.phase.unknown}
                </>
              ) : null}
              {event.acknowledgedBy === null ? '' : ` · ${t.event.acknowledged} ${t.event.by(event.acknowledgedBy)}`}
              {event.mark === null ? '' : ` · ${event.mark === 'right' ? t.event.right : t.event.wrong}`}
            </span>
            {event.note === '' ? null : <span class="report-note">“{event.note}”</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Of an unknown verdict, or of time that nobody looked. */
function causeWords({ t }: Page, cause: string): string {
  const known: Record<string, string> = { ...t.cause, ...t.reports.cause };
  return known[cause] ?? cause;
}

/** Never rounded up to all of it. */
function percentOf(share: number): string {
  return `${(Math.floor(share * 1_000) / 10).toFixed(share >= 0.9995 ? 0 : 1)}\u00a0%`;
}
