import { isAuxiliary } from './grammar/finite-verb.ts';
import type { Token } from './grammar/tokens.ts';
import { PREPOSITIONS, verbIn } from './grammar/verbs.ts';
import type { SentenceIssue } from './rule.ts';
import type { KnownWorld } from './world.ts';

/** An issue about tokens `from` (inclusive) to `to` (exclusive). */
export function issue(
  code: string,
  message: string,
  tokens: readonly Token[],
  from: number,
  to: number,
): SentenceIssue {
  // In the order of the question, which is not always that of the sentence.
  const about = tokens.slice(from, to);
  const start = Math.min(...about.map((token) => token.start));
  const end = Math.max(...about.map((token) => token.end));
  return about.length > 0 ? { code, message, start, end } : { code, message, start: 0, end: 0 };
}

/** Metres: how high the thing is in the picture. */
const SMALL_THINGS: Readonly<Record<string, number>> = {
  key: 0.06,
  keys: 0.06,
  badge: 0.08,
  badges: 0.08,
  label: 0.06,
  labels: 0.06,
  tag: 0.05,
  tags: 0.05,
  cigarette: 0.08,
  cigarettes: 0.08,
  screw: 0.03,
  screws: 0.03,
  coin: 0.02,
  coins: 0.02,
  pen: 0.1,
  ring: 0.02,
  padlock: 0.06,
  needle: 0.04,
  nail: 0.05,
  nails: 0.05,
  card: 0.06,
  glasses: 0.05,
  goggles: 0.06,
  earplugs: 0.02,
  phone: 0.14,
  phones: 0.14,
  lighter: 0.06,
  button: 0.03,
  barcode: 0.04,
  battery: 0.05,
  batteries: 0.05,
  pill: 0.01,
  mouse: 0.05,
  insect: 0.02,
  fly: 0.01,
  cockroach: 0.03,
  crumbs: 0.01,
  sticker: 0.06,
};
/** A store camera shows about this much height in the middle of its picture. */
const SCENE_METRES = 4;
/** One tile of the usual vision encoders. */
const TILE_PX = 384;
const LEAST_PX = 12;
const LEAST_ZONE_PX = 64;

/** Things that would be a few pixels high, and zones that are. Sizes and distances are guesses, so they are doubts. */
export function tooSmall(
  tokens: readonly Token[],
  understood: { readonly zone: string | null; readonly cameras: readonly string[] },
  world: KnownWorld,
): SentenceIssue[] {
  const cameras = world.cameras.filter((camera) => understood.cameras.includes(camera.id));
  for (const camera of cameras) {
    const zone = camera.zones?.find(({ name }) => name === understood.zone);
    const zonePx = zone?.heightPx;
    if (zone && zonePx !== undefined && zonePx < LEAST_ZONE_PX) {
      const message = `The zone ${zone.name} is ${zonePx} pixels high at ${camera.id}, too few to tell much; draw it larger or bring the camera closer`;
      return [issue('small-zone', message, tokens, 0, tokens.length)];
    }
    const heightPx = camera.heightPx;
    if (heightPx === undefined) continue;
    const scale = Math.min(1, TILE_PX / (zonePx ?? heightPx));
    for (const [at, token] of tokens.entries()) {
      const metres = Object.hasOwn(SMALL_THINGS, token.lower) ? SMALL_THINGS[token.lower] : undefined;
      const px = metres === undefined ? LEAST_PX : Math.round((metres / SCENE_METRES) * heightPx * scale);
      if (px >= LEAST_PX || modifies(tokens, at)) continue;
      const where = zone ? `zone ${zone.name}` : 'whole picture';
      const message = `A ${token.lower} is likely about ${Math.max(1, px)} pixels high in the ${where} of ${camera.id}; use a zone that shows it larger`;
      return [issue('small-object', message, tokens, at, at + 1)];
    }
  }
  return [];
}

/** `battery room`, `key cabinet`: the small thing only says which large one. */
function modifies(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1];
  return (
    next?.kind === 'word' &&
    !PREPOSITIONS.has(next.lower) &&
    !isAuxiliary(next.lower) &&
    verbIn(next.lower, 'ing') === undefined
  );
}
