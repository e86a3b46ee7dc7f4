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
type Node = (tokens: readonly Token[], at: number, found: Found, next: Next) => PatternMatch | undefined;

/**
 * Compiles a phrase pattern: plain words stand for themselves, `(a|b c)` is one of these, `[a|b]` is one of these or
 * nothing, `<name>` is what the reader of that name reads, `<name:key>` keeps it under another key. Tries alternatives in
 * order and goes back when the rest does not fit. Throws when the pattern itself is wrong: that is a programming error.
 */
export function pattern(text: string, readers: Readonly<Record<string, Reader>> = {}): Pattern {
  const parser = { items: text.match(/[()[\]|]|<[^>]+>|[^\s()[\]|<>]+/g) ?? [], at: 0 };
  const node = parseAlternatives(parser, readers);
  if (parser.at !== parser.items.length) throw new Error(`unbalanced pattern: ${text}`);
  return (tokens, at) => node(tokens, at, {}, (end, found) => (end > at ? { end, found } : undefined));
}

/** The first of several patterns that fits. */
export function firstOf(patterns: readonly Pattern[]): Pattern {
  return (tokens, at) => {
    for (const one of patterns) {
      const match = one(tokens, at);
      if (match) return match;
    }
    return undefined;
  };
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
  return (tokens, at, found, next) => {
    for (const alternative of alternatives) {
      const match = alternative(tokens, at, found, next);
      if (match) return match;
    }
    return undefined;
  };
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
  return (tokens, at, found, next) => {
    const run = (index: number, from: number, sofar: Found): PatternMatch | undefined => {
      const node = nodes[index];
      return node ? node(tokens, from, sofar, (to, more) => run(index + 1, to, more)) : next(from, sofar);
    };
    return run(0, at, found);
  };
}

function optional(inner: Node): Node {
  return (tokens, at, found, next) => inner(tokens, at, found, next) ?? next(at, found);
}

function literal(word: string): Node {
  return (tokens, at, found, next) => (tokens[at]?.lower === word ? next(at + 1, found) : undefined);
}

function capture(item: string, readers: Readonly<Record<string, Reader>>): Node {
  const [name = '', key = name] = item.split(':');
  const reader = readers[name];
  if (!reader) throw new Error(`pattern names an unknown reader: ${name}`);
  return (tokens, at, found, next) => {
    const reading = reader(tokens, at);
    return reading ? next(reading.end, { ...found, [key]: reading.value }) : undefined;
  };
}
