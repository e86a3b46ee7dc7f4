import { type Compilation, DEFAULTS } from '../../src/rules/compile.ts';
import { formatMs } from '../../src/rules/grammar/amounts.ts';
import type { SentenceIssue } from '../../src/rules/rule.ts';
import { describeSchedule } from '../../src/rules/schedule-text.ts';
import { context } from './box.ts';

const SHORT: Readonly<Record<string, string>> = {
  'lead-in': 'lead',
  question: 'ask',
  polarity: 'no',
  duration: 'for',
  release: 'clear',
  schedule: 'on',
  severity: 'loud',
  rate: 'most',
  reminder: 'remind',
  interval: 'every',
  lookback: 'over',
  place: 'at',
  repetition: 'many',
  filler: 'glue',
};

/** The sentence with its spans: `{lead|Alert me when} {ask|a shelf is empty} {for 5m|for 5 minutes}`. */
export function marked(words: string, { understood }: Compilation): string {
  let text = '';
  let at = 0;
  for (const { start, end, means, value } of understood.spans) {
    const label = ['lead-in', 'question', 'filler'].includes(means) ? SHORT[means] : `${SHORT[means]} ${value}`;
    text += `${words.slice(at, start)}{${label}|${words.slice(start, end)}}`;
    at = end;
  }
  return text + words.slice(at);
}

export function unmarked(text: string): string {
  return text.replace(/\{[^|{}]*\|([^{}]*)\}/g, '$1');
}

/** What the rule became, only what is not the default: `Is a shelf empty? | for 5m | on mon-fri 08:00-20:00`. */
export function meaning(words: string, { understood, errors, warnings }: Compilation): string {
  const parts = [understood.question ?? 'nothing'];
  if (understood.expects === 'no') parts.push('no');
  if (understood.forMs !== DEFAULTS.forMs) parts.push(`for ${formatMs(understood.forMs)}`);
  if (understood.clearAfterMs !== DEFAULTS.clearAfterMs) parts.push(`clear ${formatMs(understood.clearAfterMs)}`);
  if (understood.schedule !== null) parts.push(`on ${describeSchedule(understood.schedule)}`);
  if (understood.severity !== DEFAULTS.severity) parts.push(understood.severity);
  if (understood.cooldownMs !== DEFAULTS.cooldownMs) parts.push(`most ${formatMs(understood.cooldownMs)}`);
  if (understood.remindMs !== DEFAULTS.remindMs) parts.push(`remind ${formatMs(understood.remindMs)}`);
  if (understood.everyMs !== DEFAULTS.everyMs) parts.push(`every ${formatMs(understood.everyMs)}`);
  if (understood.overMs !== undefined) parts.push(`over ${formatMs(understood.overMs)}`);
  if (understood.cameras.length !== context.cameras.length) parts.push(`at ${understood.cameras.join(' ')}`);
  if (understood.zone !== null) parts.push(`zone ${understood.zone}`);
  for (const issue of errors) parts.push(`! ${about(words, issue)}`);
  for (const issue of warnings) parts.push(`? ${about(words, issue)}`);
  return parts.join(' | ');
}

function about(words: string, { code, start, end }: SentenceIssue): string {
  return `${code} "${words.slice(start, end)}"`;
}

/** Entries of a table: a sentence, then its meaning, indented. Lines that begin with # are for the reader. */
export function readTable(text: string): Array<{ marked: string; meaning: string; line: number }> {
  const entries: Array<{ marked: string; meaning: string; line: number }> = [];
  let sentence: { text: string; line: number } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (!line.startsWith(' ')) sentence = { text: line, line: index + 1 };
    else if (sentence) entries.push({ marked: sentence.text, meaning: line.trim(), line: sentence.line });
  }
  return entries;
}
