import { isPlural } from './noun-phrase.ts';
import { verbIn } from './verbs.ts';
import { made, type Word } from './words.ts';

/** A demand as the statement that it demands: `the exit must be clear` as `the exit is clear`. */
export interface Requirement {
  readonly words: readonly Word[];
  /** `must not`, `is not allowed`: the statement is what is forbidden. */
  readonly forbidden: boolean;
  /** The tokens that demand or forbid. */
  readonly tokens: readonly number[];
}

/**
 * Reads `must`, `should`, `has to`, `is supposed to`, `may not`, `is not allowed to`. The alert is about the demand that is
 * not met; what is forbidden is itself what the alert is about. Permission (`may`, `is allowed`) demands nothing.
 */
export function readRequirement(words: readonly Word[]): Requirement | undefined {
  // `No parking in front of the gate`
  const [no, doing, ...rest] = words;
  if (
    no?.lower === 'no' &&
    doing &&
    verbIn(doing.lower, 'ing') &&
    !rest.some(({ lower }) => /^(is|are|was|were)$/.test(lower))
  ) {
    return { words: [made('someone', no.token), made('is'), doing, ...rest], forbidden: true, tokens: [no.token] };
  }
  for (let at = 1; at < words.length; at++) {
    const found = demandAt(words, at);
    if (!found) continue;
    const subject = words.slice(0, at);
    const nobody = /^(no|nobody|noone|none)$/.test(subject[0]?.lower ?? '');
    if (found.permits && !found.not && !nobody) return undefined;
    const rest = words.slice(found.end);
    const tokens = words.slice(at, found.end).map((word) => word.token);
    // `smoking is forbidden`: somebody does it.
    const [doing] = subject;
    if (doing && subject.length === 1 && verbIn(doing.lower, 'ing')) {
      return { words: [made('someone', doing.token), made('is'), doing, ...rest], forbidden: found.not, tokens };
    }
    const predicate = inflect(subject, rest, words[at]?.token ?? -1);
    return { words: [...subject, ...predicate], forbidden: found.not, tokens };
  }
  return undefined;
}

interface Demand {
  end: number;
  not: boolean;
  permits: boolean;
}

function demandAt(words: readonly Word[], at: number): Demand | undefined {
  const lower = (index: number): string => words[at + index]?.lower ?? '';
  const not = (index: number): boolean => /^(not|never)$/.test(lower(index));
  if (/^(must|should|shall|may|can|might)$/.test(lower(0))) {
    const denied = not(1);
    return { end: at + (denied ? 2 : 1), not: denied, permits: /^(may|can|might)$/.test(lower(0)) };
  }
  if (/^(has|have|needs|need|ought)$/.test(lower(0)) && lower(1) === 'to')
    return { end: at + 2, not: false, permits: false };
  if (!/^(is|are)$/.test(lower(0))) return undefined;
  const denied = not(1);
  const next = denied ? 2 : 1;
  if (/^(supposed|required|obliged|meant|expected)$/.test(lower(next)) && lower(next + 1) === 'to') {
    return { end: at + next + 2, not: denied, permits: false };
  }
  if (/^(forbidden|prohibited|banned)$/.test(lower(next)) && !denied) {
    return { end: at + next + 1, not: true, permits: true };
  }
  if (!/^(allowed|permitted|authorised|authorized)$/.test(lower(next))) return undefined;
  return { end: at + next + (lower(next + 1) === 'to' ? 2 : 1), not: denied, permits: true };
}

/** A bare verb with the ending that its subject wants: `a robot` + `fall over` as `falls over`. */
export function inflect(subject: readonly Word[], rest: readonly Word[], token: number): Word[] {
  const [verb, ...object] = rest;
  // `there must never be boxes`: the number is that of the thing.
  const plural = isPlural(subject[0]?.lower === 'there' ? object.filter(({ lower }) => lower !== 'no') : subject);
  const be = made(plural ? 'are' : 'is', token);
  if (!verb) return [be, made('there')];
  if (verb.lower === 'be') return [be, ...object];
  if (verb.lower === 'have') return [made(plural ? 'have' : 'has', verb.token), ...object];
  const known = verbIn(verb.lower, 'base');
  // `dogs are not allowed in the store`
  if (!known) return [be, ...rest];
  return [made(plural ? known.base : thirdPerson(known.base), verb.token), ...object];
}

function thirdPerson(base: string): string {
  if (/[^aeiou]y$/.test(base)) return `${base.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh|o)$/.test(base) ? `${base}es` : `${base}s`;
}
