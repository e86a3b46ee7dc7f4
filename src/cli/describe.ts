import { readPicture } from './ask.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError, wholeNumber } from './command.ts';
import {
  MODEL_OPTION_HELP,
  MODEL_OPTIONS,
  type OpenedModel,
  type OpenModel,
  openChosenModel,
  withModel,
} from './open-model.ts';

const OPTIONS = {
  ...MODEL_OPTIONS,
  prompt: { type: 'string' },
  'max-tokens': { type: 'string' },
  verbatim: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Longer than any description of one picture; a model that does not stop by itself is stopped. */
const MOST_TOKENS = 4096;

const DEFAULT_MAX_TOKENS = 128;

const DETAILS = `The words appear as the model finds them.

${MODEL_OPTION_HELP}
  --prompt TEXT     what to say to the model (default: the package's request for a description)
  --max-tokens N    stop after this many tokens (default: ${DEFAULT_MAX_TOKENS})
  --verbatim        send the prompt and print the answer to the letter, blanks at their ends included
  --json            one JSON object with the whole text`;

interface DescribeRequest {
  readonly picture: Uint8Array;
  readonly name: string;
  readonly prompt: string | undefined;
  readonly maxTokens: number;
  readonly verbatim: boolean;
  readonly json: boolean;
}

export function createDescribe(open: OpenModel): Command {
  return {
    name: 'describe',
    summary: 'Describe a picture in words',
    usage:
      'watchword describe PICTURE [--prompt TEXT] [--max-tokens N] [--model DIR] [--dtype D] [--device D] [--verbatim] [--json]',
    details: DETAILS,
    async run(args, io) {
      const { values, positionals, rest = [] } = parseOptions(args, OPTIONS);
      const [name, ...more] = [...positionals, ...rest];
      if (name === undefined) throw new UsageError('there is no picture to describe');
      if (more.length > 0)
        throw new UsageError(
          `describe takes one picture, not ${more.length + 1}`,
          'Put the prompt in quotes behind --prompt',
        );
      if (values.prompt?.trim() === '') throw new UsageError('the prompt is empty');
      const maxTokens =
        wholeNumber(values['max-tokens'], 'max-tokens', { min: 1, max: MOST_TOKENS }) ?? DEFAULT_MAX_TOKENS;
      const { bytes } = await readPicture(name);
      const { prompt, verbatim = false, json = false } = values;
      const request = { picture: bytes, name, prompt, maxTokens, verbatim, json };
      return withModel(open, values, io, (model) => describePicture(request, model, io));
    },
  };
}

export const describe = createDescribe(openChosenModel);

async function describePicture(request: DescribeRequest, model: OpenedModel, io: CommandIo): Promise<number> {
  const startedAt = io.clock.monotonic();
  const look = await model.look(request.picture, { signal: io.signal });
  const asked = request.prompt ?? model.description.describePrompt;
  const { verbatim, maxTokens } = request;
  let text = '';
  try {
    const prompt = { look, text: verbatim ? asked : asked.trim() };
    // The question form asks for yes or no: a description is asked for in its own words.
    for await (const words of model.generate(prompt, { maxTokens, verbatim: true, signal: io.signal })) {
      const shown = verbatim || text !== '' ? words : words.trimStart();
      text += shown;
      if (!request.json) io.stdout(shown);
    }
  } finally {
    if (!request.json && text !== '') io.stdout('\n');
    await model.release(look);
  }
  if (!verbatim) text = text.trimEnd();
  if (request.json) {
    const ms = Math.round(io.clock.monotonic() - startedAt);
    io.stdout(`${JSON.stringify({ picture: request.name, text, model: model.identity.name, ms })}\n`);
  }
  return EXIT_DONE;
}
