import type { Token } from './tokens.ts';

/** Reads something at token `at`: where it ends and what it is worth, or undefined. The longest reading wins. */
export type Reader<T = unknown> = (
  tokens: readonly Token[],
  at: number,
) => { readonly end: number; readonly value: T } | undefined;

export interface PatternMatch {
  /** Index after the last token. */
  readonly end: number;
  /** What each `<name>` of the pattern read. */
  readonly found: Readonly<Record<string, unknown>>;
}

export type Pattern = (tokens: readonly Token[], at: number) => PatternMatch | undefined;

type Found = Record<string, unknown>;
type Next = (at: number, found: Found) => PatternMatch | undefined;
type Match = (tokens: readonly Token[], at: number, found: Found, next: Next) => PatternMatch | undefined;

interface Node {
  readonly match: Match;
  /** The words it can begin with; undefined: any word (a reader decides). */
  readonly first: ReadonlySet<string> | undefined;
  /** It can match nothing at all. */
  readonly empty: boolean;
}

// A sentence is read by hundreds of patterns at each word; nearly all of them are told apart by the first word.
const FIRST = new WeakMap<Pattern, ReadonlySet<string>>();

/**
 * Compiles a phrase pattern: plain words stand for themselves, `(a|b c)` is one of these, `[a|b]` is one of these or
 * nothing, `<name>` is what the reader of that name reads, `<name:key>` keeps it under another key. Tries alternatives in
 * order and goes back when the rest does not fit. Throws when the pattern itself is wrong: that is a programming error.
 */
export function pattern(text: string, readers: Readonly<Record<string, Reader>> = {}): Pattern {
  const parser = { items: text.match(/[()[\]|]|<[^>]+>|[^\s()[\]|<>]+/g) ?? [], at: 0 };
  const { match, first } = parseAlternatives(parser, readers);
  if (parser.at !== parser.items.length) throw new Error(`unbalanced pattern: ${text}`);
  const compiled: Pattern = (tokens, at) => {
    if (first && !first.has(tokens[at]?.lower ?? '')) return undefined;
    return match(tokens, at, {}, (end, found) => (end > at ? { end, found } : undefined));
  };
  if (first) FIRST.set(compiled, first);
  return compiled;
}

/** The first of several patterns that fits. */
export function firstOf(patterns: readonly Pattern[]): Pattern {
  const byWord = new Map<string, Pattern[]>();
  const words = new Set(patterns.flatMap((one) => [...(FIRST.get(one) ?? [])]));
  for (const word of words)
    byWord.set(
      word,
      patterns.filter((one) => FIRST.get(one)?.has(word) ?? true),
    );
  const open = patterns.filter((one) => !FIRST.has(one));
  const either: Pattern = (tokens, at) => {
    for (const one of byWord.get(tokens[at]?.lower ?? '') ?? open) {
      const match = one(tokens, at);
      if (match) return match;
    }
    return undefined;
  };
  if (open.length === 0) FIRST.set(either, words);
  return either;
}

interface Parser {
  readonly items: readonly string[];
  at: number;
}

function parseAlternatives(parser: Parser, readers: Readonly<Record<string, Reader>>): Node {
  const alternatives = [parseSequence(parser, readers)];
  while (parser.items[parser.at] === '|') {
    parser.at++;
    alternatives.push(parseSequence(parser, readers));
  }
  const [only] = alternatives;
  if (alternatives.length === 1 && only) return only;
  const match: Match = (tokens, at, found, next) => {
    const word = tokens[at]?.lower ?? '';
    for (const { match: alternative, first } of alternatives) {
      if (first && !first.has(word)) continue;
      const matched = alternative(tokens, at, found, next);
      if (matched) return matched;
    }
    return undefined;
  };
  return { match, first: union(alternatives), empty: alternatives.some(({ empty }) => empty) };
}

/** The words that any of several nodes can begin with; one that can be empty leaves it open. */
function union(nodes: readonly Node[]): ReadonlySet<string> | undefined {
  const words = new Set<string>();
  for (const { first, empty } of nodes) {
    if (!first || empty) return undefined;
    for (const word of first) words.add(word);
  }
  return words;
}

function parseSequence(parser: Parser, readers: Readonly<Record<string, Reader>>): Node {
  const nodes: Node[] = [];
  for (;;) {
    const item = parser.items[parser.at];
    if (item === undefined || item === '|' || item === ')' || item === ']') return sequence(nodes);
    parser.at++;
    if (item === '(' || item === '[') {
      const inner = parseAlternatives(parser, readers);
      if (parser.items[parser.at++] !== (item === '(' ? ')' : ']')) throw new Error('unbalanced pattern');
      nodes.push(item === '(' ? inner : optional(inner));
    } else if (item.startsWith('<')) {
      nodes.push(capture(item.slice(1, -1), readers));
    } else {
      nodes.push(literal(item));
    }
  }
}

function sequence(nodes: readonly Node[]): Node {
  const run = (
    tokens: readonly Token[],
    index: number,
    at: number,
    found: Found,
    next: Next,
  ): PatternMatch | undefined => {
    const node = nodes[index];
    return node ? node.match(tokens, at, found, (to, more) => run(tokens, index + 1, to, more, next)) : next(at, found);
  };
  return {
    match: (tokens, at, found, next) => run(tokens, 0, at, found, next),
    first: firstWords(nodes),
    empty: nodes.every(({ empty }) => empty),
  };
}

/** The words a sequence can begin with: those of its optional heads and of the first part that must be there. */
function firstWords(nodes: readonly Node[]): ReadonlySet<string> | undefined {
  const words = new Set<string>();
  for (const { first, empty } of nodes) {
    if (!first) return undefined;
    for (const word of first) words.add(word);
    if (!empty) return words;
  }
  return undefined;
}

function optional({ match, first }: Node): Node {
  const maybe: Match = (tokens, at, found, next) => match(tokens, at, found, next) ?? next(at, found);
  return { match: maybe, first, empty: true };
}

function literal(word: string): Node {
  const match: Match = (tokens, at, found, next) => (tokens[at]?.lower === word ? next(at + 1, found) : undefined);
  return { match, first: new Set([word]), empty: false };
}

function capture(item: string, readers: Readonly<Record<string, Reader>>): Node {
  const [name = '', key = name] = item.split(':');
  const reader = readers[name];
  if (!reader) throw new Error(`pattern names an unknown reader: ${name}`);
  const match: Match = (tokens, at, found, next) => {
    const reading = reader(tokens, at);
    return reading ? next(reading.end, { ...found, [key]: reading.value }) : undefined;
  };
  return { match, first: undefined, empty: false };
}
