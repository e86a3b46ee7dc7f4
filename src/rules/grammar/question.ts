import type { Clause } from './clause.ts';
import { BE, DO, findVerb, HAVE, isAuxiliary, MODALS } from './finite-verb.ts';
import { DETERMINERS, determinerFor, isPlural, isPronoun, RELATIVES } from './noun-phrase.ts';
import { denyLack, denyNoun, denyVerb, mayFlip } from './polarity.ts';
import { classIn, PREPOSITIONS, type Verb, verbIn } from './verbs.ts';
import { made, type Word } from './words.ts';

export interface ClauseOptions {
  /** The lead-in wants a clause (`when`, `if`), or takes a thing (`watch for`). */
  readonly wantsClause: boolean;
  /** A length of time was taken out: "has been empty for 5 minutes" asks whether it is empty. */
  readonly lasting: boolean;
  /** Two clauses at once: asked as they are, nothing is turned round. */
  readonly split: boolean;
  /** The clause says what should be: what is denied of anything is what the alert is about. */
  readonly demanded: boolean;
}

/** Reads what is left of the sentence as one clause, positive where that is sound (see polarity.ts). Needs at least one word. */
export function readClause(words: readonly Word[], options: ClauseOptions): Clause {
  const clause = readWords(words, options);
  const articled = isAuxiliary(words[0]?.lower ?? '') ? clause : withArticle(clause);
  return options.demanded && clause.kept.length > 0 ? withoutNot(articled) : articled;
}

/** `shelf is empty` is short for `a shelf is empty`. */
function withArticle(clause: Clause): Clause {
  if (!takesArticle(clause.subject)) return clause;
  return { ...clause, subject: [made(determinerFor(clause.subject)), ...clause.subject] };
}

/** "Make sure a forklift is never parked here": it is about any forklift, so the denial is sound after all. */
function withoutNot(clause: Clause): Clause {
  const positive = (words: readonly Word[]): Word[] => {
    const denied = words.findIndex((word) => word.lower === 'not' || word.lower === 'never');
    return denied < 0 ? [...words] : [...words.slice(0, denied), ...words.slice(denied + 1)];
  };
  const { subject, rest, kept, denials } = clause;
  return { ...clause, subject: positive(subject), rest: positive(rest), denials: [...denials, [...kept]], kept: [] };
}

function readWords(words: readonly Word[], options: ClauseOptions): Clause {
  const first = words[0]?.lower ?? '';
  if (options.split)
    return isAuxiliary(first) ? { ...whole(words.slice(1)), front: first } : whole([...IT_IS_TRUE, ...words]);
  if (words.length > 1 && isAuxiliary(first)) return readInverted(words);
  if (first === 'there' && BE.has(words[1]?.lower ?? '')) return existence(words[1]?.lower ?? 'is', words.slice(2));
  if (first === 'there' && words[2]?.lower === 'been')
    return existence(words[1]?.lower === 'has' ? 'is' : 'are', words.slice(3));
  const verbAt = findVerb(words, options.wantsClause);
  if (verbAt === undefined) return thing(words);
  const subject = words.slice(0, verbAt);
  const verb = words[verbAt]?.lower ?? '';
  const rest = words.slice(verbAt + 1);
  const deniedSubject = denyNoun(subject, false);
  const clause = readPredicate(deniedSubject?.words ?? subject, verb, rest, options);
  return deniedSubject ? { ...clause, denials: [deniedSubject.tokens, ...clause.denials] } : clause;
}

const IT_IS_TRUE = [made('it'), made('true'), made('that')];

function whole(subject: readonly Word[]): Clause {
  return { front: 'is', existence: false, subject, rest: [], denials: [], kept: [] };
}

/** A noun phrase alone: `a spill on the floor`, `no helmet`, `boxes in front of the exit`. */
function thing(words: readonly Word[]): Clause {
  const last = words.at(-1);
  if (last && words.length > 1 && PREDICATES.has(last.lower) && !DETERMINERS.has(words[0]?.lower ?? '')) {
    // `exit blocked`, `shelf empty`: a headline leaves out the verb.
    const subject = words.slice(0, -1);
    return {
      front: isPlural(subject) ? 'are' : 'is',
      existence: false,
      subject,
      rest: [last],
      denials: [],
      kept: [],
    };
  }
  return /^(the|our|my|this|these|those)$/.test(words[0]?.lower ?? '') ? presence(words) : existence(undefined, words);
}

/** `the fire extinguisher` asks whether it is there, `the truck at the gate` whether it is at the gate. */
function presence(words: readonly Word[]): Clause {
  const at = words.findIndex(({ lower }, index) => index > 1 && PREPOSITIONS.has(lower) && lower !== 'of');
  const subject = at < 0 ? words : words.slice(0, at);
  const rest = at < 0 ? [made('there')] : words.slice(at);
  return { front: isPlural(subject) ? 'are' : 'is', existence: false, subject, rest, denials: [], kept: [] };
}

const PREDICATES = new Set(
  'empty open closed blocked obstructed full wet broken dirty missing unattended unmanned unstaffed unoccupied stuck locked unlocked jammed overflowing damaged clear on off'.split(
    ' ',
  ),
);

/** `person on the roof` is `a person on the roof`; `smoke`, `boxes`, `someone` and `the gate` need nothing. */
function takesArticle(words: readonly Word[]): boolean {
  const [first, second] = words;
  // `gate 3` and `aisle B` are names.
  if (second && /^(\p{N}+|[A-Z])$/u.test(second.text)) return false;
  // `someone's bag` and `its lid` have their determiner.
  const owner = first?.lower.replace(/['’]s$/, '') ?? '';
  if (!first || /^\p{N}/u.test(first.text) || DETERMINERS.has(owner) || isPronoun(words.slice(0, 1))) return false;
  return (
    verbIn(first.lower, 'ing') === undefined && determinerFor(words) !== 'any' && !/^\p{Lu}\p{Ll}/u.test(first.text)
  );
}

function existence(be: string | undefined, words: readonly Word[]): Clause {
  const not = words[0]?.lower === 'not' && !denyNoun(words, true) ? words.slice(0, 1) : [];
  const noun = words.slice(not.length);
  const denied = denyNoun(noun, true);
  const subject = denied?.words ?? noun;
  const plural = isPlural(subject) && !/^(is|was)$/.test(be ?? '');
  const denials = [...(not.length ? [not.map((word) => word.token)] : []), ...(denied ? [denied.tokens] : [])];
  const past = be === 'was' || be === 'were';
  const front = past ? (be ?? 'was') : denied || not.length || be === undefined ? (plural ? 'are' : 'is') : be;
  return { front, existence: true, subject, rest: [], denials, kept: [] };
}

/** The sentence is a question already: `Is the exit clear?`, `Isn't the exit clear?`, `Is nobody at the till?` */
function readInverted(words: readonly Word[]): Clause {
  const front = words[0]?.lower ?? 'is';
  const after = words.slice(1);
  if (BE.has(front) && after[0]?.lower === 'there') return existence(front, after.slice(1));
  if (BE.has(front) && after[0]?.lower === 'not' && after[1]?.lower === 'there') {
    const clause = existence(front, after.slice(2));
    return { ...clause, denials: [[after[0].token], ...clause.denials] };
  }
  const notFirst = denyVerb(after);
  const body = notFirst?.words ?? after;
  const denied = denyNoun(body, false);
  const all = denied?.words ?? body;
  const plain = { front, existence: false, rest: [], kept: [] };
  if (notFirst) {
    if (mayFlip(body, front)) return { ...plain, subject: all, denials: [notFirst.tokens] };
    return { ...plain, subject: withNot(after), denials: [], kept: notFirst.tokens };
  }
  const notAt = all.findIndex((word) => word.lower === 'not' || word.lower === 'never');
  if (notAt > 0 && !denied && !all.slice(0, notAt).some((word) => RELATIVES.has(word.lower))) {
    const not = all.slice(notAt, notAt + 1).map((word) => word.token);
    if (mayFlip(all, front))
      return { ...plain, subject: [...all.slice(0, notAt), ...all.slice(notAt + 1)], denials: [not] };
    return { ...plain, subject: all, denials: [], kept: not };
  }
  // `Is anyone in aisle 3?`: the place was taken out.
  const isLone =
    BE.has(front) && (isPronoun(all) || (all.length === 2 && /^(the|a|an|any)$/.test(all[0]?.lower ?? '')));
  return { ...plain, subject: all, rest: isLone ? [made('there')] : [], denials: denied ? [denied.tokens] : [] };
}

/** `Isn't a worker wearing a vest` as `Is a worker not wearing a vest`: `not` behind the subject. */
function withNot(after: readonly Word[]): Word[] {
  const [not, ...rest] = after;
  const end = rest.findIndex(
    (word, index) => index > 0 && (verbIn(word.lower, 'ing') !== undefined || PREPOSITIONS.has(word.lower)),
  );
  const at = end < 0 ? rest.length : end;
  return not ? [...rest.slice(0, at), not, ...rest.slice(at)] : [...rest];
}

function readPredicate(subject: readonly Word[], verb: string, rest: readonly Word[], options: ClauseOptions): Clause {
  if (BE.has(verb)) return readBe(subject, verb, rest);
  if (HAVE.has(verb)) return readHave(subject, verb, rest, options);
  if (DO.has(verb)) return readDo(subject, verb, rest);
  if (MODALS.has(verb)) return negatable({ front: verb, existence: false, subject, rest, denials: [], kept: [] });
  return readLexical(subject, verb, rest);
}

function readBe(subject: readonly Word[], verb: string, rest: readonly Word[]): Clause {
  // What stood here was a place or a time that the machine took: `a forklift is [at camera door-2]`.
  if (rest.length === 0) return standing(subject, verb);
  const lack = denyLack(rest);
  if (lack && mayFlip(subject, verb)) {
    if (lack.verb === 'be')
      return { front: verb, existence: false, subject, rest: lack.words, denials: [lack.tokens], kept: [] };
    return having(subject, lack.words, [lack.tokens]);
  }
  if (subject.length > 0 && rest.length === 1 && rest[0]?.lower === 'not') {
    const clause = standing(subject, verb);
    return { ...clause, denials: [...clause.denials, [rest[0].token]] };
  }
  return negatable({ front: verb, existence: false, subject, rest, denials: [], kept: [] });
}

function standing(subject: readonly Word[], verb: string): Clause {
  if (
    isPronoun(subject) ||
    /^(the|this|that|these|those|everyone|everybody|all|every)$/.test(subject[0]?.lower ?? '')
  ) {
    return { front: verb, existence: false, subject, rest: [made('there')], denials: [], kept: [] };
  }
  return { front: verb, existence: true, subject, rest: [], denials: [], kept: [] };
}

function having(subject: readonly Word[], object: readonly Word[], denials: number[][]): Clause {
  const plural = isPlural(subject);
  const front = plural ? 'do' : 'does';
  const said = { verb: plural ? 'have' : 'has', rest: object };
  return { front, existence: false, subject, rest: [made('have'), ...object], said, denials, kept: [] };
}

function readHave(subject: readonly Word[], verb: string, rest: readonly Word[], options: ClauseOptions): Clause {
  const not = denyVerb(rest);
  const after = not?.words ?? rest;
  const next = after[0]?.lower ?? '';
  if (next === 'been' && options.lasting) {
    const be = verb === 'has' || (verb === 'had' && !isPlural(subject)) ? 'is' : 'are';
    return readBe(subject, be, [...rest.slice(0, rest.length - after.length), ...after.slice(1)]);
  }
  if (verbIn(next, 'participle') || next === 'been' || /[a-z]{2}ed$/.test(next)) {
    return negatable({ front: verb, existence: false, subject, rest, denials: [], kept: [] });
  }
  const no = denyNoun(after, true);
  if (no && !not) {
    if (mayFlip(subject, 'have')) return having(subject, no.words, [no.tokens]);
    // `a worker has no helmet` is about a worker who is there: `Is there a worker with no helmet?`
    const front = isPlural(subject) ? 'are' : 'is';
    return { front, existence: true, subject: [...subject, made('with'), ...after], rest: [], denials: [], kept: [] };
  }
  if (not && mayFlip(subject, 'have')) return having(subject, not.words, [not.tokens]);
  const clause = having(subject, after, []);
  return not ? { ...clause, rest: [made('not'), ...clause.rest], kept: not.tokens } : clause;
}

/** `does not wear`, `do not block`; `did not` keeps its past. */
function readDo(subject: readonly Word[], verb: string, rest: readonly Word[]): Clause {
  const not = denyVerb(rest);
  const after = not?.words ?? rest;
  const known = verbIn(after[0]?.lower ?? '', 'base');
  if (!known || verb === 'did')
    return negatable({ front: verb, existence: false, subject, rest, denials: [], kept: [] });
  const clause = asked(known, subject, verb === 'do', after);
  if (!not) return clause;
  if (mayFlip(subject, verb)) return { ...clause, denials: [not.tokens] };
  return { ...clause, rest: [made('not', not.tokens[0]), ...clause.rest], kept: not.tokens };
}

function readLexical(subject: readonly Word[], verb: string, rest: readonly Word[]): Clause {
  const inS = verbIn(verb, 's');
  const inBase = verbIn(verb, 'base');
  const word = made(verb);
  if (inS) return objectDenied(asked(inS, subject, false, [word, ...rest]));
  if (inBase) return objectDenied(asked(inBase, subject, true, [word, ...rest]));
  const past = verbIn(verb, 'past');
  // `someone sat on the floor` asks whether someone is sitting there; `someone left a box` what came of it.
  if (past?.kind === 'activity' && !/^(a|an|the|his|her|their|something|some)$/.test(rest[0]?.lower ?? '')) {
    return asked(past, subject, isPlural(subject), [word, ...rest]);
  }
  if (past) return perfect(past, subject, isPlural(subject), rest);
  // Not a verb that the lexicon knows: any statement can be asked this way.
  return {
    front: 'is',
    existence: false,
    subject: [...IT_IS_TRUE, ...subject, word, ...rest],
    rest: [],
    denials: [],
    kept: [],
  };
}

/** `words` begins with the verb in whatever form the sentence has it. */
function asked(verb: Verb, subject: readonly Word[], plural: boolean, words: readonly Word[]): Clause {
  const rest = words.slice(1);
  const token = words[0]?.token ?? -1;
  const be = plural ? 'are' : 'is';
  switch (classIn(verb, rest[0]?.lower)) {
    case 'activity':
      return { front: be, existence: false, subject, rest: [made(verb.ing, token), ...rest], denials: [], kept: [] };
    case 'change':
      return perfect(verb, subject, plural, rest);
    case 'link':
      return readBe(subject, be, rest);
    case 'existence': {
      const where = verb.base === 'show' ? rest.slice(1) : rest;
      return { front: be, existence: true, subject: [...subject, ...where], rest: [], denials: [], kept: [] };
    }
    case 'state': {
      const said = { verb: plural ? verb.base : thirdPerson(verb), rest };
      const front = plural ? 'do' : 'does';
      return { front, existence: false, subject, rest: [made(verb.base, token), ...rest], said, denials: [], kept: [] };
    }
  }
}

function perfect(verb: Verb, subject: readonly Word[], plural: boolean, rest: readonly Word[]): Clause {
  const front = plural ? 'have' : 'has';
  return { front, existence: false, subject, rest: [made(verb.participle), ...rest], denials: [], kept: [] };
}

function thirdPerson(verb: Verb): string {
  if (verb.base === 'have') return 'has';
  return /(s|x|z|ch|sh)$/.test(verb.base) ? `${verb.base}es` : `${verb.base}s`;
}

/** `the bin contains no paper`: the denial stands on the object. */
function objectDenied(clause: Clause): Clause {
  const [verb, ...object] = clause.rest;
  const denied = verb && mayFlip(clause.subject, 'do') ? denyNoun(object, true) : undefined;
  if (!denied || !verb) return clause;
  const said = clause.said ? { said: { verb: clause.said.verb, rest: denied.words } } : {};
  return { ...clause, ...said, rest: [verb, ...denied.words], denials: [...clause.denials, denied.tokens] };
}

/** Takes `not` out of the rest where that is sound, and remembers it where it is not. */
function negatable(clause: Clause): Clause {
  const not = denyVerb(clause.rest);
  if (!not) return clause;
  if (mayFlip(clause.subject, clause.front)) {
    const flipped = { ...clause, rest: not.words, denials: [...clause.denials, not.tokens] };
    return not.words.length === 0 && BE.has(clause.front) ? { ...flipped, rest: [made('there')] } : flipped;
  }
  return { ...clause, kept: not.tokens };
}
