import type { Database } from 'better-sqlite3';
import type { Severity, WatchEvent } from '../events/event.ts';
import { WatchwordError } from '../platform/errors.ts';
import { guarded } from './errors.ts';
import { EVENT_COLUMNS, type EventRow, eventOf, KEYS_PER_MS } from './event-row.ts';
import { type Review, reviewOf } from './review.ts';

/** Which events. Everything left out means all. */
export interface EventFilter {
  /** Wall-clock ms: started at or after, and before. */
  readonly from?: number;
  readonly to?: number;
  readonly cameraId?: string;
  readonly ruleId?: string;
  readonly severity?: Severity;
  readonly status?: 'open' | 'ended';
  readonly acknowledged?: boolean;
  readonly judgement?: Review['judgement'] | 'none';
  /** Words that must all occur in the sentence, the question, the note or the names; the last one may be a beginning. */
  readonly text?: string;
}

export interface ListedEvent extends WatchEvent {
  readonly review: Review;
}

export interface EventPage {
  readonly events: ListedEvent[];
  /** Give it as `before` for the next page; null on the last. */
  readonly next: string | null;
}

/** One event with what people said of it. */
export function readEvent(db: Database, id: string): ListedEvent | undefined {
  return guarded('reading an event', () => {
    const row = db.prepare<[string], EventRow>(`SELECT ${EVENT_COLUMNS} FROM event WHERE id = ?`).get(id);
    return row && listed(row);
  });
}

/**
 * Newest first. Pages go on behind the last event seen (keyset), so that events arriving meanwhile shift nothing, and the
 * thousandth page costs what the first does.
 */
export function listEvents(
  db: Database,
  filter: EventFilter = {},
  page: { limit?: number; before?: string } = {},
): EventPage {
  const limit = Math.min(500, Math.max(1, page.limit ?? 50));
  const { where, values, text } = conditions(filter, page.before);
  // With words to find, the full-text index leads: it yields its row ids, which are event keys, newest first.
  const sql = text
    ? `SELECT ${EVENT_COLUMNS} FROM event_text JOIN event ON event.key = event_text.rowid
       WHERE event_text MATCH :text AND ${where('event_text.rowid')} ORDER BY event_text.rowid DESC LIMIT :limit`
    : `SELECT ${EVENT_COLUMNS} FROM event WHERE ${where('event.key')} ORDER BY event.key DESC LIMIT :limit`;
  const rows = guarded('reading events', () =>
    db.prepare<[object], EventRow>(sql).all({ ...values, ...(text && { text }), limit: limit + 1 }),
  );
  const events = rows.slice(0, limit);
  const last = events.at(-1);
  return { events: events.map(listed), next: rows.length > limit && last ? last.key.toString(36) : null };
}

function conditions(
  filter: EventFilter,
  before: string | undefined,
): { where: (key: string) => string; values: Record<string, unknown>; text: string | undefined } {
  const values: Record<string, unknown> = {
    first: Math.max(0, Math.ceil(filter.from ?? 0)) * KEYS_PER_MS,
    end: Math.min(cursorOf(before), Math.ceil(filter.to ?? Number.POSITIVE_INFINITY) * KEYS_PER_MS),
  };
  const tests: string[] = [];
  const equal = (column: string, name: 'cameraId' | 'ruleId' | 'severity' | 'judgement'): void => {
    if (filter[name] === undefined) return;
    tests.push(`event.${column} = :${name}`);
    values[name] = filter[name];
  };
  equal('camera_id', 'cameraId');
  equal('rule_id', 'ruleId');
  equal('severity', 'severity');
  if (filter.judgement === 'none') tests.push('event.judgement IS NULL');
  else equal('judgement', 'judgement');
  if (filter.status) tests.push(`event.ended_at IS ${filter.status === 'open' ? '' : 'NOT '}NULL`);
  if (filter.acknowledged !== undefined) {
    tests.push(`event.acknowledged_at IS ${filter.acknowledged ? 'NOT ' : ''}NULL`);
  }
  const where = (key: string): string => [`${key} >= :first`, `${key} < :end`, ...tests].join(' AND ');
  return { where, values, text: matchOf(filter) };
}

/** The number behind a page's `next`. */
function cursorOf(before: string | undefined): number {
  if (before === undefined) return Number.MAX_SAFE_INTEGER;
  const key = /^[0-9a-z]{1,11}$/.test(before) ? Number.parseInt(before, 36) : Number.NaN;
  if (Number.isSafeInteger(key)) return key;
  throw new WatchwordError('invalid-input', `"${before}" is no place in the list of events`, {
    hint: 'Use the `next` of an earlier page',
  });
}

/**
 * What a person typed as an FTS5 query: each word quoted, so that no character of it is syntax. Camera and rule narrow the
 * full-text search itself: otherwise a frequent word with a rare camera would walk through every match.
 */
function matchOf(filter: EventFilter): string | undefined {
  const words = filter.text?.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  if (words.length === 0) return undefined;
  const typed = words.map((word, index) => `"${word}"${index === words.length - 1 ? '*' : ''}`);
  const named = [
    ...(filter.cameraId === undefined ? [] : [`camera_id : ${phrase(filter.cameraId)}`]),
    ...(filter.ruleId === undefined ? [] : [`rule_id : ${phrase(filter.ruleId)}`]),
  ];
  return [...typed, ...named].join(' AND ');
}

const phrase = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const listed = (row: EventRow): ListedEvent => ({ ...eventOf(row), review: reviewOf(row) });
