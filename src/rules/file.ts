import { basename, extname } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { type Finding, type ParsedYaml, parseYaml } from '../platform/findings.ts';
import { type CompileContext, compileRule } from './compile.ts';
import type { CompiledRule, ScheduleWindow, SentenceIssue } from './rule.ts';
import { readScheduleWords } from './schedule-words.ts';
import { overridesOf, type RuleFile, ruleFileSchema } from './settings.ts';

export interface ReadRuleFile {
  /** Present only without errors. */
  readonly rule?: CompiledRule;
  readonly findings: readonly Finding[];
}

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The id of the rule in a file: its name without the ending. */
export function ruleIdOf(file: string): string {
  return basename(file, extname(file));
}

/**
 * Compiles the text of one rule file. Everything that is wrong is a finding with file, line and column; what is wrong in the
 * sentence points at its words where the file shows them as they are.
 */
export function readRuleFile(text: string, file: string, context: CompileContext): ReadRuleFile {
  const id = ruleIdOf(file);
  const findings: Finding[] = [];
  if (!ID.test(id)) {
    const message = `the file name "${basename(file)}" gives no usable rule id`;
    const hint = 'Rename it to small letters, digits and dashes, such as empty-shelf.yaml';
    findings.push({ file, line: 1, column: 1, severity: 'error', message, hint });
  }
  const parsed = parseYaml(text, file, ruleFileSchema);
  findings.push(...parsed.findings.map((finding) => withColonHint(finding, text)));
  if (!parsed.value) return { findings: [...findings, ...sentenceFindings(text, file, parsed, context)] };
  const { rule: words, cameras, enabled } = parsed.value;
  const own = readSchedule(parsed.value.schedule, context);
  const at = (key: 'rule' | 'schedule', shown: string, issue: SentenceIssue) =>
    placeOf(text, shown, parsed.locate([key]), issue);
  for (const issue of own.errors) findings.push(findingOf(file, issue, 'error', at('schedule', own.text, issue)));
  for (const issue of own.warnings) findings.push(findingOf(file, issue, 'warning', at('schedule', own.text, issue)));
  const overrides = { ...overridesOf(parsed.value), ...(own.windows === undefined ? {} : { schedule: own.windows }) };
  const compiled = compileRule({ id, words, cameras: cameras ?? ['*'], enabled, file, overrides }, context);
  const place = (issue: SentenceIssue) => keyOf(issue, parsed.value, parsed) ?? at('rule', words, issue);
  for (const issue of compiled.errors) findings.push(findingOf(file, issue, 'error', place(issue)));
  for (const issue of compiled.warnings) findings.push(findingOf(file, issue, 'warning', place(issue)));
  if (!compiled.rule || findings.some((finding) => finding.severity === 'error')) return { findings };
  return { rule: compiled.rule, findings };
}

type Locate = Pick<ParsedYaml<RuleFile>, 'locate'>;

/** Some issues are about another key of the file than the sentence. */
function keyOf(issue: SentenceIssue, written: RuleFile | undefined, { locate }: Locate) {
  if (issue.code === 'unknown-camera' && written?.cameras) {
    const at = written.cameras.findIndex((name) => issue.message.includes(`"${name}"`));
    return locate(['cameras', Math.max(0, at)]);
  }
  if (issue.code === 'unknown-zone' && written?.zone !== undefined) return locate(['zone']);
  if (issue.code === 'fitted') return locate(['fitted']);
  if (issue.code === 'thresholds') return locate([written?.clear === undefined ? 'raise' : 'clear']);
  return undefined;
}

/** Other keys are wrong; what is wrong in the sentence is said all the same, so that one look mends all. */
function sentenceFindings(text: string, file: string, { locate }: Locate, context: CompileContext): Finding[] {
  const document = parseDocument(text, { prettyErrors: false });
  const words = document.errors.length === 0 && isMap(document.contents) ? document.get('rule') : undefined;
  if (typeof words !== 'string') return [];
  const source = { id: ruleIdOf(file), words, cameras: ['*'], enabled: true, file, overrides: {} };
  const { errors } = compileRule(source, context);
  return errors.map((issue) => findingOf(file, issue, 'error', placeOf(text, words, locate(['rule']), issue)));
}

/** `rule: Critical: alert me` is no YAML, and its parser's words for that help nobody. */
function withColonHint(finding: Finding, text: string): Finding {
  const line = text.split('\n')[finding.line - 1] ?? '';
  if (finding.severity !== 'error' || !/^rule: +[^"'>|].*: /.test(line)) return finding;
  return {
    ...finding,
    message: 'the sentence holds a colon',
    hint: 'Put the sentence in quotes, or take the colon out',
  };
}

interface OwnSchedule {
  readonly text: string;
  /** undefined: the file says nothing of it. */
  readonly windows: readonly ScheduleWindow[] | null | undefined;
  readonly errors: readonly SentenceIssue[];
  readonly warnings: readonly SentenceIssue[];
}

function readSchedule(written: RuleFile['schedule'], context: CompileContext): OwnSchedule {
  const none = { text: '', errors: [], warnings: [] };
  if (written === undefined) return { ...none, windows: undefined };
  if (typeof written === 'string') return { text: written, ...readScheduleWords(written, context) };
  const known = Object.keys(context.calendars);
  const errors = written.flatMap((window) => {
    if (!('calendar' in window) || known.includes(window.calendar)) return [];
    const message = `No calendar is called "${window.calendar}"; known calendars: ${known.join(', ')}`;
    return [{ code: 'unknown-calendar', message, start: 0, end: 0 }];
  });
  return { ...none, windows: written, errors };
}

function findingOf(
  file: string,
  issue: SentenceIssue,
  severity: Finding['severity'],
  at: { line: number; column: number },
): Finding {
  const { message, hint } = splitHint(issue.message);
  return { file, ...at, severity, message, hint };
}

/** Sentence issues are written as `what is wrong; what to do`. */
function splitHint(message: string): { message: string; hint: string } {
  const at = message.indexOf('; ');
  if (at < 0) return { message, hint: '' };
  const hint = message.slice(at + 2);
  return { message: message.slice(0, at), hint: hint.charAt(0).toUpperCase() + hint.slice(1) };
}

/** Where the words of an issue stand in the file: exact while the scalar shows the sentence as it is, else its beginning. */
function placeOf(text: string, words: string, scalar: { line: number; column: number }, issue: SentenceIssue) {
  const line = text.split('\n')[scalar.line - 1] ?? '';
  const from = scalar.column - 1;
  const quoted = line[from] === '"' || line[from] === "'" ? 1 : 0;
  if (line.slice(from + quoted, from + quoted + words.length) !== words) return scalar;
  return { line: scalar.line, column: scalar.column + quoted + issue.start };
}
