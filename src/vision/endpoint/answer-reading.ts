/** One alternative for a position, as servers list them under `top_logprobs`. */
export interface TokenChance {
  readonly token: string;
  /** Natural logarithm of its share of the whole vocabulary. */
  readonly logprob: number;
}

/** Yes, no, or neither. */
export type Reading = 'yes' | 'no' | undefined;

/**
 * Reads an answer from the likeliest first tokens: as for a local model, score = yes / (yes + no) and mass = yes + no of the
 * whole vocabulary. A server lists the likeliest tokens only, so the mass is what they hold: at least so much.
 */
export function readChances(chances: readonly TokenChance[]): { score: number; mass: number } {
  let yes = 0;
  let no = 0;
  for (const { token, logprob } of chances) {
    const word = token.replace(TOKEN_EDGE, '').toLowerCase();
    if (word === 'yes') yes += Math.exp(Math.min(0, logprob));
    else if (word === 'no') no += Math.exp(Math.min(0, logprob));
  }
  const mass = Math.min(1, yes + no);
  return { score: yes + no > 0 ? yes / (yes + no) : 0.5, mass };
}

// Spaces, also as tokenizers write them, and closing marks: " Yes", "▁yes" and "Yes." are all yes.
const TOKEN_EDGE = /^[\s\u2581\u0120]+|[\s.,!:;]+$/g;

/**
 * Reads a yes or a no from words. They must begin with it, and it must stand alone: "Yes.", "yes, on the left", "**No**" and
 * "Answer: no" are answers; "not yes", "no idea", "yes or no" and "it seems so" are none.
 */
export function readWords(text: string): Reading {
  const words = text
    .replace(/^[\s\S]*<\/think>/, '')
    .replace(/^[\s"'*_`#>(-]+/, '')
    .replace(/^(?:the\s+)?answer(?:\s+is)?\s*:?[\s"'*_`]*/i, '')
    .toLowerCase();
  const begun = /^(yes|no)(?![\p{L}\p{N}'\u2019-])/u.exec(words)?.[1] as Reading;
  if (!begun) return undefined;
  const rest = words.slice(begun.length);
  const other = begun === 'yes' ? 'no' : 'yes';
  // Both words side by side are no answer, nor is what only begins like one.
  if (new RegExp(`^["'*_\`\\s]*(?:[,/|]|or|and)?["'*_\`\\s]*${other}(?![\\p{L}\\p{N}])`, 'u').test(rest))
    return undefined;
  if (/^\s+(?:idea|one|body|clue|way|doubt|answer|comment|information|matter|problem)\b/.test(rest)) return undefined;
  if (/^\W*(?:maybe|perhaps|possibly|probably not sure|not sure|unsure|unclear|it depends)\b/.test(rest))
    return undefined;
  return begun;
}

/** What was asked for under a JSON schema: `{"answer": "yes"}`. What is no such object is read as words. */
export function readStructured(text: string): Reading {
  const object = /\{[^{}]*\}/.exec(text)?.[0];
  if (object === undefined) return readWords(text);
  try {
    const { answer } = JSON.parse(object) as { answer?: unknown };
    return typeof answer === 'string' ? readWords(answer) : undefined;
  } catch {
    return undefined;
  }
}
