import type { Severity } from './event.ts';
import {
  type ChangeType,
  changeKey,
  type EndReason,
  type EventCommit,
  type Evidence,
  type UpdateReason,
  type WatchEvent,
} from './event.ts';

/** When something was, on both clocks: monotonic ms and wall-clock ms. */
export interface Moment {
  readonly at: number;
  readonly wall: number;
}

export interface UpdateRules {
  /** How much the best score must rise for an update. */
  readonly scoreRise: number;
  /** Least time between two changes of an open event, its end aside: whatever flaps, it never becomes a flood. */
  readonly minUpdateGapMs: number;
}

/** An event from its opening to its end: what is true of it now, what was last published, and the changes in between. */
export class OpenEvent {
  readonly #submit: (commit: EventCommit) => void;
  #event: WatchEvent;
  #changedAt: number;
  #best: number;
  #bestPicture: Evidence | null = null;
  #stale: boolean;
  #held: boolean;

  /** Commits nothing: the caller goes on with `open`, or the event is restored from the store. */
  constructor(options: { event: WatchEvent; at: number; held: boolean; submit: (commit: EventCommit) => void }) {
    this.#submit = options.submit;
    this.#event = options.event;
    this.#changedAt = options.at;
    this.#best = options.event.score;
    this.#stale = options.event.stale;
    this.#held = options.held;
  }

  /** As last handed to the store. */
  get event(): WatchEvent {
    return this.#event;
  }

  /** True while its alert waits for a cooldown or a silence to pass. */
  get held(): boolean {
    return this.#held;
  }

  /** First record of a new event; alerts unless it is held. */
  open(moment: Moment, evidence: readonly Evidence[]): void {
    if (this.#held) this.#commit('new', moment, { alert: false, evidence });
    else this.alert(moment, evidence);
  }

  /** Publishes its `new`: at once, or later when what held it back has passed. */
  alert(moment: Moment, evidence: readonly Evidence[] = []): void {
    this.#held = false;
    this.#event = { ...this.#event, alertedAt: moment.wall };
    this.#commit('new', moment, { alert: true, evidence });
  }

  /** Remembers the best score with its picture; published by the next `update` if it rose enough. */
  sawYes(score: number, picture: Evidence | null): void {
    if (score <= this.#best) return;
    this.#best = score;
    this.#bestPicture = picture;
  }

  markStale(stale: boolean): void {
    this.#stale = stale;
  }

  /** Publishes what changed, unless nothing did or the last change was too short ago; call it again later. */
  update(moment: Moment, now: UpdateRules & { severity: Severity; silenced: boolean }): void {
    const rose = this.#best - this.#event.score >= now.scoreRise;
    let reason: UpdateReason;
    if (this.#stale !== this.#event.stale) reason = this.#stale ? 'camera-lost' : 'camera-back';
    else if (now.severity !== this.#event.severity) reason = 'severity';
    else if (rose) reason = 'score';
    else return;
    if (moment.at - this.#changedAt < now.minUpdateGapMs) return;
    this.#event = { ...this.#event, stale: this.#stale, severity: now.severity };
    const evidence = rose ? this.#publishBest() : [];
    this.#commit('update', moment, { alert: !this.#held && !now.silenced, evidence, reason });
  }

  remind(moment: Moment, silenced: boolean): void {
    this.#commit('update', moment, { alert: !silenced, evidence: [], reason: 'reminder' });
  }

  /** Who was told that it began is told that it ended, silence or not. */
  end(moment: Moment, lastYesWall: number, endReason: EndReason): void {
    // A wall clock that was set back in between must not make it end before it began.
    const endedAt = Math.max(this.#event.startedAt, lastYesWall);
    const evidence = this.#publishBest();
    this.#event = { ...this.#event, endedAt, endReason, stale: this.#stale };
    this.#commit('end', moment, { alert: !this.#held, evidence });
  }

  /** Score and picture are published together: they are of the same frame. */
  #publishBest(): Evidence[] {
    this.#event = { ...this.#event, score: Math.max(this.#best, this.#event.score) };
    const picture = this.#bestPicture;
    this.#bestPicture = null;
    return picture ? [picture] : [];
  }

  #commit(
    type: ChangeType,
    moment: Moment,
    how: { alert: boolean; evidence: readonly Evidence[]; reason?: UpdateReason },
  ): void {
    this.#changedAt = moment.at;
    if (how.alert) this.#event = { ...this.#event, revision: this.#event.revision + 1 };
    const event = this.#event;
    const key = changeKey(event.id, type, event.revision);
    const change = { type, key, event, changedAt: moment.wall, ...(how.reason && { reason: how.reason }) };
    this.#submit({ change, alert: how.alert, evidence: how.evidence });
  }
}
