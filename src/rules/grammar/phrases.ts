import { duration } from './duration.ts';
import { filler } from './filler.ts';
import type { Phrase } from './phrase.ts';
import { severity } from './severity.ts';

/**
 * All constructs that the machine takes out of a sentence, in the order in which they are tried at each word: what is more
 * certain first. What none of them reads, and no lead-in holds, is the question.
 */
export const PHRASES: readonly Phrase[] = [severity, duration, filler];
