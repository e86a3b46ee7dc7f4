import type { Database } from 'better-sqlite3';
import type { WatchEvent } from '../events/event.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { AuditAct, AuditLog } from './audit.ts';
import { guarded } from './errors.ts';
import { type EventFilter, eventQuery } from './event-list.ts';
import { EVENT_COLUMNS, type EventRow, eventOf } from './event-row.ts';
import type { EvidenceStore } from './evidence.ts';

/** What people said of an event. */
export interface Review {
  /** Was the event right? Null: nobody said. */
  readonly mark: 'right' | 'wrong' | null;
  readonly markedBy: string | null;
  /** Wall-clock ms. */
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly note: string;
}

export interface ReviewedEvent {
  readonly event: WatchEvent;
  readonly review: Review;
}

export interface EventPage {
  /** Newest first. */
  readonly events: readonly ReviewedEvent[];
  /** Opaque; give it as `cursor` for the next, older page. Null on the last. */
  readonly next: string | null;
}

const MOST_PER_PAGE = 1_000;
const MAX_NOTE_LENGTH = 4_000;

/** Events as people read and review them. Works on a read-only connection too, the reviews aside. */
export class EventLog {
  readonly #db: Database;
  readonly #evidence: EvidenceStore | undefined;
  readonly #audit: AuditLog | undefined;

  constructor(options: { db: Database; evidence?: EvidenceStore; audit?: AuditLog }) {
    this.#db = options.db;
    this.#evidence = options.evidence;
    this.#audit = options.audit;
  }

  /**
   * Pages go on behind the last event seen (keyset), so that events arriving meanwhile shift nothing, and the thousandth
   * page costs what the first does.
   *
   * @throws WatchwordError `invalid-input` for a cursor it did not make
   */
  list(filter: EventFilter, page: { readonly limit: number; readonly cursor?: string }): EventPage {
    const limit = Math.min(MOST_PER_PAGE, Math.max(1, page.limit));
    const { sql, values } = eventQuery(filter, page.cursor);
    const rows = guarded('reading events', () =>
      this.#db.prepare<[object], EventRow>(sql).all({ ...values, limit: limit + 1 }),
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return { events: shown.map(reviewed), next: rows.length > limit && last ? last.key.toString(36) : null };
  }

  get(eventId: string): ReviewedEvent | undefined {
    return guarded('reading an event', () => {
      const row = this.#db.prepare<[string], EventRow>(`SELECT ${EVENT_COLUMNS} FROM event WHERE id = ?`).get(eventId);
      return row && reviewed(row);
    });
  }

  /** How many are open now. */
  countOpen(): number {
    return guarded('counting events', () => {
      const row = this.#db
        .prepare<[], { open: number }>('SELECT count(*) AS open FROM event WHERE ended_at IS NULL')
        .get();
      return row?.open ?? 0;
    });
  }

  /** The deciding frame as JPEG; undefined when it was never kept or retention took it. */
  async snapshot(eventId: string): Promise<Uint8Array | undefined> {
    const deciding = this.#evidence?.ofEvent(eventId).find(({ role }) => role === 'deciding');
    return deciding && (await this.#evidence?.read(deciding));
  }

  /** The first acknowledgement stands. False when there is no such event, as for the two below. */
  acknowledge(eventId: string, by: string, at: number): boolean {
    if (this.get(eventId)?.review.acknowledgedAt) return true;
    return this.#set(eventId, 'acknowledged_at = :at, acknowledged_by = :by', { at, by }, 'event-acknowledged');
  }

  /** Null takes an earlier mark back. */
  mark(eventId: string, mark: Review['mark'], by: string, at: number): boolean {
    const columns = 'mark = :mark, marked_at = :markedAt, marked_by = :markedBy';
    const who = mark === null ? { markedAt: null, markedBy: null } : { markedAt: at, markedBy: by };
    return this.#set(eventId, columns, { mark, by, ...who }, 'event-marked', mark ?? 'none');
  }

  /** @throws WatchwordError `too-large` */
  note(eventId: string, text: string, by: string, at: number): boolean {
    if (text.length > MAX_NOTE_LENGTH) {
      throw new WatchwordError('too-large', `a note holds ${MAX_NOTE_LENGTH} characters at most, not ${text.length}`);
    }
    return this.#set(eventId, 'note = :text, noted_at = :at, noted_by = :by', { text, at, by }, 'event-noted', text);
  }

  #set(
    eventId: string,
    assignments: string,
    values: Record<string, unknown> & { readonly by: string },
    act: AuditAct,
    detail = '',
  ): boolean {
    return guarded('keeping a review', () =>
      this.#db.transaction(() => {
        const update = this.#db.prepare(`UPDATE event SET ${assignments} WHERE id = :eventId`);
        if (update.run({ ...values, eventId }).changes === 0) return false;
        this.#audit?.add({ who: values.by, act, about: eventId, detail });
        return true;
      })(),
    );
  }
}

const reviewed = (row: EventRow): ReviewedEvent => ({
  event: eventOf(row),
  review: {
    mark: row.mark,
    markedBy: row.marked_by,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    note: row.note,
  },
});
