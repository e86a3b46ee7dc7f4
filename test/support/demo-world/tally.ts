import type { Occurrence } from './script.ts';

/** An event in seconds of the script; `to` null while it is open. */
export interface TimedEvent {
  readonly rule: string;
  readonly from: number;
  readonly to: number | null;
}

export interface Tally {
  /** Occurrences that lasted long enough that the rule must tell of them. */
  readonly due: number;
  readonly events: number;
  readonly missed: readonly Occurrence[];
  readonly wrong: readonly TimedEvent[];
  /** How far each event's beginning was from what happened, seconds. */
  readonly errors: readonly number[];
}

/** An event that begins further from what happened tells of something else. */
export const RIGHT_MINUTE_S = 60;

/**
 * A rule's events against the script. Each occurrence is to have one event that begins within a minute of it; a second one,
 * and one with no occurrence, is wrong. What lasts less than `leastS` need not be told; an event of it is no error while it
 * can hold so long with the time in which nobody could say. Pure.
 */
export function tally(
  rule: string,
  {
    occurrences,
    events,
    leastS,
    forS,
  }: {
    readonly occurrences: readonly Occurrence[];
    readonly events: readonly TimedEvent[];
    readonly leastS: number;
    readonly forS: number;
  },
): Tally {
  const own = events.filter((event) => event.rule === rule);
  const real = occurrences.filter((each) => each.rule === rule && each.around.to - each.around.from >= forS);
  const taken = new Map<Occurrence, TimedEvent>();
  const wrong: TimedEvent[] = [];
  const errors: number[] = [];
  for (const event of own) {
    const found = real.find(
      (each) => !taken.has(each) && distance(each, event.from) <= RIGHT_MINUTE_S && overlaps(each, event),
    );
    if (!found) wrong.push(event);
    else {
      taken.set(found, event);
      errors.push(distance(found, event.from));
    }
  }
  const due = real.filter(({ from, to }) => to - from >= leastS);
  const missed = due.filter((each) => !taken.has(each));
  return { due: due.length, events: own.length, missed, wrong, errors };
}

/** From the time in which it may be said to begin. */
function distance({ from, around }: Occurrence, second: number): number {
  return Math.max(0, around.from - second, second - from);
}

function overlaps({ around }: Occurrence, { from, to }: TimedEvent): boolean {
  return from <= around.to && (to ?? Number.POSITIVE_INFINITY) >= around.from;
}
