import type { Calendar } from './schedule.ts';

/** A camera as the rule language knows it. */
export interface KnownCamera {
  readonly id: string;
  /** What people call it; places of a sentence are looked up by id and by name. */
  readonly name?: string;
  readonly groups?: readonly string[];
  /** Height of the picture in pixels, when known. */
  readonly heightPx?: number;
  readonly zones?: ReadonlyArray<{ readonly name: string; readonly heightPx?: number }>;
}

/** What the box knows and a sentence may speak of. */
export interface KnownWorld {
  readonly cameras: readonly KnownCamera[];
  /** By name, lower case: `opening hours`, `night`, `delivery window`. */
  readonly calendars: Readonly<Record<string, Calendar>>;
}
