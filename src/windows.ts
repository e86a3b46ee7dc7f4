import type { Assignment } from './assignments.ts';
import type { Frame } from './cameras/frame.ts';

/** Pictures of one question, the newest included: as many as a small model tells apart, and a look stays affordable. */
const MOST_PICTURES = 8;
/** Kept per camera: enough to choose from, whatever the camera's pace. */
const KEPT_PICTURES = 24;
/** Of the time that a question is about, so much must lie between its first and its last picture. */
const LEAST_SHARE = 0.6;

/** The last pictures of the cameras whose rules look back over some time; of the others none. */
export class Windows {
  /** Longest time that any rule looks back, by camera. */
  #overMs: ReadonlyMap<string, number> = new Map();
  readonly #frames = new Map<string, Frame[]>();

  /** Replaces what is looked at. What nobody looks back at any more is let go. */
  assign(assignments: ReadonlyArray<Pick<Assignment, 'rule' | 'cameraId'>>): void {
    const overMs = new Map<string, number>();
    for (const { rule, cameraId } of assignments) {
      if (rule.overMs !== undefined) overMs.set(cameraId, Math.max(rule.overMs, overMs.get(cameraId) ?? 0));
    }
    this.#overMs = overMs;
    for (const cameraId of this.#frames.keys()) if (!overMs.has(cameraId)) this.#frames.delete(cameraId);
  }

  /** Keeps a frame if its camera's rules look back; a fast camera's are thinned out. */
  add(frame: Frame): void {
    const overMs = this.#overMs.get(frame.cameraId);
    if (overMs === undefined) return;
    const kept = this.#frames.get(frame.cameraId) ?? [];
    const last = kept.at(-1);
    if (last && frame.at - last.at < overMs / KEPT_PICTURES) return;
    const recent = kept.filter(({ at }) => frame.at - at <= overMs);
    this.#frames.set(frame.cameraId, [...recent, frame].slice(-KEPT_PICTURES));
  }

  /**
   * The frames before `frame` that a question over `overMs` is about: evenly over that time, the oldest first. undefined
   * when too little of the time is there.
   */
  before(frame: Frame, overMs: number): Frame[] | undefined {
    const kept = this.#frames.get(frame.cameraId) ?? [];
    const past = kept.filter(({ at }) => at < frame.at && frame.at - at <= overMs);
    const [oldest] = past;
    if (!oldest || frame.at - oldest.at < overMs * LEAST_SHARE) return undefined;
    if (past.length < MOST_PICTURES) return past;
    const step = (past.length - 1) / (MOST_PICTURES - 2);
    return Array.from({ length: MOST_PICTURES - 1 }, (_, at) => past[Math.round(at * step)] ?? oldest);
  }
}
