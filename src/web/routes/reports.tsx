import { Hono } from 'hono';
import { allow } from '../access.ts';
import { pageOf, type WebEnv, type WebParts } from '../context.ts';
import { cameraNames } from '../now-board.ts';
import { chosenWindow } from '../report-choice.ts';
import type { ReportDesk, ReportWindow } from '../reporting.ts';
import { ReportPage } from '../views/reports.tsx';

/** Shift hand-over and day report, as a page; the API has them as JSON. */
export function reportRoutes(parts: WebParts): Hono<WebEnv> {
  const { reports } = parts.deps;
  const routes = new Hono<WebEnv>();
  if (!reports) return routes;
  return routes.get('/reports', allow('viewer'), (c) => {
    const window = chosenWindow(reports, c.req.query());
    const around = { before: neighbour(reports, window, -1), after: neighbour(reports, window, 1) };
    return c.html(
      <ReportPage
        page={pageOf(c, parts)}
        report={reports.make(window)}
        shifts={reports.shifts}
        cameraNames={cameraNames(parts.deps)}
        {...around}
      />,
    );
  });
}

/** The day or shift before or behind; undefined where that has not begun. */
function neighbour(reports: ReportDesk, window: ReportWindow, step: -1 | 1): ReportWindow | undefined {
  const now = reports.latest(window.kind, 'now');
  const moment = step < 0 ? window.from - 1 : window.until;
  if (!now || moment > now.from) return undefined;
  return reports.at(window.kind, moment);
}
