import { type AmountReading, formatMs, readAmount, readUnit } from './amounts.ts';
import { firstOf, pattern, type Reader } from './pattern.ts';
import { type Phrase, type PhraseReading, refused } from './phrase.ts';
import type { Token } from './tokens.ts';

const TELL = '(remind|alert|notify|tell|warn|ping|call|message|text|page|inform)';
const WHOM = '(me|us|security|staff|everyone)';

/** `until it is fixed`, `while it lasts`: reminders go on until the event ends or is acknowledged, whatever is said here. */
const readRest: Reader<string> = (tokens, at) => (at < tokens.length ? { end: tokens.length, value: '' } : undefined);
const readers = { amount: readAmount, unit: readUnit, rest: readRest };

const INSIDE = firstOf([
  pattern(
    `(,|and|but) [and|but] [please] ${TELL} ${WHOM} [again] (every|each) (<amount>|<unit>) [until <rest>|while <rest>|as long as <rest>|so long as <rest>]`,
    readers,
  ),
  pattern(
    '[,] [and|but] (repeat|keep repeating|resend|send again|alert again|remind me|remind us) [it|the alert|this] [again] (every|after|each) (<amount>|<unit>) [until <rest>|while <rest>|as long as <rest>]',
    readers,
  ),
  pattern('[,] [and|but] with [a] (reminder|reminders|repeat) (every|each) (<amount>|<unit>)', readers),
]);
/** `Remind me every 10 minutes as long as the exit is blocked`: what follows is what to look at. */
const FRONT = firstOf([
  pattern(`[please] remind ${WHOM} [again] (every|each) (<amount>|<unit>)`, readers),
  pattern(
    `[please] (keep|go on) (reminding|alerting|notifying|warning|telling) ${WHOM} (every|each) (<amount>|<unit>)`,
    readers,
  ),
  // With `when` or `if` behind it, it is how often to look.
  pattern(`[please] ${TELL} ${WHOM} [again] (every|each) (<amount>|<unit>) <lasting>`, { ...readers, lasting }),
]);
const LASTING = pattern('(while|as long as|so long as|until)');
const KEEP_ON = pattern('[,] [and|but] keep (alerting|reminding|notifying|warning|telling) [me|us]');
const SHORTEST_MS = 10_000;

/** The same event told again while it lasts: `and remind me every 10 minutes`. */
export const reminder: Phrase = {
  means: 'reminder',
  read(tokens, at): PhraseReading | undefined {
    const match = (at === 0 ? FRONT(tokens, at) : undefined) ?? INSIDE(tokens, at);
    if (match && tokens[match.end]?.lower === 'until') {
      const until = 'Reminders end with the event, or when somebody acknowledges it; write what is seen while it lasts';
      return { end: tokens.length, value: 'repeat', issues: [refused('repeat-alert', until)] };
    }
    if (match) {
      const ms = (match.found.amount as AmountReading | undefined)?.ms ?? (match.found.unit as number | undefined) ?? 0;
      const often = 'A reminder comes every 10 seconds at most; write a longer time';
      const issues = ms < SHORTEST_MS ? [refused('too-often', often)] : [];
      return { end: match.end, meaning: { kind: 'reminder', remindMs: ms }, value: formatMs(ms), issues };
    }
    const kept = KEEP_ON(tokens, at);
    const how = 'How often it is told again is not said; write "and remind me every 10 minutes"';
    return kept && { end: kept.end, value: 'repeat', issues: [refused('repeat-alert', how)] };
  },
};

/** Looks ahead only: the connector opens what is looked at. */
function lasting(tokens: readonly Token[], at: number): { end: number; value: string } | undefined {
  return LASTING(tokens, at) && { end: at, value: '' };
}
