import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { toError } from './errors.ts';
import { nearest } from './nearest.ts';

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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
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
    message: syntaxProblem(problem.message),
    hint: 'Check the indentation, quotes and colons of this line',
  }));
  if (findings.some((finding) => finding.severity === 'error')) return { findings, locate };

  const plain = plainOf(document);
  if (plain.problem) return { findings: [{ file, severity: 'error', ...at(plain.at), ...plain.problem }], locate };
  const parsed = schema.safeParse(plain.value ?? {});
  if (parsed.success) return { value: parsed.data, findings, locate };
  const places: Places = { file, root: document.contents as Node | null, schema, locate, at };
  for (const issue of parsed.error.issues) findings.push(...issueFindings(issue, places));
  return { findings, locate };
}

type Plain =
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly at: number; readonly problem: Pick<Finding, 'message' | 'hint'> };

/** The document as plain values. `cameras: *-dock` is an alias to YAML, one that stands for nothing. */
function plainOf(document: Document): Plain {
  try {
    return { value: document.toJS() };
  } catch (thrown) {
    const { message } = toError(thrown);
    let offset: number | undefined;
    visit(document, {
      Alias(_key, node) {
        if (node.resolve(document)) return undefined;
        offset = node.range?.[0];
        return visit.BREAK;
      },
    });
    const problem =
      offset === undefined
        ? { message: firstLine(message), hint: 'Write it without aliases' }
        : {
            message: 'what begins with * is an alias to YAML, and this one stands for nothing',
            hint: 'Put it in quotes',
          };
    return { at: offset ?? 0, problem };
  }
}

interface Places {
  file: string;
  root: Node | null;
  schema: z.core.$ZodType;
  locate: ParsedYaml<unknown>['locate'];
  at: (offset: number) => { line: number; column: number };
}

function issueFindings(issue: z.core.$ZodIssue, places: Places): Finding[] {
  const { file, root, schema, locate, at } = places;
  const name = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key): Finding => {
      const near = nearest(key, knownKeys(schema, issue.path));
      const hint =
        near.length > 0
          ? `Did you mean ${near.map((word) => `"${word}"`).join(' or ')}?`
          : 'Remove it, or check its indentation';
      const message = `unknown setting "${[...issue.path.map(String), key].join('.')}"`;
      return { file, ...at(keyOffset(root, issue.path, key)), severity: 'error', message, hint };
    });
  }
  if (issue.code === 'invalid_key') {
    const key = String(issue.path.at(-1));
    const why = issue.issues.map((inner) => inner.message).join('; ');
    return [
      {
        file,
        ...at(keyOffset(root, issue.path.slice(0, -1), key)),
        severity: 'error',
        message: `"${key}": ${why}`,
        hint: '',
      },
    ];
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

/** The keys a schema knows at a path, so that a misspelled one can be answered with the right one. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.core.$ZodType | undefined = unwrap(schema);
  for (const step of path) current = current && unwrap(innerSchema(current, step));
  const { def } = current?._zod ?? {};
  return def && isObjectDef(def) ? Object.keys(def.shape) : [];
}

function innerSchema(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | undefined {
  const { def } = schema._zod;
  if (isObjectDef(def)) return def.shape[String(step)];
  if ('valueType' in def) return def.valueType as z.core.$ZodType;
  return 'element' in def ? (def.element as z.core.$ZodType) : undefined;
}

/** Through defaults, optionals and transforms to the schema of what is written. */
function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let current = schema;
  for (let def = current?._zod.def; def; def = current?._zod.def) {
    if ('innerType' in def) current = def.innerType as z.core.$ZodType;
    else if (def.type === 'pipe' && 'in' in def) current = def.in as z.core.$ZodType;
    else break;
  }
  return current;
}

function isObjectDef(def: z.core.$ZodTypeDef): def is z.core.$ZodObjectDef {
  return def.type === 'object';
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

/** The parser's words without the piece of the file that some of them quote: it may be a password. */
function syntaxProblem(message: string): string {
  if (/call stack/.test(message)) return 'nested far too deeply';
  return firstLine(message).replace(/(YAML stream|YAML token|[Tt]ag): .*/, '$1');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
