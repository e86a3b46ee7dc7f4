import { type Calibration, calibrate } from './calibration.ts';
import { LEAST_MARKS, LEAST_OF_EACH, type NoFit, type Thresholds } from './fit.ts';

/** A score of the expected answer, and whether a person says that the picture shows it. */
export interface LabelledScore {
  readonly score: number;
  readonly shows: boolean;
}

export interface FrameFitFigures {
  /** Mean of the shares read right of what shows it and of what does not, on the marked pictures, 0..1. */
  readonly balancedAccuracy: number;
  readonly falseAlarmsPerWeek: number;
}

export interface FrameFit extends Thresholds {
  readonly right: number;
  readonly wrong: number;
  readonly before: FrameFitFigures;
  readonly after: FrameFitFigures;
  /** Balanced accuracy of thresholds chosen without the pictures they are tried on: what to expect of others. */
  readonly heldOut: number;
  readonly calibration: Calibration;
}

export interface FrameFitOptions {
  readonly now: Thresholds;
  /** False alarms a week at most. */
  readonly target: number;
  /** What thresholds would have made of the past; called about ten times. */
  readonly falseAlarmsPerWeek: (thresholds: Thresholds, calibration: Calibration) => number;
}

const LOWEST = 0.05;
const STEP = 0.01;
const STEPS = 95;
const FOLDS = 5;

/**
 * Thresholds from marked pictures: of all that keep to the target of false alarms, those which read most of the marked pictures
 * right, in the middle of where nothing changes. Unlike a fit to events it may lower them too: pictures below the threshold were
 * marked as well. Pure.
 */
export function fitToFrames(labels: readonly LabelledScore[], options: FrameFitOptions): FrameFit | NoFit {
  const { now, target } = options;
  const right = labels.filter(({ shows }) => shows).length;
  const wrong = labels.length - right;
  if (labels.length < LEAST_MARKS || Math.min(right, wrong) < LEAST_OF_EACH) {
    const message = `${right} marked pictures show it and ${wrong} do not; it takes at least ${LEAST_MARKS} marks, ${LEAST_OF_EACH} of each`;
    return { refused: 'marks', message };
  }
  const calibration = calibrate(labels.map(({ score, shows }) => ({ score, right: shows })));
  const figures = (thresholds: Thresholds): FrameFitFigures => ({
    balancedAccuracy: balancedAccuracy(labels, thresholds.raise),
    falseAlarmsPerWeek: options.falseAlarmsPerWeek(thresholds, calibration),
  });
  const before = figures(now);
  const first = lowestWithin((step) => figures(candidate(step, now)).falseAlarmsPerWeek <= target);
  const best = first === undefined ? undefined : bestStep(labels, first);
  const chosen = best === undefined ? undefined : candidate(best, now);
  if (first === undefined || !chosen || !labels.some(({ score, shows }) => shows && score >= chosen.raise)) {
    const message =
      'no threshold keeps to the target: pictures that do not show it score as high as those that do; reword the rule';
    return { refused: 'unreachable', message };
  }
  if (before.falseAlarmsPerWeek <= target && before.balancedAccuracy >= balancedAccuracy(labels, chosen.raise)) {
    return { refused: 'met', message: 'the thresholds in force do as well and keep to the target' };
  }
  const heldOut = crossChecked(labels, first);
  return { ...chosen, right, wrong, before, after: figures(chosen), heldOut, calibration };
}

/** The share of marked pictures read right, each kind counting the same. 0.5 where one kind is missing. */
export function balancedAccuracy(labels: readonly LabelledScore[], raise: number): number {
  const share = (shows: boolean): number => {
    const kind = labels.filter((label) => label.shows === shows);
    const right = kind.filter(({ score }) => score >= raise === shows).length;
    return kind.length === 0 ? 0.5 : right / kind.length;
  };
  return (share(true) + share(false)) / 2;
}

function candidate(step: number, { raise, clear }: Thresholds): Thresholds {
  const next = LOWEST + step * STEP;
  return { raise: rounded(next), clear: rounded(Math.max(0, Math.min(next, next - (raise - clear)))) };
}

/** Alarms fall as thresholds rise, so that halving finds where they are few enough. */
function lowestWithin(keepsTo: (step: number) => boolean): number | undefined {
  if (!keepsTo(STEPS - 1)) return undefined;
  let [low, high] = [0, STEPS - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keepsTo(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** Among ties the middle of the widest stretch: it does not sit on an edge. */
function bestStep(labels: readonly LabelledScore[], first: number): number {
  const accuracy = Array.from({ length: STEPS - first }, (_, index) => {
    return balancedAccuracy(labels, rounded(LOWEST + (first + index) * STEP));
  });
  const best = Math.max(...accuracy);
  let widest = { from: 0, length: 0 };
  for (let from = 0; from < accuracy.length; ) {
    let to = from;
    while (to < accuracy.length && accuracy[to] === best) to++;
    if (to - from > widest.length) widest = { from, length: to - from };
    from = Math.max(to, from + 1);
  }
  return first + widest.from + ((widest.length - 1) >> 1);
}

/** Each fifth is read with a threshold chosen on the others; by the order of scores, so that every fifth has some of all. */
function crossChecked(labels: readonly LabelledScore[], first: number): number {
  const ordered = [...labels].sort((a, b) => a.score - b.score);
  const read = ordered.map(({ score, shows }, index) => {
    const others = ordered.filter((_, other) => other % FOLDS !== index % FOLDS);
    const raise = rounded(LOWEST + bestStep(others, first) * STEP);
    return { score: score >= raise ? 1 : 0, shows };
  });
  return balancedAccuracy(read, 0.5);
}

const rounded = (share: number): number => Math.round(share * 100) / 100;
