/** One question to be asked again and again: a rule on a camera. */
export interface Duty {
  readonly cameraId: string;
  readonly ruleId: string;
  readonly everyMs: number;
  /** Weight of its lateness, 1 for normal: a critical rule is asked sooner when the box falls behind, never exclusively. */
  readonly weight: number;
}

/** What to do next: look once at this camera's newest frame and ask all these rules' questions about it. */
export interface Turn {
  readonly cameraId: string;
  readonly ruleIds: readonly string[];
  /** How late the most overdue question is, ms; at most 0 when the box keeps up. */
  readonly lateMs: number;
}

interface Due extends Duty {
  dueAt: number;
}

/**
 * A question may go along up to this share of its interval early: frames do not arrive to the millisecond, and a look that
 * is made anyway should serve every rule that is nearly due.
 */
const EARLY_SHARE = 0.25;

/**
 * Decides which camera's frame is judged next. Most overdue first, measured in intervals, so that under overload every
 * rule is stretched by the same factor instead of some starving; all due rules of a camera share one look.
 * Pure bookkeeping on monotonic ms: it neither waits nor calls anything.
 */
export class Scheduler {
  #duties = new Map<string, Due[]>();

  /** Replaces the duties. Those that stay keep their due time; new ones are due at once. */
  setDuties(duties: readonly Duty[], now: number): void {
    const known = new Map<string, Due>();
    for (const due of [...this.#duties.values()].flat()) known.set(keyOf(due), due);
    const next = new Map<string, Due[]>();
    for (const duty of duties) {
      const dueAt = Math.min(known.get(keyOf(duty))?.dueAt ?? now, now + duty.everyMs);
      const list = next.get(duty.cameraId) ?? [];
      list.push({ ...duty, dueAt });
      next.set(duty.cameraId, list);
    }
    this.#duties = next;
  }

  /** The most overdue camera among those with a frame nobody judged yet, or undefined when nothing is due. */
  next(now: number, hasFrame: (cameraId: string) => boolean): Turn | undefined {
    let best: { cameraId: string; urgency: number } | undefined;
    for (const [cameraId, dues] of this.#duties) {
      const urgency = Math.max(...dues.map((due) => urgencyOf(due, now)));
      if (urgency < -EARLY_SHARE || (best && urgency <= best.urgency) || !hasFrame(cameraId)) continue;
      best = { cameraId, urgency };
    }
    if (!best) return undefined;
    const dues = (this.#duties.get(best.cameraId) ?? []).filter(
      (due) => (now - due.dueAt) / due.everyMs >= -EARLY_SHARE,
    );
    return {
      cameraId: best.cameraId,
      ruleIds: dues.map((due) => due.ruleId),
      lateMs: Math.max(...dues.map((due) => now - due.dueAt)),
    };
  }

  /** Marks the turn as served by a frame taken at `frameAt` (monotonic ms): its questions are due one interval after it. */
  served(turn: Turn, frameAt: number): void {
    for (const due of this.#duties.get(turn.cameraId) ?? []) {
      if (turn.ruleIds.includes(due.ruleId)) due.dueAt = Math.max(due.dueAt, frameAt) + due.everyMs;
    }
  }

  /** When the next question becomes askable on a camera that has a frame, monotonic ms; Infinity when none does. */
  nextDueAt(hasFrame: (cameraId: string) => boolean): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const [cameraId, dues] of this.#duties) {
      if (!hasFrame(cameraId)) continue;
      for (const due of dues) earliest = Math.min(earliest, due.dueAt - due.everyMs * EARLY_SHARE);
    }
    return earliest;
  }
}

function urgencyOf(due: Due, now: number): number {
  const intervals = (now - due.dueAt) / due.everyMs;
  // Weight only what is late: an early critical rule must not take the turn of a late normal one.
  return intervals > 0 ? intervals * due.weight : intervals;
}

function keyOf(duty: Duty): string {
  return `${duty.cameraId}\n${duty.ruleId}`;
}
