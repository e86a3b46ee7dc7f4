import { type AmountReading, formatMs, readAmount, readUnit } from './amounts.ts';
import { type NumberReading, readNumber } from './numbers.ts';
import { firstOf, pattern } from './pattern.ts';
import { type Phrase, type PhraseReading, refused } from './phrase.ts';

const readers = { amount: readAmount, unit: readUnit, number: readNumber };
const CHECK =
  '(check|checking|checked|look|looking|sample|sampling|sampled|ask|asking|test|testing|evaluate|evaluated|verify|poll|scan|inspect|take a look|have a look|monitor)';
const EVERY = firstOf([
  pattern(
    `[,] [and|but] [please] [only] ${CHECK} [it|this|that|again|for it|once|the picture|the camera] (every|each) <amount>`,
    readers,
  ),
  pattern(
    `[,] [and|but] [please] [only] ${CHECK} [it|this|that|again] (every|each|once a|once an|once per|once every) <unit>`,
    readers,
  ),
  pattern(`[,] [and|but] [please] [only] ${CHECK} [it|this|that] (<number> times|twice) (a|an|per) <unit>`, readers),
  pattern('[,] [and] (every|each) <amount>', readers),
  pattern('[,] [and] (every|each) (second|minute|hour)'),
  pattern('[,] [and] (at|with) (an|a) interval of <amount>', readers),
  pattern('[,] [and] (at|with|in) [a|an] <amount> (interval|intervals|steps)', readers),
]);
const UNITS: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };
const SHORTEST_MS = 100;

/** How often the question is asked: `check every 10 seconds`. */
export const interval: Phrase = {
  means: 'interval',
  read(tokens, at): PhraseReading | undefined {
    const match = EVERY(tokens, at);
    if (!match) return undefined;
    const ms = everyMs(
      match.found,
      tokens.slice(at, match.end).map((token) => token.lower),
    );
    const issues = ms < SHORTEST_MS ? [refused('too-often', 'The box looks at most ten times a second')] : [];
    return { end: match.end, meaning: { kind: 'interval', everyMs: ms }, value: formatMs(ms), issues };
  },
};

function everyMs(found: Readonly<Record<string, unknown>>, words: readonly string[]): number {
  const amount = found.amount as AmountReading | undefined;
  if (amount) return amount.ms;
  const unit = (found.unit as number | undefined) ?? UNITS[words.at(-1) ?? ''] ?? 0;
  if (words.includes('twice')) return unit / 2;
  const times = (found.number as NumberReading | undefined)?.amount ?? 1;
  return times > 0 ? Math.round(unit / times) : unit;
}
