import { duration } from './duration.ts';
import { filler } from './filler.ts';
import { interval } from './interval.ts';
import { lookback } from './lookback.ts';
import type { Phrase } from './phrase.ts';
import { place } from './place.ts';
import { rate } from './rate.ts';
import { release } from './release.ts';
import { reminder } from './reminder.ts';
import { repetition } from './repetition.ts';
import { schedule } from './schedule.ts';
import { severity } from './severity.ts';

/**
 * All constructs that the machine takes out of a sentence, in the order in which they are tried at each word: what is more
 * certain first (`at most once an hour` before `once an hour`, `until 10pm` before `until it is clear`). What none of them
 * reads, and no lead-in holds, is the question.
 */
export const PHRASES: readonly Phrase[] = [
  severity,
  rate,
  reminder,
  lookback,
  schedule,
  release,
  duration,
  repetition,
  interval,
  place,
  filler,
];
