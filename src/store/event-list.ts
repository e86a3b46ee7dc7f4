import type { Severity } from '../events/event.ts';
import { WatchwordError } from '../platform/errors.ts';
import { EVENT_COLUMNS, KEYS_PER_MS } from './event-row.ts';

/** Which events to list; all that are given must hold. */
export interface EventFilter {
  readonly cameraId?: string;
  readonly ruleId?: string;
  readonly severity?: Severity;
  readonly state?: 'open' | 'ended';
  readonly mark?: 'right' | 'wrong' | 'none';
  readonly acknowledged?: boolean;
  /** Started at or after, and before; wall-clock ms. */
  readonly since?: number;
  readonly until?: number;
  /** Words that must all occur in the sentence, the question, the note or the names; `shel*` is a beginning. */
  readonly text?: string;
}

/** The statement behind a page of events, newest first; takes one more value, `limit`. */
export function eventQuery(
  filter: EventFilter,
  cursor: string | undefined,
): { sql: string; values: Record<string, unknown> } {
  const values: Record<string, unknown> = {
    first: Math.max(0, Math.ceil(filter.since ?? 0)) * KEYS_PER_MS,
    end: Math.min(cursorKey(cursor), Math.ceil(filter.until ?? Number.MAX_SAFE_INTEGER) * KEYS_PER_MS),
  };
  const tests: string[] = [];
  const equal = (column: string, value: string | undefined): void => {
    if (value === undefined) return;
    tests.push(`event.${column} = :${column}`);
    values[column] = value;
  };
  equal('camera_id', filter.cameraId);
  equal('rule_id', filter.ruleId);
  equal('severity', filter.severity);
  if (filter.mark === 'none') tests.push('event.mark IS NULL');
  else equal('mark', filter.mark);
  if (filter.state) tests.push(`event.ended_at IS ${filter.state === 'open' ? '' : 'NOT '}NULL`);
  if (filter.acknowledged !== undefined) {
    tests.push(`(event.acknowledged_at IS NULL) = ${filter.acknowledged ? 0 : 1}`);
  }
  const text = matchOf(filter);
  const key = text ? 'event_text.rowid' : 'event.key';
  const where = [...(text ? ['event_text MATCH :text'] : []), `${key} >= :first`, `${key} < :end`, ...tests];
  return {
    sql: `SELECT ${EVENT_COLUMNS} FROM ${tableFor(filter, text)} WHERE ${where.join(' AND ')} ORDER BY ${key} DESC LIMIT :limit`,
    values: { ...values, ...(text && { text }) },
  };
}

/** Names the way in where the planner, which knows nothing of how the rows are spread, takes a slow one. */
function tableFor(filter: EventFilter, text: string | undefined): string {
  // The full-text index leads: its row ids are event keys, which it yields newest first. CROSS keeps the order.
  if (text) return 'event_text CROSS JOIN event ON event.key = event_text.rowid';
  // A few rows to sort, instead of all events ever to walk.
  return filter.state === 'open' ? 'event INDEXED BY event_open' : 'event';
}

/** The event key behind a page's `next`. */
function cursorKey(cursor: string | undefined): number {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  const key = /^[0-9a-z]{1,11}$/.test(cursor) ? Number.parseInt(cursor, 36) : Number.NaN;
  if (Number.isSafeInteger(key)) return key;
  throw new WatchwordError('invalid-input', `"${cursor.slice(0, 40)}" is no place in the list of events`, {
    hint: 'Use the `next` of an earlier page',
  });
}

/**
 * What a person typed as an FTS5 query: each word quoted, so that no character of it is syntax. Camera and rule narrow the
 * full-text search itself: otherwise a frequent word with a rare camera would walk through every match.
 */
function matchOf(filter: EventFilter): string | undefined {
  const words = filter.text?.match(/[\p{L}\p{N}\p{M}]+\*?/gu)?.slice(0, MOST_WORDS) ?? [];
  if (words.length === 0) return undefined;
  const typed = words.map((word) => (word.endsWith('*') ? `"${word.slice(0, -1)}"*` : `"${word}"`));
  const named = [
    ...(filter.cameraId === undefined ? [] : [`camera_id : ${phrase(filter.cameraId)}`]),
    ...(filter.ruleId === undefined ? [] : [`rule_id : ${phrase(filter.ruleId)}`]),
  ];
  return [...typed, ...named].join(' AND ');
}

/** Nobody types more, and each costs. */
const MOST_WORDS = 16;

const phrase = (text: string): string => `"${text.replaceAll('"', '""')}"`;
