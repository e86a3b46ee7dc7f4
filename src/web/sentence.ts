import type { Span } from '../rules/rule.ts';

export type SpanKind =
  | 'duration'
  | 'schedule'
  | 'severity'
  | 'cooldown'
  | 'interval'
  | 'place'
  | 'polarity'
  | 'question'
  | 'ending'
  | 'ignored'
  | 'other';

/** The compiler's words for what a stretch means, to the few kinds that are shown apart. */
const KINDS: Record<string, SpanKind> = {
  for: 'duration',
  forMs: 'duration',
  duration: 'duration',
  schedule: 'schedule',
  window: 'schedule',
  when: 'schedule',
  severity: 'severity',
  cooldown: 'cooldown',
  cooldownMs: 'cooldown',
  every: 'interval',
  everyMs: 'interval',
  interval: 'interval',
  camera: 'place',
  cameras: 'place',
  zone: 'place',
  place: 'place',
  polarity: 'polarity',
  expects: 'polarity',
  negation: 'polarity',
  question: 'question',
  condition: 'question',
  clear: 'ending',
  clearAfter: 'ending',
  clearAfterMs: 'ending',
  filler: 'ignored',
  lead: 'ignored',
};

export function spanKind(means: string): SpanKind {
  return Object.hasOwn(KINDS, means) ? (KINDS[means] ?? 'other') : 'other';
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
