import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { loopPart, type Part } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { CoverageStore } from '../store/coverage.ts';
import type { EventLog, ReviewedEvent } from '../store/event-log.ts';
import { reportJson } from '../web/report-json.ts';
import { ReportWindows, type Shift } from '../web/report-windows.ts';
import type { ReportDesk, ReportKind, ReportWindow } from '../web/reporting.ts';
import { makeReport } from './report.ts';

export interface ReportDeskOptions {
  readonly log: Pick<EventLog, 'list'>;
  readonly coverage: Pick<CoverageStore, 'summaries'>;
  readonly rules: () => readonly CompiledRule[];
  readonly timeZone: () => string;
  readonly shifts: readonly Shift[];
  /** Minutes after midnight at which yesterday's report is told; null: never. */
  readonly dayAt: number | null;
  /** Tells subscribers; the newest of each kind is kept for those who come later. */
  readonly publish: (kind: ReportKind, payload: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HOUR_MS = 3_600_000;
const PAGE = 500;
/** A busy store has some hundred events a day. */
const MOST_EVENTS = 5_000;
/** What began earlier and ended within the window is looked for this far back; what is still open is found at any age. */
const LOOK_BACK_MS = 24 * HOUR_MS;
const LOOK_EVERY_MS = 60_000;
/** Coverage of the last minutes is on its way to the disk when a window ends. */
const SETTLE_MS = 60_000;

/** The reports of a box: for its pages, and told to subscribers when their time has come. */
export function createReports(
  parts: Pick<ReportDeskOptions, 'clock' | 'logger'> & {
    readonly settings: {
      readonly reports: Pick<ReportDeskOptions, 'shifts' | 'dayAt'>;
    };
    /** Its time zone may change. */
    readonly box: { readonly site: { readonly timeZone: string } };
    readonly store: Pick<ReportDeskOptions, 'log' | 'coverage'>;
    readonly ruleFolder: { rules(): readonly CompiledRule[] };
    readonly alerts: { report(kind: ReportKind, payload: string): void };
  },
): { desk: ReportDesk; part: Part } {
  const { settings, box, store, ruleFolder, alerts, clock, logger } = parts;
  const options: ReportDeskOptions = {
    ...{ ...settings.reports, timeZone: () => box.site.timeZone, clock, logger },
    ...{ log: store.log, coverage: store.coverage, rules: () => ruleFolder.rules() },
    publish: (kind, payload) => alerts.report(kind, payload),
  };
  const desk = createReportDesk(options);
  return { desk, part: createReporter({ ...options, desk }) };
}

/** Reports from what the store knows. */
export function createReportDesk(options: ReportDeskOptions): ReportDesk {
  const { rules, timeZone, shifts, clock } = options;
  const windows = new ReportWindows({ shifts, timeZone });
  return {
    shifts: windows.shifts.map(({ name }) => name),
    window: (kind, date, shift) => windows.window(kind, date, shift),
    at: (kind, moment) => windows.at(kind, moment),
    latest: (kind, which) => (which === 'now' ? windows.at(kind, clock.now()) : windows.endedBy(kind, clock.now())),
    make(window) {
      const words = new Map(rules().map((rule) => [rule.id, rule.words]));
      const { events, cut } = eventsOf(options.log, window);
      const coverage = options.coverage.summaries({
        since: Math.floor(window.from / HOUR_MS) * HOUR_MS,
        until: Math.ceil(window.until / HOUR_MS) * HOUR_MS,
      });
      return makeReport({ window, now: clock.now(), events, cut, coverage, wordsOf: (id) => words.get(id) });
    },
  };
}

/** Tells each report when its time has come, and the newest of each kind at the start: it may have come meanwhile. */
export function createReporter(options: ReportDeskOptions & { readonly desk: ReportDesk }): Part {
  const { desk, clock, logger, dayAt, publish } = options;
  const told = new Map<ReportKind, number>();
  const look = (): void => {
    for (const kind of ['day', 'shift'] as const) {
      const waitMs = kind === 'day' ? (dayAt ?? 0) * 60_000 : SETTLE_MS;
      if (kind === 'day' && dayAt === null) continue;
      const window = endedFor(desk, kind, clock.now(), waitMs);
      if (!window || told.get(kind) === window.from) continue;
      try {
        const report = desk.make(window);
        told.set(kind, window.from);
        // Before the box was there.
        if (report.coverage.share === null && report.counts.open + report.counts.resolved === 0) continue;
        publish(kind, JSON.stringify(reportJson(report)));
        logger.info('report told', { report: kind, date: window.date, shift: window.name });
      } catch (error) {
        logger.warn('a report could not be made, will be tried again', { report: kind, error: toError(error) });
      }
    }
  };
  return loopPart('reports', async (stopped) => {
    while (!stopped.aborted) {
      look();
      await clock.sleep(LOOK_EVERY_MS, stopped).catch(() => undefined);
    }
  });
}

/** The newest window that ended at least so long ago. */
function endedFor(desk: ReportDesk, kind: ReportKind, now: number, waitMs: number): ReportWindow | undefined {
  const ended = desk.latest(kind, 'ended');
  return ended && now - ended.until >= waitMs ? ended : undefined;
}

function eventsOf(
  log: Pick<EventLog, 'list'>,
  { from, until }: ReportWindow,
): { events: ReviewedEvent[]; cut: boolean } {
  const found = new Map<string, ReviewedEvent>();
  let cut = false;
  const take = (filter: Parameters<EventLog['list']>[0]): void => {
    let cursor: string | undefined;
    for (let taken = 0; taken < MOST_EVENTS; taken += PAGE) {
      const page = log.list(filter, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
      for (const reviewed of page.events) {
        const { endedAt } = reviewed.event;
        if (endedAt === null || endedAt >= from) found.set(reviewed.event.id, reviewed);
      }
      if (page.next === null) return;
      cursor = page.next;
    }
    cut = true;
  };
  take({ since: from - LOOK_BACK_MS, until });
  take({ state: 'open', until });
  return { events: [...found.values()], cut };
}
