import type { ReportKind, ReportWindow } from './reporting.ts';
import { TimeText } from './time-text.ts';

/** When a shift begins, by the site's clock; it lasts until the next one begins. */
export interface Shift {
  readonly name: string;
  /** Minutes after midnight. */
  readonly startsAt: number;
}

/** Days and shifts of a site as stretches of time. A day with a change to summer time has 23 hours. Pure. */
export class ReportWindows {
  readonly shifts: readonly Shift[];
  readonly #timeZone: () => string;

  constructor(options: { shifts: readonly Shift[]; timeZone: () => string }) {
    this.shifts = [...options.shifts].sort((a, b) => a.startsAt - b.startsAt);
    this.#timeZone = options.timeZone;
  }

  /** Undefined for a day or a shift that is not there. */
  window(kind: ReportKind, date: string, shift?: string): ReportWindow | undefined {
    const times = this.#times(0);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(times.dayStart(date))) return undefined;
    if (kind === 'day') {
      return { kind, name: null, date, from: times.dayStart(date), until: times.dayStart(date, 1) };
    }
    const index = this.shifts.findIndex(({ name }) => name === shift);
    const { name, startsAt } = this.shifts[index] ?? {};
    if (name === undefined || startsAt === undefined) return undefined;
    const next = this.shifts[index + 1]?.startsAt ?? 1_440 + (this.shifts[0]?.startsAt ?? 0);
    return { kind, name, date, from: times.moment(date, startsAt), until: times.moment(date, next) };
  }

  /** The window that holds a moment; undefined when there are no shifts. */
  at(kind: ReportKind, moment: number): ReportWindow | undefined {
    const times = this.#times(moment);
    // The night shift of yesterday is still on in the morning.
    return [times.day(1), times.day()]
      .flatMap((date) => this.#ofDay(kind, date))
      .find(({ from, until }) => from <= moment && moment < until);
  }

  /** The newest window that had ended by a moment. */
  endedBy(kind: ReportKind, moment: number): ReportWindow | undefined {
    const now = this.at(kind, moment);
    return now && this.at(kind, now.from - 1);
  }

  #ofDay(kind: ReportKind, date: string): ReportWindow[] {
    const names = kind === 'day' ? [undefined] : this.shifts.map(({ name }) => name);
    return names.flatMap((name) => this.window(kind, date, name) ?? []);
  }

  #times(now: number): TimeText {
    return new TimeText('en', this.#timeZone(), now);
  }
}
