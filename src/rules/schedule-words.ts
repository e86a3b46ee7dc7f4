import { composeSchedule } from './grammar/schedule-pieces.ts';
import type { ScheduleWindow, SentenceIssue } from './rule.ts';
import { readSentence } from './sentence.ts';
import type { KnownWorld } from './world.ts';

export interface ScheduleWords {
  /** null: always. */
  readonly windows: readonly ScheduleWindow[] | null;
  readonly errors: readonly SentenceIssue[];
  readonly warnings: readonly SentenceIssue[];
}

/** Reads the words of a schedule alone (`weekdays 8am-10pm`, `opening hours`, `always`), with the same grammar as sentences. */
export function readScheduleWords(text: string, world: KnownWorld): ScheduleWords {
  const name = text.trim().toLowerCase();
  if (Object.hasOwn(world.calendars, name)) {
    return { windows: [{ calendar: name, negate: false }], errors: [], warnings: [] };
  }
  const { meanings, words, errors, warnings } = readSentence(text, world);
  const pieces = meanings.flatMap((meaning) => (meaning.kind === 'schedule' ? [meaning.piece] : []));
  const others = meanings.some((meaning) => meaning.kind !== 'schedule' && meaning.kind !== 'filler');
  const whole = { start: 0, end: text.length };
  if (words.length > 0 || others || (pieces.length === 0 && errors.length === 0)) {
    const message = 'This is no schedule; write "weekdays 8am-10pm", "outside opening hours" or "always"';
    return { windows: null, errors: [...errors, { code: 'not-a-schedule', message, ...whole }], warnings };
  }
  const { windows, issues } = composeSchedule(pieces);
  const placed = issues.map(({ code, message, refused }) => ({ issue: { code, message, ...whole }, refused }));
  return {
    windows,
    errors: [...errors, ...placed.filter(({ refused }) => refused).map(({ issue }) => issue)],
    warnings: [...warnings, ...placed.filter(({ refused }) => !refused).map(({ issue }) => issue)],
  };
}
