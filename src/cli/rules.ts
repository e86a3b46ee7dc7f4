import { styleText } from 'node:util';
import { readBoxLoad } from '../capacity.ts';
import { PictureIndex } from '../history/picture-index.ts';
import { parseDuration } from '../platform/duration.ts';
import { type CapacityPlan, overloads, planOf } from '../rules/capacity.ts';
import { type Compilation, compileRule } from '../rules/compile.ts';
import { contextOf } from '../rules/context.ts';
import { formatMs } from '../rules/grammar/amounts.ts';
import type { SentenceIssue, Span } from '../rules/rule.ts';
import { describeSchedule } from '../rules/schedule-text.ts';
import {
  type Command,
  type CommandIo,
  EXIT_DONE,
  EXIT_FAILED,
  parseOptions,
  UsageError,
  wholeNumber,
} from './command.ts';
import { lengthText } from './lengths.ts';
import { MODEL_OPTION_HELP, MODEL_OPTIONS, type OpenModel, openChosenModel } from './open-model.ts';
import { configuredModel } from './past-model.ts';
import { chosenRule, chosenSettings } from './rule-choice.ts';
import { fitRule } from './rules-fit.ts';
import { tryRule } from './rules-try.ts';
import { DATA_OPTIONS, dataFolder } from './store-folder.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  ...MODEL_OPTIONS,
  camera: { type: 'string' },
  last: { type: 'string' },
  target: { type: 'string' },
  since: { type: 'string' },
  apply: { type: 'boolean' },
  undo: { type: 'boolean' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const DEFAULT_LAST = 12;

const DETAILS = `rules explain SENTENCE
  shows which words meant what, the question that is put to the model, and what is doubtful
rules try RULE PICTURE... | rules try RULE --camera C
  asks a rule's question about pictures and judges the answers as live; RULE is a rule's id or a sentence in quotes

rules fit RULE
  fits its thresholds to the events that people marked right or wrong, per camera: the lowest that keep to the target

options:
  --config FILE     the cameras, zones and calendars the sentence may speak of (default: the demo store)
  --camera C        try: look at the rule's zone of this camera (default: the whole picture), and without PICTURE at the
                    newest pictures of it that are kept; fit: this camera only
  --last N          try: so many of them (default: ${DEFAULT_LAST})
  --target N        fit: at most so many false alarms a week (default: 1)
  --since TIME      fit: from the events of this long (default: 30d)
  --apply           fit: write the thresholds into the rule's file
  --undo            fit: take the newest ones out of it again
  --data DIR        fit: the data folder (default: what the configuration says)
${MODEL_OPTION_HELP}
  --force           explain: exit code 0 also for a rule with which the box would fall behind
  --json            one line of JSON, per picture with try

examples:
  watchword rules explain "Alert me when a shelf is empty for 5 minutes during opening hours"
  watchword rules try "Alert me when a shelf is empty" monday.jpg tuesday.jpg
  watchword rules fit empty-shelf --target 2`;

export function createRules(open: OpenModel): Command {
  return {
    name: 'rules',
    summary: 'show what an English rule is understood as, try it on pictures, fit its thresholds',
    usage: 'watchword rules explain SENTENCE | try RULE PICTURE... | fit RULE [--apply] [--config FILE] [--json]',
    details: DETAILS,
    async run(args, io) {
      const { values, positionals, rest = [] } = parseOptions(args, OPTIONS);
      const [what, ...words] = [...positionals, ...rest];
      if (what === 'explain') {
        // Words without quotes come one by one: they are one sentence all the same.
        const sentence = words.join(' ').trim();
        if (sentence === '') throw new UsageError('there is no sentence', 'Put it in quotes');
        return explain(sentence, values, io);
      }
      if (what === 'try') return tryOn(words, values, io, open);
      if (what === 'fit') return fitTo(words, values, io);
      if (what === undefined) throw new UsageError('what about the rules?', 'Try rules explain SENTENCE');
      throw new UsageError(`no "rules ${what}"`, 'There are rules explain, rules try and rules fit');
    },
  };
}

export const rules = createRules(openChosenModel);

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

async function tryOn(
  [text = '', ...pictures]: string[],
  values: Values,
  io: CommandIo,
  open: OpenModel,
): Promise<number> {
  if (text === '') throw new UsageError('there is no rule', 'Give its id, or a sentence in quotes');
  const { camera: cameraId, json = false } = values;
  if (pictures.length === 0 && cameraId === undefined)
    throw new UsageError('there is no picture to try it on', 'Name pictures, or a camera with --camera');
  const { file, settings } = chosenSettings(values.config);
  const rule = chosenRule(text, settings);
  const last = wholeNumber(values.last, 'last', { min: 1, max: 10_000 }) ?? DEFAULT_LAST;
  const named = pictures.length > 0 ? pictures : keptPictures(dataFolder(values), cameraId ?? '', last);
  return tryRule(
    { rule, pictures: named, cameraId, settings, json },
    open,
    configuredModel(values, settings, file),
    io,
  );
}

/** The files of the newest pictures that a camera's history keeps. */
function keptPictures(dataDir: string, cameraId: string, last: number): string[] {
  const index = PictureIndex.openReadOnly(dataDir);
  try {
    const files = (index?.newest(cameraId, last) ?? []).map((picture) => index?.pathOf(picture) ?? '');
    if (files.length > 0) return files;
    throw new UsageError(
      `no picture of "${cameraId}" is kept in ${dataDir}`,
      'Name pictures, or start Watchword first',
    );
  } finally {
    index?.close();
  }
}

function fitTo([rule = '', ...more]: string[], values: Values, io: CommandIo): Promise<number> {
  if (rule === '' || more.length > 0) throw new UsageError('which rule?', 'Give its id');
  const { config, camera: cameraId, apply = false, undo = false, json = false } = values;
  if (apply && undo) throw new UsageError('--apply and --undo contradict each other');
  const target = Number(values.target ?? 1);
  if (!(target >= 0)) throw new UsageError(`--target takes a number of false alarms a week, not "${values.target}"`);
  const sinceMs = parseDuration(values.since ?? '30d');
  if (sinceMs === undefined) throw new UsageError(`--since takes a length of time such as 30d, not "${values.since}"`);
  const { settings } = chosenSettings(config);
  const dataDir = dataFolder(values);
  const since = io.clock.now() - sinceMs;
  return fitRule({ rule, cameraId, settings, dataDir, target, since, apply, undo, json }, io);
}

function explain(sentence: string, values: Values, io: CommandIo): number {
  const { settings } = chosenSettings(values.config);
  const source = { id: 'sentence', words: sentence, cameras: ['*'], enabled: true, file: '', overrides: {} };
  const compiled = compileRule(source, contextOf(settings));
  const { understood, errors, warnings, rule } = compiled;
  const load = rule && readBoxLoad(values.data === undefined ? settings.data : dataFolder(values));
  const plan = load && planOf(rule, load);
  // The demo store speaks for a box that has none: what a rule would take of it is of no use.
  const isBox = values.config !== undefined || values.data !== undefined;
  if (values.json) {
    io.stdout(`${JSON.stringify({ ...understood, warnings, errors, ...(plan && isBox && { capacity: plan }) })}\n`);
  } else io.stdout(textOf(sentence, compiled, plan, painter(io)));
  const isTooMuch = isBox && plan !== undefined && overloads(plan, undefined) && !values.force;
  return errors.length > 0 || isTooMuch ? EXIT_FAILED : EXIT_DONE;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

function painter(io: CommandIo): Paint {
  const colours = io.isTTY && process.stdout.isTTY === true && !process.env.NO_COLOR;
  return colours ? styleText : (_, text) => text;
}

const STYLES: Readonly<Record<string, Style>> = {
  question: ['bold', 'underline'],
  polarity: 'magenta',
  duration: 'cyan',
  release: 'cyan',
  schedule: 'blue',
  severity: 'yellow',
  rate: 'green',
  reminder: 'green',
  interval: 'green',
  place: 'yellow',
  repetition: 'red',
};

/** For people: the sentence with each phrase underlined by its number, what each means, the rule, and what is doubtful. */
function textOf(
  sentence: string,
  { understood, errors, warnings }: Compilation,
  plan: CapacityPlan | undefined,
  paint: Paint,
): string {
  const spans = understood.spans.filter((span) => span.means !== 'lead-in' && span.means !== 'filler');
  const lines = [coloured(sentence, spans, paint), ...marks(sentence, spans), ''];
  lines.push(`  asks every ${formatMs(understood.everyMs)}   ${understood.question ?? '(nothing)'}`);
  lines.push(
    `  raises when the answer is ${understood.expects}${understood.forMs > 0 ? ` for ${formatMs(understood.forMs)}` : ''}`,
  );
  lines.push(`  ends after ${formatMs(understood.clearAfterMs)} of the opposite`);
  lines.push(`  is on ${describeSchedule(understood.schedule)}`);
  lines.push(
    `  severity ${understood.severity}${understood.cooldownMs > 0 ? `, at most one alert per ${formatMs(understood.cooldownMs)}` : ''}${understood.remindMs > 0 ? `, told again every ${formatMs(understood.remindMs)}` : ''}`,
  );
  lines.push(
    `  cameras ${understood.cameras.join(', ') || 'none'}${understood.zone === null ? '' : `, zone ${understood.zone}`}`,
  );
  if (plan) lines.push(planLine(plan));
  const issues = [
    ...errors.map((issue) => [issue, 'error'] as const),
    ...warnings.map((issue) => [issue, 'warning'] as const),
  ];
  if (issues.length > 0) lines.push('');
  for (const [issue, level] of issues) lines.push(issueLine(sentence, issue, level, paint));
  return `${lines.join('\n')}\n`;
}

function planLine({ share, total, delayMs }: CapacityPlan): string {
  const percent = (part: number): string => `${(part * 100).toFixed(part < 0.095 ? 1 : 0)} %`;
  const full = total > 1 ? `; the box falls behind: all intervals become ${total.toFixed(1)} times as long` : '';
  return `  takes ${percent(share)} of the box (${percent(total)} with all rules), tells within ${lengthText(Math.ceil(delayMs / 1_000) * 1_000)} at worst${full}`;
}

function coloured(sentence: string, spans: readonly Span[], paint: Paint): string {
  let text = '  ';
  let at = 0;
  for (const span of spans) {
    text += sentence.slice(at, span.start) + paint(STYLES[span.means] ?? 'reset', sentence.slice(span.start, span.end));
    at = span.end;
  }
  return text + sentence.slice(at);
}

/** One underline per phrase with its meaning, below the sentence: readable without colours too. */
function marks(sentence: string, spans: readonly Span[]): string[] {
  const seen = new Set<string>();
  return spans.flatMap((span) => {
    const label = span.means === 'question' ? 'question' : `${span.means}: ${span.value}`;
    if (span.means === 'question' && seen.has('question')) return [];
    seen.add(span.means);
    const parts = span.means === 'question' ? spans.filter((other) => other.means === 'question') : [span];
    const line = Array.from({ length: sentence.length }, (_, at) =>
      parts.some((part) => at >= part.start && at < part.end) ? '~' : ' ',
    );
    return [`  ${line.join('')}  ${label}`];
  });
}

function issueLine(sentence: string, issue: SentenceIssue, level: 'error' | 'warning', paint: Paint): string {
  const words = sentence.slice(issue.start, issue.end);
  const about = words === '' || words === sentence ? '' : ` ("${words}")`;
  return `  ${paint(level === 'error' ? 'red' : 'yellow', level)}: ${issue.message}${about}`;
}
