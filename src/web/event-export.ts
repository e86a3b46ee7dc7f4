import { eventJson } from './api/event-json.ts';
import type { EventFilter, EventLog, ReviewedEvent } from './deps.ts';

const PAGE_SIZE = 200;

const COLUMNS: ReadonlyArray<readonly [name: string, value: (reviewed: ReviewedEvent) => string | number]> = [
  ['id', ({ event }) => event.id],
  ['rule', ({ event }) => event.ruleId],
  ['words', ({ event }) => event.words],
  ['question', ({ event }) => event.question],
  ['camera', ({ event }) => event.cameraId],
  ['severity', ({ event }) => event.severity],
  ['startedAt', ({ event }) => new Date(event.startedAt).toISOString()],
  ['endedAt', ({ event }) => (event.endedAt === null ? '' : new Date(event.endedAt).toISOString())],
  ['seconds', ({ event }) => (event.endedAt === null ? '' : Math.round((event.endedAt - event.startedAt) / 1000))],
  ['score', ({ event }) => event.score.toFixed(4)],
  ['model', ({ event }) => event.model],
  ['weightsHash', ({ event }) => event.weightsHash],
  ['mark', ({ review }) => review.mark ?? ''],
  ['markedBy', ({ review }) => review.markedBy ?? ''],
  [
    'acknowledgedAt',
    ({ review }) => (review.acknowledgedAt === null ? '' : new Date(review.acknowledgedAt).toISOString()),
  ],
  ['acknowledgedBy', ({ review }) => review.acknowledgedBy ?? ''],
  ['note', ({ review }) => review.note],
];

/** All events that match as CSV (RFC 4180), page by page: a million of them cost the memory of one page. */
export function exportCsv(events: EventLog, filter: EventFilter): ReadableStream<Uint8Array> {
  const line = (cells: ReadonlyArray<string | number>): string => `${cells.map(csvCell).join(',')}\r\n`;
  return streamPages(events, filter, {
    // The mark tells spreadsheets that the text is UTF-8.
    head: `\uFEFF${line(COLUMNS.map(([name]) => name))}`,
    item: (reviewed) => line(COLUMNS.map(([, value]) => value(reviewed))),
    tail: '',
  });
}

/** The same as one JSON array. */
export function exportJson(events: EventLog, filter: EventFilter): ReadableStream<Uint8Array> {
  return streamPages(events, filter, {
    head: '[\n',
    item: (reviewed, first) => `${first ? '' : ',\n'}${JSON.stringify(eventJson(reviewed))}`,
    tail: '\n]\n',
  });
}

/** Quotes what must be, and keeps a spreadsheet from taking a text for a formula (OWASP: CSV injection). */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function streamPages(
  events: EventLog,
  filter: EventFilter,
  text: { head: string; item: (reviewed: ReviewedEvent, first: boolean) => string; tail: string },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor: string | null | undefined;
  let first = true;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(text.head)),
    // Pulled by the reader: a slow download holds one page, not the store.
    pull: (controller) => {
      if (cursor === null) {
        if (text.tail) controller.enqueue(encoder.encode(text.tail));
        return controller.close();
      }
      const page = events.list(filter, { limit: PAGE_SIZE, ...(cursor && { cursor }) });
      let chunk = '';
      for (const reviewed of page.events) {
        chunk += text.item(reviewed, first);
        first = false;
      }
      cursor = page.next;
      controller.enqueue(encoder.encode(chunk));
    },
  });
}
