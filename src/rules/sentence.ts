import { type Clause, questionOf, statementOf } from './grammar/clause.ts';
import { elidedSubject, isAuxiliary, secondClauseAt } from './grammar/finite-verb.ts';
import { bareVerbAt, type Opening, readClosing, readOpening } from './grammar/lead-in.ts';
import { isPlural } from './grammar/noun-phrase.ts';
import type { Meaning, PhraseReading, SpanKind } from './grammar/phrase.ts';
import { PHRASES } from './grammar/phrases.ts';
import { readClause } from './grammar/question.ts';
import { inflect, type Requirement, readRequirement } from './grammar/requirement.ts';
import { trailingSeverity } from './grammar/severity.ts';
import { respell } from './grammar/spelling.ts';
import { isWord, type Token, tokenize } from './grammar/tokens.ts';
import { made, textOf, type Word, wordsOf } from './grammar/words.ts';
import type { SentenceIssue, Severity, Span } from './rule.ts';
import type { KnownWorld } from './world.ts';

/** What a sentence was understood as, before defaults and the file's own settings. */
export interface SentenceReading {
  readonly question: string | null;
  readonly statement: string | null;
  readonly expects: 'yes' | 'no';
  /** The words of the question, for the linter. */
  readonly words: readonly Word[];
  readonly clause: Clause | null;
  /** The sentence says what should be, and the alert is about its opposite. */
  readonly demanded: boolean;
  readonly meanings: readonly Meaning[];
  readonly severity: Severity | undefined;
  /** Present when two questions are asked at once: each for itself, and where the second begins. */
  readonly split:
    | { readonly parts: readonly [string, string]; readonly start: number; readonly end: number }
    | undefined;
  readonly tokens: readonly Token[];
  readonly spans: readonly Span[];
  readonly errors: readonly SentenceIssue[];
  readonly warnings: readonly SentenceIssue[];
}

interface Claim {
  means: SpanKind;
  value: string;
  /** Claims of one phrase share a number, so that its words become one span. */
  phrase: number;
}

/**
 * Reads an English sentence. Total and pure: every word ends up in exactly one span, whatever the text is.
 * Order: phrases wherever they stand, lead-ins at both ends, glue left between them, and the rest is the question.
 */
export function readSentence(sentence: string, world: KnownWorld): SentenceReading {
  const { tokens, read } = respell(tokenize(sentence));
  const claims: Array<Claim | undefined> = new Array(tokens.length).fill(undefined);
  const issues: Array<SentenceIssue & { refused: boolean }> = [];
  for (const { index, as } of read)
    issues.push({ ...misspelt(as), refused: false, ...extent(tokens, index, index + 1) });
  const readings = claimPhrases(tokens, claims, world);
  for (const { from, reading } of readings) {
    for (const { code, message, refused } of reading.issues ?? []) {
      issues.push({ code, message, refused, ...extent(tokens, from, reading.end) });
    }
  }
  const leadIn = claimLeadIns(tokens, claims);
  if (leadIn.opening?.suppresses) issues.push({ ...SUPPRESSES, ...extent(tokens, 0, tokens.length), refused: true });
  claimGlue(tokens, claims);
  const loud = trailingSeverity(
    tokens,
    freeTokens(claims).filter((index) => isWord(tokens[index] as Token)),
  );
  if (loud !== undefined) {
    const meaning = { kind: 'severity', severity: 'critical', weak: false } as const;
    readings.push({ from: loud, reading: { end: loud + 1, meaning, value: 'critical' } });
    claims[loud] = { means: 'severity', value: 'critical', phrase: -4e6 };
    claimGlue(tokens, claims);
  }

  const free = freeTokens(claims);
  const words = questionWords(sentence, tokens, free, leadIn);
  const meanings = readings.flatMap(({ reading }) => (reading.meaning ? [reading.meaning] : []));
  const lasting = meanings.some((meaning) => meaning.kind === 'duration');
  const splitAt = secondClauseAt(words);
  const asked = words.length === 0 ? null : ask(words, leadIn.opening, { lasting, split: splitAt !== undefined });
  const clause = asked?.clause ?? null;
  const expects = (asked?.turns ?? 0) % 2 === 0 ? 'yes' : 'no';
  claimQuestion(asked, tokens, free, claims);

  return {
    question: clause && questionOf(clause),
    statement: clause && statementOf(clause),
    expects,
    words,
    clause,
    split: splitOf(words, splitAt, tokens),
    meanings,
    severity: severityOf(meanings, leadIn.opening),
    demanded: asked?.demanded ?? false,
    tokens,
    spans: spansOf(sentence, tokens, claims),
    errors: issues.filter((issue) => issue.refused).map(withoutRefused),
    warnings: issues.filter((issue) => !issue.refused).map(withoutRefused),
  };
}

function splitOf(words: readonly Word[], at: number | undefined, tokens: readonly Token[]): SentenceReading['split'] {
  if (at === undefined) return undefined;
  const first = words.slice(0, at).filter((word) => word.lower !== ',');
  const second = words.slice(at).filter((word, index) => index > 0 || !/^(and|or|but|while|,)$/.test(word.lower));
  const indexes = words.slice(at).map((word) => word.token);
  const place = extent(tokens, Math.min(...indexes), Math.max(...indexes) + 1);
  return { parts: [textOf(first), textOf([...elidedSubject(first, second), ...second])], ...place };
}

function withoutRefused({ code, message, start, end }: SentenceIssue): SentenceIssue {
  return { code, message, start, end };
}

/** Where tokens `from` (inclusive) to `to` (exclusive) stand in the sentence. */
export function extent(tokens: readonly Token[], from: number, to: number): { start: number; end: number } {
  return { start: tokens[from]?.start ?? 0, end: tokens[to - 1]?.end ?? 0 };
}

function claimPhrases(tokens: readonly Token[], claims: Array<Claim | undefined>, world: KnownWorld) {
  const readings: Array<{ from: number; reading: PhraseReading }> = [];
  let at = 0;
  while (at < tokens.length) {
    let found: { means: SpanKind; reading: PhraseReading } | undefined;
    for (const phrase of PHRASES) {
      const reading = phrase.read(tokens, at, world);
      if (reading) {
        found = { means: phrase.means, reading };
        break;
      }
    }
    if (!found) {
      at++;
      continue;
    }
    const { means, reading } = found;
    const phrase = readings.push({ from: at, reading });
    for (let index = at; index < reading.end; index++) claims[index] = { means, value: reading.value, phrase };
    at = reading.end;
  }
  return readings;
}

function freeTokens(claims: ReadonlyArray<Claim | undefined>): number[] {
  return [...claims.keys()].filter((index) => claims[index] === undefined);
}

function misspelt(as: string): { code: string; message: string } {
  return { code: 'spelling', message: `Read as "${as}"; mend the spelling if you mean another word` };
}

interface LeadIn {
  readonly opening: Opening | undefined;
  /** Token indexes of `the entrance` in `watch the entrance for people`. */
  readonly area: readonly number[];
}

const SUPPRESSES = {
  code: 'suppression',
  message: 'A rule says when to alert, not when to keep quiet; leave it out, or use "except on Sundays" for a schedule',
};

function claimLeadIns(tokens: readonly Token[], claims: Array<Claim | undefined>): LeadIn {
  // Brackets and quotes would only hide the words that belong together.
  const free = freeTokens(claims).filter((index) => !/^["“”„'‘()[\]{}>*_]$/.test(tokens[index]?.lower ?? ''));
  const rest = free.map((index) => tokens[index] as Token);
  const opening = readOpening(rest);
  const end = opening?.end ?? 0;
  const claim = (from: number, to: number, means: SpanKind, value: string, phrase: number): void => {
    for (const index of free.slice(from, to)) claims[index] = { means, value, phrase };
  };
  const value = opening?.ensures ? 'make sure' : 'alert';
  const { denial, area = [0, 0], middle = [0, 0] } = opening ?? {};
  claim(0, end, 'lead-in', value, -2);
  if (denial !== undefined) {
    claim(denial, denial + 1, 'polarity', 'no', -1);
    claim(denial + 1, end, 'lead-in', value, -3);
  }
  for (const index of free.slice(...area)) claims[index] = undefined;
  if (area[1] > 0) claim(area[1], end, 'lead-in', value, -3);
  claim(middle[0], middle[1], 'lead-in', value, -3);
  const closing = readClosing(rest, Math.max(end, middle[1]));
  if (closing !== undefined) claim(closing, rest.length, 'lead-in', 'alert', -4);
  return { opening, area: free.slice(...area) };
}

/** The words of the question in the order in which they are asked. */
function questionWords(sentence: string, tokens: readonly Token[], free: readonly number[], leadIn: LeadIn): Word[] {
  const shouting = sentence === sentence.toUpperCase() && sentence !== sentence.toLowerCase();
  const area = new Set(leadIn.area);
  const words = wordsOf(
    tokens,
    free.filter((index) => !area.has(index)),
    shouting,
  );
  const where = area.size > 0 ? [made('at'), ...wordsOf(tokens, leadIn.area, shouting)] : [];
  const verbAt = leadIn.opening?.should ? bareVerbAt(words.map((word) => word.lower)) : undefined;
  // `if a truck is there`: the area says where.
  if (where.length > 0 && words.at(-1)?.lower === 'there') words.pop();
  if (leadIn.opening?.keeps && words.length > 1) words.splice(-1, 0, made(isPlural(words.slice(0, -1)) ? 'are' : 'is'));
  if (verbAt === undefined) return [...words, ...where];
  return [...words.slice(0, verbAt), ...inflect(words.slice(0, verbAt), words.slice(verbAt), -1), ...where];
}

interface Asked {
  readonly clause: Clause;
  /** How often the expected answer was turned round. */
  readonly turns: number;
  readonly demanded: boolean;
  readonly demand: Requirement | undefined;
}

function ask(words: readonly Word[], opening: Opening | undefined, how: { lasting: boolean; split: boolean }): Asked {
  const wantsClause = opening?.wantsClause ?? false;
  const demand = opening?.tells || how.split ? undefined : readRequirement(words);
  const demanded = demand !== undefined || opening?.ensures === true;
  const clause = readClause(demand?.words ?? words, {
    ...how,
    wantsClause: wantsClause || demand !== undefined,
    demanded,
  });
  const turns =
    clause.denials.length + (opening?.denial === undefined ? 0 : 1) + (demanded ? 1 : 0) + (demand?.forbidden ? 1 : 0);
  return { clause, turns, demanded, demand };
}

const GLUE = new Set([
  'and',
  'but',
  'then',
  'only',
  'just',
  'so',
  'or',
  'also',
  'that',
  'when',
  'if',
  'while',
  'if',
  'too',
  'as',
  'well',
  'it',
  'is',
]);
const GLUE_END = new Set([
  'and',
  'but',
  'then',
  'only',
  'just',
  'so',
  'or',
  'also',
  'that',
  'when',
  'if',
  'while',
  'too',
]);
const GLUE_START = new Set(['and', 'but', 'then', 'so', 'or', 'also', 'that', 'when', 'if']);

/** Joining words left dangling where the phrases that they joined were taken: `a shelf is empty [for 5 minutes] and [at night]`. */
function claimGlue(tokens: readonly Token[], claims: Array<Claim | undefined>): void {
  const free = freeTokens(claims).filter((index) => isWord(tokens[index] as Token));
  const glue = (index: number | undefined): void => {
    if (index !== undefined) claims[index] = { means: 'filler', value: 'joint', phrase: -5 - index };
  };
  while (free.length > 0 && GLUE_END.has(tokens[free.at(-1) ?? -1]?.lower ?? '')) glue(free.pop());
  const asksWhen = (): boolean =>
    tokens[free[0] ?? -1]?.lower === 'when' && isAuxiliary(tokens[free[1] ?? -1]?.lower ?? '');
  while (free.length > 1 && GLUE_START.has(tokens[free[0] ?? -1]?.lower ?? '') && !asksWhen()) glue(free.shift());
  // A sentence of phrases alone: `and it is critical` leaves nothing to look at.
  if (free.length > 0 && free.every((index) => GLUE.has(tokens[index]?.lower ?? '')))
    for (const index of free) glue(index);
}

function claimQuestion(
  asked: Asked | null,
  tokens: readonly Token[],
  free: readonly number[],
  claims: Array<Claim | undefined>,
): void {
  const question = asked ? questionOf(asked.clause) : '';
  for (const index of free) {
    if (isWord(tokens[index] as Token)) claims[index] = { means: 'question', value: question, phrase: -2e6 };
  }
  const turn = (indexes: readonly number[], value: string, phrase: number): void => {
    for (const index of indexes) if (index >= 0) claims[index] = { means: 'polarity', value, phrase };
  };
  for (const [group, indexes] of (asked?.clause.denials ?? []).entries()) turn(indexes, 'no', -1e6 - group);
  if (asked?.demand) turn(asked.demand.tokens, asked.demand.forbidden ? 'must not' : 'must', -3e6);
}

function severityOf(meanings: readonly Meaning[], opening: Opening | undefined): Severity | undefined {
  const said = meanings.flatMap((meaning) => (meaning.kind === 'severity' ? [meaning] : []));
  const strong = said.find((meaning) => !meaning.weak) ?? said[0];
  return strong?.severity ?? (opening?.logs ? 'info' : undefined);
}

/** Neighbouring tokens of one claim become one span; signs at its edges stay outside. */
function spansOf(sentence: string, tokens: readonly Token[], claims: ReadonlyArray<Claim | undefined>): Span[] {
  const spans: Array<Span & { phrase: number }> = [];
  let last = -1;
  for (const [index, token] of tokens.entries()) {
    const claim = claims[index];
    if (!claim || !isWord(token)) continue;
    const open = spans.at(-1);
    const adjoining = tokens.slice(last + 1, index).every((sign) => !isWord(sign));
    if (open && open.phrase === claim.phrase && adjoining) {
      spans[spans.length - 1] = { ...open, end: token.end };
    } else {
      spans.push({ start: token.start, end: token.end, means: claim.means, value: claim.value, phrase: claim.phrase });
    }
    last = index;
  }
  return spans.map(({ start, end, means, value }) => ({ start, end: Math.min(end, sentence.length), means, value }));
}
