import { type Calibration, calibrate } from './calibration.ts';

export interface Thresholds {
  readonly raise: number;
  readonly clear: number;
}

/** One event of the past, as the fit needs it. */
export interface FitCase {
  /** What a person said of it; null: nobody said. */
  readonly mark: 'right' | 'wrong' | null;
  /** Its best score of the expected answer. */
  readonly score: number;
  /** How many alerts it would have been with other thresholds. */
  readonly alarms: (thresholds: Thresholds) => number;
}

export interface FitFigures {
  /** Alerts marked wrong, and as great a share of those that nobody marked. */
  readonly falseAlarmsPerWeek: number;
  /** Share of the events marked right that would still be told, 0..1. */
  readonly rightKept: number;
}

export interface Fit extends Thresholds {
  readonly right: number;
  readonly wrong: number;
  readonly before: FitFigures;
  readonly after: FitFigures;
  readonly calibration: Calibration;
}

/** Why there is none: `marks` too few, `met` already, `unreachable` by any threshold. */
export interface NoFit {
  readonly refused: 'marks' | 'met' | 'unreachable';
  readonly message: string;
}

/** With fewer, one mark more or less would move the threshold at will. */
export const LEAST_MARKS = 10;
export const LEAST_OF_EACH = 3;
const LEAST_WEEKS = 2 / 7;
const STEP = 0.01;
const HIGHEST = 0.99;

/**
 * The lowest threshold at which a rule keeps to its target of false alarms on one camera, from events that people marked
 * right or wrong. Pure. It only ever raises the threshold: what was never alerted was never marked, so that the marks say
 * nothing of what a lower one would let in. In the middle of where nothing changes, so that it does not sit on an edge.
 *
 * @param weeks how long the cases were collected
 * @param target false alarms a week at most
 */
export function fitThresholds(
  cases: readonly FitCase[],
  options: { readonly now: Thresholds; readonly weeks: number; readonly target: number },
): Fit | NoFit {
  const { now, weeks, target } = options;
  const right = cases.filter(({ mark }) => mark === 'right').length;
  const wrong = cases.filter(({ mark }) => mark === 'wrong').length;
  if (right + wrong < LEAST_MARKS || Math.min(right, wrong) < LEAST_OF_EACH || weeks < LEAST_WEEKS) {
    const message = `${right} marked right and ${wrong} wrong in ${(weeks * 7).toFixed(1)} days; it takes at least ${LEAST_MARKS} marks, ${LEAST_OF_EACH} of each, over 2 days`;
    return { refused: 'marks', message };
  }
  const before = figuresAt(cases, now, weeks);
  if (before.falseAlarmsPerWeek <= target) {
    const message = `it already keeps to the target: ${perWeek(before)} false alarms a week`;
    return { refused: 'met', message };
  }
  const tried = candidates(now).map((thresholds) => ({ thresholds, figures: figuresAt(cases, thresholds, weeks) }));
  const first = tried.findIndex(({ figures }) => figures.falseAlarmsPerWeek <= target && figures.rightKept > 0);
  const found = tried[first];
  if (!found) {
    const message = 'no threshold reaches the target: wrong events score as high as right ones; reword the rule';
    return { refused: 'unreachable', message };
  }
  const same = ({ figures }: (typeof tried)[number]): boolean =>
    figures.falseAlarmsPerWeek === found.figures.falseAlarmsPerWeek && figures.rightKept === found.figures.rightKept;
  let last = first;
  for (let next = tried[last + 1]; next && same(next); next = tried[last + 1]) last++;
  const { thresholds, figures: after } = tried[Math.floor((first + last) / 2)] ?? found;
  const marks = cases.flatMap(({ mark, score }) => (mark === null ? [] : [{ score, right: mark === 'right' }]));
  return { ...thresholds, right, wrong, before, after, calibration: calibrate(marks) };
}

/** Higher and higher, `clear` as far below as it is now. */
function candidates({ raise, clear }: Thresholds): Thresholds[] {
  const found: Thresholds[] = [];
  for (let next = raise + STEP; next <= HIGHEST + 1e-9; next += STEP) {
    found.push({ raise: rounded(next), clear: rounded(Math.max(0, next - (raise - clear))) });
  }
  return found;
}

function figuresAt(cases: readonly FitCase[], thresholds: Thresholds, weeks: number): FitFigures {
  const alarms = { right: 0, wrong: 0, unmarked: 0 };
  let kept = 0;
  for (const each of cases) {
    const count = each.alarms(thresholds);
    alarms[each.mark ?? 'unmarked'] += count;
    if (each.mark === 'right' && count > 0) kept++;
  }
  const marked = alarms.right + alarms.wrong;
  const shareWrong = marked > 0 ? alarms.wrong / marked : 0;
  const right = cases.filter(({ mark }) => mark === 'right').length;
  return {
    falseAlarmsPerWeek: (alarms.wrong + alarms.unmarked * shareWrong) / weeks,
    rightKept: right > 0 ? kept / right : 0,
  };
}

const rounded = (share: number): number => Math.round(share * 100) / 100;
const perWeek = ({ falseAlarmsPerWeek }: FitFigures): string => falseAlarmsPerWeek.toFixed(1);
