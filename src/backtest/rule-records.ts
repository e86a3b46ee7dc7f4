import { poissonInterval, trendOf } from '../evaluation/rates.ts';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { CoverageStore } from '../store/coverage.ts';
import type { EventLog, ReviewedEvent } from '../store/event-log.ts';
import {
  type AlarmDay,
  type CoverageDay,
  type DaySpan,
  type FalseAlarms,
  MOST_DAYS,
  type RuleRecords,
} from '../web/rule-records.ts';
import { TimeText } from '../web/time-text.ts';

export interface RuleRecordsOptions {
  readonly coverage: Pick<CoverageStore, 'summaries'>;
  readonly events: Pick<EventLog, 'list'>;
  readonly timeZone: string;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;
const PAGE = 1_000;
/** A rule with more events in the time asked for is to be changed, not to be counted. */
const MOST_EVENTS = 20_000;

interface Day {
  readonly day: string;
  /** Wall-clock ms; until exclusive. */
  readonly since: number;
  readonly until: number;
}

/** Coverage and marks by the days of the site, from what the store holds by the hour and by the event. */
export function createRuleRecords({ coverage, events, timeZone, clock }: RuleRecordsOptions): RuleRecords {
  const daysOf = (span: DaySpan): Day[] => days(span, new TimeText('en', timeZone, clock.now()));
  const coverageOf: RuleRecords['coverage'] = ({ from, to, ...query }) =>
    daysOf({ from, to }).flatMap(({ day, since, until }) =>
      coverage
        // Hours are UTC's: where the site's days begin within one, it counts to the day that it begins in.
        .summaries({ ...query, since, until })
        .filter(({ scheduledMs }) => scheduledMs > 0)
        .map((summary): CoverageDay => ({ ...summary, day })),
    );
  return {
    coverage: coverageOf,
    falseAlarms(ruleId, span) {
      const all = daysOf(span);
      const [first, last] = [all[0], all.at(-1)];
      if (!first || !last) return [];
      const found = eventsBetween(events, ruleId, first.since, last.until);
      const watched = coverageOf({ ...span, ruleId });
      const cameras = new Set([...watched, ...found.map(({ event }) => event)].map(({ cameraId }) => cameraId));
      return [...cameras].sort().map((cameraId) => {
        const own = found.filter(({ event }) => event.cameraId === cameraId);
        const on = new Map(
          watched.filter((each) => each.cameraId === cameraId).map(({ day, scheduledMs }) => [day, scheduledMs]),
        );
        return falseAlarmsOn(cameraId, all, own, on, clock.now());
      });
    },
  };
}

function days({ from, to }: DaySpan, times: TimeText): Day[] {
  const found: Day[] = [];
  for (let plus = 0; ; plus++) {
    const since = times.dayStart(from, plus);
    const until = times.dayStart(from, plus + 1);
    if (Number.isNaN(since) || Number.isNaN(times.dayStart(to))) {
      throw new WatchwordError('invalid-input', `"${from}" to "${to}" are no days`, { hint: 'Write 2026-03-02' });
    }
    if (since > times.dayStart(to)) return found;
    if (found.length >= MOST_DAYS) throw new WatchwordError('invalid-input', `more than ${MOST_DAYS} days`);
    found.push({
      day: new Date(Date.parse(`${from}T00:00:00Z`) + plus * DAY_MS).toISOString().slice(0, 10),
      since,
      until,
    });
  }
}

function eventsBetween(log: Pick<EventLog, 'list'>, ruleId: string, since: number, until: number): ReviewedEvent[] {
  const found: ReviewedEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = log.list({ ruleId, since, until }, { limit: PAGE, ...(cursor && { cursor }) });
    found.push(...page.events);
    cursor = page.next ?? undefined;
  } while (cursor && found.length < MOST_EVENTS);
  return found;
}

function falseAlarmsOn(
  cameraId: string,
  all: readonly Day[],
  events: readonly ReviewedEvent[],
  on: ReadonlyMap<string, number>,
  now: number,
): FalseAlarms {
  const [firstDay] = on.keys();
  const longestMs = on.size > 1 ? Math.max(...on.values()) : DAY_MS;
  const counted = all.map(({ day, since, until }): AlarmDay & { readonly length: number } => {
    const own = events.filter(({ event }) => event.startedAt >= since && event.startedAt < until);
    const marked = (mark: 'right' | 'wrong'): number => own.filter(({ review }) => review.mark === mark).length;
    // A day on which it was never on counts for nothing; of today only what is over, of its first day what it was on for.
    const past = on.has(day) || own.length > 0 ? Math.max(0, Math.min(until, now) - since) / DAY_MS : 0;
    const length = day === firstDay ? Math.min(past, (on.get(day) ?? 0) / longestMs) : past;
    return { day, events: own.length, right: marked('right'), wrong: marked('wrong'), length };
  });
  const sum = (of: readonly (typeof counted)[number][], part: 'events' | 'right' | 'wrong' | 'length'): number =>
    of.reduce((total, each) => total + each[part], 0);
  const length = sum(counted, 'length');
  const wrong = sum(counted, 'wrong');
  const [low, high] = poissonInterval(wrong);
  const ran = counted.filter((each) => each.length > 0);
  const middle = ran.length >> 1;
  const half = (part: typeof counted) => ({ count: sum(part, 'wrong'), length: sum(part, 'length') });
  return {
    cameraId,
    days: counted.map(({ length: _, ...day }) => day),
    ...{ events: sum(counted, 'events'), right: sum(counted, 'right'), wrong },
    perDay: length > 0 ? { rate: wrong / length, low: low / length, high: high / length } : null,
    trend: trendOf(half(ran.slice(0, middle)), half(ran.slice(middle))),
  };
}
