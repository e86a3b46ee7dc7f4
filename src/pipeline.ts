import type { Assignment } from './assignments.ts';
import type { Frame } from './cameras/frame.ts';
import { ExampleFiles } from './examples.ts';
import { Bell } from './platform/bell.ts';
import type { Clock } from './platform/clock.ts';
import { kindOf, toError } from './platform/errors.ts';
import type { Health } from './platform/health.ts';
import type { Logger } from './platform/logger.ts';
import { RepeatLimiter } from './platform/repeats.ts';
import { Slot } from './platform/slot.ts';
import type { CompiledRule } from './rules/rule.ts';
import type { UnknownCause, Verdict } from './rules/verdict.ts';
import type { Answer, EarlierPicture, LookOptions, ModelIdentity, VisionModel } from './vision/model.ts';
import { type Duty, Scheduler, type Turn } from './vision/scheduler.ts';
import { Windows } from './windows.ts';

/** What one look at one frame came to. Model times in ms. */
export interface Judgement {
  readonly frame: Frame;
  readonly verdicts: ReadonlyArray<{
    readonly rule: CompiledRule;
    readonly verdict: Verdict;
    readonly gated: boolean;
    /** Who answered, where that is not the model itself. */
    readonly answeredBy?: ModelIdentity;
  }>;
  readonly modelMs: number;
  /** Monotonic ms at which the frame was offered, was taken up, and at which its verdicts stood. */
  readonly offeredAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** One frame, looked at without the model. */
export interface Inspected {
  /** Why this picture must not be judged, if there is a reason. */
  readonly trouble: UnknownCause | undefined;
  /** Whether nothing changed for this rule since it was last asked. `wanted`: it is to be asked all the same. */
  isUnchanged(rule: CompiledRule, wanted: boolean): boolean;
  /** The rule was asked about this frame: changes are measured against it from now on. */
  evaluated(rule: CompiledRule): void;
  /** The part of the frame, or of another one of this camera, that the rule's zone shows; its own JPEG without a zone. */
  pictureFor(rule: CompiledRule, other?: Frame): Promise<Uint8Array>;
}

export interface PipelineDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly model: Pick<VisionModel, 'look' | 'score' | 'release'>;
  /** rules/verdict.ts: an answer, or the reason why there is none, as a verdict. */
  readonly judge: (rule: CompiledRule, frame: Frame, outcome: Answer | UnknownCause) => Verdict;
  /** inspection.ts: what can be said of a frame without the model. Rejects for a picture that cannot be decoded. */
  readonly inspect: (frame: Frame) => Promise<Inspected>;
  /** Whether the rule's next answer may open an event: it must then come from the very frame that is kept with it. */
  readonly isPending: (ruleId: string, cameraId: string) => boolean;
  /** A frame of this camera was replaced before the model had time for it. */
  readonly dropped: (cameraId: string) => void;
  /** Everything behind the verdicts: events, store, alerts. Must not throw; the next frame waits for it. */
  readonly settle: (judgement: Judgement) => void;
}

export interface PipelineCounts {
  /** Replaced by a newer frame before the model was free. */
  dropped: number;
  /** Too old to pass for live when their turn came. */
  stale: number;
  /** Questions answered from the last verdict since nothing had changed. */
  skipped: number;
  judged: number;
  /** Monotonic ms of the last judged frame: what the watchdog looks at. */
  lastJudgedAt: number | null;
}

/** A frame this many intervals old is not live any more: judging it as if it were is worse than saying unknown. */
const STALE_INTERVALS = 5;
const STALE_AT_LEAST_MS = 10_000;

const SEVERITY_WEIGHT = { info: 0.5, warning: 1, critical: 2 } as const;

/**
 * The product on one screen: a frame comes in (`offer`), the scheduler picks the most overdue camera, one look serves all
 * its due questions, each answer becomes a verdict, and the verdicts go on to events, store and alerts (`settle`).
 * Cameras never wait for it: it holds one newest frame each.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #scheduler = new Scheduler();
  readonly #bell = new Bell();
  readonly #repeats: RepeatLimiter;
  readonly #frames = new Map<string, Slot<Offered>>();
  readonly #lastVerdicts = new Map<string, Verdict>();
  readonly #windows = new Windows();
  readonly #examples = new ExampleFiles();
  #assignments: ReadonlyArray<Pick<Assignment, 'rule' | 'cameraId'>> = [];
  #counts = { stale: 0, skipped: 0, judged: 0, droppedBefore: 0, lastJudgedAt: null as number | null };

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#repeats = new RepeatLimiter({ clock: deps.clock, logger: deps.logger });
  }

  get counts(): PipelineCounts {
    const { stale, skipped, judged, droppedBefore, lastJudgedAt } = this.#counts;
    const waiting = [...this.#frames.values()].reduce((sum, slot) => sum + slot.dropped, 0);
    return { dropped: droppedBefore + waiting, stale, skipped, judged, lastJudgedAt };
  }

  /** Replaces what is asked of which camera. Takes effect with the next look. */
  assign(assignments: ReadonlyArray<Pick<Assignment, 'rule' | 'cameraId'>>): void {
    this.#assignments = assignments;
    const duties = assignments.map(({ rule, cameraId }): Duty => {
      return { cameraId, ruleId: rule.id, everyMs: rule.everyMs, weight: SEVERITY_WEIGHT[rule.severity] };
    });
    this.#scheduler.setDuties(duties, this.#deps.clock.monotonic());
    this.#windows.assign(assignments);
    const cameras = new Set(duties.map((duty) => duty.cameraId));
    for (const [cameraId, slot] of this.#frames) {
      if (cameras.has(cameraId)) continue;
      this.#counts.droppedBefore += slot.dropped;
      this.#frames.delete(cameraId);
    }
    // A changed rule's earlier answer says nothing about its new question.
    this.#lastVerdicts.clear();
    this.#bell.ring();
  }

  /** Hands in a new frame. Never waits. */
  offer(frame: Frame): void {
    const slot = this.#frames.get(frame.cameraId) ?? new Slot<Offered>();
    this.#frames.set(frame.cameraId, slot);
    if (slot.peek() !== undefined) this.#deps.dropped(frame.cameraId);
    slot.put({ frame, at: this.#deps.clock.monotonic() });
    this.#windows.add(frame);
    this.#bell.ring();
  }

  /** Judges frames until the signal is aborted. A failed look costs its verdicts (unknown) and nothing else. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const turn = this.#scheduler.next(this.#deps.clock.monotonic(), this.#hasFrame);
      if (turn) await this.#serve(turn, signal);
      else await this.#waitForWork(signal);
    }
  }

  readonly #hasFrame = (cameraId: string): boolean => this.#frames.get(cameraId)?.peek() !== undefined;

  /** Until a frame comes, the rules change or a question about a waiting frame falls due. */
  async #waitForWork(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const dueAt = this.#scheduler.nextDueAt(this.#hasFrame);
    const heard = new AbortController();
    if (Number.isFinite(dueAt)) {
      clock.sleep(Math.max(0, dueAt - clock.monotonic()), heard.signal).then(
        () => this.#bell.ring(),
        () => undefined,
      );
    }
    await this.#bell.wait(signal);
    heard.abort();
  }

  async #serve(turn: Turn, signal: AbortSignal): Promise<void> {
    const offered = this.#frames.get(turn.cameraId)?.takeNow();
    if (!offered) return;
    const { frame } = offered;
    const rules = this.#assignments
      .filter(({ cameraId, rule }) => cameraId === turn.cameraId && turn.ruleIds.includes(rule.id))
      .map(({ rule }) => rule);
    const startedAt = this.#deps.clock.monotonic();
    const ageLimit = Math.max(STALE_AT_LEAST_MS, STALE_INTERVALS * Math.min(...rules.map((rule) => rule.everyMs)));
    if (startedAt - frame.at > ageLimit) {
      this.#counts.stale++;
      return;
    }
    this.#scheduler.served(turn, frame.at);
    const { verdicts, modelMs } = await this.#judge(frame, rules, signal);
    if (signal.aborted) return;
    for (const { rule, verdict } of verdicts) this.#lastVerdicts.set(pairKey(rule.id, frame.cameraId), verdict);
    this.#counts.judged++;
    this.#counts.lastJudgedAt = this.#deps.clock.monotonic();
    const finishedAt = this.#counts.lastJudgedAt;
    this.#deps.settle({ frame, verdicts, modelMs, offeredAt: offered.at, startedAt, finishedAt });
  }

  async #judge(frame: Frame, rules: CompiledRule[], signal: AbortSignal): Promise<Outcome> {
    const inspected = await this.#inspect(frame);
    if (typeof inspected === 'string') return this.#unknown(frame, rules, inspected, 0);
    if (inspected.trouble) return this.#unknown(frame, rules, inspected.trouble, 0);
    const { toAsk, repeated } = this.#gate(frame, rules, inspected);
    const verdicts = [...repeated];
    let modelMs = 0;
    for (const together of groupByView(toAsk)) {
      const asked = await this.#ask(frame, together, inspected, signal);
      modelMs += asked.modelMs;
      verdicts.push(...asked.verdicts);
    }
    return { verdicts, modelMs };
  }

  async #inspect(frame: Frame): Promise<Inspected | UnknownCause> {
    try {
      return await this.#deps.inspect(frame);
    } catch (error) {
      const fields = { camera: frame.cameraId, error: toError(error) };
      this.#repeats.log('warn', `inspect ${frame.cameraId}`, 'a frame cannot be read', fields);
      return 'model-failed';
    }
  }

  #unknown(frame: Frame, rules: readonly CompiledRule[], cause: UnknownCause, modelMs: number): Outcome {
    return {
      modelMs,
      verdicts: rules.map((rule) => ({ rule, verdict: this.#deps.judge(rule, frame, cause), gated: false })),
    };
  }

  /** Parts the rules into those to be asked and those whose last known verdict still holds, since nothing changed. */
  #gate(frame: Frame, rules: CompiledRule[], inspected: Inspected) {
    const { cameraId, seq: frameSeq, capturedAt, at } = frame;
    const toAsk: CompiledRule[] = [];
    const repeated: Judgement['verdicts'][number][] = [];
    for (const rule of rules) {
      const last = this.#lastVerdicts.get(pairKey(rule.id, cameraId));
      // What does not move looks unchanged: a question about motion is asked of each frame.
      const moving = rule.overMs !== undefined;
      const wanted = moving || !last || last.value === 'unknown' || this.#deps.isPending(rule.id, cameraId);
      // The gate is told of each frame, also of those that are wanted: it learns from all of them.
      if (!inspected.isUnchanged(rule, wanted) || wanted) toAsk.push(rule);
      else {
        this.#counts.skipped++;
        repeated.push({ rule, gated: true, verdict: { ...last, frameSeq, capturedAt, at } });
      }
    }
    return { toAsk, repeated };
  }

  /** One look, all questions. All rules given look at the same part of the picture, back over the same time, after the same examples. */
  async #ask(frame: Frame, rules: CompiledRule[], inspected: Inspected, signal: AbortSignal): Promise<Outcome> {
    const [first] = rules;
    if (!first) return { verdicts: [], modelMs: 0 };
    const { judge, clock, health } = this.#deps;
    const began = clock.monotonic();
    const before = first.overMs === undefined ? [] : this.#windows.before(frame, first.overMs);
    // The pictures of that time are missing: the camera was away, or has only begun.
    if (!before) return this.#unknown(frame, rules, 'too-early', 0);
    try {
      const earlier: EarlierPicture[] = [];
      for (const each of before)
        earlier.push({ picture: await inspected.pictureFor(first, each), beforeMs: frame.at - each.at });
      const examples = await this.#examples.of(first);
      const seen = { earlier, examples };
      const answers = await this.#look(await inspected.pictureFor(first), seen, rules, signal);
      health.report('model', 'ok');
      for (const rule of rules) inspected.evaluated(rule);
      const verdicts = rules.map((rule, i) => {
        const answer = answers[i];
        const by = answer?.answeredBy && { answeredBy: answer.answeredBy };
        return { rule, verdict: judge(rule, frame, answer ?? 'model-failed'), gated: false, ...by };
      });
      return { verdicts, modelMs: clock.monotonic() - began };
    } catch (error) {
      if (!signal.aborted) {
        const { message } = toError(error);
        health.report('model', 'degraded', message);
        this.#repeats.log('warn', message, 'the model did not answer', { camera: frame.cameraId, error: message });
      }
      const cause: UnknownCause = kindOf(error) === 'timeout' ? 'timeout' : 'model-failed';
      return this.#unknown(frame, rules, cause, clock.monotonic() - began);
    }
  }

  async #look(
    picture: Uint8Array,
    { earlier = [], examples = [] }: Pick<LookOptions, 'earlier' | 'examples'>,
    rules: readonly CompiledRule[],
    signal: AbortSignal,
  ): Promise<Answer[]> {
    const { model } = this.#deps;
    const look = await model.look(picture, {
      signal,
      ...(earlier.length > 0 && { earlier }),
      ...(examples.length > 0 && { examples }),
    });
    try {
      const questions = rules.map((rule) => rule.question);
      return await model.score(look, questions, { signal });
    } finally {
      // Not waited for: the answers do not hang on it, and a dead engine has nothing left to release.
      model.release(look).catch(() => undefined);
    }
  }
}

interface Offered {
  readonly frame: Frame;
  /** Monotonic ms. */
  readonly at: number;
}

type Outcome = Pick<Judgement, 'verdicts' | 'modelMs'>;

function groupByView(rules: readonly CompiledRule[]): CompiledRule[][] {
  const groups = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    const view = JSON.stringify([rule.zone, rule.overMs, rule.examples && [rule.file, rule.examples]]);
    groups.set(view, [...(groups.get(view) ?? []), rule]);
  }
  return [...groups.values()];
}

function pairKey(ruleId: string, cameraId: string): string {
  return `${ruleId}\n${cameraId}`;
}
