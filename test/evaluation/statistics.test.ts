import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationError, type Outcome, summarize, wilsonInterval } from '../../src/evaluation/statistics.ts';

function outcomes(pattern: string, category = ''): Outcome[] {
  return pattern.split(' ').map((pair) => ({
    answer: pair[0] === 'y' ? 'yes' : 'no',
    verdict: pair[1] === 'y' ? 'yes' : pair[1] === 'n' ? 'no' : 'unknown',
    category,
  }));
}

describe('the figures of a set', () => {
  it('count an unknown verdict as wrong and report it apart', () => {
    // answer then verdict: 3 of 4 yes found, 2 of 4 no found, one unknown on each side
    const summary = summarize(outcomes('yy yy yy y? nn nn ny n?'));
    expect(summary).toMatchObject({
      n: 8,
      accuracy: 5 / 8,
      balancedAccuracy: (3 / 4 + 2 / 4) / 2,
      precision: 3 / 4,
      recall: 3 / 4,
      f1: 3 / 4,
      yesRatio: 4 / 8,
      unknownRate: 2 / 8,
      categories: {},
      meanCategoryBalancedAccuracy: null,
    });
  });

  it('agree with the definitions of precision, recall and F1 where nothing is unknown', () => {
    const summary = summarize(outcomes('yy yy yn ny nn nn nn'));
    expect(summary.precision).toBeCloseTo(2 / 3);
    expect(summary.recall).toBeCloseTo(2 / 3);
    expect(summary.f1).toBeCloseTo((2 * (2 / 3) * (2 / 3)) / (2 / 3 + 2 / 3));
  });

  it('are null where there is nothing to divide by', () => {
    const allNo = summarize(outcomes('nn nn n?'));
    expect(allNo).toMatchObject({ precision: null, recall: null, f1: null, ece: null });
    expect(allNo.balancedAccuracy).toBeCloseTo(2 / 3);
  });

  it('are given per category, and their mean counts each category the same', () => {
    const summary = summarize([...outcomes('yy nn', 'b'), ...outcomes('yn yn yn yn nn', 'a'), ...outcomes('yy')]);
    expect(Object.keys(summary.categories)).toEqual(['a', 'b']);
    expect(summary.categories.b).toMatchObject({ n: 2, accuracy: 1 });
    expect(summary.categories.a).toMatchObject({ n: 5, balancedAccuracy: 0.5 });
    expect(summary.meanCategoryBalancedAccuracy).toBe(0.75);
    expect(summary.n).toBe(8);
  });
});

describe('the Wilson interval', () => {
  it('matches published values', () => {
    // Newcombe 1998 (Statistics in Medicine 17), table I, method 3: 81/263, 15/148, 0/20, 1/29
    const cases: Array<[number, number, number, number]> = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ];
    for (const [successes, trials, low, high] of cases) {
      const [from, to] = wilsonInterval(successes, trials);
      expect(from).toBeCloseTo(low, 4);
      expect(to).toBeCloseTo(high, 4);
    }
  });

  it('stays within 0..1 and holds the proportion', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (successes, failures) => {
        const trials = successes + failures;
        const [low, high] = wilsonInterval(successes, trials);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        if (trials > 0) expect(low <= successes / trials + 1e-12 && high >= successes / trials - 1e-12).toBe(true);
      }),
    );
  });
});

describe('the calibration error', () => {
  const scored = (score: number, answer: 'yes' | 'no'): Outcome => ({ answer, verdict: 'yes', score, category: '' });

  it('is nothing for scores that come true as often as they say', () => {
    const honest = [scored(0.75, 'yes'), scored(0.75, 'yes'), scored(0.75, 'yes'), scored(0.75, 'no')];
    expect(calibrationError(honest)).toBeCloseTo(0);
  });

  it('weights the distance of each bin by its questions, the last bin holding 1', () => {
    const mixed = [scored(1, 'no'), scored(0.95, 'yes'), scored(0.05, 'no'), scored(0.05, 'no')];
    // upper bin: |1.95 - 1| = 0.95; lower bin: |0.1 - 0| = 0.1; over 4 questions
    expect(calibrationError(mixed)).toBeCloseTo((0.95 + 0.1) / 4);
  });
});
