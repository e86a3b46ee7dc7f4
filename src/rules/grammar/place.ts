import { editDistance, nearest } from '../../platform/nearest.ts';
import type { KnownWorld } from '../world.ts';
import { readWords } from './calendar-names.ts';
import { readNumber } from './numbers.ts';
import { firstOf, pattern } from './pattern.ts';
import { type Phrase, type PhraseReading, refused } from './phrase.ts';
import { isDash, type Token } from './tokens.ts';
import { PREPOSITIONS } from './verbs.ts';

interface Place {
  /** As the configuration has it. */
  readonly name: string;
  readonly cameras: readonly string[];
  readonly zone: string | null;
}

/** Nouns that a number makes a certain place: `aisle 3`, `door B`. */
const NUMBERED = new Set(
  'aisle bay dock door gate zone camera cam lane row room hall entrance exit checkout till register counter rack section shelf line station floor level area corridor warehouse building platform ramp yard store'.split(
    ' ',
  ),
);
/** Parts of a site that a box may know by name; a picture can show them too, so an unknown one is a doubt, not an error. */
const SITE = firstOf([
  pattern('(loading|unloading) (dock|bay|area|zone|ramp)'),
  pattern(
    '(storeroom|stockroom|storage room|stock room|back room|server room|staff room|break room|cold room|cold store|control room|changing room|office|kitchen|lobby|canteen|basement|rooftop|car park|parking lot|parking area|checkout area|sales floor|shop floor|delivery area|bakery|reception|hallway)',
  ),
]);
const BEFORE = firstOf([
  pattern(
    '[and|or|,] (in|on|at|by|near|inside|around|within|for|over|along) [the|our|any|all|all the|any of the|every] [camera|cameras|zone|zones|area|group]',
  ),
  pattern('[and|or|,] (in|on|at|from|by) (camera|cameras|zone|zones|group)'),
  pattern('(camera|cameras|zone)'),
]);
const WATCH = pattern(
  '(watch|monitor|check|scan|observe|search|survey|inspect|keep an eye on) [the] [camera|zone|area]',
);
const JOINED = pattern('(,|and|or|&|, and|, or) [in|on|at] [the] [camera|zone]');
const AFTER = pattern('(camera|cameras|zone)');

/** Where to look: cameras, groups and zones that the box knows. Ordinary places in the picture stay in the question. */
export const place: Phrase = {
  means: 'place',
  read(tokens, at, world) {
    const watched = WATCH(tokens, at);
    const area = watched && readPlaces(tokens, watched.end, world);
    if (area && /^(for|and|,|:|;|\.)$/.test(tokens[area.end]?.lower ?? '')) {
      return { ...area, end: tokens[area.end]?.lower === 'for' ? area.end + 1 : area.end };
    }
    const seeing = seeingPlace(tokens, at, world);
    if (seeing) return seeing;
    const before = BEFORE(tokens, at);
    if (!before) return headlinePlace(tokens, at, world);
    const found = readPlaces(tokens, before.end, world);
    if (found) return found;
    return readUnknown(tokens, at, before.end, world);
  },
};

const SEES = pattern('(sees|see|shows|show|detects|detect|spots|spot|catches|catch|picks up|notices)');

/** `the back door camera sees a person`: who looks, and not a part of the picture. */
function seeingPlace(tokens: readonly Token[], at: number, world: KnownWorld): PhraseReading | undefined {
  if (at > 0 && !/^(when|whenever|if|once|time|that|the|,)$/.test(tokens[at - 1]?.lower ?? '')) return undefined;
  const found = readPlaces(tokens, tokens[at]?.lower === 'the' ? at + 1 : at, world);
  const sees = found && /^cameras?$/.test(tokens[found.end - 1]?.lower ?? '') ? SEES(tokens, found.end) : undefined;
  return found && sees && { ...found, end: sees.end };
}

/** `shelf empty 10 min, aisle 1`: a headline leaves out the preposition, after a comma or a length of time at the end. */
function headlinePlace(tokens: readonly Token[], at: number, world: KnownWorld): PhraseReading | undefined {
  const before = tokens[at - 1];
  // `yard - person at night`
  const label = at === 0 ? readPlaces(tokens, 0, world) : undefined;
  if (label && /^[-–—:]$/.test(tokens[label.end]?.lower ?? '') && !tokens[label.end + 1]?.glued) return label;
  if (before?.kind !== 'sign' && !isUnit(before)) return undefined;
  const found = NUMBERED.has(tokens[at]?.lower ?? '') ? readPlaces(tokens, at, world) : undefined;
  return found && tokens[found.end] === undefined ? found : undefined;
}

function readPlaces(tokens: readonly Token[], at: number, world: KnownWorld): PhraseReading | undefined {
  const first = readPlace(tokens, at, world);
  if (!first) return undefined;
  let { end } = first;
  const places = [first.place];
  const range = readRange(tokens, at, first.end, world);
  if (range) {
    if ('refused' in range) return { end: range.end, value: range.refused, issues: [unknownRange(range.refused)] };
    places.push(...range.places);
    end = range.end;
  }
  for (;;) {
    const joined = JOINED(tokens, end);
    // `aisles 3 and 4`: the second number goes with the first noun.
    const next =
      joined &&
      (readPlace(tokens, joined.end, world) ??
        readPlace(
          [...tokens.slice(at, first.end - 1), ...tokens.slice(joined.end)],
          0,
          world,
          joined.end - (first.end - 1 - at),
        ));
    if (!next || isOneAlert(tokens, next.end - 1)) break;
    places.push(next.place);
    end = next.end;
  }
  const zones = new Set(places.map(({ zone }) => zone));
  const cameras = [...new Set(places.flatMap((one) => one.cameras))];
  const value = places.map(({ name }) => name).join(', ');
  const after = AFTER(tokens, end);
  if (zones.size > 1) {
    return { end, value, issues: [refused('two-zones', 'A rule looks at one zone; write one rule per zone')] };
  }
  return { end: after?.end ?? end, meaning: { kind: 'place', cameras, zone: places[0]?.zone ?? null }, value };
}

const MOST_IN_RANGE = 50;

/** `aisles 1-3`, `aisles 1 to 3`: after the first place, those up to the last. */
function readRange(tokens: readonly Token[], at: number, end: number, world: KnownWorld) {
  const first = tokens[end - 1];
  const last = tokens[end + 1];
  const through = isDash(tokens[end]) || /^(to|through|thru)$/.test(tokens[end]?.lower ?? '');
  if (!through || first?.kind !== 'number' || last?.kind !== 'number' || !/s$/.test(tokens[end - 2]?.lower ?? ''))
    return undefined;
  const [from, to] = [Number(first.lower), Number(last.lower)];
  if (!(to > from) || to - from > MOST_IN_RANGE) return undefined;
  const places: Place[] = [];
  for (let number = from + 1; number <= to; number++) {
    const named = [...tokens.slice(at, end - 1), { ...last, text: String(number), lower: String(number) }];
    const found = readPlace(named, 0, world);
    if (!found) return { end: end + 2, refused: `${tokens[end - 2]?.lower.replace(/s$/, '')} ${number}` };
    places.push(found.place);
  }
  return { end: end + 2, places };
}

function unknownRange(name: string) {
  return refused('unknown-place', `No camera, group or zone is called "${name}"; name those that there are`);
}

function readPlace(
  tokens: readonly Token[],
  at: number,
  world: KnownWorld,
  shift = 0,
): { end: number; place: Place } | undefined {
  let best: { end: number; place: Place } | undefined;
  for (const known of placesOf(world)) {
    const end = readWords(singular(tokens, at), at, known.name);
    if (end !== undefined && end + shift > (best?.end ?? 0)) best = { end: end + shift, place: known };
  }
  return best;
}

/** `aisles 3 and 4`, `aisle three`: as the configuration writes it. */
function singular(tokens: readonly Token[], at: number): readonly Token[] {
  const [first, second] = [tokens[at], tokens[at + 1]];
  if (!first || !second) return tokens;
  const number =
    second.kind === 'word' && NUMBERED.has(first.lower.replace(/s$/, '')) ? readNumber(tokens, at + 1) : undefined;
  const numbered = second.kind === 'number' || (number && number.end === at + 2);
  if (!numbered) return tokens;
  const lower = NUMBERED.has(first.lower.replace(/s$/, '')) ? first.lower.replace(/s$/, '') : first.lower;
  const digits = number && second.kind === 'word' ? String(number.value.amount) : second.lower;
  return [...tokens.slice(0, at), { ...first, lower }, { ...second, lower: digits }, ...tokens.slice(at + 2)];
}

const cache = new WeakMap<KnownWorld, readonly Place[]>();

function placesOf(world: KnownWorld): readonly Place[] {
  const known = cache.get(world);
  if (known) return known;
  const places: Place[] = [];
  const groups = new Map<string, string[]>();
  const zones = new Map<string, string[]>();
  for (const camera of world.cameras) {
    for (const name of new Set([camera.id, camera.name ?? camera.id]))
      places.push({ name, cameras: [camera.id], zone: null });
    for (const group of camera.groups ?? []) groups.set(group, [...(groups.get(group) ?? []), camera.id]);
    for (const zone of camera.zones ?? []) zones.set(zone.name, [...(zones.get(zone.name) ?? []), camera.id]);
  }
  for (const [name, cameras] of groups) places.push({ name, cameras, zone: null });
  for (const [name, cameras] of zones) places.push({ name, cameras, zone: name });
  cache.set(world, places);
  return places;
}

const NOT_A_NAME = new Set(
  'is are was has have had does do did can cannot not no moves falls goes and or for when if while view views feed sees shows in on at where with that picture image for the a an angle lens footage system'.split(
    ' ',
  ),
);

function readUnknown(tokens: readonly Token[], at: number, from: number, world: KnownWorld): PhraseReading | undefined {
  const names = placesOf(world).map(({ name }) => name);
  const named = /^(cameras?|zones?|group)$/.test(tokens[from - 1]?.lower ?? '');
  let end = named ? explicitEnd(tokens, from, from - at > 1) : numberedEnd(tokens, from);
  if (end !== undefined) {
    for (let joined = JOINED(tokens, end); joined; joined = JOINED(tokens, end)) {
      const more: number | undefined = numberedEnd(tokens, joined.end);
      if (more === undefined) break;
      end = more;
    }
    const name = tokens
      .slice(from, end)
      .map((token, index) => (index > 0 && !token.glued ? ` ${token.text}` : token.text))
      .join('');
    return {
      end,
      value: name,
      issues: [refused('unknown-place', `No camera, group or zone is called "${name}"; ${nearestOf(name, names)}`)],
    };
  }
  if (tokens[at]?.lower === 'for' || named) return undefined;
  return readMisspelled(tokens, from, names);
}

/** After `camera` or `zone`: a name follows, such as `door-2`, `4` or `entrance`. */
function explicitEnd(tokens: readonly Token[], from: number, preposition: boolean): number | undefined {
  const first = tokens[from];
  if (!first || first.kind === 'sign' || NOT_A_NAME.has(first.lower) || PREPOSITIONS.has(first.lower)) return undefined;
  let end = from + 1;
  while (isDash(tokens[end]) && tokens[end]?.glued && tokens[end + 1]?.glued) end += 2;
  if (tokens[end]?.kind === 'number' && !isUnit(tokens[end + 1])) end++;
  // `in the zone people walk through` names nothing.
  return first.kind === 'number' || end > from + 1 || (preposition && tokens[from - 1]?.lower === 'camera')
    ? end
    : undefined;
}

function numberedEnd(tokens: readonly Token[], from: number): number | undefined {
  const noun = tokens[from]?.lower ?? '';
  if (!NUMBERED.has(noun) && !NUMBERED.has(noun.replace(/s$/, ''))) return undefined;
  const at = isDash(tokens[from + 1]) ? from + 2 : from + 1;
  const next = tokens[at];
  if (next?.kind === 'number' && /^\d+$/.test(next.lower) && !isUnit(tokens[at + 1])) return at + 1;
  if (next?.kind === 'word' && /^[A-Z]$/.test(next.text) && next.text !== 'I' && next.text !== 'A') return at + 1;
  const number = next?.kind === 'word' ? readNumber(tokens, at) : undefined;
  return number && number.end === at + 1 && !isUnit(tokens[at + 1]) && !isOneAlert(tokens, at) ? at + 1 : undefined;
}

/** `in aisle 3, one alert per day` */
function isOneAlert(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.lower === 'one' && /^(alert|message|notification|email|alarm)$/.test(tokens[at + 1]?.lower ?? '');
}

function isUnit(token: Token | undefined): boolean {
  return /^(s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|days?|am|pm|:|\/|people|persons|boxes|times?|feet|meters?|metres?)$/.test(
    token?.lower ?? '',
  );
}

function readMisspelled(tokens: readonly Token[], from: number, names: readonly string[]): PhraseReading | undefined {
  for (const length of [3, 2, 1]) {
    const words = tokens.slice(from, from + length);
    if (words.length < length || words.some((word) => word.kind === 'sign' && !isDash(word))) continue;
    const text = words.map((word, index) => (index > 0 && !word.glued ? ` ${word.lower}` : word.lower)).join('');
    if (text.length < 6) continue;
    const near = names.filter((name) => closeTo(text, name));
    if (near.length === 0) continue;
    const message = `No camera, group or zone is called "${text}"; did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
    return { end: from + length, value: text, issues: [refused('unknown-place', message)] };
  }
  return undefined;
}

function closeTo(text: string, name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_]/g, ' ');
  const written = text.replace(/[-_]/g, ' ');
  // A digit more or less is another place, not a slip.
  if (/\d/.test(plain) || plain.length < 6 || Math.abs(plain.length - written.length) > 2) return false;
  return editDistance(written, plain) <= (plain.length >= 10 ? 2 : 1);
}

function nearestOf(name: string, names: readonly string[]): string {
  const near = nearest(name.replace(/\s+/g, '-'), names, 3);
  if (near.length > 0) return `did you mean ${near.map((one) => `"${one}"`).join(' or ')}?`;
  return names.length > 0 ? `known: ${names.slice(0, 10).join(', ')}` : 'the configuration has none yet';
}

/** Part of a site that the box does not know: the words stay in the question, and the linter says so. */
export function unknownSite(tokens: readonly Token[], at: number): number | undefined {
  return SITE(tokens, at)?.end;
}
