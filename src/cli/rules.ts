import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { loadSettings } from '../config/load.ts';
import { type Compilation, type CompileContext, compileRule } from '../rules/compile.ts';
import { contextOf } from '../rules/context.ts';
import { formatMs } from '../rules/grammar/amounts.ts';
import type { SentenceIssue, Span } from '../rules/rule.ts';
import { describeSchedule } from '../rules/schedule-text.ts';
import { type Command, type CommandIo, EXIT_DONE, EXIT_FAILED, parseOptions, UsageError } from './command.ts';

const OPTIONS = {
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** The demo store's configuration speaks for a box that has none. From src and from dist alike. */
const DEMO_CONFIG = fileURLToPath(new URL('../../src/demo/demo.yaml', import.meta.url));

export const rules: Command = {
  name: 'rules',
  summary: 'show what an English rule is understood as',
  usage: 'watchword rules explain SENTENCE [--config FILE] [--json]',
  details: `options:
  --config FILE   the cameras, zones and calendars the sentence may speak of (default: the demo store)
  --json          one line of JSON

example:
  watchword rules explain "Alert me when a shelf is empty for 5 minutes during opening hours"`,
  async run(args, io) {
    const { values, positionals, rest = [] } = parseOptions(args, OPTIONS);
    const [what, ...words] = [...positionals, ...rest];
    if (what !== 'explain')
      throw new UsageError(
        what === undefined ? 'what about the rules?' : `no "rules ${what}"`,
        'Try rules explain SENTENCE',
      );
    // Words without quotes come one by one: they are one sentence all the same.
    const sentence = words.join(' ').trim();
    if (sentence === '') throw new UsageError('there is no sentence', 'Put it in quotes');
    return explain(sentence, contextFor(values.config), values.json === true, io);
  },
};

function contextFor(config: string | undefined): CompileContext {
  if (config === undefined && !existsSync(DEMO_CONFIG))
    throw new UsageError('there is no configuration', 'Name one with --config FILE');
  return contextOf(loadSettings(config ?? DEMO_CONFIG));
}

function explain(sentence: string, context: CompileContext, json: boolean, io: CommandIo): number {
  const source = { id: 'sentence', words: sentence, cameras: ['*'], enabled: true, file: '', overrides: {} };
  const compiled = compileRule(source, context);
  const { understood, errors, warnings } = compiled;
  io.stdout(
    json ? `${JSON.stringify({ ...understood, warnings, errors })}\n` : textOf(sentence, compiled, painter(io)),
  );
  return errors.length > 0 ? EXIT_FAILED : EXIT_DONE;
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
  interval: 'green',
  place: 'yellow',
  repetition: 'red',
};

/** For people: the sentence with each phrase underlined by its number, what each means, the rule, and what is doubtful. */
function textOf(sentence: string, { understood, errors, warnings }: Compilation, paint: Paint): string {
  const spans = understood.spans.filter((span) => span.means !== 'lead-in' && span.means !== 'filler');
  const lines = [coloured(sentence, spans, paint), ...marks(sentence, spans), ''];
  lines.push(`  asks every ${formatMs(understood.everyMs)}   ${understood.question ?? '(nothing)'}`);
  lines.push(
    `  raises when the answer is ${understood.expects}${understood.forMs > 0 ? ` for ${formatMs(understood.forMs)}` : ''}`,
  );
  lines.push(`  ends after ${formatMs(understood.clearAfterMs)} of the opposite`);
  lines.push(`  is on ${describeSchedule(understood.schedule)}`);
  lines.push(
    `  severity ${understood.severity}${understood.cooldownMs > 0 ? `, at most one alert per ${formatMs(understood.cooldownMs)}` : ''}`,
  );
  lines.push(
    `  cameras ${understood.cameras.join(', ') || 'none'}${understood.zone === null ? '' : `, zone ${understood.zone}`}`,
  );
  const issues = [
    ...errors.map((issue) => [issue, 'error'] as const),
    ...warnings.map((issue) => [issue, 'warning'] as const),
  ];
  if (issues.length > 0) lines.push('');
  for (const [issue, level] of issues) lines.push(issueLine(sentence, issue, level, paint));
  return `${lines.join('\n')}\n`;
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
