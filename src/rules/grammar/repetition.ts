import { readAmount, readUnit } from './amounts.ts';
import { readNumber } from './numbers.ts';
import { firstOf, pattern, type Reader } from './pattern.ts';
import { type Phrase, refused } from './phrase.ts';

const readOrdinal: Reader<string> = (tokens, at) => {
  const word = tokens[at];
  if (
    /^(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|next|umpteenth)$/.test(word?.lower ?? '')
  )
    return { end: at + 1, value: '' };
  const ending = tokens[at + 1];
  if (word?.kind === 'number' && ending?.glued && /^(st|nd|rd|th)$/.test(ending.lower))
    return { end: at + 2, value: '' };
  return undefined;
};
const readers = { ordinal: readOrdinal, number: readNumber, amount: readAmount, unit: readUnit };
const FUNCTION_WORDS = new Set(
  'if whether when while and or but for during between from at in on to until after before with only please critical urgent'.split(
    ' ',
  ),
);
/** `every second person`, not `check every second if`. */
const readNoun: Reader<string> = (tokens, at) =>
  tokens[at]?.kind === 'word' && !FUNCTION_WORDS.has(tokens[at]?.lower ?? '') ? { end: at + 1, value: '' } : undefined;
const PERIOD =
  '(today|this week|this month|this hour|this morning|this shift|in a row|in succession|in an hour|in a day|in a week|so far|per day|a day|an hour|per hour|a week|per week|within <amount>|in <amount>|within an hour|in the last <amount>|in the past <amount>|during the day)';

const COUNTED = firstOf([
  pattern(`(for|on|at) the <ordinal> time [${PERIOD}]`, readers),
  pattern(`the <ordinal> time [${PERIOD}]`, readers),
  pattern(
    `[more often than|more than|at least|over|less than|fewer than|exactly] (twice|thrice|three times|<number> times|several times|multiple times|many times|a number of times) [${PERIOD}]`,
    readers,
  ),
  pattern(`(more often than|more than|at least) once [${PERIOD}]`, readers),
  pattern(`once ${PERIOD}`, readers),
  pattern(
    '(repeatedly|again and again|over and over [again]|time and again|every now and then|once again|once more|yet again|again|back to back)',
  ),
  pattern(
    '(in the last|in the past|within the last|during the last|over the last|over the past|within the past) (<amount>|<unit>|day|week|hour|minute)',
    readers,
  ),
  pattern('<number> (in a row|in succession|times in a row)', readers),
  pattern('(every|each) <ordinal> <noun>', { ...readers, noun: readNoun }),
]);
const RATES = firstOf([
  pattern('(per|an|a) (day|hour|minute|week|shift|month)'),
  pattern('(hourly|daily|weekly) (average|total|count|limit)'),
  pattern('(on average|in total|altogether|so far today|so far this week)'),
]);
const COMPARED = firstOf([
  pattern(
    '(than|as|compared to|compared with) (yesterday|usual|normal|before|last week|last month|an hour ago|a minute ago|ten minutes ago|earlier|this morning|the day before)',
  ),
  pattern('(since|from) (yesterday|this morning|last night|last week|earlier|the morning|opening)'),
  pattern('(ago|earlier today|yesterday)'),
]);

/**
 * What needs several pictures to be compared or counted. A rule judges one picture at a time and waits (`for`), so these are
 * refused with the reason: dropping the words would give a rule that fires at the wrong time.
 */
export const repetition: Phrase = {
  means: 'repetition',
  read(tokens, at) {
    // `Once more than three people wait` begins a sentence.
    if (tokens[at]?.lower === 'once' && tokens[at + 2]?.lower === 'than') return undefined;
    const counted = COUNTED(tokens, at) ?? RATES(tokens, at);
    if (counted) {
      const message =
        'The box judges one picture at a time and cannot count how often something happens; each occurrence is an event of its own';
      return { end: counted.end, value: 'several frames', issues: [refused('several-frames', message)] };
    }
    const compared = COMPARED(tokens, at);
    if (!compared) return undefined;
    const message =
      'The box judges one picture at a time and cannot compare it with another time; say what should be seen';
    return { end: compared.end, value: 'several frames', issues: [refused('several-frames', message)] };
  },
};
