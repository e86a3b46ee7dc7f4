import { openDataset } from '../evaluation/dataset.ts';
import { type Asked, evaluate as askDataset } from '../evaluation/evaluate.ts';
import { type Figures, type Summary, summarize } from '../evaluation/statistics.ts';
import {
  type Command,
  type CommandIo,
  EXIT_DONE,
  EXIT_FAILED,
  parseOptions,
  UsageError,
  wholeNumber,
} from './command.ts';
import {
  MODEL_OPTION_HELP,
  MODEL_OPTIONS,
  type OpenedModel,
  type OpenModel,
  openChosenModel,
  plainVerdict,
  withModel,
} from './open-model.ts';
import { ProgressBar } from './progress.ts';
import { type Column, decimals, formatTable } from './table.ts';

const OPTIONS = {
  ...MODEL_OPTIONS,
  limit: { type: 'string' },
  pictures: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const DETAILS = `DATASET is a folder with questions.jsonl ({"picture","question","answer":"Yes|No","category"}), a VLMEvalKit .tsv,
or a POPE .jsonl with its pictures. The questions of one picture share one look. An unknown verdict counts as wrong and is
reported apart.

${MODEL_OPTION_HELP}
  --limit N         ask the first N questions only
  --pictures DIR    where the pictures are, when not beside the questions
  --json            one JSON object per question and {"summary":{...}} as the last line`;

export function createEvaluate(open: OpenModel): Command {
  return {
    name: 'eval',
    summary: 'Measure a model on labelled questions',
    usage: 'watchword eval DATASET [--model DIR] [--dtype D] [--device D] [--limit N] [--pictures DIR] [--json]',
    details: DETAILS,
    async run(args, io) {
      const { values, positionals, rest = [] } = parseOptions(args, OPTIONS);
      const [location, ...more] = [...positionals, ...rest];
      if (location === undefined) throw new UsageError('there is no data set to evaluate on');
      if (more.length > 0) throw new UsageError(`eval takes one data set, not ${more.length + 1}`);
      const limit = wholeNumber(values.limit, 'limit', { min: 1, max: Number.MAX_SAFE_INTEGER });
      const dataset = await openDataset(location, {
        ...(limit === undefined ? {} : { limit }),
        ...(values.pictures === undefined ? {} : { picturesDir: values.pictures }),
        signal: io.signal,
      });
      return withModel(open, values, io, async (model) => {
        const startedAt = io.clock.monotonic();
        const asked = await askAll(model, dataset, values.json === true, io);
        const summary = summarize(asked);
        const seconds = (io.clock.monotonic() - startedAt) / 1000;
        if (values.json) io.stdout(summaryLine(summary, dataset.name, model, seconds));
        else io.stdout(report(summary, dataset.name, model, seconds));
        return asked.some(({ failure }) => failure !== undefined) ? EXIT_FAILED : EXIT_DONE;
      });
    },
  };
}

/** The subcommand `eval`, whose name JavaScript keeps for itself. */
export const evaluate = createEvaluate(openChosenModel);

async function askAll(
  model: OpenedModel,
  dataset: Parameters<typeof askDataset>[1],
  json: boolean,
  io: CommandIo,
): Promise<Asked[]> {
  const bar = new ProgressBar(io, dataset.count);
  const asked: Asked[] = [];
  const verdictOf = (answer: Parameters<typeof plainVerdict>[0]): Asked['verdict'] => plainVerdict(answer, model);
  let right = 0;
  try {
    for await (const outcome of askDataset(model, dataset, { verdictOf, signal: io.signal })) {
      if (outcome.failure !== undefined && outcome.failure !== asked.at(-1)?.failure) {
        bar.clear();
        io.stderr(`watchword eval: ${outcome.picture}: ${outcome.failure}\n`);
      }
      asked.push(outcome);
      if (outcome.verdict === outcome.answer) right++;
      if (json) io.stdout(`${JSON.stringify(outcome)}\n`);
      bar.show(asked.length, `accuracy ${decimals(right / asked.length)}`);
    }
  } finally {
    bar.clear();
  }
  return asked;
}

function summaryLine(summary: Summary, dataset: string, model: OpenedModel, seconds: number): string {
  const { name, dtype, device, weightsHash } = model.identity;
  const by = { dataset, model: name, dtype, device, weightsHash, seconds: Math.round(seconds * 10) / 10 };
  return `${JSON.stringify({ summary: { ...summary, ...by } })}\n`;
}

const COLUMNS: readonly Column[] = [
  { title: 'category' },
  { title: 'n', right: true },
  { title: 'accuracy', right: true },
  { title: '95 %' },
  { title: 'balanced', right: true },
  { title: 'precision', right: true },
  { title: 'recall', right: true },
  { title: 'F1', right: true },
  { title: 'yes', right: true },
  { title: 'unknown', right: true },
  { title: 'ECE', right: true },
];

function report(summary: Summary, dataset: string, model: OpenedModel, seconds: number): string {
  const { name, dtype, device } = model.identity;
  const head = `${dataset}: ${summary.n} questions, ${name} (${dtype}, ${device}), ${seconds.toFixed(0)} s\n\n`;
  const rows = [...Object.entries(summary.categories), ['all', summary] as const].map(([category, of]) =>
    row(category, of),
  );
  const mean = summary.meanCategoryBalancedAccuracy;
  const foot = mean === null ? '' : `\nmean balanced accuracy over the categories: ${decimals(mean)}\n`;
  return head + formatTable(COLUMNS, rows) + foot;
}

function row(category: string, of: Figures): string[] {
  const [low, high] = of.accuracyInterval;
  const shares = [of.balancedAccuracy, of.precision, of.recall, of.f1, of.yesRatio, of.unknownRate, of.ece];
  return [
    category,
    String(of.n),
    decimals(of.accuracy),
    `${decimals(low)}..${decimals(high)}`,
    ...shares.map((share) => decimals(share)),
  ];
}
