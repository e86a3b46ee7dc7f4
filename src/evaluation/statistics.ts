/** One asked question with what was true and what the model said. */
export interface Outcome {
  readonly answer: 'yes' | 'no';
  readonly verdict: 'yes' | 'no' | 'unknown';
  /** P(yes); absent when the picture could not be looked at. */
  readonly score?: number;
  readonly category: string;
}

/**
 * The figures of a yes/no set. `yes` is the positive class. An unknown verdict is wrong in accuracy, balanced accuracy and
 * recall, it is no yes in precision, and it is reported apart. Null where the set has nothing to divide by.
 */
export interface Figures {
  readonly n: number;
  readonly accuracy: number;
  /** Wilson score interval of the accuracy, 95 %. */
  readonly accuracyInterval: readonly [number, number];
  /** Mean of the accuracies over the questions whose answer is yes and over those whose answer is no. */
  readonly balancedAccuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Share of all questions that were answered yes. */
  readonly yesRatio: number;
  readonly unknownRate: number;
  /** Expected calibration error of the score against the truth, ten bins of equal width; unknown verdicts included. */
  readonly ece: number | null;
}

export interface Summary extends Figures {
  /** Mean of the categories' balanced accuracies: every category counts the same, however many questions it has. */
  readonly meanCategoryBalancedAccuracy: number | null;
  /** By name; empty when the set has no categories. */
  readonly categories: Readonly<Record<string, Figures>>;
}

export function summarize(outcomes: readonly Outcome[]): Summary {
  const byCategory = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    if (outcome.category === '') continue;
    const own = byCategory.get(outcome.category) ?? [];
    own.push(outcome);
    byCategory.set(outcome.category, own);
  }
  const names = [...byCategory.keys()].sort((a, b) => a.localeCompare(b));
  const categories = Object.fromEntries(names.map((name) => [name, figures(byCategory.get(name) ?? [])]));
  const balanced = Object.values(categories).flatMap((of) =>
    of.balancedAccuracy === null ? [] : [of.balancedAccuracy],
  );
  return { ...figures(outcomes), meanCategoryBalancedAccuracy: ratio(sum(balanced), balanced.length), categories };
}

export function figures(outcomes: readonly Outcome[]): Figures {
  const count = (answer: Outcome['answer'], verdict: Outcome['verdict']): number =>
    outcomes.filter((outcome) => outcome.answer === answer && outcome.verdict === verdict).length;
  const n = outcomes.length;
  const yes = outcomes.filter((outcome) => outcome.answer === 'yes').length;
  const truePositive = count('yes', 'yes');
  const falsePositive = count('no', 'yes');
  const trueNegative = count('no', 'no');
  const precision = ratio(truePositive, truePositive + falsePositive);
  const recall = ratio(truePositive, yes);
  const specificity = ratio(trueNegative, n - yes);
  const right = truePositive + trueNegative;
  return {
    n,
    accuracy: ratio(right, n) ?? 0,
    accuracyInterval: wilsonInterval(right, n),
    balancedAccuracy: recall === null || specificity === null ? (recall ?? specificity) : (recall + specificity) / 2,
    precision,
    recall,
    f1: ratio(2 * truePositive, truePositive + falsePositive + yes),
    yesRatio: ratio(truePositive + falsePositive, n) ?? 0,
    unknownRate: ratio(count('yes', 'unknown') + count('no', 'unknown'), n) ?? 0,
    ece: calibrationError(outcomes),
  };
}

/**
 * The Wilson score interval of a proportion (E. B. Wilson, JASA 22, 1927), which unlike the normal approximation stays
 * within 0..1 and is honest for few trials. `z` 1.96 gives 95 %. No trials: 0..1.
 */
export function wilsonInterval(successes: number, trials: number, z = 1.959963984540054): [number, number] {
  if (trials === 0) return [0, 1];
  const p = successes / trials;
  const zz = (z * z) / trials;
  const centre = (p + zz / 2) / (1 + zz);
  const half = (z / (1 + zz)) * Math.sqrt((p * (1 - p)) / trials + zz / (4 * trials));
  // Rounding may step over the bound by 1e-17 where the interval touches it.
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * Expected calibration error (Guo et al. 2017, for the binary score P(yes)): the mean distance, weighted by questions,
 * between a bin's average score and its share of true yes. Null when no question has a score.
 */
export function calibrationError(outcomes: readonly Outcome[], bins = 10): number | null {
  const scores = Array.from({ length: bins }, () => ({ n: 0, score: 0, yes: 0 }));
  let n = 0;
  for (const { score, answer } of outcomes) {
    if (score === undefined) continue;
    const bin = scores[Math.min(bins - 1, Math.floor(score * bins))];
    if (!bin) continue;
    n++;
    bin.n++;
    bin.score += score;
    if (answer === 'yes') bin.yes++;
  }
  return ratio(sum(scores.map((bin) => Math.abs(bin.score - bin.yes))), n);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
