import { basename, extname } from 'node:path';
import { type Finding, parseYaml } from '../platform/findings.ts';
import { type CompileContext, compileRule } from './compile.ts';
import type { CompiledRule, SentenceIssue } from './rule.ts';
import { overridesOf, ruleFileSchema } from './settings.ts';

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
  findings.push(...parsed.findings);
  if (!parsed.value) return { findings };
  const { rule: words, cameras, enabled } = parsed.value;
  const source = { id, words, cameras: cameras ?? ['*'], enabled, file, overrides: overridesOf(parsed.value) };
  const compiled = compileRule(source, context);
  const scalar = parsed.locate(['rule']);
  const place = (issue: SentenceIssue) => placeOf(text, words, scalar, issue);
  for (const issue of compiled.errors) findings.push(findingOf(file, issue, 'error', place(issue)));
  for (const issue of compiled.warnings) findings.push(findingOf(file, issue, 'warning', place(issue)));
  if (!compiled.rule || findings.some((finding) => finding.severity === 'error')) return { findings };
  return { rule: compiled.rule, findings };
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
