import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate, type Marked, rightAt } from '../../src/rules/calibration.ts';
import { type FitCase, type FitFigures, fitThresholds, LEAST_MARKS, type NoFit } from '../../src/rules/fit.ts';

const now = { raise: 0.6, clear: 0.4 };

/** An event that is told as long as its best score reaches the threshold. */
function caseOf(mark: FitCase['mark'], score: number): FitCase {
  return { mark, score, alarms: ({ raise }) => Number(score >= raise) };
}

const cases = (mark: FitCase['mark'], ...scores: number[]): FitCase[] => scores.map((score) => caseOf(mark, score));
const right = cases('right', 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.97);
const wrong = cases('wrong', 0.62, 0.65, 0.68, 0.7);

describe('thresholds fitted to marks', () => {
  it('rise above the wrong events to the middle of the gap, and clear stays as far below', () => {
    const fit = fitThresholds([...right, ...wrong], { now, weeks: 1, target: 0 });
    expect(fit).toMatchObject({ raise: 0.78, clear: 0.58, right: 7, wrong: 4 });
    expect(fit).toMatchObject({
      before: { falseAlarmsPerWeek: 4, rightKept: 1 },
      after: { falseAlarmsPerWeek: 0, rightKept: 1 },
    });
  });

  it('are the lowest that keep to the target, so that no right event is lost for more than was asked', () => {
    const mixed = [...right, ...wrong, ...cases('wrong', 0.91)];
    expect(fitThresholds(mixed, { now, weeks: 1, target: 1 })).toMatchObject({ raise: 0.78, after: { rightKept: 1 } });
    const strict = fitThresholds(mixed, { now, weeks: 1, target: 0 });
    expect(strict).toMatchObject({ after: { falseAlarmsPerWeek: 0, rightKept: 4 / 7 } });
  });

  it('count alerts that nobody marked as wrong as often as marked ones', () => {
    const unmarked = cases(null, 0.61, 0.64, 0.89, 0.93);
    const fit = fitThresholds([...right, ...wrong, ...unmarked], { now, weeks: 2, target: 0.5 });
    expect(fit).toMatchObject({ before: { falseAlarmsPerWeek: (4 + (4 * 4) / 11) / 2 } });
  });

  const refusal = (fit: ReturnType<typeof fitThresholds>): NoFit['refused'] | undefined =>
    'refused' in fit ? fit.refused : undefined;

  it('are refused for few marks, for marks of one kind, and for a day or two', () => {
    const options = { now, weeks: 1, target: 0 };
    expect(refusal(fitThresholds([...right.slice(0, 5), ...wrong], options))).toBe('marks');
    expect(refusal(fitThresholds([...right, ...right], options))).toBe('marks');
    expect(refusal(fitThresholds([...wrong, ...wrong, ...wrong], options))).toBe('marks');
    expect(refusal(fitThresholds([...right, ...wrong], { ...options, weeks: 0.2 }))).toBe('marks');
    const unmarked = cases(null, ...Array.from({ length: 50 }, () => 0.9));
    expect(refusal(fitThresholds(unmarked, options))).toBe('marks');
  });

  it('are refused where the target is met already, and where no threshold meets it', () => {
    expect(refusal(fitThresholds([...right, ...wrong], { now, weeks: 1, target: 4 }))).toBe('met');
    const high = cases('wrong', 0.995, 0.996, 0.997);
    expect(refusal(fitThresholds([...right, ...high], { now, weeks: 1, target: 0 }))).toBe('unreachable');
  });

  it('keep to the target, never fall and never lose a right event that a lower threshold would keep', () => {
    const score = fc.double({ min: 0.6, max: 1, noNaN: true });
    const some = fc.array(fc.record({ mark: fc.constantFrom('right', 'wrong', null), score }), {
      minLength: LEAST_MARKS,
      maxLength: 60,
    });
    fc.assert(
      fc.property(some, fc.double({ min: 0, max: 5, noNaN: true }), (events, target) => {
        const all = events.map(({ mark, score: each }) => caseOf(mark as FitCase['mark'], each));
        const fit = fitThresholds(all, { now, weeks: 2, target });
        if ('refused' in fit) return;
        expect(fit.after.falseAlarmsPerWeek).toBeLessThanOrEqual(target);
        expect(fit.raise).toBeGreaterThan(now.raise);
        expect(fit.clear).toBeLessThanOrEqual(fit.raise);
        const lower = all.filter(({ mark, score: each }) => mark === 'right' && each >= fit.raise).length;
        expect(fit.after.rightKept).toBeCloseTo(lower / fit.right, 9);
        const figures: FitFigures[] = [fit.before, fit.after];
        for (const { rightKept } of figures) expect(rightKept).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the calibration of scores', () => {
  const marks = (rightScores: number[], wrongScores: number[]): Marked[] => [
    ...rightScores.map((score) => ({ score, right: true })),
    ...wrongScores.map((score) => ({ score, right: false })),
  ];

  it('rises with the score where right events score higher', () => {
    const fit = calibrate(marks([0.8, 0.85, 0.9, 0.95, 0.7], [0.6, 0.62, 0.65, 0.75]));
    expect(fit.slope).toBeGreaterThan(0);
    expect(rightAt(0.6, fit)).toBeLessThan(0.35);
    expect(rightAt(0.95, fit)).toBeGreaterThan(0.8);
  });

  it('never claims certainty from few marks, also where the scores part them clean', () => {
    const fit = calibrate(marks([0.9, 0.95, 0.99], [0.6, 0.61, 0.62]));
    expect(rightAt(0.99, fit)).toBeLessThan(0.95);
    expect(rightAt(0.6, fit)).toBeGreaterThan(0.05);
  });

  it('is the share of right ones where all scores are the same', () => {
    const fit = calibrate(marks([0.8, 0.8, 0.8], [0.8]));
    expect(rightAt(0.8, fit)).toBeCloseTo((3 * (4 / 5) + 1 / 3) / 4, 3);
  });

  it('is the maximum: no other slope or intercept fits better', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const some = fc.tuple(
      fc.array(score, { minLength: 1, maxLength: 30 }),
      fc.array(score, { minLength: 1, maxLength: 30 }),
    );
    fc.assert(
      fc.property(some, ([rights, wrongs]) => {
        const all = marks(rights, wrongs);
        const loss = (fit: { slope: number; intercept: number }): number =>
          -all.reduce((sum, each) => {
            const target = each.right ? (rights.length + 1) / (rights.length + 2) : 1 / (wrongs.length + 2);
            const p = rightAt(each.score, fit);
            return sum + target * Math.log(Math.max(p, 1e-300)) + (1 - target) * Math.log(Math.max(1 - p, 1e-300));
          }, 0);
        const fit = calibrate(all);
        for (const [slope, intercept] of [
          [0.05, 0],
          [-0.05, 0],
          [0, 0.05],
          [0, -0.05],
        ] as const) {
          const other = { slope: fit.slope + slope, intercept: fit.intercept + intercept };
          expect(loss(fit)).toBeLessThanOrEqual(loss(other) + 1e-6);
        }
      }),
      { numRuns: 200 },
    );
  });
});
