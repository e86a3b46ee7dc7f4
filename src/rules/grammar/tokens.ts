/** A word, a number or a sign of the sentence. `start` inclusive, `end` exclusive, in UTF-16 units. */
export interface Token {
  readonly text: string;
  /** Lower case, curly apostrophes made straight, dots of `a.m.` taken out. */
  readonly lower: string;
  readonly kind: 'word' | 'number' | 'sign';
  readonly start: number;
  readonly end: number;
  /** No space between this token and the one before it (`hi` `-` `vis`, `8` `am`). */
  readonly glued: boolean;
}

// `22:00`, `1.5` and `1,000` are one number; a hyphen is a sign of its own, so that `5-minute`, `Mon-Fri`, `hi-vis`
// and `door-2` all read the same way.
const TOKEN = /[ap]\.\s?m\b\.?|\p{N}+(?:[.,:]\p{N}+)*|[\p{L}\p{M}_]+(?:['’][\p{L}\p{M}]+)*|\S/giu;

/** Splits a sentence into tokens. Total: any text gives tokens, in order, without overlap. */
export function tokenize(sentence: string): Token[] {
  const tokens: Token[] = [];
  for (const match of sentence.matchAll(TOKEN)) {
    const text = match[0];
    const start = match.index;
    const lower = /^[ap]\.\s?m/i.test(text) ? `${text[0]}m`.toLowerCase() : text.toLowerCase().replaceAll('’', "'");
    const kind = /^\p{N}/u.test(text) ? 'number' : /^[\p{L}\p{M}_]/u.test(text) ? 'word' : 'sign';
    tokens.push({ text, lower, kind, start, end: start + text.length, glued: tokens.at(-1)?.end === start });
  }
  return tokens;
}

/** Whether a token must be accounted for by a span: words and numbers, not commas. */
export function isWord(token: Token): boolean {
  return token.kind !== 'sign';
}

const DASHES = new Set(['-', '–', '—', '‑', '−']);

export function isDash(token: Token | undefined): boolean {
  return token !== undefined && DASHES.has(token.lower);
}
