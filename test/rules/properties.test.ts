import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWord, tokenize } from '../../src/rules/grammar/tokens.ts';
import { compile } from './box.ts';

/** Pieces that people put together, in any order: most results are nonsense, none may break. */
const PIECES =
  `alert me when|let us know if|a shelf is empty|nobody|is|not|there is no|the exit|is blocked|for 5 minutes|for half an hour|
  until it has been clear for 1 minute|between 8am and 10pm|from 22:00 to 06:00|on weekdays|except on Sundays|during opening hours|
  at night|critical|,|.|(|)|just log|at most once an hour|check every 10 seconds|in aisle 3|on the loading dock|without|missing|unless|
  for the third time today|and|or|but not|please|a person|someone|has no helmet|must|should never|be|open|twice a day|Mon-Fri|9-5|
  five|12|half|a quarter to nine|until|till|after|before|every|each|who|that|make sure|watch|if you don't see|in|the|zone 4|camera`
    .split('|')
    .map((piece) => piece.trim());

const sentence = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(' ')),
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(fc.constantFrom(...PIECES, '\u0000', '½', '’s', 'ﬀ', '😀', '10:99', '25:00', '1/0', '999999999999'), {
      maxLength: 8,
    })
    .map((all) => all.join('')),
);

describe('any text', () => {
  it('compiles to a rule or to errors, and never throws', () => {
    fc.assert(
      fc.property(sentence, (words) => {
        const { rule, errors } = compile(words);
        expect(rule === undefined).toBe(errors.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('has each of its words in exactly one span, spans in order and without overlap', () => {
    fc.assert(
      fc.property(sentence, (words) => {
        const { spans } = compile(words).understood;
        let last = 0;
        for (const span of spans) {
          expect(span.start).toBeGreaterThanOrEqual(last);
          expect(span.end).toBeGreaterThan(span.start);
          expect(span.end).toBeLessThanOrEqual(words.length);
          last = span.end;
        }
        for (const token of tokenize(words).filter(isWord)) {
          const holding = spans.filter((span) => span.start <= token.start && span.end >= token.end);
          expect(holding, `"${token.text}" of ${JSON.stringify(words)}`).toHaveLength(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('compiles the same each time', () => {
    fc.assert(
      fc.property(sentence, (words) => {
        expect(compile(words)).toEqual(compile(words));
      }),
      { numRuns: 100 },
    );
  });

  it('has issues that lie within the sentence', () => {
    fc.assert(
      fc.property(sentence, (words) => {
        const { errors, warnings } = compile(words);
        for (const { start, end } of [...errors, ...warnings]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(words.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives finite times that are not negative', () => {
    fc.assert(
      fc.property(sentence, (words) => {
        const { forMs, clearAfterMs, cooldownMs, everyMs } = compile(words).understood;
        for (const ms of [forMs, clearAfterMs, cooldownMs, everyMs]) expect(ms >= 0 && Number.isFinite(ms)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
