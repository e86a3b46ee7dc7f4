import { CAMERA_PROBLEM } from '../camera-problems.ts';
import type { LossCause } from '../events/coverage.ts';
import type { CoverageSummary } from '../store/coverage.ts';
import type { ReviewedEvent } from '../store/event-log.ts';
import type {
  CameraTrouble,
  RepeatedEvent,
  Report,
  ReportedCoverage,
  ReportedEvent,
  ReportWindow,
  TimeToFix,
} from '../web/reporting.ts';

/** What a report is made of. */
export interface ReportMaterial {
  readonly window: ReportWindow;
  readonly now: number;
  /** Every event that was open at some time of the window, each once. */
  readonly events: readonly ReviewedEvent[];
  readonly cut: boolean;
  readonly coverage: readonly CoverageSummary[];
  /** A rule's sentence; undefined for one that is gone. */
  readonly wordsOf: (ruleId: string) => string | undefined;
}

/** Longer lists are for the Events page. */
const MOST_LISTED = 50;
/** Watched this much, a pair needs no line of its own. */
const FULL_SHARE = 0.995;
const NOT_THE_CAMERA: ReadonlySet<LossCause> = new Set<LossCause>([
  'no-answer',
  'undecided',
  'model-failed',
  'timeout',
  'too-early',
  'dropped',
  'not-asked',
]);

/** The report of a window. Pure. */
export function makeReport({ window, now, events, cut, coverage, wordsOf }: ReportMaterial): Report {
  const end = Math.min(window.until, now);
  const told = events.map((reviewed) => reportedEvent(reviewed, end));
  const open = told.filter(({ endedAt }) => endedAt === null || endedAt >= end);
  const resolved = told.filter(({ endedAt }) => endedAt !== null && endedAt >= window.from && endedAt < end);
  const severity = { critical: 0, warning: 1, info: 2 };
  return {
    window,
    madeAt: now,
    counts: {
      started: told.filter(({ startedAt }) => startedAt >= window.from).length,
      resolved: resolved.length,
      open: open.length,
      critical: told.filter((event) => event.severity === 'critical').length,
      acknowledged: told.filter(({ acknowledgedBy }) => acknowledgedBy !== null).length,
      wrong: told.filter(({ mark }) => mark === 'wrong').length,
    },
    open: [...open]
      .sort((a, b) => severity[a.severity] - severity[b.severity] || b.lastedMs - a.lastedMs)
      .slice(0, MOST_LISTED),
    repeated: repeatedOf(told),
    resolved: [...resolved].sort((a, b) => b.lastedMs - a.lastedMs).slice(0, MOST_LISTED),
    timeToFix: timeToFix(resolved.filter(isFixed)),
    coverage: coverageOf(coverage, wordsOf),
    cameras: cameraTrouble(told, coverage),
    cut,
  };
}

function reportedEvent({ event, review }: ReviewedEvent, end: number): ReportedEvent {
  const { id, ruleId, words, cameraId, severity, startedAt, endedAt, stale, endReason = null } = event;
  const { acknowledgedBy, mark, note } = review;
  const lastedMs = Math.max(0, Math.min(endedAt ?? end, end) - startedAt);
  return {
    ...{ id, ruleId, words, cameraId, severity, startedAt, endedAt, lastedMs, stale, endReason },
    ...{ acknowledgedBy, mark, note },
  };
}

/** It was there, and the camera saw that it was gone: a rule whose hours ended has mended nothing. */
function isFixed({ ruleId, mark, endReason }: ReportedEvent): boolean {
  return ruleId !== CAMERA_PROBLEM && mark !== 'wrong' && endReason === 'clear';
}

function repeatedOf(events: readonly ReportedEvent[]): RepeatedEvent[] {
  return [...groupsBy(events, ({ ruleId, cameraId }) => `${ruleId}\n${cameraId}`).values()]
    .filter((group) => group.length > 1)
    .flatMap((group): RepeatedEvent[] => {
      const [first] = group;
      if (!first) return [];
      const { ruleId, words, cameraId } = first;
      return [{ ruleId, words, cameraId, times: group.length, totalMs: sum(group.map(({ lastedMs }) => lastedMs)) }];
    })
    .sort((a, b) => b.times - a.times || b.totalMs - a.totalMs)
    .slice(0, MOST_LISTED);
}

function timeToFix(resolved: readonly ReportedEvent[]): Report['timeToFix'] {
  const rules = [...groupsBy(resolved, ({ ruleId }) => ruleId)].map(([ruleId, group]): TimeToFix => {
    const lengths = group.map(({ lastedMs }) => lastedMs);
    const words = group[0]?.words ?? ruleId;
    return { ruleId, words, resolved: group.length, medianMs: median(lengths), longestMs: Math.max(...lengths) };
  });
  return {
    medianMs: resolved.length > 0 ? median(resolved.map(({ lastedMs }) => lastedMs)) : null,
    rules: rules.sort((a, b) => b.medianMs - a.medianMs).slice(0, MOST_LISTED),
  };
}

function coverageOf(coverage: readonly CoverageSummary[], wordsOf: ReportMaterial['wordsOf']): Report['coverage'] {
  const scheduled = sum(coverage.map(({ scheduledMs }) => scheduledMs));
  const watched = sum(coverage.map(({ evaluatedMs, gatedMs }) => evaluatedMs + gatedMs));
  const pairs = coverage
    .filter(({ scheduledMs, share }) => scheduledMs > 0 && share < FULL_SHARE)
    .map(({ ruleId, cameraId, share, scheduledMs, lostMs }): ReportedCoverage => {
      const causes = Object.entries(lostMs).sort(([, a], [, b]) => b - a);
      const words = wordsOf(ruleId) ?? ruleId;
      const lost = sum(causes.map(([, ms]) => ms));
      return { ruleId, words, cameraId, share, scheduledMs, lostMs: lost, mainCause: causes[0]?.[0] ?? null };
    })
    .sort((a, b) => a.share - b.share)
    .slice(0, MOST_LISTED);
  return { share: scheduled > 0 ? watched / scheduled : null, pairs };
}

function cameraTrouble(events: readonly ReportedEvent[], coverage: readonly CoverageSummary[]): CameraTrouble[] {
  const problems = groupsBy(
    events.filter(({ ruleId }) => ruleId === CAMERA_PROBLEM),
    ({ cameraId }) => cameraId,
  );
  const blind = groupsBy(coverage, ({ cameraId }) => cameraId);
  return [...new Set([...problems.keys(), ...blind.keys()])]
    .map((cameraId): CameraTrouble => {
      const causes = new Map<string, number>();
      // Its rules went blind together: the longest counts, not their sum.
      let blindMs = 0;
      for (const { lostMs } of blind.get(cameraId) ?? []) {
        const own = Object.entries(lostMs).filter(([cause]) => !NOT_THE_CAMERA.has(cause as LossCause));
        blindMs = Math.max(blindMs, sum(own.map(([, ms]) => ms)));
        for (const [cause, ms] of own) causes.set(cause, Math.max(causes.get(cause) ?? 0, ms));
      }
      const worst = [...causes].sort(([, a], [, b]) => b - a).map(([cause]) => cause);
      return { cameraId, problems: problems.get(cameraId)?.length ?? 0, blindMs, causes: worst };
    })
    .filter(({ problems: count, blindMs }) => count > 0 || blindMs >= 60_000)
    .sort((a, b) => b.blindMs - a.blindMs || b.problems - a.problems)
    .slice(0, MOST_LISTED);
}

function groupsBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The lower one of the two in the middle: a length that really was. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}
