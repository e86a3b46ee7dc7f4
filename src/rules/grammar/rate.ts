import { type AmountReading, formatMs, readAmount, readUnit } from './amounts.ts';
import { type NumberReading, readNumber } from './numbers.ts';
import { firstOf, pattern } from './pattern.ts';
import { type Phrase, type PhraseReading, refused } from './phrase.ts';

const readers = { amount: readAmount, unit: readUnit, number: readNumber };
const MOST =
  '(at most|at the most|no more than|not more than|not more often than|no more often than|never more than|never more often than|max|max .|maximum|a maximum of|up to|only|just|no more frequently than|limit to|limited to|limit it to|limit alerts to|limit this to)';
const ALERTS = '(alert|alerts|message|messages|notification|notifications|alarm|alarms|time|times|email|emails)';

const ONCE_PER = firstOf([
  pattern(
    `[,] [and|but] [alert|notify|tell|warn] [me|us] ${MOST} (once|one ${ALERTS}|1 ${ALERTS}|a single ${ALERTS}|1 x) (a|an|per|every|each|in|in any|within) <unit>`,
    readers,
  ),
  pattern(
    `[,] [and|but] [alert|notify|tell|warn] [me|us] ${MOST} (once|one ${ALERTS}|1 ${ALERTS}|a single ${ALERTS}) (every|per|in|in any|within|each) <amount>`,
    readers,
  ),
  pattern(`[,] [and|but] [alert|notify|tell|warn] [me|us] ${MOST} every <amount>`, readers),
  pattern(
    `[,] [and|but] (once|one ${ALERTS}|1 ${ALERTS}) (a|an|per|every|each) <unit> [at most|maximum|max|at the most|only|tops]`,
    readers,
  ),
  pattern(
    `[,] [and|but] (once|one ${ALERTS}|1 ${ALERTS}) every <amount> [at most|maximum|max|at the most|only|tops]`,
    readers,
  ),
  pattern(`[,] [and|but] every <amount> (at most|maximum|max|at the most)`, readers),
  pattern(
    '[,] [and|but] [with|leave|keep|wait] [at least|a minimum of] <amount> between [two|the] (alerts|messages|notifications|alarms|them)',
    readers,
  ),
  pattern(
    "[,] [and|but] (do not|don't|never) (repeat|alert|notify|remind|tell|warn|bother) [it|me|us|this] [again] (for|within|more than once in|more than once per|more than once every) [at least|another|the next] <amount>",
    readers,
  ),
  pattern(
    '[,] [and|but] (not again|no repeat|no repeats|no more alerts|no further alerts) (for|within) [at least|another|the next] <amount>',
    readers,
  ),
  pattern(
    '[,] [and|then] (mute|silence|snooze|stay quiet|stay silent|be quiet|pause|ignore it|rest) [it|this|the alert|alerts] for [at least|another|the next] <amount>',
    readers,
  ),
  pattern('[,] [and] [with] [a] (cooldown|cool - down|cool down|pause) (of|is|:) <amount>', readers),
  pattern('[,] [and] [with] [a|an] <amount> (cooldown|cool - down|pause)', readers),
]);
const NOT_MORE = firstOf([
  pattern(
    "[,] [and|but] [please] (do not|don't|never) (alert|notify|tell|warn|bother|message|ping) [me|us] [again] more (than once|often than once|than one time) (a|an|per|every|each|in) <unit>",
    readers,
  ),
  pattern(
    "[,] [and|but] [please] (do not|don't|never) (alert|notify|tell|warn|bother|message|ping) [me|us] [again] more (than once|often than once|often than|than one time) [in|every|per|within] <amount>",
    readers,
  ),
]);
const NAMED = pattern(`[,] [and|but] ${MOST} (hourly|daily|weekly)`);
const NAMED_MS: Readonly<Record<string, number>> = { hourly: 3_600_000, daily: 86_400_000, weekly: 604_800_000 };
const SEVERAL_PER = firstOf([
  pattern(
    `[,] [and|but] [alert|notify|tell|warn] [me|us] ${MOST} (twice|<number> ${ALERTS}|<number> x) (a|an|per|every|each|in|in any|within|in any one|in one) (<unit>|<amount>)`,
    readers,
  ),
  pattern(
    '[,] [and|but] (twice|<number> times|<number> alerts) (a|an|per|every|each) (<unit>|<amount>) (at most|maximum|max|at the most|tops)',
    readers,
  ),
]);
const PER_OCCURRENCE = firstOf([
  pattern(`[,] [and|but] (only|just) once (each time|every time|per event|per occurrence|per incident)`),
  pattern(
    '[,] [and|but] (once per event|once per occurrence|once per incident|once each time|without repeating|without repeats)',
  ),
]);
/** Least time between two alerts: `at most once an hour`. */
export const rate: Phrase = {
  means: 'rate',
  read(tokens, at): PhraseReading | undefined {
    const several = SEVERAL_PER(tokens, at);
    const count = (several?.found.number as NumberReading | undefined)?.amount ?? 2;
    if (several && count !== 1) {
      const message = `The box keeps a least time between two alerts, it does not count them; write "at most once every ..." instead`;
      return { end: several.end, value: 'several', issues: [refused('rate-count', message)] };
    }
    const once = several ?? ONCE_PER(tokens, at) ?? NOT_MORE(tokens, at);
    if (once) {
      const ms = (once.found.unit as number | undefined) ?? (once.found.amount as AmountReading | undefined)?.ms ?? 0;
      return { end: once.end, meaning: { kind: 'rate', cooldownMs: ms }, value: formatMs(ms) };
    }
    const named = NAMED(tokens, at);
    if (named) {
      const ms = NAMED_MS[tokens[named.end - 1]?.lower ?? ''] ?? 0;
      return { end: named.end, meaning: { kind: 'rate', cooldownMs: ms }, value: formatMs(ms) };
    }
    const each = PER_OCCURRENCE(tokens, at);
    return each && { end: each.end, meaning: { kind: 'filler' }, value: 'once per event' };
  },
};
