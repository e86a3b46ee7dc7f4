import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/rules/verdict.ts';

const rule = { id: 'empty-shelf', expects: 'yes', raise: 0.6, clear: 0.4, minMass: 0.5 } as const;
const negated = { ...rule, expects: 'no' } as const;
const frame = { cameraId: 'aisle-1', seq: 7, capturedAt: 1_000, at: 50 };

describe('a verdict', () => {
  it('is yes from the raise threshold on and no up to the clear threshold', () => {
    expect(judge(rule, frame, { score: 0.6, mass: 1 }).value).toBe('yes');
    expect(judge(rule, frame, { score: 0.4, mass: 1 }).value).toBe('no');
  });

  it('goes by the thresholds fitted to its camera where there are some', () => {
    const fitted = { ...rule, perCamera: { 'aisle-1': { raise: 0.8, clear: 0.7 } } };
    expect(judge(fitted, frame, { score: 0.75, mass: 1 }).value).toBe('unknown');
    expect(judge(fitted, frame, { score: 0.7, mass: 1 }).value).toBe('no');
    expect(judge(fitted, { ...frame, cameraId: 'aisle-2' }, { score: 0.75, mass: 1 }).value).toBe('yes');
  });

  it('between the thresholds is undecided, which is unknown', () => {
    const verdict = judge(rule, frame, { score: 0.5, mass: 1 });
    expect(verdict).toMatchObject({ value: 'unknown', cause: 'undecided', score: 0.5, mass: 1 });
  });

  it('with too little mass is no answer, whatever the score', () => {
    expect(judge(rule, frame, { score: 0.99, mass: 0.49 })).toMatchObject({ value: 'unknown', cause: 'no-answer' });
    expect(judge(rule, frame, { score: 0.01, mass: 0 })).toMatchObject({ value: 'unknown', cause: 'no-answer' });
  });

  it('of a score that is no number is no answer', () => {
    for (const answer of [
      { score: Number.NaN, mass: 1 },
      { score: 0.9, mass: Number.NaN },
    ]) {
      expect(judge(rule, frame, answer)).toMatchObject({ value: 'unknown', cause: 'no-answer' });
    }
  });

  it('of a rule that expects no turns the score round', () => {
    expect(judge(negated, frame, { score: 0.1, mass: 1 })).toMatchObject({ value: 'yes', score: 0.9 });
    expect(judge(negated, frame, { score: 0.9, mass: 1 }).value).toBe('no');
  });

  it('without an answer is unknown with its cause and no score', () => {
    const verdict = judge(rule, frame, 'timeout');
    expect(verdict).toEqual({
      ruleId: 'empty-shelf',
      cameraId: 'aisle-1',
      frameSeq: 7,
      capturedAt: 1_000,
      at: 50,
      value: 'unknown',
      cause: 'timeout',
    });
  });

  it('has a cause exactly when it is unknown', () => {
    const answer = fc.record({ score: fc.double({ min: 0, max: 1 }), mass: fc.double({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(answer, fc.constantFrom(rule, negated), (given, asked) => {
        const verdict = judge(asked, frame, given);
        expect(verdict.cause !== undefined).toBe(verdict.value === 'unknown');
      }),
    );
  });
});
