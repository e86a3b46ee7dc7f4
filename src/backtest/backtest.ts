import { type OnStretch, type Replay, type ReplayedVerdict, replay } from '../events/replay.ts';
import type { KeptPicture, PictureQuery } from '../history/picture-index.ts';
import type { CachedScore } from '../history/score-cache.ts';
import { onStretches } from '../rules/on-stretches.ts';
import { checkOnePicture } from '../rules/one-picture.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Calendar } from '../rules/schedule.ts';
import { type JudgedAnswer, judge, type UnknownCause } from '../rules/verdict.ts';
import type { ScoreQuery, StoredScores } from '../store/score-history.ts';

/** Where a backtest finds the past. */
export interface BacktestSources {
  readonly timeZone: string;
  readonly calendars: Readonly<Record<string, Calendar>>;
  /** Answers that the live rules got to the same question. */
  readonly storedScores: (query: ScoreQuery) => StoredScores;
  /** Pictures kept, for the time in which nobody asked it. */
  readonly pictures: (query: PictureQuery) => readonly KeptPicture[];
  readonly cached: (since: number, until: number) => ReadonlyMap<number, CachedScore>;
  readonly keep: (scores: readonly CachedScore[]) => void;
  /** Asks the model the rule's question about a picture; undefined when the picture is gone. */
  readonly ask: (picture: KeptPicture) => Promise<JudgedAnswer | undefined>;
}

export interface BacktestRequest {
  readonly rule: CompiledRule;
  readonly cameraId: string;
  /** Wall-clock ms; since inclusive, until exclusive. */
  readonly since: number;
  readonly until: number;
  /** Parts of the timeline. */
  readonly buckets: number;
  readonly signal: AbortSignal;
  /** Called before the first picture and after each. */
  readonly onProgress?: (asked: number, toAsk: number) => void;
}

/** Scores of one part of the time that was tested. */
export interface ScoreBucket {
  readonly from: number;
  yes: number;
  no: number;
  unknown: number;
  /** Of the expected answer; null when none of its verdicts has a score. */
  min: number | null;
  max: number | null;
  mean: number | null;
}

export interface Backtest extends Replay {
  /** Looks, and where their answers come from. */
  readonly looks: {
    readonly stored: number;
    readonly pictures: number;
    /** Pictures put to the model this time. */
    readonly asked: number;
  };
  /** Oldest first; parts without a look are left out. */
  readonly timeline: readonly ScoreBucket[];
}

/** One look of the past, before any threshold. */
export interface PastLook {
  /** Wall-clock ms. */
  readonly capturedAt: number;
  readonly outcome: JudgedAnswer | UnknownCause;
  /** Not asked because nothing had changed. */
  readonly gated: boolean;
}

/** What is known of one question's past on one camera: whatever the thresholds, durations and hours. */
export interface Past {
  readonly looks: Backtest['looks'];
  /** Oldest first. */
  all(): Iterable<PastLook>;
}

/** Scores are kept as they come, so that a test that is stopped goes on where it was. */
const KEEP_AT_ONCE = 25;

/**
 * What a rule would have done on one camera. Answers that the live rules got to the same question count first; for the
 * rest of the time the kept pictures are asked, once: their scores are kept, so that another threshold, duration or
 * schedule needs no model. Verdicts, events and coverage come from the code that the live pipeline uses.
 *
 * @throws the signal's reason when it is aborted
 */
export async function backtest(request: BacktestRequest, sources: BacktestSources): Promise<Backtest> {
  return replayPast(await readPast(request, sources), request, sources);
}

/**
 * The looks that a backtest replays, the pictures among them asked where nobody had.
 *
 * @throws the signal's reason when it is aborted; WatchwordError `unsupported` for a rule that looks back over some time
 */
export async function readPast(request: BacktestRequest, sources: BacktestSources): Promise<Past> {
  const { rule, cameraId, since, until } = request;
  checkOnePicture(rule);
  const { question, zone, everyMs } = rule;
  const stored = sources.storedScores({ cameraId, question, zone, since, until });
  const pictures = unasked(sources.pictures({ cameraId, since, until }), stored, hoursOf(request, sources), everyMs);
  const { answers, asked } = await answersTo(pictures, request, sources);
  const filled = pictureLooks(pictures, answers, stored, request);
  return {
    looks: { stored: stored.length, pictures: filled.length, asked },
    all: () => inOrder(stored, filled),
  };
}

/** What the rule makes of that past: its thresholds, durations and hours count, not its question. Pure. */
export function replayPast(past: Past, request: BacktestRequest, sources: Hours): Backtest {
  const { rule, cameraId, until } = request;
  const timeline = new Timeline(request);
  const verdicts = function* (): Generator<ReplayedVerdict> {
    let seq = 0;
    for (const { capturedAt, outcome, gated } of past.all()) {
      const verdict = judge(rule, { cameraId, seq: ++seq, capturedAt, at: capturedAt }, outcome);
      timeline.add(verdict);
      yield { verdict, gated };
    }
  };
  const replayed = replay({ rule, cameraId, hours: hoursOf(request, sources), until, verdicts: verdicts() });
  return { ...replayed, looks: past.looks, timeline: timeline.buckets() };
}

type Hours = Pick<BacktestSources, 'calendars' | 'timeZone'>;

function hoursOf({ rule, since, until }: BacktestRequest, { calendars, timeZone }: Hours): OnStretch[] {
  return onStretches(rule.schedule, calendars, timeZone, since, until);
}

function storedLook({ capturedAt, yes, mass, cause }: StoredScores, index: number): PastLook {
  const [at = 0, score = Number.NaN, weight = Number.NaN] = [capturedAt[index], yes[index], mass[index]];
  const isAnswer = !Number.isNaN(score) && !Number.isNaN(weight);
  return { capturedAt: at, outcome: isAnswer ? { score, mass: weight } : (cause[index] ?? 'no-answer'), gated: false };
}

/** Pictures that stood while the rule was on and nobody had asked. */
function unasked(
  pictures: readonly KeptPicture[],
  stored: StoredScores,
  hours: readonly OnStretch[],
  everyMs: number,
): KeptPicture[] {
  const answered = new Answered(stored, everyMs);
  return pictures.filter(({ capturedAt, until }) => {
    const isOn = hours.some(({ from, to }) => capturedAt < to && until >= from);
    if (!isOn) return false;
    for (let at = capturedAt; at <= until; at += everyMs) if (!answered.near(at)) return true;
    return false;
  });
}

/** Whether a live answer vouches for an instant: asked in order of time. */
class Answered {
  readonly #stored: StoredScores;
  readonly #reachMs: number;
  #next = 0;

  constructor(stored: StoredScores, everyMs: number) {
    this.#stored = stored;
    this.#reachMs = Math.max(5_000, 2 * everyMs);
  }

  near(at: number): boolean {
    const { capturedAt, length } = this.#stored;
    while (this.#next < length && (capturedAt[this.#next] ?? 0) < at) this.#next++;
    const before = this.#next > 0 ? (capturedAt[this.#next - 1] ?? 0) : Number.NEGATIVE_INFINITY;
    const after = this.#next < length ? (capturedAt[this.#next] ?? 0) : Number.POSITIVE_INFINITY;
    return at - before <= this.#reachMs || after - at <= this.#reachMs;
  }
}

async function answersTo(
  pictures: readonly KeptPicture[],
  { since, until, signal, onProgress }: BacktestRequest,
  { cached, keep, ask }: BacktestSources,
): Promise<{ answers: ReadonlyMap<number, JudgedAnswer>; asked: number }> {
  if (pictures.length === 0) return { answers: new Map(), asked: 0 };
  const first = Math.min(since, pictures[0]?.capturedAt ?? since);
  const answers = new Map<number, JudgedAnswer>(cached(first, until));
  const toAsk = pictures.filter(({ capturedAt, trouble }) => trouble === null && !answers.has(capturedAt));
  let waiting: CachedScore[] = [];
  let asked = 0;
  if (toAsk.length > 0) onProgress?.(0, toAsk.length);
  try {
    for (const picture of toAsk) {
      signal.throwIfAborted();
      const answer = await ask(picture);
      if (answer) {
        const { score, mass } = answer;
        answers.set(picture.capturedAt, { score, mass });
        waiting.push({ capturedAt: picture.capturedAt, score, mass });
      }
      if (waiting.length >= KEEP_AT_ONCE) keep(waiting.splice(0));
      onProgress?.(++asked, toAsk.length);
    }
  } finally {
    if (waiting.length > 0) keep(waiting);
    waiting = [];
  }
  return { answers, asked };
}

/** What the pipeline would have seen: the picture when it came, and its repetition at each turn while nothing changed. */
function pictureLooks(
  pictures: readonly KeptPicture[],
  answers: ReadonlyMap<number, JudgedAnswer>,
  stored: StoredScores,
  { rule, since, until }: BacktestRequest,
): PastLook[] {
  const answered = new Answered(stored, rule.everyMs);
  const looks: PastLook[] = [];
  for (const picture of pictures) {
    const outcome = picture.trouble ?? answers.get(picture.capturedAt) ?? 'model-failed';
    for (let at = picture.capturedAt; at <= picture.until && at < until; at += rule.everyMs) {
      if (at < since || answered.near(at)) continue;
      looks.push({ capturedAt: at, outcome, gated: at > picture.capturedAt });
    }
  }
  return looks;
}

/** Both are in order of time. */
function* inOrder(stored: StoredScores, pictures: readonly PastLook[]): Generator<PastLook> {
  let next = 0;
  for (let index = 0; index < stored.length; index++) {
    const look = storedLook(stored, index);
    for (let other = pictures[next]; other && other.capturedAt < look.capturedAt; other = pictures[++next]) yield other;
    yield look;
  }
  yield* pictures.slice(next);
}

class Timeline {
  readonly #buckets = new Map<number, ScoreBucket & { sum: number; scored: number }>();
  readonly #since: number;
  readonly #width: number;

  constructor({ since, until, buckets }: Pick<BacktestRequest, 'since' | 'until' | 'buckets'>) {
    this.#since = since;
    this.#width = Math.max(1, Math.ceil((until - since) / Math.max(1, buckets)));
  }

  add({ capturedAt, value, score }: { capturedAt: number; value: 'yes' | 'no' | 'unknown'; score?: number }): void {
    const from = this.#since + Math.floor((capturedAt - this.#since) / this.#width) * this.#width;
    let bucket = this.#buckets.get(from);
    if (!bucket) {
      bucket = { from, yes: 0, no: 0, unknown: 0, min: null, max: null, mean: null, sum: 0, scored: 0 };
      this.#buckets.set(from, bucket);
    }
    bucket[value]++;
    if (score === undefined) return;
    bucket.sum += score;
    bucket.scored++;
    bucket.min = Math.min(bucket.min ?? 1, score);
    bucket.max = Math.max(bucket.max ?? 0, score);
  }

  buckets(): ScoreBucket[] {
    return [...this.#buckets.values()].map(({ sum, scored, ...bucket }) => ({
      ...bucket,
      mean: scored > 0 ? sum / scored : null,
    }));
  }
}
