import type { Backtest, ScoreBucket } from '../backtest/backtest.ts';
import { formatMs } from '../rules/grammar/amounts.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { describeSchedule } from '../rules/schedule-text.ts';
import { lengthText } from './lengths.ts';
import { decimals, formatTable } from './table.ts';

export interface ShownBacktest {
  readonly rule: CompiledRule;
  readonly cameraId: string;
  /** Wall-clock ms. */
  readonly since: number;
  readonly until: number;
  /** Parts that the timeline was cut into. */
  readonly parts: number;
  readonly result: Backtest;
}

const DAY_MS = 86_400_000;

/** One line per part of the time and per event, the summary last. */
export function jsonLines(shown: ShownBacktest): string {
  const { result } = shown;
  const lines: unknown[] = [
    ...result.timeline.map(({ from, ...rest }) => ({ score: { from: isoTime(from), ...rounded(rest) } })),
    ...result.events.map(({ startedAt, endedAt, endReason, alertedAt, severity, score }) => ({
      event: {
        startedAt: isoTime(startedAt),
        endedAt: isoTime(endedAt),
        endReason: endReason ?? null,
        alertedAt: isoTime(alertedAt ?? null),
        severity,
        score,
      },
    })),
    { summary: summaryOf(shown) },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function summaryOf({ rule, cameraId, since, until, result }: ShownBacktest): Record<string, unknown> {
  const { question, raise, clear, forMs, clearAfterMs, everyMs, schedule } = rule;
  const { longestGap, share, ...sums } = result.coverage;
  return {
    rule: rule.id,
    camera: cameraId,
    since: isoTime(since),
    until: isoTime(until),
    ...{ question, expects: rule.expects, raise, clear, forMs, clearAfterMs, everyMs, schedule },
    looks: result.looks,
    ...verdictsOf(result),
    events: result.events.length,
    alerts: result.alertedAt.length,
    alertsPerDay: Math.round(alertsPerDay(result, since, until) * 100) / 100,
    coverage: {
      share: share === null ? null : Math.round(share * 10_000) / 10_000,
      ...sums,
      longestGap: longestGap && { ms: longestGap.ms, from: isoTime(longestGap.from), cause: longestGap.cause },
    },
  };
}

function verdictsOf({ timeline }: Backtest): { yes: number; no: number; unknown: number } {
  const total = (value: 'yes' | 'no' | 'unknown'): number => timeline.reduce((sum, part) => sum + part[value], 0);
  return { yes: total('yes'), no: total('no'), unknown: total('unknown') };
}

function alertsPerDay({ alertedAt }: Backtest, since: number, until: number): number {
  return (alertedAt.length * DAY_MS) / (until - since);
}

function rounded({ min, max, mean, ...counts }: Omit<ScoreBucket, 'from'>): Record<string, number | null> {
  const round = (score: number | null): number | null => (score === null ? null : Math.round(score * 1e4) / 1e4);
  return { ...counts, min: round(min), max: round(max), mean: round(mean) };
}

/** For people: the scores as a line of bars, the events as a table, and what they rest on. */
export function report(shown: ShownBacktest): string {
  const { rule, cameraId, since, until, result } = shown;
  const holds = rule.forMs > 0 ? ` for ${formatMs(rule.forMs)}` : '';
  const lines = [
    `${rule.id} on ${cameraId}, ${localTime(since)} to ${localTime(until)}`,
    `  ${rule.question}  ${rule.expects}${holds}, raise ${rule.raise}, clear ${rule.clear}, on ${describeSchedule(rule.schedule)}`,
    '',
    `  ${sparkline(shown)}`,
    '  best score of the expected answer; # raises, . nothing known',
    '',
  ];
  return `${lines.join('\n')}${eventTable(result)}\n${foot(shown)}`;
}

const BARS = '▁▂▃▄▅▆▇█';

function sparkline({ since, until, parts, result, rule }: ShownBacktest): string {
  const width = Math.max(1, Math.ceil((until - since) / parts));
  const byPart = new Map(result.timeline.map((part) => [Math.floor((part.from - since) / width), part]));
  return Array.from({ length: parts }, (_, at) => {
    const best = byPart.get(at)?.max ?? null;
    if (best === null) return '.';
    return best >= rule.raise ? '#' : (BARS[Math.min(BARS.length - 1, Math.floor(best * BARS.length))] ?? '.');
  }).join('');
}

function eventTable({ events }: Backtest): string {
  if (events.length === 0) return 'no event\n';
  const rows = events.map(({ startedAt, endedAt, endReason, score, alertedAt }) => [
    localTime(startedAt),
    endedAt === null ? 'open' : lengthText(endedAt - startedAt),
    endReason ?? '',
    decimals(score, 2),
    alertedAt === undefined ? 'held back' : 'yes',
  ]);
  return formatTable(
    [
      { title: 'started' },
      { title: 'lasted', right: true },
      { title: 'ended by' },
      { title: 'score', right: true },
      { title: 'alert' },
    ],
    rows,
  );
}

function foot(shown: ShownBacktest): string {
  const { since, until, result } = shown;
  const { looks, events, alertedAt, coverage } = result;
  // Of an hour, "24 a day" would be a guess.
  const daily = until - since < DAY_MS / 2 ? '' : `, ${alertsPerDay(result, since, until).toFixed(1)} a day`;
  const { yes, no, unknown } = verdictsOf(result);
  const lines = [
    `${counted(events.length, 'event')}, ${counted(alertedAt.length, 'alert')}${daily}`,
    `${counted(looks.stored + looks.pictures, 'look')}: ${looks.stored} as asked then, ${looks.pictures} from kept pictures (${looks.asked} asked now); yes ${yes}, no ${no}, unknown ${unknown}`,
    coverageText(coverage),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function coverageText({ share, scheduledMs, longestGap }: Backtest['coverage']): string {
  if (share === null) return 'the rule was not on in this time';
  const watched = `watched ${(share * 100).toFixed(1)} % of the ${lengthText(scheduledMs)} that it was on`;
  if (!longestGap) return watched;
  return `${watched}; longest gap ${lengthText(longestGap.ms)} from ${localTime(longestGap.from)} (${longestGap.cause})`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(Math.round(ms)).toISOString());

/** In the time zone of whoever reads it: `2026-03-02 09:00`. */
const localTime = (ms: number): string => new Date(ms).toLocaleString('sv-SE').slice(0, 16);
