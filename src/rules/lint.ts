import type { Understanding } from './compile.ts';
import { readAmount } from './grammar/amounts.ts';
import { readDays } from './grammar/days.ts';
import { isDistance } from './grammar/duration.ts';
import { DETERMINERS, isPlural, isPluralNoun } from './grammar/noun-phrase.ts';
import { readNumber } from './grammar/numbers.ts';
import { pattern } from './grammar/pattern.ts';
import { unknownSite } from './grammar/place.ts';
import type { Token } from './grammar/tokens.ts';
import { PREPOSITIONS } from './grammar/verbs.ts';
import { made } from './grammar/words.ts';
import { issue, tooSmall } from './lint-size.ts';
import { NOT_VISIBLE, WORD_RULES } from './lint-words.ts';
import type { SentenceIssue } from './rule.ts';
import { minuteOf } from './schedule.ts';
import type { SentenceReading } from './sentence.ts';
import type { KnownWorld } from './world.ts';

const OPEN_QUESTION = pattern('(how many|how much|how long|how often|how|what|which|who|whose|where|why|when) ');
const COMMAND = pattern('(count|describe|list|tell|show|explain|measure|read|track|identify)');
const LATER = pattern('(after|since|before|until|till|then|afterwards|previously|earlier|later|first)');
const TIME_UNIT = pattern('(second|seconds|minute|minutes|hour|hours|hrs|mins|secs|oclock|am|pm|day|days|week|weeks)');

/** What is doubtful or impossible in the question, for the person who wrote it. Refusals are errors. */
export function lint(
  reading: SentenceReading,
  understood: Pick<Understanding, 'zone' | 'cameras' | 'schedule' | 'forMs' | 'overMs' | 'expects'>,
  world: KnownWorld,
): { errors: SentenceIssue[]; warnings: SentenceIssue[] } {
  const tokens = reading.words.flatMap((word) => {
    const token = reading.tokens[word.token];
    return token ? [token] : [];
  });
  const unique = [...new Set(tokens)];
  const errors = [
    ...openQuestions(unique),
    ...leftOverTimes(unique),
    ...otherMoments(unique),
    ...leftOverTelling(unique),
    ...asides(reading, unique),
    ...privileges(reading),
    ...secondConditions(unique),
  ];
  const warnings = [
    // Several pictures show what moves.
    ...wordIssues(unique).filter(({ code }) => code !== 'motion' || understood.overMs === undefined),
    ...names(reading, unique),
    ...counts(unique),
    ...negations(reading),
    ...emptyScene(reading, understood),
    ...bareNo(reading),
    ...twoQuestions(reading),
    ...sites(unique),
    ...tooSmall(unique, understood, world),
    ...neverLongEnough(reading, understood),
  ];
  return { errors, warnings };
}

function wordIssues(tokens: readonly Token[]): SentenceIssue[] {
  const found: SentenceIssue[] = [];
  for (let at = 0; at < tokens.length; at++) {
    for (const { code, words, message } of WORD_RULES) {
      const match = words(tokens, at);
      if (
        !match ||
        found.some((one) => one.code === code) ||
        (code === 'superlative' && tokens[at - 1]?.lower === 'at')
      )
        continue;
      found.push(issue(code, message, tokens, at, match.end));
    }
  }
  return found;
}

function names(reading: SentenceReading, tokens: readonly Token[]): SentenceIssue[] {
  const subject = reading.clause?.subject ?? [];
  const isName = (text: string): boolean => /^\p{Lu}\p{Ll}+$/u.test(text);
  if (subject.length === 0 || subject.length > 2 || !subject.every((word) => isName(word.text))) return [];
  const at = tokens.findIndex((token) => token === reading.tokens[subject[0]?.token ?? -1]);
  if (at < 0) return [];
  return [
    issue('identity', `${NOT_VISIBLE}: who somebody is; say what they wear or do`, tokens, at, at + subject.length),
  ];
}

function counts(tokens: readonly Token[]): SentenceIssue[] {
  for (const [at, token] of tokens.entries()) {
    const number = readNumber(tokens, at);
    const noun = number && tokens[number.end];
    if (!number || !noun || noun.kind !== 'word' || !isPluralNoun(made(noun.text))) continue;
    if (
      /^(seconds|minutes|hours|days|weeks|degrees|percent|met(er|re)s|feet|inches|centimet(er|re)s|kilos|kilograms|pounds|tons|tonnes|lit(er|re)s|years|euros|dollars)$/.test(
        noun.lower,
      )
    )
      continue;
    const above = /^(than|over|above|exceeding)$/.test(tokens[at - 1]?.lower ?? '') ? 1 : 0;
    if (number.value.amount + above <= 5) continue;
    const message =
      'Models count reliably up to about five; ask for a smaller number, a smaller zone, or whether it is crowded';
    return [issue('count', message, tokens, at, number.end + 1)].filter(() => token !== undefined);
  }
  return [];
}

function negations(reading: SentenceReading): SentenceIssue[] {
  const kept = reading.clause?.kept ?? [];
  const indexes = kept.filter((index) => index >= 0);
  if (indexes.length === 0) return [];
  const from = Math.min(...indexes);
  const message =
    'Small models answer negated questions badly, and turning this one round would also fire when nobody is there; say it as a thing, such as "a person without a vest"';
  return [issue('negated-question', message, reading.tokens, from, Math.max(...indexes) + 1)];
}

const BE = /^(is|are|was|were|there|has|have)$/;
const WORN = new Set(
  'helmet helmets hat hats hardhat vest vests hairnet hairnets glove gloves mask masks goggles apron aprons jacket uniform badge ppe hi-vis'.split(
    ' ',
  ),
);

/** "Everyone must wear a helmet": the answer is no as well when nobody is there. */
function emptyScene(reading: SentenceReading, { expects }: Pick<Understanding, 'expects'>): SentenceIssue[] {
  const subject = reading.clause?.subject ?? [];
  const first = subject[0];
  if (expects === 'yes' || !first || reading.split) return [];
  const worn = reading.clause?.existence === true && subject.some(({ lower }) => WORN.has(lower));
  if (reading.clause?.existence && !worn) return [];
  const all = /^(every|everyone|everybody|all|each|both)$/.test(first.lower);
  const some = reading.demanded && isPlural(subject) && !DETERMINERS.has(first.lower);
  const wearer = /^(wearing|wear)$/.test(reading.clause?.rest[0]?.lower ?? '');
  if (!all && !some && !worn && !wearer) return [];
  const message =
    'The answer may be no as well when nobody is there; say what should not be, such as "a worker without a helmet"';
  const indexes = subject.map((word) => word.token).filter((index) => index >= 0);
  return [issue('empty-scene', message, reading.tokens, Math.min(...indexes), Math.max(...indexes) + 1)];
}

/** "No forklifts in the aisle" may forbid them as well as miss them. */
function bareNo(reading: SentenceReading): SentenceIssue[] {
  const [first] = reading.words;
  const headline =
    reading.clause?.existence === true && first?.lower === 'no' && !reading.words.some(({ lower }) => BE.test(lower));
  const led = reading.spans.some(({ means }) => means === 'lead-in');
  const worn = reading.words.some(({ lower }) => WORN.has(lower));
  if (!headline || led || worn || !first) return [];
  const message =
    'Read as an alert when there is none; write "Alert me when there is ..." if it is what must not be seen';
  return [issue('ambiguous-no', message, reading.tokens, first.token, first.token + 1)];
}

function twoQuestions(reading: SentenceReading): SentenceIssue[] {
  const { split } = reading;
  if (!split) return [];
  const message = `These are two questions, and models answer two at once badly; write two rules: "${split.parts[0]}" and "${split.parts[1]}"`;
  return [{ code: 'two-questions', message, start: split.start, end: split.end }];
}

function sites(tokens: readonly Token[]): SentenceIssue[] {
  for (const [at, token] of tokens.entries()) {
    if (!/^(in|on|at|near|inside|by)$/.test(token.lower)) continue;
    const from = tokens[at + 1]?.lower === 'the' ? at + 2 : at + 1;
    const end = unknownSite(tokens, from);
    if (end === undefined) continue;
    const name = tokens
      .slice(from, end)
      .map(({ lower }) => lower)
      .join(' ');
    const message = `No camera, group or zone is called "${name}", so it is left to the model to see it in the picture; name a camera or zone if you mean one`;
    return [issue('unknown-site', message, tokens, at, end)];
  }
  return [];
}

function neverLongEnough(
  reading: SentenceReading,
  understood: Pick<Understanding, 'schedule' | 'forMs'>,
): SentenceIssue[] {
  const { schedule, forMs } = understood;
  if (schedule === null || schedule.length === 0) return [];
  let longest = 0;
  for (const window of schedule) {
    if ('calendar' in window || (window.from === '00:00' && window.to === '24:00')) return [];
    const minutes = minuteOf(window.to) - minuteOf(window.from);
    longest = Math.max(longest, (minutes > 0 ? minutes : minutes + 1440) * 60_000);
  }
  if (forMs < longest) return [];
  const span = reading.spans.find(({ means }) => means === 'duration');
  const message = 'The rule is never on for that long, so it can never fire; shorten the time or widen the schedule';
  return [{ code: 'never-long-enough', message, start: span?.start ?? 0, end: span?.end ?? 0 }];
}

function openQuestions(tokens: readonly Token[]): SentenceIssue[] {
  const first = OPEN_QUESTION(tokens, 0);
  const counting = COMMAND(tokens, 0);
  if (!first && !counting) return [];
  const message =
    'A rule is a question that is answered with yes or no; write what should be seen, such as "more than 3 people wait at the till"';
  return [issue('open-question', message, tokens, 0, (first ?? counting)?.end ?? 1)];
}

function isMeasured(tokens: readonly Token[], at: number, end: number): boolean {
  return tokens[end - 1]?.lower === 'm' && MEASURED.test(tokens[at - 2]?.lower ?? '');
}

const MEASURED = /^(higher|taller|wider|deeper|closer|further|farther|nearer|lower|shorter|longer)$/;
/** `(someone is standing there)`: a second clause in brackets. */
function asides({ tokens }: SentenceReading, asked: readonly Token[]): SentenceIssue[] {
  const from = tokens.findIndex(({ lower }) => lower === '(');
  const to = tokens.findIndex(({ lower }, index) => index > from && lower === ')');
  const inside = from < 0 || to < 0 ? [] : tokens.slice(from + 1, to).filter((token) => asked.includes(token));
  if (!inside.some(({ lower }) => /^(is|are|was|were|has|have)$/.test(lower))) return [];
  const message =
    'A rule asks one question, and the brackets hold a second one; write what should be seen in one picture';
  return [issue('two-conditions', message, tokens, from + 1, to)];
}

/** "Only staff may enter": who is who does not show. */
function privileges({ tokens }: SentenceReading): SentenceIssue[] {
  const only = tokens[0]?.lower === 'only';
  const at = tokens.findIndex(({ lower }) => /^(may|can|allowed|permitted|authorised|authorized)$/.test(lower));
  if (!only || at < 0) return [];
  const message = `${NOT_VISIBLE}: who may and who may not; say what must not be seen, such as "a person without a uniform"`;
  return [issue('identity', message, tokens, 0, at + 1)];
}

const TELLING = pattern(
  '(alert|notify|warn|tell|inform|message|text|email|ping|page|remind|bother|call|phone|ring|let|lmk) (me|us|security)',
);

/** Who is to be told must not end up in the question. */
function leftOverTelling(tokens: readonly Token[]): SentenceIssue[] {
  const at = tokens.findIndex((_, index) => TELLING(tokens, index));
  if (at < 0) return [];
  const message =
    'These words are not understood here; begin with "Alert me when ..." and say then what should be seen';
  return [issue('not-understood', message, tokens, at, at + 2)];
}

/** A time that no phrase could read must not end up in the question. */
function leftOverTimes(tokens: readonly Token[]): SentenceIssue[] {
  for (let at = 0; at < tokens.length; at++) {
    const amount = readAmount(tokens, at);
    const unit = TIME_UNIT(tokens, at);
    // `the Monday special` is a thing.
    const isNamed = /^(the|a|an|our|this|that|its)$/.test(tokens[at - 1]?.lower ?? '');
    const days =
      !isNamed && tokens[at]?.kind === 'word' && (tokens[at]?.lower.length ?? 0) > 4 ? readDays(tokens, at) : undefined;
    const clock = /^\d{1,2}:\d{2}$/.test(tokens[at]?.lower ?? '') ? { end: at + 1 } : undefined;
    const bare = /^(for|than)$/.test(tokens[at - 1]?.lower ?? '') && at > 0 ? readNumber(tokens, at) : undefined;
    const lone = bare && tokens[bare.end] === undefined && tokens[at - 1]?.lower === 'for' ? bare : undefined;
    // `the second till`, `a second pallet`, `the minute hand`: a word before a thing.
    const unitAt = amount ? amount.end - 1 : at;
    const isAdjective =
      /^(the|a|another|every)$/.test(tokens[unitAt - 1]?.lower ?? '') &&
      /^(second|minute|day)$/.test(tokens[unitAt]?.lower ?? '');
    const thing = tokens[unitAt + 1];
    if (
      isAdjective &&
      thing?.kind === 'word' &&
      !PREPOSITIONS.has(thing.lower) &&
      !/^(is|are|and|or|when|if)$/.test(thing.lower)
    )
      continue;
    // `higher than 2 m`
    if (amount && (isDistance(tokens, amount.end) || isMeasured(tokens, at, amount.end))) continue;
    const match = amount ?? unit ?? days ?? clock ?? lone;
    if (!match) continue;
    const message =
      'This time is not understood; write it as "for 5 minutes", "between 8am and 10pm", "on weekdays" or "check every 10 seconds"';
    return [issue('time-not-understood', message, tokens, at, match.end)];
  }
  return [];
}

function otherMoments(tokens: readonly Token[]): SentenceIssue[] {
  for (let at = 0; at < tokens.length; at++) {
    const match = LATER(tokens, at);
    if (!match || (tokens[at]?.lower === 'before' && /^(a|an)$/.test(tokens[at + 1]?.lower ?? ''))) continue;
    if (tokens[at]?.lower === 'till' || (tokens[at]?.lower === 'first' && at > 0)) continue;
    const message =
      'The box judges one picture at a time and cannot tell what was before or comes after; say what should be seen';
    return [issue('several-frames', message, tokens, at, match.end)];
  }
  return [];
}

function secondConditions(tokens: readonly Token[]): SentenceIssue[] {
  for (let at = 1; at < tokens.length; at++) {
    if (!/^(unless|except|although|whereas|if|when|whenever)$/.test(tokens[at]?.lower ?? '')) continue;
    const message = `A rule asks one question, and "${tokens[at]?.lower}" begins a second one; write what should be seen in one picture`;
    return [issue('two-conditions', message, tokens, at, tokens.length)];
  }
  return [];
}
