import { iso } from './api/event-json.ts';
import type { Report, ReportedEvent } from './reporting.ts';

/** A report as the API and MQTT give it. `key` is the same for the same day or shift, however often it is told. */
export function reportJson({ window, madeAt, counts, open, repeated, resolved, ...rest }: Report) {
  const { timeToFix, coverage, cameras, cut } = rest;
  return {
    key: [window.kind, window.date, ...(window.name === null ? [] : [window.name])].join(':'),
    kind: window.kind,
    shift: window.name,
    date: window.date,
    from: iso(window.from),
    until: iso(window.until),
    madeAt: iso(madeAt),
    complete: madeAt >= window.until,
    counts,
    open: open.map(eventOf),
    repeated: repeated.map(({ ruleId, cameraId, ...each }) => ({ rule: ruleId, camera: cameraId, ...each })),
    resolved: resolved.map(eventOf),
    timeToFix: {
      medianMs: timeToFix.medianMs,
      rules: timeToFix.rules.map(({ ruleId, ...each }) => ({ rule: ruleId, ...each })),
    },
    coverage: {
      share: coverage.share === null ? null : rounded(coverage.share),
      pairs: coverage.pairs.map(({ ruleId, cameraId, share, scheduledMs, lostMs, ...each }) => ({
        ...{ rule: ruleId, camera: cameraId, share: rounded(share) },
        ...{ scheduledMs: Math.round(scheduledMs), lostMs: Math.round(lostMs) },
        ...each,
      })),
    },
    cameras: cameras.map(({ cameraId, blindMs, ...each }) => ({
      camera: cameraId,
      blindMs: Math.round(blindMs),
      ...each,
    })),
    cut,
  };
}

function eventOf({ ruleId, cameraId, startedAt, endedAt, ...event }: ReportedEvent) {
  return {
    ...{ rule: ruleId, camera: cameraId },
    ...event,
    startedAt: iso(startedAt),
    endedAt: endedAt === null ? null : iso(endedAt),
  };
}

const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;
