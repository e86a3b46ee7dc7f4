import { nearest } from '../../platform/nearest.ts';
import type { KnownWorld } from '../world.ts';
import { firstOf, pattern } from './pattern.ts';
import { type PhraseIssue, refused } from './phrase.ts';
import { isDash, type Token } from './tokens.ts';
import { PREPOSITIONS } from './verbs.ts';

export interface CalendarReading {
  readonly end: number;
  readonly name: string;
  readonly negate: boolean;
  readonly issues: readonly PhraseIssue[];
}

export const OPENING_HOURS = 'opening hours';
export const NIGHT = 'night';

const HOURS =
  '(opening|business|store|shop|trading|operating|office|working|work|service|open|retail|customer|regular|normal|market) (hours|times)';
const US =
  '(we|the store|the shop|the market|the supermarket|the business|the shop floor|the building|the site|the premises|store|shop|they|everything|the office|the warehouse)';
const IT =
  '(we|it|the store|the shop|the market|the supermarket|the business|the building|the site|the premises|store|shop|they|the office|the warehouse)';
const NORMAL = '[the|our|all|normal|regular|usual|its|their]';

const OPEN = firstOf([
  pattern(`(during|within|in|inside|throughout|for|while in) ${NORMAL} [store|shop] ${HOURS}`),
  pattern(`(during|within|in|inside|throughout) ${NORMAL} hours of (operation|business|opening)`),
  pattern(
    `(while|when|whenever|if|as long as|and) ${US} (is|are) [still] open [for business|to the public|to customers]`,
  ),
  pattern(`(while|when|whenever) we're [still] open`),
  pattern('while [still] open'),
  pattern('(from opening|between opening) (to|until|till|and) closing [time]'),
  pattern('until closing [time]'),
  pattern(`(after|since) (opening [time]|we open|${IT} (opens|open|has opened|have opened))`),
]);
const CLOSED = firstOf([
  pattern(
    `(outside|outside of|out of|beyond|after|before|except|except for|except during|not during|other than during|excluding) ${NORMAL} [store|shop] ${HOURS}`,
  ),
  pattern(`(outside|outside of|out of) ${NORMAL} hours of (operation|business|opening)`),
  pattern('(after|out of|outside|off) [-] hours'),
  pattern(
    `(while|when|whenever|if|once|after|as long as|since|and) ${US} (is|are|has|have) [been|already] closed [for the day|for the night|to the public|down|up]`,
  ),
  pattern("(while|when|whenever|if|once|after) we're closed"),
  pattern("(when|once|after|since) (we've|they've) closed [up|for the day|for the night]"),
  pattern(
    `(after|once) ${IT} (closes|close|shuts|shut|has closed|have closed|is closed|are closed) [for the day|for the night]`,
  ),
  pattern('(while|when|whenever) closed'),
  pattern('(from closing|between closing) (to|until|till|and) opening [time]'),
  pattern('(after|past) (closing|close) [time|hour|hours|of business]'),
  pattern('(before|until) opening [time|hour]'),
  pattern(`before ${IT} (opens|open|has opened|have opened)`),
]);
const AT_NIGHT = firstOf([
  pattern(
    '(at night|at nights|by night|overnight|nightly|at nighttime|at night time|every night|each night|nights|after dark|after nightfall|all night long|all night|the whole night|through the night)',
  ),
  pattern('(during|in|through|throughout|over) the (night|nights|nighttime|night time)'),
]);
const BY_DAY = firstOf([
  pattern(
    '(by day|in the daytime|during the daytime|in daytime|during daytime|during daylight hours|in daylight|during daylight)',
  ),
  pattern('(during|throughout) the day'),
]);

/** `during opening hours`, `after closing`, `when we are closed`, `at night`, and any calendar of the configuration by its name. */
export function readCalendar(tokens: readonly Token[], at: number, world: KnownWorld): CalendarReading | undefined {
  const named = readByName(tokens, at, world);
  if (named) return named;
  for (const [words, name, negate] of [
    [OPEN, OPENING_HOURS, false],
    [CLOSED, OPENING_HOURS, true],
    [AT_NIGHT, NIGHT, false],
    [BY_DAY, NIGHT, true],
  ] as const) {
    const match = words(tokens, at);
    // `during the night shift` is not the night.
    if (!match || SHIFT.test(tokens[match.end]?.lower ?? '')) continue;
    return { end: match.end, name, negate, issues: knownOrNot(name, world) };
  }
  return readUnknown(tokens, at, world);
}

function knownOrNot(name: string, world: KnownWorld): PhraseIssue[] {
  if (Object.hasOwn(world.calendars, name)) return [];
  const message = `The box does not know the ${name}; write them under "calendars:" in the configuration, such as "${name}: { mon-sat: 08:00-20:00 }"`;
  return [refused('unknown-calendar', message)];
}

const SHIFT = /^(shift|shifts|crew|team)$/;
const BEFORE_NAME = firstOf([
  pattern(
    '(outside|outside of|out of|not during|except|except for|except during|except in|except on|except at|other than during|excluding) [the|our|all]',
  ),
  pattern('(during|within|in|on|at|throughout|over) [the|our|all|any]'),
]);

function readByName(tokens: readonly Token[], at: number, world: KnownWorld): CalendarReading | undefined {
  const before = BEFORE_NAME(tokens, at);
  if (!before) return undefined;
  const negate = !/^(during|within|in|on|at|throughout|over)$/.test(tokens[at]?.lower ?? '');
  let best: CalendarReading | undefined;
  for (const name of Object.keys(world.calendars)) {
    const end = readWords(tokens, before.end, name);
    if (end !== undefined && end > (best?.end ?? 0) && !SHIFT.test(tokens[end]?.lower ?? ''))
      best = { end, name, negate, issues: [] };
  }
  return best;
}

/** Where a name ends that is written like `words`, whatever its dashes and blanks. */
export function readWords(tokens: readonly Token[], at: number, name: string): number | undefined {
  const words = name.toLowerCase().match(/\p{L}+|\p{N}+/gu) ?? [];
  let next = at;
  for (const word of words) {
    while (next > at && isDash(tokens[next])) next++;
    const lower = tokens[next]?.lower;
    if (lower !== word && !(word.length > 3 && lower === `${word}s` && word === words.at(-1))) return undefined;
    next++;
  }
  return next > at ? next : undefined;
}

const UNKNOWN_ENDS = new Set([
  'hours',
  'hour',
  'shift',
  'shifts',
  'window',
  'times',
  'time',
  'break',
  'breaks',
  'period',
  'season',
  'holidays',
  'rush',
  'lunchtime',
  'lunch',
  'dinner',
  'breakfast',
  'meetings',
  'cleaning',
  'stocktaking',
  'delivery',
  'deliveries',
]);

const BEFORE_UNKNOWN = firstOf([
  pattern('(outside|outside of|out of|except during|not during) [the|our|all]'),
  pattern('(during|throughout) [the|our|all]'),
  pattern('over (the|our|all)'),
]);
/** Here `at` speaks of time; elsewhere it is mostly a place. */
const AT_TIME = firstOf([
  pattern(
    'at (lunch time|lunchtime|lunchtimes|dinner time|dinnertime|breakfast time|break time|peak time|peak times|peak hours|rush hour|busy times|quiet times|shift change)',
  ),
]);

/** `during the night shift` that nobody has written down: an error with the nearest names, never part of the question. */
function readUnknown(tokens: readonly Token[], at: number, world: KnownWorld): CalendarReading | undefined {
  const timed = AT_TIME(tokens, at);
  const before = timed ? { end: at + 1 } : BEFORE_UNKNOWN(tokens, at);
  // `falls over during opening hours`
  if (!before || PREPOSITIONS.has(tokens[before.end]?.lower ?? '')) return undefined;
  let last = timed?.end;
  for (let end = last ?? before.end; !timed && end < before.end + 4 && tokens[end]?.kind === 'word'; end++) {
    if (UNKNOWN_ENDS.has(tokens[end]?.lower ?? '')) last = end + 1;
  }
  if (last === undefined) return undefined;
  const name = tokens
    .slice(before.end, last)
    .map((token) => token.lower)
    .join(' ');
  const known = Object.keys(world.calendars);
  const near = nearest(name, known);
  const hint =
    near.length > 0
      ? `did you mean ${near.map((one) => `"${one}"`).join(' or ')}?`
      : `known calendars: ${known.join(', ') || 'none'}`;
  const issues = [refused('unknown-calendar', `No calendar is called "${name}"; ${hint}`)];
  return { end: last, name, negate: !/^(during|throughout|over|at)$/.test(tokens[at]?.lower ?? ''), issues };
}
