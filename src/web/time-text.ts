/** Times as the site's people read them: in the site's time zone, with the age beside. */
export class TimeText {
  readonly #now: number;
  readonly #language: string;
  readonly #clock: Intl.DateTimeFormat;
  readonly #clockSeconds: Intl.DateTimeFormat;
  readonly #dayClock: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #dayKey: Intl.DateTimeFormat;
  readonly #parts: Intl.DateTimeFormat;
  readonly #age: Intl.RelativeTimeFormat;

  constructor(language: string, timeZone: string, now: number) {
    this.#now = now;
    this.#language = language;
    const locale = language === 'en' ? 'en-GB' : language;
    const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
      formatter(locale, { ...options, timeZone, hourCycle: 'h23' });
    this.#clock = format({ hour: '2-digit', minute: '2-digit' });
    this.#clockSeconds = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
    this.#dayClock = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
    this.#full = format({ dateStyle: 'full', timeStyle: 'long' });
    this.#date = format({ dateStyle: 'full' });
    this.#dayKey = format({ dateStyle: 'short' });
    this.#parts = format({
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    this.#age = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  }

  /** `14:03`, or with the day when it is not today. */
  short(at: number): string {
    return this.#isToday(at) ? this.#clock.format(at) : this.#dayClock.format(at);
  }

  /** `14:03`, of whatever day. */
  clock(at: number): string {
    return this.#clock.format(at);
  }

  /** `Monday, 2 March 2026` */
  dateOf(at: number): string {
    return this.#date.format(at);
  }

  /** `2 Mar, 14:03`, today too: for stretches of time. */
  withDay(at: number): string {
    return this.#dayClock.format(at);
  }

  /** `14:03:12` */
  withSeconds(at: number): string {
    return this.#clockSeconds.format(at);
  }

  /** Day, time and zone in full, for titles. */
  full(at: number): string {
    return this.#full.format(at);
  }

  /** `3 min ago`. The client script keeps it up to date with the same rule (static/app.js, `ageText`). */
  age(at: number): string {
    const seconds = Math.max(0, Math.round((this.#now - at) / 1000));
    if (seconds < 60) return this.#age.format(-seconds, 'second');
    if (seconds < 3_600) return this.#age.format(-Math.floor(seconds / 60), 'minute');
    if (seconds < 86_400) return this.#age.format(-Math.floor(seconds / 3_600), 'hour');
    return this.#age.format(-Math.floor(seconds / 86_400), 'day');
  }

  /** `42 min`, `1 h 5 min`: at most two units. */
  duration(ms: number): string {
    const total = Math.max(0, Math.round(ms / 1000));
    const units: Array<[unit: 'day' | 'hour' | 'minute' | 'second', seconds: number]> = [
      ['day', 86_400],
      ['hour', 3_600],
      ['minute', 60],
      ['second', 1],
    ];
    const first = units.findIndex(([, seconds]) => total >= seconds);
    if (first < 0) return this.#unit(0, 'second');
    let rest = total;
    const parts: string[] = [];
    for (const [unit, seconds] of units.slice(first, first + 2)) {
      const count = Math.floor(rest / seconds);
      rest -= count * seconds;
      if (count > 0) parts.push(this.#unit(count, unit));
    }
    return parts.join(' ');
  }

  /** The same without what nobody needs to know: no seconds from five minutes on. */
  roughly(ms: number): string {
    return this.duration(ms < 5 * 60_000 ? ms : Math.floor(ms / 60_000) * 60_000);
  }

  /** The day of the site that it is now, or so many days before: `2026-03-02`. */
  day(daysAgo = 0): string {
    const today = this.#isoDay(this.#now);
    // The middle of that day, whatever the clocks do in between.
    return daysAgo === 0 ? today : this.#isoDay(this.dayStart(today) + (0.5 - daysAgo) * 86_400_000);
  }

  #isoDay(at: number): string {
    const parts = new Map(this.#parts.formatToParts(at).map(({ type, value }) => [type, value]));
    return ['year', 'month', 'day'].map((type) => (parts.get(type as 'day') ?? '').padStart(2, '0')).join('-');
  }

  /** The moment a day of the site begins (`2026-03-02`, plus so many days); NaN when there is no such day. */
  dayStart(day: string, plusDays = 0): number {
    return this.moment(day, plusDays * 1_440);
  }

  /** So many minutes after a day's midnight by the site's clock; NaN when there is no such day. */
  moment(day: string, minutes: number): number {
    const utc = Date.parse(`${day}T00:00:00Z`) + minutes * 60_000;
    if (Number.isNaN(utc)) return utc;
    // Twice: the first guess may lie on the other side of a change to or from summer time.
    const guess = utc - this.#offset(utc);
    return utc - this.#offset(guess);
  }

  /** How far the site's clocks are ahead of UTC at that moment, ms. */
  #offset(at: number): number {
    const parts = new Map(this.#parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 1, day, hour, minute, second] = (
      ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    ).map((type) => parts.get(type));
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
  }

  #isToday(at: number): boolean {
    return this.#dayKey.format(at) === this.#dayKey.format(this.#now);
  }

  #unit(count: number, unit: string): string {
    return unitFormatter(this.#language, unit).format(count);
  }
}

/** Formatters are dear to make (a page of 200 events needs few kinds): kept by their options. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options);
    formatters.set(key, found);
  }
  return found;
}

const unitFormatters = new Map<string, Intl.NumberFormat>();

function unitFormatter(language: string, unit: string): Intl.NumberFormat {
  const key = `${language} ${unit}`;
  let found = unitFormatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' });
    unitFormatters.set(key, found);
  }
  return found;
}
