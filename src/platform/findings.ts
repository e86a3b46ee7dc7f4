import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';

/** One thing wrong (or doubtful) in a file a person wrote. Lines and columns count from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** `file:line:column: error: message. hint`, as compilers print it. */
export function formatFinding(finding: Finding): string {
  const { file, line, column, severity, message, hint } = finding;
  return `${file}:${line}:${column}: ${severity}: ${message}${hint ? `. ${hint}` : ''}`;
}

export interface ParsedYaml<T> {
  /** Present only when there is no error among the findings. */
  value?: T;
  findings: Finding[];
  /** Where a path of the document stands, for findings made after parsing. Falls back to the nearest parent. */
  locate(path: readonly PropertyKey[]): { line: number; column: number };
}

/**
 * Parses a YAML text against a strict schema and reports all problems at once with their places:
 * syntax errors, duplicate and unknown keys (with the nearest known one), wrong types and values.
 */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>): ParsedYaml<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const locate = (path: readonly PropertyKey[]): { line: number; column: number } =>
    at(offsetOf(document.contents as Node | null, path));

  const findings: Finding[] = [...document.errors, ...document.warnings].map((problem) => ({
    file,
    ...at(problem.pos[0]),
    severity: problem.name === 'YAMLWarning' ? 'warning' : 'error',
    message: firstLine(problem.message),
    hint: 'Check the indentation, quotes and colons of this line',
  }));
  if (findings.some((finding) => finding.severity === 'error')) return { findings, locate };

  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return { value: parsed.data, findings, locate };
  for (const issue of parsed.error.issues)
    findings.push(...issueFindings(issue, file, document.contents as Node | null, locate, at));
  return { findings, locate };
}

function issueFindings(
  issue: z.core.$ZodIssue,
  file: string,
  root: Node | null,
  locate: ParsedYaml<unknown>['locate'],
  at: (offset: number) => { line: number; column: number },
): Finding[] {
  const name = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      file,
      ...at(keyOffset(root, issue.path, key)),
      severity: 'error',
      message: `unknown setting "${[...issue.path.map(String), key].join('.')}"`,
      hint: 'Remove it, or check its spelling and indentation',
    }));
  }
  return [
    {
      file,
      ...locate(issue.path),
      severity: 'error',
      message: name ? `"${name}": ${issue.message}` : issue.message,
      hint: '',
    },
  ];
}

function keyOffset(root: Node | null, path: readonly PropertyKey[], key: string): number {
  const parent = nodeAt(root, path);
  if (isMap(parent)) {
    for (const pair of parent.items) {
      if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key) return pair.key.range?.[0] ?? 0;
    }
  }
  return offsetOf(root, path);
}

function nodeAt(root: Node | null, path: readonly PropertyKey[]): Node | null {
  let node = root;
  for (const step of path) {
    if (isMap(node)) node = (node.get(String(step), true) as Node | undefined) ?? null;
    else if (isSeq(node)) node = (node.items[Number(step)] as Node | undefined) ?? null;
    else return null;
  }
  return node;
}

function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(root, path.slice(0, length));
    if (node?.range) return node.range[0];
  }
  return 0;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
