import { readFile } from 'node:fs/promises';
import { describeError, kindOf, toError, WatchwordError } from '../platform/errors.ts';
import type { Answer, Look } from '../vision/model.ts';
import { type Command, type CommandIo, EXIT_DONE, EXIT_FAILED, parseOptions, UsageError } from './command.ts';
import {
  MODEL_OPTION_HELP,
  MODEL_OPTIONS,
  type OpenedModel,
  type OpenModel,
  openChosenModel,
  plainVerdict,
  withModel,
} from './open-model.ts';
import { type Column, decimals, formatTable } from './table.ts';

const OPTIONS = {
  ...MODEL_OPTIONS,
  split: { type: 'boolean' },
  verbatim: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const USAGE =
  'watchword ask PICTURE... -- QUESTION... [--model DIR] [--dtype D] [--device D] [--split] [--verbatim] [--json]';

const DETAILS = `Every question is asked of every picture; a picture is encoded once for all of them.
The score is P(yes) of the two words; the mass is how much of its probability the model gave to them at all: with little mass
the model did not answer, and the verdict is unknown.

${MODEL_OPTION_HELP}
  --split           cut the picture into tiles, for small things in large pictures
  --verbatim        send the words as they are, without the package's question form
  --json            one JSON object per picture and question

  watchword ask shelf.jpg -- "Is any shelf empty?" "Is a person in the aisle?"
Options may stand before the pictures or behind the questions. A question that begins with a dash follows a second --.`;

interface AskRequest {
  readonly pictures: readonly string[];
  readonly questions: readonly string[];
  readonly split: boolean;
  readonly verbatim: boolean;
  readonly json: boolean;
}

interface Row extends Answer {
  readonly picture: string;
  readonly verdict: 'yes' | 'no' | 'unknown';
  readonly look: Look;
}

export function createAsk(open: OpenModel): Command {
  return {
    name: 'ask',
    summary: 'Ask questions about pictures',
    usage: USAGE,
    details: DETAILS,
    async run(args, io) {
      const { request, choice } = readArguments(args);
      // Read before the model is loaded: a misspelled name shows at once.
      const pictures = await Promise.all(request.pictures.map(readPicture));
      return withModel(open, choice, io, (model) => askAll(request, pictures, model, io));
    },
  };
}

export const ask = createAsk(openChosenModel);

function readArguments(args: string[]): { request: AskRequest; choice: OpenedChoice } {
  const before = parseOptions(args, OPTIONS);
  if (before.rest === undefined) {
    throw new UsageError(
      'there is no -- between the pictures and the questions',
      'Put every question in quotes behind it',
    );
  }
  const behind = parseOptions(before.rest, OPTIONS);
  const values = { ...before.values, ...behind.values };
  const pictures = before.positionals;
  const questions = [...behind.positionals, ...(behind.rest ?? [])];
  if (pictures.length === 0) throw new UsageError('there is no picture before --');
  if (questions.length === 0) throw new UsageError('there is no question behind --', 'Put every question in quotes');
  if (questions.some((question) => question.trim() === '')) throw new UsageError('a question is empty');
  const { split = false, verbatim = false, json = false, ...choice } = values;
  return { request: { pictures, questions, split, verbatim, json }, choice };
}

type OpenedChoice = Parameters<OpenModel>[0];

interface PictureFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads a picture that was named on the command line; `not-found` with its name when that fails. */
export async function readPicture(name: string): Promise<PictureFile> {
  try {
    return { name, bytes: await readFile(name) };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'there is no such file' : toError(error).message;
    throw new WatchwordError('not-found', `cannot read the picture ${name}: ${reason}`, { where: name, cause: error });
  }
}

async function askAll(
  request: AskRequest,
  pictures: readonly PictureFile[],
  model: OpenedModel,
  io: CommandIo,
): Promise<number> {
  const rows: Row[] = [];
  let failed = false;
  for (const picture of pictures) {
    io.signal.throwIfAborted();
    try {
      const asked = await askOne(request, picture, model, io.signal);
      rows.push(...asked);
      if (request.json) for (const row of asked) io.stdout(`${JSON.stringify(asJson(row, model))}\n`);
    } catch (error) {
      const kind = kindOf(error);
      if (kind !== 'invalid-input' && kind !== 'too-large') throw error;
      // One damaged picture does not take the answers about the others away.
      failed = true;
      io.stderr(`watchword ask: ${picture.name}: ${describeError(error)}\n`);
    }
  }
  if (!request.json && rows.length > 0) io.stdout(asTable(rows));
  return failed ? EXIT_FAILED : EXIT_DONE;
}

async function askOne(
  request: AskRequest,
  picture: PictureFile,
  model: OpenedModel,
  signal: AbortSignal,
): Promise<Row[]> {
  const look = await model.look(picture.bytes, { split: request.split, signal });
  try {
    const answers = await model.score(look, request.questions, { verbatim: request.verbatim, signal });
    return answers.map((answer) => ({
      ...answer,
      picture: picture.name,
      verdict: plainVerdict(answer, model),
      look,
    }));
  } finally {
    await model.release(look);
  }
}

function asJson(row: Row, model: OpenedModel): Record<string, unknown> {
  const { picture, question, score, mass, verdict, ms, look } = row;
  return { picture, question, score, mass, verdict, model: model.identity.name, ms: round(ms), lookMs: round(look.ms) };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

const COLUMNS: readonly Column[] = [
  { title: 'picture' },
  { title: 'question' },
  { title: 'verdict' },
  { title: 'score', right: true },
  { title: 'mass', right: true },
  { title: 'ms', right: true },
];

/** A picture's name and the cost of its look stand at its first question: both are shared by the others. */
function asTable(rows: readonly Row[]): string {
  const first = rows.filter((row, at) => row.look !== rows[at - 1]?.look);
  const cells = rows.map((row) => [
    first.includes(row) ? row.picture : '',
    row.question,
    row.verdict,
    decimals(row.score),
    decimals(row.mass),
    row.ms.toFixed(1),
  ]);
  return `${formatTable(COLUMNS, cells)}\n${first.map(({ picture, look }) => lookCost(picture, look)).join('')}`;
}

function lookCost(picture: string, { ms, parts }: Look): string {
  if (!parts) return `${picture}: look ${ms.toFixed(1)} ms\n`;
  const { decodeMs, resizeMs, encodeMs, prefillMs, tiles, tokens } = parts;
  const steps = Object.entries({ decode: decodeMs, resize: resizeMs, encode: encodeMs, prefill: prefillMs });
  const listed = steps.map(([name, stepMs]) => `${name} ${stepMs.toFixed(1)}`).join(', ');
  return `${picture}: look ${ms.toFixed(1)} ms (${listed}; ${tiles} ${tiles === 1 ? 'tile' : 'tiles'}, ${tokens} tokens)\n`;
}
