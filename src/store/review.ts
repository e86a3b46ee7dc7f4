import type { Database } from 'better-sqlite3';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { guarded } from './errors.ts';
import type { EventRow } from './event-row.ts';

/** What people said of an event. Times are wall-clock ms. */
export interface Review {
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  /** Was the alert right? Null: nobody said. */
  readonly judgement: 'right' | 'wrong' | null;
  readonly judgedAt: number | null;
  readonly judgedBy: string | null;
  readonly note: string;
}

export function reviewOf(row: EventRow): Review {
  return {
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    judgement: row.judgement,
    judgedAt: row.judged_at,
    judgedBy: row.judged_by,
    note: row.note,
  };
}

const MAX_NOTE_LENGTH = 4_000;

/** Acknowledgements, right/wrong marks and notes. Each throws `not-found` for an event that does not exist. */
export class ReviewStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(options: { db: Database; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
  }

  /** The first acknowledgement stands. */
  acknowledge(eventId: string, by: string): void {
    this.#set(
      eventId,
      'acknowledged_at = coalesce(acknowledged_at, :at), acknowledged_by = coalesce(acknowledged_by, :by)',
      { at: this.#clock.now(), by },
    );
  }

  /** Null takes an earlier mark back. */
  judge(eventId: string, judgement: Review['judgement'], by: string): void {
    const at = judgement === null ? null : this.#clock.now();
    this.#set(eventId, 'judgement = :judgement, judged_at = :at, judged_by = :by', {
      judgement,
      at,
      by: judgement === null ? null : by,
    });
  }

  annotate(eventId: string, note: string): void {
    if (note.length > MAX_NOTE_LENGTH) {
      throw new WatchwordError('too-large', `a note holds ${MAX_NOTE_LENGTH} characters at most, not ${note.length}`);
    }
    this.#set(eventId, 'note = :note', { note });
  }

  #set(eventId: string, assignments: string, values: Record<string, unknown>): void {
    const { changes } = guarded('keeping a review', () =>
      this.#db.prepare(`UPDATE event SET ${assignments} WHERE id = :eventId`).run({ ...values, eventId }),
    );
    if (changes === 0) throw new WatchwordError('not-found', `there is no event "${eventId}"`);
  }
}
