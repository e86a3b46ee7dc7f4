import type { SpanKind } from '../rules/grammar/phrase.ts';
import type { Span } from '../rules/rule.ts';

/** How a stretch of a sentence is shown: its colour and its label. `ignored` has neither. */
export type SpanLook =
  | 'duration'
  | 'ending'
  | 'lookback'
  | 'schedule'
  | 'severity'
  | 'cooldown'
  | 'reminder'
  | 'interval'
  | 'place'
  | 'polarity'
  | 'question'
  | 'times'
  | 'ignored'
  | 'other';

const LOOKS: Record<SpanKind, SpanLook> = {
  duration: 'duration',
  release: 'ending',
  schedule: 'schedule',
  severity: 'severity',
  rate: 'cooldown',
  reminder: 'reminder',
  interval: 'interval',
  lookback: 'lookback',
  place: 'place',
  polarity: 'polarity',
  question: 'question',
  repetition: 'times',
  'lead-in': 'ignored',
  filler: 'ignored',
};

/** What a compiler newer than this page means is shown in its own word. */
export function spanLook(means: string): SpanLook {
  return Object.hasOwn(LOOKS, means) ? LOOKS[means as SpanKind] : 'other';
}

/** Cuts a sentence at its spans: all of its text in order, each piece with the span it belongs to. Overlaps lose to the first. */
export function cutSentence(words: string, spans: readonly Span[]): Array<{ text: string; span?: Span }> {
  const pieces: Array<{ text: string; span?: Span }> = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const end = Math.min(span.end, words.length);
    if (span.start < at || end <= span.start) continue;
    if (span.start > at) pieces.push({ text: words.slice(at, span.start) });
    pieces.push({ text: words.slice(span.start, end), span });
    at = end;
  }
  if (at < words.length) pieces.push({ text: words.slice(at) });
  return pieces;
}
