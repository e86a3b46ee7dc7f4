import { firstOf, pattern } from './pattern.ts';
import type { Phrase } from './phrase.ts';
import type { Token } from './tokens.ts';
import { PREPOSITIONS } from './verbs.ts';

/** Words that people need and the machine does not: a question is always about now, and an alert always goes out at once. */
const POLITE = firstOf([
  pattern('[,] (please|thanks|thank you|many thanks|cheers) [very much|a lot|in advance]'),
  pattern('[,] (kindly|pls)'),
]);
const NOW = firstOf([
  pattern('(right now|at the moment|currently|at present|at this moment|at any given moment|already)'),
  pattern(
    '(immediately|right away|straight away|straightaway|instantly|asap|as soon as possible|without delay|in real time|promptly|quickly)',
  ),
  pattern('(actually|ever|simply)'),
]);

export const filler: Phrase = {
  means: 'filler',
  read(tokens, at) {
    const polite = POLITE(tokens, at);
    if (polite) return { end: polite.end, meaning: { kind: 'filler' }, value: 'politeness' };
    const now = NOW(tokens, at) ?? readStill(tokens, at);
    return now && { end: now.end, meaning: { kind: 'filler' }, value: 'now' };
  },
};

/** `is still empty` asks what `is empty` asks; `stands still` does not. */
function readStill(tokens: readonly Token[], at: number): { end: number } | undefined {
  const next = tokens[at + 1];
  // `still on`, `still off` at the end of what is seen; `still on the floor` is the same without it too.
  const isSwitch =
    /^(on|off)$/.test(next?.lower ?? '') && !/^(the|a|an|its|his|her)$/.test(tokens[at + 2]?.lower ?? '');
  if (tokens[at]?.lower !== 'still' || next?.kind !== 'word') return undefined;
  if (PREPOSITIONS.has(next.lower) && !isSwitch) return undefined;
  return /^(stand|sit|stay|keep|hold|lie)/.test(tokens[at - 1]?.lower ?? '') ? undefined : { end: at + 1 };
}
