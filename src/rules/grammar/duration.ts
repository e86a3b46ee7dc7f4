import { type AmountReading, formatMs, readAmount } from './amounts.ts';
import { firstOf, pattern } from './pattern.ts';
import { doubted, type Phrase, type PhraseIssue, type PhraseReading, refused } from './phrase.ts';
import { isDash, type Token } from './tokens.ts';

/** Longer than a week is a report, not an alarm; and a timer that long rarely survives what happens to a store. */
const LONGEST_MS = 7 * 86_400_000;

const readers = { amount: readAmount };
const MORE =
  '[at least|a minimum of|more than|longer than|no less than|not less than|over|about|around|roughly|some|the last|the past|a total of|exactly|as long as|between]';
const TAIL =
  '[or more|or longer|at least|straight|in a row|at a time|at a stretch|without interruption|without a break|uninterrupted|continuously|on end]';

const LENGTH = firstOf([
  pattern(
    `[,] [and] [this] [lasts|lasting|remains so|stays so|stays that way|remains that way|stays like this|continues|persists|holds] for ${MORE} <amount> ${TAIL}`,
    readers,
  ),
  pattern(
    `[,] [and] [this|it] [has] (lasts|last|lasting|lasted|continues|persists|persisting|holds|takes) [for] ${MORE} <amount> ${TAIL}`,
    readers,
  ),
  pattern(
    `[for] [any] (longer than|more than|over|at least|in excess of|upwards of|exceeding) <amount> ${TAIL}`,
    readers,
  ),
  pattern(`(during|over|within|throughout) (at least|more than|a period of) <amount> ${TAIL}`, readers),
  pattern(
    '(for|during|over|throughout|with|after) (a|any) [continuous|uninterrupted] <amount> (period|stretch|delay|wait|spell|window|time) [of time]',
    readers,
  ),
  pattern('with a (delay|wait) of <amount>', readers),
  pattern(`[only] after ${MORE} <amount> ${TAIL}`, readers),
  pattern(`since ${MORE} <amount>`, readers),
  pattern('<amount> (long|straight|in a row|or more|or longer|without interruption|on end)', readers),
]);

const AT_MOST = firstOf([
  pattern(
    '[for] (at most|less than|no more than|not more than|no longer than|not longer than|up to|under|shorter than|fewer than|a maximum of|max) <amount>',
    readers,
  ),
  pattern('(within|in) [the first] <amount>', readers),
]);
const VAGUE = firstOf([
  pattern(
    '(for|during) (the whole|the entire|a whole|an entire|a full) (day|night|week|shift|morning|afternoon|evening)',
  ),
  pattern(
    'for (a while|a long time|a moment|a bit|some time|ages|too long|very long|long|an extended period [of time]|a short time|a short while|a prolonged period|quite some time|several moments)',
  ),
  pattern('(too long|a long time|a while)'),
]);

/** How long the condition must hold before the event opens: `for 5 minutes`, `longer than ten seconds`, `after half an hour`. */
export const duration: Phrase = {
  means: 'duration',
  read(tokens, at) {
    const match = LENGTH(tokens, at);
    if (match && isDistance(tokens, match.end)) return undefined;
    if (match) {
      const { ms, vague } = match.found.amount as AmountReading;
      return { end: match.end, meaning: { kind: 'duration', ms }, value: formatMs(ms), issues: issuesOf(ms, vague) };
    }
    const most = AT_MOST(tokens, at);
    // `within 5 minutes of closing` is a time of day that nobody can read, not a duration.
    if (
      most &&
      !isDistance(tokens, most.end) &&
      !/^(of|before|after|to|until|till)$/.test(tokens[most.end]?.lower ?? '')
    ) {
      const message =
        'The box waits until something has lasted, it cannot tell that it ended in time; write "for more than ..."';
      return { end: most.end, value: 'at most', issues: [refused('at-most-duration', message)] };
    }
    const bare = readBare(tokens, at);
    if (bare) return bare;
    const unclear = VAGUE(tokens, at);
    if (!unclear) return undefined;
    const issue = refused('vague-duration', 'How long is that? Write a length of time, such as "for 2 minutes"');
    return { end: unclear.end, value: 'unclear', issues: [issue] };
  },
};

/** Whether the `m` before `end` is a metre: `less than 3 m apart`. */
export function isDistance(tokens: readonly Token[], end: number): boolean {
  const after = tokens[end]?.lower ?? '';
  return (
    tokens[end - 1]?.lower === 'm' && /^(apart|away|from|high|wide|tall|deep|long|of|off|above|below)$/.test(after)
  );
}

/** `shelf empty 5 min`, `door open > 30 s`: a length of time at the end says how long without any preposition. */
function readBare(tokens: readonly Token[], at: number): PhraseReading | undefined {
  const amount = readAmount(tokens, at);
  const next = amount && tokens[amount.end];
  const above = /^[>≥]$/.test(tokens[at]?.lower ?? '');
  if (!amount || (next && !above && !ENDS_BARE.has(next.lower) && (next.kind !== 'sign' || isDash(next))))
    return undefined;
  if (at === 0 || NOT_BEFORE.has(tokens[at - 1]?.lower ?? '')) return undefined;
  const { ms, vague } = amount.value;
  return { end: amount.end, meaning: { kind: 'duration', ms }, value: formatMs(ms), issues: issuesOf(ms, vague) };
}

/** What a bare length of time may stand before: the next phrase, not the rest of the picture. */
const ENDS_BARE = new Set(
  'critical urgent emergency warning info please max check during between from after at in on weekdays weekends daily mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday aisle dock camera cam'.split(
    ' ',
  ),
);
const NOT_BEFORE = new Set(
  'than last past next by in within every each to until till of at before after once twice per a an the and or between from since'.split(
    ' ',
  ),
);

function issuesOf(ms: number, vague: boolean): PhraseIssue[] {
  const issues: PhraseIssue[] = [];
  if (vague) issues.push(doubted('vague-number', `Read as ${formatMs(ms)}; write the number if you mean another`));
  if (ms > LONGEST_MS) issues.push(refused('long-duration', 'A condition can be waited for at most 7 days'));
  if (ms === 0) issues.push(doubted('zero-duration', 'No time at all: the event opens at the first two yes answers'));
  return issues;
}
