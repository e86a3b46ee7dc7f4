import { open } from 'node:fs/promises';
import path from 'node:path';
import { WatchwordError } from '../platform/errors.ts';
import { Complaints, labelOf, shown } from './complaints.ts';
import type { Dataset, DatasetOptions, LabelledQuestion, PictureQuestions, PictureSource } from './dataset.ts';
import { PicturePlaces, pictureFile } from './picture-places.ts';
import { type Cell, type Row, tableRows } from './table-rows.ts';

/** A picture cell no longer than this is the index of the row whose picture is meant (VLMEvalKit, Development.md). */
const LONGEST_REFERENCE = 64;

const OPEN_BRACKET = 0x5b;
const COMMA = 0x2c;

/** Where a picture is: base64 in the table's bytes, or a file. */
type Held = { offset: number; length: number } | { file: string; name: string };
type Place = Held | { row: string };

interface Question extends LabelledQuestion {
  readonly index: string;
  readonly line: number;
}

/**
 * Reads a VLMEvalKit table: columns `index`, `image` (base64, or the index of another row) or `image_path`, `question`,
 * `answer`, `category?`. One pass over the file keeps the questions and where each picture's bytes are; pictures are read
 * from the file again when their turn comes, so a table of hundreds of megabytes takes little memory.
 */
export async function readVlmevalTable(file: string, options: DatasetOptions): Promise<Dataset> {
  const complaints = new Complaints(file);
  const places = new PicturePlaces(file, options.picturesDir);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const found = new Map<string, Place>();
  const wanted = new Set<string>();
  const questions: Question[] = [];
  let columns: Columns | undefined;
  let rowCount = 0;
  let questionCount = 0;

  for await (const row of tableRows(file)) {
    options.signal?.throwIfAborted();
    if (!columns) {
      columns = readHeader(row, file);
      continue;
    }
    const index = columns.text(row, 'index') || String(rowCount);
    rowCount++;
    // A question within the limit may lean on the picture of a row behind it.
    const beyond = questionCount >= limit;
    if (beyond && wanted.size === 0) break;
    if (beyond && !wanted.has(index)) continue;
    const place = await placeOf(row, columns, places, complaints);
    if (place) {
      found.set(index, place);
      wanted.delete(index);
      if ('row' in place && !found.has(place.row)) wanted.add(place.row);
    }
    if (beyond) continue;
    questionCount++;
    const question = readQuestion(row, columns, index);
    if (typeof question === 'string') complaints.add(row.line, question);
    else if (place) questions.push(question);
  }
  if (questionCount === 0) throw new WatchwordError('invalid-input', `${file} has no questions`, { where: file });
  const pictures = groupByPicture(file, questions, found, complaints);
  complaints.throwIfAny();
  return { name: path.basename(file, path.extname(file)), format: 'vlmevalkit', pictures, count: questionCount };
}

interface Columns {
  cell(row: Row, name: string): Cell | undefined;
  /** Empty when the column is absent, empty or pandas' `nan`. */
  text(row: Row, name: string): string;
}

function readHeader(row: Row, file: string): Columns {
  const names = row.cells.map((cell) =>
    cell
      .text()
      .replace(/^\uFEFF/, '')
      .trim(),
  );
  const missing = ['question', 'answer'].filter((name) => !names.includes(name));
  if (!names.includes('image') && !names.includes('image_path')) missing.push('image');
  if (missing.length > 0) {
    throw new WatchwordError('invalid-input', `${file}:1: the table has no column ${missing.join(', ')}`, {
      where: file,
      hint: 'A VLMEvalKit table begins with a line of column names: index, image, question, answer, ...',
    });
  }
  const cell: Columns['cell'] = (at, name) => (names.includes(name) ? at.cells[names.indexOf(name)] : undefined);
  return {
    cell,
    text(at, name) {
      const text = cell(at, name)?.text().trim() ?? '';
      return text.toLowerCase() === 'nan' ? '' : text;
    },
  };
}

function readQuestion(row: Row, columns: Columns, index: string): Question | string {
  const question = columns.text(row, 'question');
  const given = columns.text(row, 'answer');
  if (question === '') return 'the question is empty';
  const answer = labelOf(given);
  if (answer) return { index, line: row.line, question, answer, category: columns.text(row, 'category') };
  const choices = columns.text(row, 'A') !== '';
  return `the answer must be Yes or No, not ${shown(given)}${choices ? ' (eval takes yes/no sets, not multiple choice)' : ''}`;
}

async function placeOf(
  row: Row,
  columns: Columns,
  places: PicturePlaces,
  complaints: Complaints,
): Promise<Place | undefined> {
  const image = columns.cell(row, 'image');
  if (image && image.bytes.length > LONGEST_REFERENCE) {
    const unpacked = onlyOne(image);
    if (!unpacked) complaints.add(row.line, 'the row has several pictures: eval asks about one');
    return unpacked;
  }
  const reference = columns.text(row, 'image');
  if (reference !== '') return { row: reference };
  const name = columns.text(row, 'image_path').replace(/^\['(.*)'\]$/, '$1');
  if (name === '') {
    complaints.add(row.line, 'the row has no picture');
    return undefined;
  }
  const at = await places.find(name, row.line, complaints);
  return at === undefined ? undefined : { file: at, name };
}

/** The bytes of the one picture in a cell, which may be wrapped as a Python list of one: `['...']`. */
function onlyOne({ offset, bytes }: Cell): { offset: number; length: number } | undefined {
  if (bytes[0] !== OPEN_BRACKET) return { offset, length: bytes.length };
  return bytes.includes(COMMA) ? undefined : { offset: offset + 2, length: bytes.length - 4 };
}

/** The questions under the picture they are about, in the order of the first one. */
function groupByPicture(
  file: string,
  questions: readonly Question[],
  found: ReadonlyMap<string, Place>,
  complaints: Complaints,
): PictureQuestions[] {
  const grouped = new Map<string, { picture: PictureSource; questions: LabelledQuestion[] }>();
  for (const { index, line, question, answer, category } of questions) {
    const held = follow(index, found);
    if (held === undefined) {
      complaints.add(line, `no row holds the picture that row ${index} points to`);
      continue;
    }
    const [row, place] = held;
    const key = 'file' in place ? place.file : `row ${row}`;
    const group = grouped.get(key) ?? { picture: pictureAt(file, row, place), questions: [] };
    group.questions.push({ question, answer, category });
    grouped.set(key, group);
  }
  return [...grouped.values()];
}

/** Follows references to the row that holds a picture; undefined when they lead nowhere or round in a circle. */
function follow(index: string, found: ReadonlyMap<string, Place>): [row: string, place: Held] | undefined {
  const seen = new Set<string>();
  let at = index;
  for (;;) {
    const place = found.get(at);
    if (!place || seen.has(at)) return undefined;
    if (!('row' in place)) return [at, place];
    seen.add(at);
    at = place.row;
  }
}

function pictureAt(file: string, row: string, place: Held): PictureSource {
  if ('file' in place) return pictureFile(place.name, place.file);
  return {
    name: `row ${row}`,
    async read() {
      const handle = await open(file);
      try {
        const bytes = Buffer.allocUnsafe(place.length);
        const { bytesRead } = await handle.read(bytes, 0, place.length, place.offset);
        return Buffer.from(bytes.toString('latin1', 0, bytesRead), 'base64');
      } finally {
        await handle.close();
      }
    },
  };
}
