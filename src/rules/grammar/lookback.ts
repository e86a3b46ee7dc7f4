import { type AmountReading, formatMs, readAmount } from './amounts.ts';
import { pattern } from './pattern.ts';
import { type Phrase, type PhraseReading, refused } from './phrase.ts';

/** Longer than a minute is history: a handful of pictures of it shows too little. */
export const LONGEST_LOOKBACK_MS = 60_000;
export const SHORTEST_LOOKBACK_MS = 1_000;

const LOOKBACK = pattern(
  '[,] [and] [when] (over|across|throughout|looking at|judging by|seen over|judged over) the (last|past|previous) <amount>',
  { amount: readAmount },
);

/** Several pictures in one question, for what only motion shows: `over the last 10 seconds`. */
export const lookback: Phrase = {
  means: 'lookback',
  read(tokens, at): PhraseReading | undefined {
    const match = LOOKBACK(tokens, at);
    const ms = (match?.found.amount as AmountReading | undefined)?.ms;
    // A longer time is none that pictures of one question show; what counts over an hour is refused with its own words.
    if (!match || ms === undefined || ms > LONGEST_LOOKBACK_MS) return undefined;
    const short = 'A question looks back at least one second';
    const issues = ms < SHORTEST_LOOKBACK_MS ? [refused('short-lookback', short)] : [];
    return { end: match.end, meaning: { kind: 'lookback', overMs: ms }, value: formatMs(ms), issues };
  },
};
