import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { WatchwordError } from '../platform/errors.ts';
import { Complaints, labelOf, shown } from './complaints.ts';
import type { Dataset, DatasetOptions, LabelledQuestion, PictureQuestions } from './dataset.ts';
import { PicturePlaces, pictureFile } from './picture-places.ts';

interface Line extends LabelledQuestion {
  readonly picture: string;
}

/**
 * Reads JSON Lines of either shape: ours (`picture`, `question`, `answer`, `category?`) or POPE's as published
 * (`question_id`, `image`, `text`, `label`; https://github.com/AoiDragon/POPE), whose category is in the file's name.
 */
export async function readQuestionLines(file: string, options: DatasetOptions): Promise<Dataset> {
  const complaints = new Complaints(file);
  const places = new PicturePlaces(file, options.picturesDir);
  const grouped = new Map<string, { at: string; questions: LabelledQuestion[] }>();
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const popeCategory = /random|popular|adversarial/.exec(path.basename(file))?.[0] ?? '';
  let format: Dataset['format'] = 'questions';
  let number = 0;
  let count = 0;

  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    options.signal?.throwIfAborted();
    number++;
    if (text.trim() === '') continue;
    if (count >= limit) break;
    count++;
    const record = parseRecord(text);
    if (typeof record === 'string') {
      complaints.add(number, record);
      continue;
    }
    if ('image' in record && !('picture' in record)) format = 'pope';
    const line = readLine(record, popeCategory);
    if (typeof line === 'string') {
      complaints.add(number, line);
      continue;
    }
    const at = await places.find(line.picture, number, complaints);
    if (at === undefined) continue;
    const group = grouped.get(line.picture) ?? { at, questions: [] };
    group.questions.push({ question: line.question, answer: line.answer, category: line.category });
    grouped.set(line.picture, group);
  }
  complaints.throwIfAny();
  if (count === 0) throw new WatchwordError('invalid-input', `${file} has no questions`, { where: file });
  const pictures: PictureQuestions[] = [...grouped].map(([name, { at, questions }]) => ({
    picture: pictureFile(name, at),
    questions,
  }));
  return { name: setName(file), format, pictures, count };
}

function parseRecord(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return `not a JSON object: ${shown(value)}`;
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function readLine(record: Record<string, unknown>, popeCategory: string): Line | string {
  const picture = record.picture ?? record.image;
  const question = record.question ?? record.text;
  const given = record.answer ?? record.label;
  const category = record.category ?? popeCategory;
  if (typeof picture !== 'string' || picture === '') return `"picture" must name a file, not ${shown(picture)}`;
  if (typeof question !== 'string' || question.trim() === '')
    return `"question" must be a text, not ${shown(question)}`;
  const answer = labelOf(given);
  if (!answer) return `"answer" must be Yes or No, not ${shown(given)}`;
  if (typeof category !== 'string') return `"category" must be a text, not ${shown(category)}`;
  return { picture, question, answer, category };
}

function setName(file: string): string {
  const stem = path.basename(file, path.extname(file));
  return stem === 'questions' ? path.basename(path.dirname(path.resolve(file))) : stem;
}
