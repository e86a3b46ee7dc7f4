import { type FileHandle, open } from 'node:fs/promises';
import { WatchwordError } from '../platform/errors.ts';

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

export interface Cell {
  /** Byte offset in the file of the content, without the quotes. */
  readonly offset: number;
  /** The content as it stands there (quotes inside still doubled). A view: holds the whole row in memory. */
  readonly bytes: Buffer;
  /** Decoded content. For small cells: a picture's can hold megabytes. */
  text(): string;
}

export interface Row {
  /** Line of the file where the row begins, from 1. A quoted cell may hold line breaks. */
  readonly line: number;
  readonly cells: readonly Cell[];
}

const FIRST_READ_BYTES = 1 << 20;

/**
 * Reads a tab-separated table with CSV quoting (RFC 4180 with tabs, as pandas writes it) row by row. Memory is bounded
 * by the longest row, at most `maxRowBytes`; a longer one is refused, since it means a quote that never closes.
 */
export async function* tableRows(file: string, maxRowBytes = 128 << 20): AsyncGenerator<Row> {
  const handle = await open(file);
  try {
    let buffer = Buffer.alloc(0);
    let base = 0;
    let start = 0;
    let line = 1;
    let ended = false;
    for (;;) {
      const row = start < buffer.length ? splitRow(buffer, start, ended, base) : undefined;
      if (row) {
        const blank = row.cells.length === 1 && row.cells[0]?.bytes.length === 0;
        if (!blank) yield { line, cells: row.cells };
        line += countNewlines(buffer, start, row.end);
        start = row.end;
        continue;
      }
      if (ended) {
        if (start < buffer.length) throw unclosed(file, line);
        return;
      }
      if (buffer.length - start > maxRowBytes) throw unclosed(file, line);
      const rest = buffer.subarray(start);
      base += start;
      start = 0;
      const more = await readAt(handle, base + rest.length, Math.max(FIRST_READ_BYTES, rest.length));
      ended = more.length === 0;
      buffer = Buffer.concat([rest, more]);
    }
  } finally {
    await handle.close();
  }
}

function unclosed(file: string, line: number): WatchwordError {
  return new WatchwordError('invalid-input', `${file}:${line}: this row never ends: a quote is opened and not closed`, {
    where: file,
  });
}

async function readAt(handle: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await handle.read(chunk, 0, bytes, position);
  return chunk.subarray(0, bytesRead);
}

/** The row that begins at `start`, or undefined when its end is not in the buffer yet. */
function splitRow(
  buffer: Buffer,
  start: number,
  ended: boolean,
  base: number,
): { cells: Cell[]; end: number } | undefined {
  const cells: Cell[] = [];
  let at = start;
  let newline = buffer.indexOf(NEWLINE, at);
  for (;;) {
    const quoted = buffer[at] === QUOTE;
    const from = quoted ? at + 1 : at;
    const closing = quoted ? closingQuote(buffer, from, ended) : undefined;
    if (quoted && closing === undefined) return undefined;
    const after = closing === undefined ? at : closing + 1;
    if (newline >= 0 && newline < after) newline = buffer.indexOf(NEWLINE, after);
    const rowEnd = newline >= 0 ? newline : ended ? buffer.length : undefined;
    const tab = tabBefore(buffer, after, rowEnd);
    const cellEnd = tab ?? rowEnd;
    if (cellEnd === undefined) return undefined;
    const bare = tab === undefined && buffer[cellEnd - 1] === RETURN && cellEnd > after ? cellEnd - 1 : cellEnd;
    cells.push(cell(buffer, base, from, closing ?? bare, quoted));
    if (tab === undefined) return { cells, end: newline >= 0 ? newline + 1 : buffer.length };
    at = tab + 1;
  }
}

function tabBefore(buffer: Buffer, from: number, rowEnd: number | undefined): number | undefined {
  const tab = buffer.indexOf(TAB, from);
  return tab < 0 || (rowEnd !== undefined && tab > rowEnd) ? undefined : tab;
}

/** The quote that closes a cell: not doubled. Undefined when the buffer ends first. */
function closingQuote(buffer: Buffer, from: number, ended: boolean): number | undefined {
  let at = from;
  for (;;) {
    const quote = buffer.indexOf(QUOTE, at);
    if (quote < 0) return undefined;
    if (quote + 1 >= buffer.length && !ended) return undefined;
    if (buffer[quote + 1] !== QUOTE) return quote;
    at = quote + 2;
  }
}

function cell(buffer: Buffer, base: number, from: number, to: number, quoted: boolean): Cell {
  return {
    offset: base + from,
    bytes: buffer.subarray(from, to),
    text() {
      const text = buffer.toString('utf8', from, to);
      return quoted ? text.replaceAll('""', '"') : text;
    },
  };
}

function countNewlines(buffer: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = buffer.indexOf(NEWLINE, from); at >= 0 && at < to; at = buffer.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
