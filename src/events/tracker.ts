import { randomBytes } from 'node:crypto';
import type { Frame } from '../cameras/frame.ts';
import type { Clock } from '../platform/clock.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { EndReason, Evidence, WatchEvent } from './event.ts';
import type { LastAlert, Observation, RestoredEvent, RuleView, Watched } from './observation.ts';
import { type Moment, OpenEvent, type UpdateRules } from './open-event.ts';
import { INACTIVE, type RuleState, step } from './step.ts';
import { timingOf } from './timing.ts';

export interface TrackerSettings extends UpdateRules {
  /** Yes samples an event needs at least. */
  readonly minYesSamples: number;
  /** The longest time the change gate leaves an unchanged picture unasked. */
  readonly maxSkipMs: number;
}

export const TRACKER_DEFAULTS: TrackerSettings = {
  scoreRise: 0.1,
  minUpdateGapMs: 60_000,
  minYesSamples: 2,
  maxSkipMs: 0,
};

/** One rule on one camera. */
interface Pair {
  readonly ruleId: string;
  readonly cameraId: string;
  /** Null for an event restored whose rule has not been seen yet. */
  rule: CompiledRule | null;
  state: RuleState;
  verdict: Verdict | null;
  /** Wall-clock ms of the frames at the state's `since` and `lastYes`. */
  sinceWall: number;
  lastYesWall: number;
  /** Wall-clock ms since when it is inactive; null before any verdict. */
  inactiveWall: number | null;
  open: OpenEvent | null;
  /** Monotonic ms of the last alert, for the cooldown. */
  alertedAt: number;
}

/**
 * Turns verdicts into events: one open event per rule and camera, opened, updated, ended. Durations are measured on
 * `frame.at` (monotonic), records carry `capturedAt` (wall clock), so a step of the wall clock neither ends nor invents
 * an event. Firing survives a restart through `restore`, pending does not; the clear time starts anew.
 *
 * Decided here: an event whose rule is removed, switched off or asks something else, whose camera is removed, or whose
 * rule's hours end, is ended with that reason, because nobody looks any more and it would stay open for ever. A change of
 * durations, cooldown or severity alone leaves it open.
 */
export class Tracker {
  readonly #queue: CommitQueue;
  readonly #clock: Clock;
  readonly #settings: TrackerSettings;
  readonly #silenced: (ruleId: string, cameraId: string) => boolean;
  readonly #acknowledged: (eventId: string) => boolean;
  readonly #random: () => string;
  readonly #pairs = new Map<string, Pair>();
  /** Cameras that are lost, with the monotonic ms since when. */
  readonly #lostCameras = new Map<string, number>();

  constructor(options: {
    queue: CommitQueue;
    clock: Clock;
    settings?: Partial<TrackerSettings>;
    /** Muted by a person: recorded, but nobody is told until it passes. */
    silenced?: (ruleId: string, cameraId: string) => boolean;
    /** Somebody took it on: no more reminders. */
    acknowledged?: (eventId: string) => boolean;
    random?: () => string;
  }) {
    this.#queue = options.queue;
    this.#clock = options.clock;
    this.#settings = { ...TRACKER_DEFAULTS, ...options.settings };
    this.#silenced = options.silenced ?? (() => false);
    this.#acknowledged = options.acknowledged ?? (() => false);
    this.#random = options.random ?? (() => randomBytes(5).toString('hex'));
  }

  /** Takes over what the last process left: its open events, and when each pair last alerted. Before the first verdict. */
  restore(open: readonly RestoredEvent[], alerts: readonly LastAlert[] = []): void {
    const { at, wall } = this.#now();
    for (const { event, lastYesAt } of open) {
      const pair = this.#pair(event.ruleId, event.cameraId);
      pair.state = { phase: 'firing', since: at, lastYes: at, clearSince: null, lastNo: null };
      pair.sinceWall = event.startedAt;
      pair.lastYesWall = lastYesAt;
      pair.open = this.#openEvent(event, at, event.alertedAt === undefined);
    }
    for (const { ruleId, cameraId, alertedAt } of alerts) {
      // Across a restart a cooldown has only the wall clock; set wrong, it makes the cooldown start again at worst.
      this.#pair(ruleId, cameraId).alertedAt = at - Math.max(0, wall - alertedAt);
    }
  }

  /**
   * Takes one verdict in. One that is not newer than the last of its rule and camera is ignored. A disk that fails is no
   * error here: the commit queue tries again.
   */
  observe(observation: Observation): void {
    const { verdict, rule } = observation;
    const pair = this.#pair(verdict.ruleId, verdict.cameraId);
    this.#adopt(pair, rule);
    if (pair.verdict && verdict.at <= pair.verdict.at) return;
    pair.verdict = verdict;
    this.#noticeCamera(verdict);

    const next = step(pair.state, verdict.value, verdict.at, timingOf(rule, this.#settings));
    if (next.state.phase !== pair.state.phase || pair.inactiveWall === null) pair.inactiveWall = verdict.capturedAt;
    pair.state = next.state;
    if (verdict.value === 'yes') {
      if (next.state.phase !== 'inactive' && next.state.since === verdict.at) pair.sinceWall = verdict.capturedAt;
      pair.lastYesWall = verdict.capturedAt;
    }
    if (next.change === 'raise') this.#raise(pair, observation);
    else if (next.change === 'resolve') this.#end(pair, 'clear', momentOf(verdict));
    else if (pair.open) this.#goOn(pair, pair.open, observation);
  }

  /** The camera gives no frames any more: its open events stay open, marked stale. */
  cameraLost(cameraId: string): void {
    if (!this.#lostCameras.has(cameraId)) this.#lostCameras.set(cameraId, this.#clock.monotonic());
    this.#markStale(cameraId, true);
  }

  /** The camera gives frames again. The first frame's verdict says so too. */
  cameraBack(cameraId: string): void {
    this.#lostCameras.delete(cameraId);
    this.#markStale(cameraId, false);
  }

  /** The rule's hours are over. Idempotent; what comes after counts from the start of its next hours. */
  offSchedule(ruleId: string, cameraId: string): void {
    const pair = this.#pairs.get(pairKey(ruleId, cameraId));
    if (!pair) return;
    this.#reset(pair, 'schedule');
  }

  /** Tells what is watched now: at start after `restore`, and after each change of rules or cameras. */
  reconcile(watched: Watched): void {
    const rules = new Map(watched.rules.map((each) => [each.rule.id, each]));
    for (const [key, pair] of this.#pairs) {
      const entry = rules.get(pair.ruleId);
      const rule = entry?.rule.enabled ? entry.rule : undefined;
      if (rule && entry?.cameraIds.includes(pair.cameraId)) {
        this.#adopt(pair, rule);
        continue;
      }
      const cameraExists = watched.cameraIds.includes(pair.cameraId);
      this.#end(pair, !cameraExists ? 'camera-removed' : rule ? 'rule-changed' : 'rule-removed', this.#now());
      this.#pairs.delete(key);
    }
  }

  /** Call it about every second: publishes what had to wait, and tries failed commits again. */
  tick(): void {
    this.#queue.drain();
    for (const pair of this.#pairs.values()) this.#update(pair, this.#now());
  }

  view(ruleId: string, cameraId: string): RuleView | undefined {
    const pair = this.#pairs.get(pairKey(ruleId, cameraId));
    return pair && viewOf(pair);
  }

  views(): RuleView[] {
    return [...this.#pairs.values()].map(viewOf);
  }

  #pair(ruleId: string, cameraId: string): Pair {
    const key = pairKey(ruleId, cameraId);
    const known = this.#pairs.get(key);
    if (known) return known;
    const times = { sinceWall: 0, lastYesWall: 0, inactiveWall: null, alertedAt: Number.NEGATIVE_INFINITY };
    const pair: Pair = { ruleId, cameraId, rule: null, state: INACTIVE, verdict: null, open: null, ...times };
    this.#pairs.set(key, pair);
    return pair;
  }

  /** Takes a rule's newest version over; one that asks something else cannot go on with what the old one saw. */
  #adopt(pair: Pair, rule: CompiledRule): void {
    const before = pair.rule;
    if (before === rule) return;
    const asksElse = before
      ? before.question !== rule.question || before.expects !== rule.expects || before.zone !== rule.zone
      : pair.open !== null && pair.open.event.question !== rule.question;
    if (asksElse) this.#reset(pair, 'rule-changed');
    pair.rule = rule;
  }

  #noticeCamera(verdict: Verdict): void {
    if (verdict.cause === 'camera-lost') {
      this.cameraLost(verdict.cameraId);
      return;
    }
    // A frame taken before the camera was lost may be judged after it.
    const lostAt = this.#lostCameras.get(verdict.cameraId) ?? Number.NEGATIVE_INFINITY;
    if (verdict.at > lostAt) this.cameraBack(verdict.cameraId);
  }

  #markStale(cameraId: string, stale: boolean): void {
    for (const pair of this.#pairs.values()) {
      if (pair.cameraId !== cameraId) continue;
      pair.open?.markStale(stale);
      this.#update(pair, this.#now());
    }
  }

  #raise(pair: Pair, { verdict, rule, frame, before, model, weightsHash }: Observation): void {
    const event: WatchEvent = {
      id: `${pair.sinceWall.toString(36).padStart(9, '0')}-${this.#random()}`,
      ruleId: rule.id,
      words: rule.words,
      question: rule.question,
      cameraId: pair.cameraId,
      severity: rule.severity,
      startedAt: pair.sinceWall,
      endedAt: null,
      score: verdict.score ?? 0,
      model,
      weightsHash,
      stale: false,
      revision: 0,
    };
    pair.open = this.#openEvent(event, verdict.at, this.#mustHold(pair, verdict.at));
    const deciding = frame && pictureOf(frame, 'deciding', verdict);
    pair.open.open(momentOf(verdict), [
      ...(before ? [pictureOf(before, 'before')] : []),
      ...(deciding ? [deciding] : []),
    ]);
    if (!pair.open.held) pair.alertedAt = verdict.at;
  }

  /** Still open after a verdict: an alert held back may go out now, or a reminder, or an update. */
  #goOn(pair: Pair, open: OpenEvent, { verdict, frame }: Observation): void {
    if (verdict.value === 'yes') {
      open.sawYes(verdict.score ?? 0, frame ? pictureOf(frame, 'best', verdict) : null);
      const alertDue = open.held && !this.#mustHold(pair, verdict.at);
      const reminderDue = !open.held && this.#reminderDue(pair, open, verdict.at);
      if (alertDue) open.alert(momentOf(verdict));
      if (reminderDue) open.remind(momentOf(verdict), this.#silenced(pair.ruleId, pair.cameraId));
      if (alertDue || reminderDue) pair.alertedAt = verdict.at;
    }
    this.#update(pair, momentOf(verdict));
  }

  #reminderDue(pair: Pair, { event }: OpenEvent, at: number): boolean {
    const { remindMs = 0, cooldownMs = 0 } = pair.rule ?? {};
    if (remindMs === 0 || at - pair.alertedAt < Math.max(remindMs, cooldownMs)) return false;
    return !this.#acknowledged(event.id);
  }

  #update(pair: Pair, moment: Moment): void {
    if (!pair.open) return;
    const severity = pair.rule?.severity ?? pair.open.event.severity;
    const silenced = this.#silenced(pair.ruleId, pair.cameraId);
    pair.open.update(moment, { ...this.#settings, severity, silenced });
  }

  #end(pair: Pair, reason: EndReason, moment: Moment): void {
    pair.open?.end(moment, pair.lastYesWall, reason);
    pair.open = null;
  }

  /** Nobody looks any more, or at something else: what was seen so far does not count for what comes. */
  #reset(pair: Pair, reason: EndReason): void {
    const now = this.#now();
    this.#end(pair, reason, now);
    if (pair.state !== INACTIVE) pair.inactiveWall = now.wall;
    pair.state = INACTIVE;
  }

  #mustHold(pair: Pair, at: number): boolean {
    return at - pair.alertedAt < (pair.rule?.cooldownMs ?? 0) || this.#silenced(pair.ruleId, pair.cameraId);
  }

  #openEvent(event: WatchEvent, at: number, held: boolean): OpenEvent {
    return new OpenEvent({ event, at, held, submit: (commit) => this.#queue.submit(commit) });
  }

  #now(): Moment {
    return { at: this.#clock.monotonic(), wall: this.#clock.now() };
  }
}

/** Of the verdict's own frame only: picture and score never come from different frames. */
function pictureOf(frame: Frame, role: Evidence['role'], verdict?: Verdict): Evidence {
  const { jpeg, capturedAt, width, height } = frame;
  const score = verdict?.frameSeq === frame.seq ? verdict.score : undefined;
  return { role, jpeg, capturedAt, width, height, ...(score !== undefined && { score }) };
}

const momentOf = (verdict: Verdict): Moment => ({ at: verdict.at, wall: verdict.capturedAt });

function viewOf({ ruleId, cameraId, state, sinceWall, inactiveWall, verdict, open }: Pair): RuleView {
  const since = state.phase === 'inactive' ? inactiveWall : sinceWall;
  return { ruleId, cameraId, phase: state.phase, since, verdict, event: open?.event ?? null };
}

const pairKey = (ruleId: string, cameraId: string): string => `${ruleId}\n${cameraId}`;
