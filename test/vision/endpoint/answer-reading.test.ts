import { describe, expect, test } from 'vitest';
import { readChances, readStructured, readWords } from '../../../src/vision/endpoint/answer-reading.ts';

const at = (shares: Record<string, number>): Array<{ token: string; logprob: number }> =>
  Object.entries(shares).map(([token, share]) => ({ token, logprob: Math.log(share) }));

describe('the likeliest first tokens', () => {
  test('every spelling counts, with spaces as tokenizers write them', () => {
    const { score, mass } = readChances(
      at({ Yes: 0.4, ' yes': 0.1, '\u2581Yes': 0.05, No: 0.2, 'no.': 0.05, The: 0.2 }),
    );
    expect(mass).toBeCloseTo(0.8, 6);
    expect(score).toBeCloseTo(0.55 / 0.8, 6);
  });

  test('words that only begin alike do not', () => {
    expect(readChances(at({ Yesterday: 0.5, Not: 0.3, None: 0.2 }))).toEqual({ score: 0.5, mass: 0 });
  });

  test('a server that counts a token twice gives no more than all', () => {
    expect(readChances([...at({ Yes: 0.9 }), { token: ' Yes', logprob: 0.5 }]).mass).toBe(1);
  });
});

describe('words', () => {
  test.each([
    'Yes',
    'yes',
    'YES',
    'Yes.',
    'yes, on the left',
    ' Yes!',
    '**Yes**',
    '"Yes"',
    'Answer: yes',
    'The answer is yes.',
    'Yes the shelf is empty',
    'Yes - two people',
    'Yes\n\nThe shelf',
    '<think>No? Let me see.</think>\nYes',
  ])('%j is yes', (text) => expect(readWords(text)).toBe('yes'));

  test.each([
    'No',
    'no.',
    'No, it is full',
    '**No**.',
    'Answer: **No**',
    'No there is nobody',
    'No; yes would need a person',
  ])('%j is no', (text) => expect(readWords(text)).toBe('no'));

  test.each([
    '',
    ' ',
    'not yes',
    'Not no',
    'nothing',
    'Nobody is there',
    'None',
    'Yesterday',
    'No idea',
    'No one can tell',
    'yes or no',
    'Yes/No',
    'Yes, no',
    'no and yes',
    'Yes, maybe',
    'No, not sure',
    'I think yes',
    'It seems so',
    'y',
    '1',
    'No-one',
    'yes-man',
    'Sure',
    'Ja',
    'Answer:',
    '<think>yes',
  ])('%j is neither', (text) => expect(readWords(text)).toBeUndefined());
});

test.each([
  ['{"answer":"yes"}', 'yes'],
  ['```json\n{ "answer": "No" }\n```', 'no'],
  ['{"answer":"unclear"}', undefined],
  ['{"answer":true}', undefined],
  ['{"answer": yes}', undefined],
  ['Yes.', 'yes'],
  ['', undefined],
])('a constrained answer %j is %s', (text, expected) => expect(readStructured(text)).toBe(expected));
