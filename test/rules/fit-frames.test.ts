import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balancedAccuracy, fitToFrames, type LabelledScore } from '../../src/rules/fit-frames.ts';

const NOW = { raise: 0.6, clear: 0.4 };

/** Scores of what shows it and of what does not. */
function labels(shown: readonly number[], not: readonly number[]): LabelledScore[] {
  return [...shown.map((score) => ({ score, shows: true })), ...not.map((score) => ({ score, shows: false }))];
}

/** As many false alarms a week as scores of the past that show nothing reach the threshold. */
const alarmsOf =
  (past: readonly LabelledScore[]) =>
  ({ raise }: { raise: number }): number =>
    past.filter(({ score, shows }) => !shows && score >= raise).length;

function fitted(marked: readonly LabelledScore[], target = 2, past = marked) {
  return fitToFrames(marked, { now: NOW, target, falseAlarmsPerWeek: alarmsOf(past) });
}

/** A repeatable stream of numbers from 0 to 1 (Park and Miller). */
function stream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('thresholds from marked frames', () => {
  test('lie in the middle of the gap between what shows it and what does not', () => {
    const fit = fitted(labels([0.8, 0.85, 0.9, 0.95, 0.82], [0.1, 0.2, 0.64, 0.62, 0.3]));
    expect(fit).toMatchObject({ raise: 0.72, clear: 0.52, right: 5, wrong: 5, heldOut: 1 });
    expect(fit).toMatchObject({
      before: { balancedAccuracy: 0.8 },
      after: { balancedAccuracy: 1, falseAlarmsPerWeek: 0 },
    });
  });

  test('are lowered where the rule misses what was marked', () => {
    const fit = fitted(labels([0.4, 0.45, 0.5, 0.48, 0.42], [0.1, 0.12, 0.2, 0.05, 0.15]));
    expect(fit).toMatchObject({
      raise: 0.3,
      clear: 0.1,
      before: { balancedAccuracy: 0.5 },
      after: { balancedAccuracy: 1 },
    });
  });

  test('keep to the target of false alarms even where that costs some of what shows it', () => {
    const marked = labels([0.5, 0.7, 0.9, 0.92, 0.95], [0.1, 0.2, 0.3, 0.1, 0.2]);
    // In the past that nobody marked, what shows nothing reaches 0.8 a thousand times.
    const past = Array.from({ length: 1_000 }, () => ({ score: 0.8, shows: false }));
    expect(fitted(marked, 2, past)).toMatchObject({
      raise: 0.85,
      before: { falseAlarmsPerWeek: 1_000 },
      after: { balancedAccuracy: 0.8, falseAlarmsPerWeek: 0 },
    });
  });

  test('are refused with too few marks, where nothing is to be gained, and where no threshold helps', () => {
    expect(fitted(labels([0.9, 0.9], Array(20).fill(0.1)))).toMatchObject({ refused: 'marks' });
    expect(fitted(labels([0.9, 0.8, 0.7, 0.9, 0.9], [0.1, 0.2, 0.1, 0.1, 0.3]))).toMatchObject({ refused: 'met' });
    expect(fitted(labels([0.3, 0.3, 0.3, 0.2, 0.3], Array(9).fill(0.995)))).toMatchObject({ refused: 'unreachable' });
  });

  test('whatever the marks: within 0 and 1, clear at or below raise, and never over the target', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(score, { minLength: 5 }),
        fc.array(score, { minLength: 5 }),
        fc.nat(5),
        (shown, not, target) => {
          const fit = fitted(labels(shown, not), target);
          if ('refused' in fit) return;
          expect(fit.raise).toBeGreaterThan(0);
          expect(fit.raise).toBeLessThan(1);
          expect(fit.clear).toBeLessThanOrEqual(fit.raise);
          expect(fit.clear).toBeGreaterThanOrEqual(0);
          expect(fit.after.falseAlarmsPerWeek).toBeLessThanOrEqual(target);
        },
      ),
    );
  });

  test('beat the defaults on frames that nobody marked', () => {
    // A model that says yes too easily: what shows it scores above 0.75, what does not up to 0.85.
    const rows: string[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const next = stream(seed * 7_919);
      const shown = (): number => 0.75 + 0.25 * Math.sqrt(next());
      const not = (): number => 0.85 * next();
      const marked = labels(Array.from({ length: 30 }, shown), Array.from({ length: 60 }, not));
      const heldOut = labels(Array.from({ length: 500 }, shown), Array.from({ length: 500 }, not));
      const fit = fitted(marked, 3);
      if ('refused' in fit) throw new Error(fit.message);
      const accuracy = [NOW.raise, fit.raise].map((raise) => balancedAccuracy(heldOut, raise));
      const alarms = [NOW, fit].map(alarmsOf(heldOut));
      rows.push(
        `seed ${seed}: ${accuracy.map((share) => share.toFixed(3)).join(' -> ')}, false ${alarms.join(' -> ')}`,
      );
      expect(accuracy[1] ?? 0, rows.at(-1)).toBeGreaterThan(accuracy[0] ?? 1);
      expect(alarms[1] ?? 0, rows.at(-1)).toBeLessThan((alarms[0] ?? 0) / 2);
      expect(Math.abs(fit.heldOut - (accuracy[1] ?? 0)), rows.at(-1)).toBeLessThan(0.15);
    }
    console.info(rows.join('\n'));
  });
});
