import { nearest } from '../platform/nearest.ts';
import type { Thresholds } from './fit.ts';
import { isGlob, matchesAny } from './glob.ts';
import type { Meaning } from './grammar/phrase.ts';
import { composeSchedule } from './grammar/schedule-pieces.ts';
import { lint } from './lint.ts';
import type { CompiledRule, Rule, RuleExample, ScheduleWindow, SentenceIssue, Severity, Span } from './rule.ts';
import { readSentence, type SentenceReading } from './sentence.ts';
import type { KnownWorld } from './world.ts';

/** What a rule gets where neither its sentence nor its file says anything. */
export interface RuleDefaults {
  readonly severity: Severity;
  /** 0: the event opens as soon as the tracker has its least number of yes samples. */
  readonly forMs: number;
  readonly clearAfterMs: number;
  readonly everyMs: number;
  readonly cooldownMs: number;
  readonly remindMs: number;
  readonly raise: number;
  readonly clear: number;
  readonly minMass: number;
}

/**
 * Every 2 s: people notice a delay of a few seconds, hardly one of two. Clear after 10 s: five looks in a row, so that a
 * customer who walks through the picture does not end one event and begin another. Raise and clear stand as far from the
 * coin toss as a small model's scores are usually apart. Below half of the mass the model said something else than yes or no.
 */
export const DEFAULTS: RuleDefaults = {
  severity: 'warning',
  forMs: 0,
  clearAfterMs: 10_000,
  everyMs: 2_000,
  cooldownMs: 0,
  remindMs: 0,
  raise: 0.6,
  clear: 0.4,
  minMass: 0.5,
};

/** The box around a rule: what it knows, and how its model wants to be asked. */
export interface CompileContext extends KnownWorld {
  /** IANA name. Only checked here; schedules are evaluated with it. */
  readonly timeZone: string;
  readonly questionForm: 'question' | 'statement';
  readonly defaults: RuleDefaults;
}

/** Any field that the file sets itself; it wins over the sentence. */
export interface RuleOverrides {
  readonly question?: string;
  readonly expects?: 'yes' | 'no';
  readonly forMs?: number;
  readonly clearAfterMs?: number;
  readonly everyMs?: number;
  readonly overMs?: number;
  readonly cooldownMs?: number;
  readonly remindMs?: number;
  readonly severity?: Severity;
  /** null: always. */
  readonly schedule?: readonly ScheduleWindow[] | null;
  readonly zone?: string | null;
  readonly examples?: readonly RuleExample[];
  readonly raise?: number;
  readonly clear?: number;
  readonly minMass?: number;
  /** By camera. */
  readonly fitted?: Readonly<Record<string, Thresholds>>;
}

export interface RuleSource extends Rule {
  readonly overrides: RuleOverrides;
}

/** All that was understood, also when the rule is refused; `question` is null when nothing is left to look at. */
export interface Understanding {
  readonly question: string | null;
  readonly expects: 'yes' | 'no';
  readonly forMs: number;
  readonly clearAfterMs: number;
  readonly schedule: readonly ScheduleWindow[] | null;
  readonly severity: Severity;
  readonly cooldownMs: number;
  readonly remindMs: number;
  readonly everyMs: number;
  /** Present when the question is asked of several pictures. */
  readonly overMs?: number;
  /** Ids of the cameras it is for; the patterns as written when the box knows no camera at all. */
  readonly cameras: readonly string[];
  readonly zone: string | null;
  readonly spans: readonly Span[];
}

export interface Compilation {
  /** Present exactly when there are no errors. */
  readonly rule?: CompiledRule;
  readonly understood: Understanding;
  readonly errors: readonly SentenceIssue[];
  readonly warnings: readonly SentenceIssue[];
}

/** English -> compiled rule. Deterministic, total and pure: no model, no clock, no file; any text gives an answer. */
export function compileRule(source: RuleSource, context: CompileContext): Compilation {
  const reading = readSentence(source.words, context);
  const { id, words, enabled, file, overrides } = source;
  const errors = [...reading.errors];
  const warnings = [...reading.warnings];
  const draft = understand(reading, source, context, { errors, warnings });
  const linted = lint(reading, draft, context);
  warnings.push(...linted.warnings);
  // The file's own question is asked as it is; what the sentence says besides is then only for people.
  const own = overrides.question !== undefined;
  if (!own) errors.push(...linted.errors);
  const understood = own || linted.errors.length === 0 ? draft : { ...draft, question: null };
  const whole = { start: 0, end: words.length };
  const { question } = understood;
  if (question === null && errors.length === 0) {
    const message = 'Nothing is left to look at; say what should be seen, such as "a shelf is empty"';
    errors.push({ code: 'no-question', message, ...whole });
  }
  const { raise, clear, minMass } = { ...context.defaults, ...overrides };
  if (clear > raise) {
    const message = `clear (${clear}) is above raise (${raise}); an answer would be yes and no at once`;
    errors.push({ code: 'thresholds', message, ...whole });
  }
  for (const [camera, { raise, clear }] of Object.entries(overrides.fitted ?? {})) {
    if (clear <= raise) continue;
    errors.push({ code: 'fitted', message: `for ${camera} clear (${clear}) is above raise (${raise})`, ...whole });
  }
  if (errors.length > 0 || question === null) return { understood, errors, warnings };
  const more = {
    ...(overrides.fitted && { perCamera: overrides.fitted }),
    ...(overrides.examples && { examples: overrides.examples }),
  };
  const rule = { ...understood, question, id, words, enabled, file, raise, clear, minMass, warnings, ...more };
  return { rule: Object.freeze(rule), understood, errors, warnings };
}

interface Issues {
  readonly errors: SentenceIssue[];
  readonly warnings: SentenceIssue[];
}

/** The file's own settings, else the sentence's, else the defaults. */
function understand(
  reading: SentenceReading,
  source: RuleSource,
  context: CompileContext,
  issues: Issues,
): Understanding {
  const { overrides } = source;
  const { defaults } = context;
  const { errors } = issues;
  const said = {
    forMs: one(reading, 'duration', (meaning) => meaning.ms, errors),
    clearAfterMs: one(reading, 'release', (meaning) => meaning.ms ?? undefined, errors),
    cooldownMs: one(reading, 'rate', (meaning) => meaning.cooldownMs, errors),
    remindMs: one(reading, 'reminder', (meaning) => meaning.remindMs, errors),
    everyMs: one(reading, 'interval', (meaning) => meaning.everyMs, errors),
    overMs: one(reading, 'lookback', (meaning) => meaning.overMs, errors),
    severity: reading.severity,
  };
  if (reading.meanings.filter((meaning) => meaning.kind === 'severity' && !meaning.weak).length > 1) {
    one(reading, 'severity', (meaning) => (meaning.weak ? undefined : meaning.severity), errors);
  }
  const place = placeOf(reading, errors);
  const zone = overrides.zone === undefined ? place.zone : overrides.zone;
  const overMs = overrides.overMs ?? said.overMs;
  const asked = lookingBack(context.questionForm === 'statement' ? reading.statement : reading.question, overMs);
  return {
    question: overrides.question ?? asked,
    expects: overrides.expects ?? (overrides.question === undefined ? reading.expects : 'yes'),
    forMs: overrides.forMs ?? said.forMs ?? defaults.forMs,
    clearAfterMs: overrides.clearAfterMs ?? said.clearAfterMs ?? defaults.clearAfterMs,
    severity: overrides.severity ?? said.severity ?? defaults.severity,
    cooldownMs: overrides.cooldownMs ?? said.cooldownMs ?? defaults.cooldownMs,
    remindMs: overrides.remindMs ?? said.remindMs ?? defaults.remindMs,
    // Windows of time that overlap by half miss nothing, and cost several pictures each.
    everyMs: overrides.everyMs ?? said.everyMs ?? Math.max(defaults.everyMs, (overMs ?? 0) / 2),
    ...(overMs !== undefined && { overMs }),
    schedule: overrides.schedule === undefined ? scheduleOf(reading, issues) : overrides.schedule,
    cameras: withZone(zone, camerasOf(source, place.cameras, context, errors), source, context, errors),
    zone,
    spans: reading.spans,
  };
}

/** The model is told of how long the pictures are; and what was asked of one picture is never taken for the same question. */
function lookingBack(asked: string | null, overMs: number | undefined): string | null {
  if (asked === null || overMs === undefined) return asked;
  const seconds = overMs / 1000;
  const length = seconds === 1 ? 'second' : `${Math.round(seconds * 10) / 10} seconds`;
  return asked.replace(/([.?]?)$/, ` over the last ${length}$1`);
}

/** The value of the one phrase of a kind; two that differ contradict each other. */
function one<K extends Meaning['kind'], V>(
  reading: SentenceReading,
  kind: K,
  read: (meaning: Extract<Meaning, { kind: K }>) => V | undefined,
  errors: SentenceIssue[],
): V | undefined {
  const values = reading.meanings.flatMap((meaning) =>
    meaning.kind === kind ? [read(meaning as Extract<Meaning, { kind: K }>)] : [],
  );
  const said = values.filter((value) => value !== undefined);
  if (new Set(said).size > 1) {
    const values = reading.spans.filter((span) => span.means === kind).map((span) => span.value);
    const message = `The sentence says two different things: ${values.join(' and ')}; keep one`;
    const last = reading.spans.filter((span) => span.means === kind).at(-1) ?? { start: 0, end: 0 };
    errors.push({ code: 'contradiction', message, start: last.start, end: last.end });
  }
  return said[0];
}

function scheduleOf(reading: SentenceReading, { errors, warnings }: Issues): readonly ScheduleWindow[] | null {
  const pieces = reading.meanings.flatMap((meaning) => (meaning.kind === 'schedule' ? [meaning.piece] : []));
  const { windows, issues } = composeSchedule(pieces);
  for (const { code, message, refused } of issues) {
    (refused ? errors : warnings).push({ code, message, ...extentOf(reading, 'schedule') });
  }
  return windows;
}

/** Cameras and zone of the sentence; several places narrow each other (`on the loading dock at camera door-2`). */
function placeOf(reading: SentenceReading, errors: SentenceIssue[]) {
  let cameras: readonly string[] | undefined;
  const zones = new Set<string>();
  for (const meaning of reading.meanings) {
    if (meaning.kind !== 'place') continue;
    const known = cameras;
    cameras = known === undefined ? meaning.cameras : meaning.cameras.filter((id) => known.includes(id));
    if (meaning.zone !== null) zones.add(meaning.zone);
  }
  if (zones.size > 1) {
    const message = 'A rule looks at one zone; write one rule per zone';
    errors.push({ code: 'two-zones', message, ...extentOf(reading, 'place') });
  } else if (cameras?.length === 0) {
    errors.push({ code: 'no-camera', message: 'No camera is at all of these places', ...extentOf(reading, 'place') });
  }
  return { cameras, zone: [...zones][0] ?? null };
}

function extentOf(reading: SentenceReading, means: string): { start: number; end: number } {
  const spans = reading.spans.filter((span) => span.means === means);
  const start = spans[0]?.start ?? 0;
  return { start, end: spans.at(-1)?.end ?? start };
}

function camerasOf(
  source: RuleSource,
  placed: readonly string[] | undefined,
  context: CompileContext,
  errors: SentenceIssue[],
): readonly string[] {
  const whole = { start: 0, end: source.words.length };
  const ids = context.cameras.map((camera) => camera.id);
  if (ids.length === 0) return source.cameras;
  const unmatched = source.cameras.filter((pattern) => !ids.some((id) => matchesAny([pattern], id)));
  for (const pattern of unmatched) {
    const near = isGlob(pattern) ? [] : nearest(pattern, ids);
    const known =
      near.length > 0
        ? `did you mean ${near.map((id) => `"${id}"`).join(' or ')}?`
        : `known cameras: ${ids.slice(0, 12).join(', ')}`;
    errors.push({ code: 'unknown-camera', message: `No camera matches "${pattern}"; ${known}`, ...whole });
  }
  const listed = ids.filter((id) => matchesAny(source.cameras, id));
  const cameras = placed ? listed.filter((id) => placed.includes(id)) : listed;
  if (cameras.length === 0 && unmatched.length === 0 && placed && placed.length > 0) {
    const message = `The sentence speaks of ${placed.join(', ')}, the file of ${source.cameras.join(', ')}; no camera is both`;
    errors.push({ code: 'no-camera', message, ...whole });
  }
  return cameras;
}

/** A rule with a zone is for the cameras that have it. */
function withZone(
  zone: string | null,
  cameras: readonly string[],
  source: RuleSource,
  context: CompileContext,
  errors: SentenceIssue[],
): readonly string[] {
  if (zone === null || context.cameras.length === 0) return cameras;
  const listed = context.cameras.filter(({ id }) => cameras.includes(id));
  const having = listed.filter(({ zones = [] }) => zones.some(({ name }) => name === zone));
  if (having.length === 0 && cameras.length > 0) {
    const known = [...new Set(listed.flatMap(({ zones = [] }) => zones.map(({ name }) => name)))];
    const near = nearest(zone, known);
    const hint =
      near.length > 0 ? `did you mean "${near[0]}"?` : `zones of these cameras: ${known.join(', ') || 'none'}`;
    const message = `No camera of this rule has a zone "${zone}"; ${hint}`;
    errors.push({ code: 'unknown-zone', message, start: 0, end: source.words.length });
  }
  return having.map(({ id }) => id);
}
