import { PICTURE_PROBLEMS, type PictureProblem } from './cameras/settings.ts';
import type { Tracker } from './events/tracker.ts';
import type { Judgement } from './pipeline.ts';
import { DEFAULTS } from './rules/compile.ts';
import type { CompiledRule } from './rules/rule.ts';
import type { Verdict } from './rules/verdict.ts';

/** What these events name as their rule. A rule file of that name takes their place. */
export const CAMERA_PROBLEM = 'camera-problem';

/** A box before the lens for a minute is work being done; longer, nobody watches. */
const LASTS_MS = 60_000;
const CLEAR_MS = 20_000;
/** A camera that is bumped again and again is one call for the technician. */
const COOLDOWN_MS = 600_000;

const WORDS: Record<PictureProblem, string> = {
  frozen: 'The picture of the camera is frozen',
  dark: 'The picture of the camera is dark',
  overexposed: 'The picture of the camera is overexposed',
  blurred: 'The picture of the camera is blurred',
  covered: 'The camera is covered',
  moved: 'The camera was moved',
};

/**
 * A picture that cannot be judged makes every rule's verdict unknown, which opens and ends nothing. When that lasts it is an
 * event of its own, so that somebody goes and looks. Only what rules look at counts: a store that is dark at night
 * while no rule is on has no problem.
 */
export class CameraProblems {
  readonly #tracker: Pick<Tracker, 'observe' | 'offSchedule'>;

  constructor(options: { tracker: Pick<Tracker, 'observe' | 'offSchedule'> }) {
    this.#tracker = options.tracker;
  }

  /** Takes in what became of one frame. Returns its verdict; undefined when no rule looked. */
  settle(
    { frame, verdicts }: Pick<Judgement, 'frame' | 'verdicts'>,
    before: Judgement['frame'] | undefined,
  ): Verdict | undefined {
    if (verdicts.length === 0) return undefined;
    const { cameraId, seq: frameSeq, capturedAt, at } = frame;
    const problem = problemOf(verdicts.map(({ verdict }) => verdict));
    const about = { ruleId: CAMERA_PROBLEM, cameraId, frameSeq, capturedAt, at };
    const verdict: Verdict =
      problem === 'unknown'
        ? { ...about, value: 'unknown', cause: 'model-failed' }
        : { ...about, value: problem ? 'yes' : 'no', score: problem ? 1 : 0, mass: 1 };
    const everyMs = Math.max(...verdicts.map(({ rule }) => rule.everyMs));
    const rule = problemRule(cameraId, everyMs, problem && problem !== 'unknown' ? WORDS[problem] : undefined);
    this.#tracker.observe({ verdict, rule, frame, ...(before && { before }), model: '', weightsHash: '' });
    return verdict;
  }

  /** No rule looks at this camera now. */
  unwatched(cameraId: string): void {
    this.#tracker.offSchedule(CAMERA_PROBLEM, cameraId);
  }
}

/** What is wrong with the picture; undefined when nothing is, `unknown` when nobody could look. */
function problemOf(verdicts: readonly Verdict[]): PictureProblem | 'unknown' | undefined {
  for (const { cause } of verdicts) {
    const problem = PICTURE_PROBLEMS.find((each) => each === cause);
    if (problem) return problem;
  }
  return verdicts.every(({ cause }) => cause === 'model-failed' || cause === 'camera-lost') ? 'unknown' : undefined;
}

/** The rule that no file holds, so that these events live as all others do. */
export function problemRule(
  cameraId: string,
  everyMs: number,
  words = 'The picture of the camera cannot be judged',
): CompiledRule {
  return {
    ...DEFAULTS,
    id: CAMERA_PROBLEM,
    words,
    // The same for every problem: one that turns into another (covered, then dark) goes on as one event.
    question: 'Can the picture be judged?',
    expects: 'no',
    cameras: [cameraId],
    enabled: true,
    file: '',
    forMs: LASTS_MS,
    clearAfterMs: CLEAR_MS,
    cooldownMs: COOLDOWN_MS,
    everyMs,
    schedule: null,
    zone: null,
    spans: [],
    warnings: [],
  };
}
