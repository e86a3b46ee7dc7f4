import { stat } from 'node:fs/promises';
import path from 'node:path';
import { WatchwordError } from '../platform/errors.ts';
import { readQuestionLines } from './question-lines.ts';
import { readVlmevalTable } from './vlmeval-table.ts';

/** A picture of a data set, read only when its turn comes. */
export interface PictureSource {
  /** As the data set names it: a path relative to the set, or `row 17` of a table. */
  readonly name: string;
  /** The encoded file (JPEG, PNG, ...). Rejects with a WatchwordError when it cannot be read. */
  read(): Promise<Uint8Array>;
}

export interface LabelledQuestion {
  readonly question: string;
  readonly answer: 'yes' | 'no';
  /** Empty when the set has none. */
  readonly category: string;
}

/** One picture with all its questions, so that they share one look. */
export interface PictureQuestions {
  readonly picture: PictureSource;
  readonly questions: readonly LabelledQuestion[];
}

export interface Dataset {
  readonly name: string;
  readonly format: 'questions' | 'pope' | 'vlmevalkit';
  /** In the order of each picture's first question. */
  readonly pictures: readonly PictureQuestions[];
  /** Questions in all. At least one. */
  readonly count: number;
}

export interface DatasetOptions {
  /** Take the first N questions. */
  readonly limit?: number;
  /** Where the pictures are, when not beside the questions. */
  readonly picturesDir?: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens a labelled yes/no set: a folder with `questions.jsonl`, a VLMEvalKit `.tsv`, or a POPE `.jsonl` with its pictures.
 * Questions and labels are read and checked whole before anything is asked; pictures stay on disk.
 * Throws `not-found` for a missing set or picture and `invalid-input` with `file:line` for what cannot be used.
 */
export async function openDataset(location: string, options: DatasetOptions = {}): Promise<Dataset> {
  const kind = await kindOfPath(location);
  if (kind === 'folder') {
    const file = path.join(location, 'questions.jsonl');
    if ((await kindOfPath(file)) === 'missing') {
      throw new WatchwordError('not-found', `${location} has no questions.jsonl`, { where: location, hint: FORMATS });
    }
    return readQuestionLines(file, options);
  }
  if (kind === 'missing') {
    throw new WatchwordError('not-found', `there is no data set at ${location}`, { where: location, hint: FORMATS });
  }
  const ending = path.extname(location).toLowerCase();
  if (ending === '.tsv') return readVlmevalTable(location, options);
  if (ending === '.jsonl' || ending === '.json') return readQuestionLines(location, options);
  throw new WatchwordError('invalid-input', `${location} is no data set that eval knows`, {
    where: location,
    hint: FORMATS,
  });
}

const FORMATS =
  'A data set is a folder with questions.jsonl, a VLMEvalKit .tsv, or a POPE .jsonl with its pictures beside it';

async function kindOfPath(location: string): Promise<'folder' | 'file' | 'missing'> {
  try {
    return (await stat(location)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'missing';
  }
}
