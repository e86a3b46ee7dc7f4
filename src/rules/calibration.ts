/** How often an alert with a given score is right: 1 / (1 + exp(-(slope * logit(score) + intercept))). */
export interface Calibration {
  readonly slope: number;
  readonly intercept: number;
}

export interface Marked {
  /** Of the expected answer, 0..1. */
  readonly score: number;
  readonly right: boolean;
}

const ROUNDS = 100;
const EDGE = 1e-4;

/**
 * Platt's fit of marked scores. Pure. Targets are drawn in from 0 and 1 by the number of marks, as Platt does it, so that few
 * marks never make certainty; Newton steps with halving, after Lin, Lin and Weng (2007). Needs a mark of each kind.
 */
export function calibrate(marks: readonly Marked[]): Calibration {
  const right = marks.filter((mark) => mark.right).length;
  const wrong = marks.length - right;
  const points = marks.map((mark) => ({
    x: logit(mark.score),
    target: mark.right ? (right + 1) / (right + 2) : 1 / (wrong + 2),
  }));
  let now: Calibration = { slope: 0, intercept: Math.log((right + 1) / (wrong + 1)) };
  let loss = lossOf(points, now);
  for (let round = 0; round < ROUNDS; round++) {
    const step = newtonStep(points, now);
    let share = 1;
    let next = now;
    let better = loss;
    for (; share > 1e-8; share /= 2) {
      next = { slope: now.slope + share * step.slope, intercept: now.intercept + share * step.intercept };
      better = lossOf(points, next);
      if (better < loss) break;
    }
    if (loss - better < 1e-10) return now;
    now = next;
    loss = better;
  }
  return now;
}

/** The share of alerts with this score that are right, 0..1. */
export function rightAt(score: number, { slope, intercept }: Calibration): number {
  return 1 / (1 + Math.exp(-(slope * logit(score) + intercept)));
}

interface Point {
  readonly x: number;
  readonly target: number;
}

function logit(score: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, score));
  return Math.log(inside / (1 - inside));
}

/** Cross entropy, written so that no exponent overflows. */
function lossOf(points: readonly Point[], { slope, intercept }: Calibration): number {
  return points.reduce((sum, { x, target }) => {
    const z = slope * x + intercept;
    return sum + (z >= 0 ? (1 - target) * z + Math.log1p(Math.exp(-z)) : -target * z + Math.log1p(Math.exp(z)));
  }, 0);
}

function newtonStep(points: readonly Point[], now: Calibration): Calibration {
  // A little weight on the diagonal keeps the step finite where all scores are the same.
  let [xx, x1, one] = [1e-6, 0, 1e-6];
  let [slope, intercept] = [0, 0];
  for (const { x, target } of points) {
    const p = 1 / (1 + Math.exp(-(now.slope * x + now.intercept)));
    const weight = p * (1 - p);
    xx += x * x * weight;
    x1 += x * weight;
    one += weight;
    slope += x * (target - p);
    intercept += target - p;
  }
  const determinant = xx * one - x1 * x1;
  return {
    slope: (one * slope - x1 * intercept) / determinant,
    intercept: (xx * intercept - x1 * slope) / determinant,
  };
}
