import { type AmountReading, formatMs, readAmount } from './amounts.ts';
import { firstOf, pattern } from './pattern.ts';
import { type Phrase, refused } from './phrase.ts';

const readers = { amount: readAmount };
const CLEAR =
  '(clear|clear again|gone|away|over|back to normal|resolved|fixed|empty again|free|free again|ok|okay|fine|normal|normal again|better|safe|safe again|dealt with|cleaned up|removed|restocked|sorted)';
const IT =
  '(it|this|that|everything|the problem|the issue|the situation|the scene|the alert|the event|the condition|the area|the picture|all|things)';
const AT_LEAST = '[at least|more than|a full|over]';

const TIMED = firstOf([
  pattern(
    `[,] [and] [stay on|keep it open|keep the alert open] (until|till|unless) ${IT} (has been|is|was|stays|remains|has stayed|has remained|have been|are) ${CLEAR} [again] for ${AT_LEAST} <amount>`,
    readers,
  ),
  pattern(`[,] (until|till) ${CLEAR} for ${AT_LEAST} <amount>`, readers),
  pattern(
    `[,] [and|then] [only] (clear|end|close|resolve|reset|cancel|stop) [it|this|the alert|the event|the alarm] (after|once ${IT} has been ${CLEAR} for|when ${IT} has been ${CLEAR} for|when ${CLEAR} for|once ${CLEAR} for) ${AT_LEAST} <amount> [of (clear|no|normal|calm|quiet)] [without it|clear]`,
    readers,
  ),
  pattern(
    `[,] [and|then] keep [it|this|the alert|the event|the alarm] (open|firing|active|on|up) for [at least|another] <amount> [after ${IT} (clears|ends)]`,
    readers,
  ),
  pattern('[,] [and] (it|the alert|the event) (clears|ends|closes|resolves|is over) after <amount>', readers),
]);
const UNTIMED = firstOf([
  pattern(`[,] (until|till) ${IT} (has been|is|was|are|gets|becomes|have been) ${CLEAR} [again]`),
  pattern(`[,] (until|till) (clear|clear again|cleared|resolved|further notice)`),
  pattern(
    '[,] (until|till) (someone|somebody|a person|i|we) (acknowledges|acknowledge|confirms|confirm|reacts|react) [it]',
  ),
]);
const CONDITION = pattern('[,] (until|till)');

/** How long it must be clear before the event ends: `until it has been clear for 1 minute`. */
export const release: Phrase = {
  means: 'release',
  read(tokens, at) {
    const timed = TIMED(tokens, at);
    if (timed) {
      const { ms } = timed.found.amount as AmountReading;
      return { end: timed.end, meaning: { kind: 'release', ms }, value: formatMs(ms) };
    }
    const untimed = UNTIMED(tokens, at);
    if (untimed && !/^(by|with|of|in|at|to|and|or)$/.test(tokens[untimed.end]?.lower ?? ''))
      return { end: untimed.end, meaning: { kind: 'release', ms: null }, value: 'when clear' };
    // `at the till`, `Till 3 is unmanned` are places.
    const isTill = at === 0 && tokens[1]?.kind === 'number' && !/^(am|pm|o'clock|:|,)$/.test(tokens[2]?.lower ?? 'am');
    const condition =
      isTill ||
      /^(the|a|an|at|each|every|any|our|one|by|near|first|second|third|fourth|last|next|only|other)$/.test(
        tokens[at - 1]?.lower ?? '',
      )
        ? undefined
        : CONDITION(tokens, at);
    if (!condition) return undefined;
    let { end } = condition;
    while (end < tokens.length && tokens[end]?.kind !== 'sign') end++;
    if (end === condition.end) return undefined;
    const message =
      'An event ends by itself when the answer turns round; say only for how long: "until it has been clear for 1 minute"';
    return { end, value: 'another condition', issues: [refused('release-condition', message)] };
  },
};
