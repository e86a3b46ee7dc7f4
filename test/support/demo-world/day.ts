import { freeColumn, type Kinds, ROAD, STORE, warehouseKinds } from './happenings.ts';
import { SeededRandom } from './random.ts';
import { type Family, type Light, type Place, placeOf, type Scene } from './scene.ts';
import { type Act, type Draft, type Happening, ramp, type Script } from './script.ts';
import { warehouseRows } from './warehouse.ts';

export interface DayOptions {
  readonly family: Family;
  /** Names the place and all that happens. From 9,300,000 on no picture that the model or its clips were made of. */
  readonly seed: number;
  readonly hours: number;
  /** What time it is when the script begins; the light hangs on it. */
  readonly startHour?: number;
  /** Share of what happens that a rule watches for, 0..1. */
  readonly incidentShare?: number;
}

/** Of what happens, so much is too short to count. */
const BRIEF_SHARE = 0.04;
const INCIDENT_S = [12, 900] as const;
const PAUSE_S = [20, 900] as const;

/** Writes a day of one camera. The same options give the same day. */
export function writeDay(options: DayOptions): Script {
  const { family, seed, hours, startHour = 0, incidentShare = 0.1 } = options;
  const r = new SeededRandom(`${seed}:day`);
  const place = placeOf(family, seed);
  const home = homeOf(place, r);
  const seconds = hours * 3_600;
  const happenings = happeningsOf({ kinds: kindsOf(place, home), place, r, seconds, incidentShare });
  const acts = new Timetable(happenings.flatMap((happening) => happening.acts));
  const light = lightOf(family, new SeededRandom(`${seed}:light`), startHour);
  return {
    place,
    seed,
    seconds,
    occurrences: happenings.flatMap(({ occurrence }) => (occurrence ? [occurrence] : [])),
    noise: r.choice([0.004, 0.008, 0.016]),
    sceneAt(second) {
      const scene: Draft = { ...home, place, seed };
      for (const act of acts.at(second)) act.put(scene, second);
      return scene satisfies Scene;
    },
    lightAt: light,
  };
}

/** How it looks when nothing happens: a hall has its robot. */
function homeOf(place: Place, r: SeededRandom): Draft {
  const empty: Draft = { place, seed: 0 };
  if (place.family !== 'warehouse') return empty;
  const [low, high] = warehouseRows(place);
  const [x, y] = place.view.floor(freeColumn(place, r), r.uniform(Math.max(low, 98), Math.min(high, 114)));
  return { ...empty, robots: [{ id: 1, x, y, fallen: 0 }] };
}

/** The kinds fit the place, as `placeOf` made it. */
function kindsOf(place: Place, home: Draft): Kinds<Place> {
  const kinds = { store: STORE, warehouse: warehouseKinds(home), road: ROAD }[place.family];
  return kinds as Kinds<never> as unknown as Kinds<Place>;
}

interface Writing {
  readonly kinds: Kinds<Place>;
  readonly place: Place;
  readonly r: SeededRandom;
  readonly seconds: number;
  readonly incidentShare: number;
}

function happeningsOf(writing: Writing): Happening[] {
  const { kinds, place, r, seconds, incidentShare } = writing;
  const written: Happening[] = [];
  const last = seconds - 120;
  for (let at = r.uniform(30, 120); at < last; ) {
    const drawn = r.random();
    const rule = r.choice(Object.keys(drawn < incidentShare ? kinds.incidents : kinds.brief));
    const lasting = Math.min(last - at, Math.exp(r.uniform(Math.log(INCIDENT_S[0]), Math.log(INCIDENT_S[1]))));
    const isIncident = drawn < incidentShare && lasting >= INCIDENT_S[0];
    const isBrief = !isIncident && drawn < incidentShare + BRIEF_SHARE;
    const write =
      (isIncident ? kinds.incidents[rule] : isBrief ? kinds.brief[rule] : undefined) ?? r.choice(kinds.passing);
    const happening = write(place, r, at, lasting);
    written.push(happening, ...(isIncident ? meanwhile(writing, happening) : []));
    at = happening.over + Math.exp(r.uniform(Math.log(PAUSE_S[0]), Math.log(PAUSE_S[1])));
  }
  return written;
}

function meanwhile({ kinds, place, r }: Writing, { occurrence }: Happening): Happening[] {
  const passing: Happening[] = [];
  if (!kinds.meanwhile || !occurrence) return passing;
  for (let at = occurrence.from + r.uniform(20, 120); at < occurrence.to - 40; at += r.uniform(60, 300)) {
    passing.push(kinds.meanwhile(place, r, at, 0));
  }
  return passing;
}

/** Finds the acts of a moment without looking through the whole day. */
class Timetable {
  static readonly #SLOT_S = 60;
  readonly #slots = new Map<number, Act[]>();

  constructor(acts: readonly Act[]) {
    for (const act of acts) {
      for (let slot = slotOf(act.from); slot <= slotOf(act.to); slot++) {
        this.#slots.set(slot, [...(this.#slots.get(slot) ?? []), act]);
      }
    }
    function slotOf(second: number): number {
      return Math.floor(second / Timetable.#SLOT_S);
    }
  }

  at(second: number): Act[] {
    const slot = this.#slots.get(Math.floor(second / Timetable.#SLOT_S)) ?? [];
    return slot.filter(({ from, to }) => second >= from && second < to);
  }
}

const CLOUD_S = 300;

/** Daylight that wanders, and the night: in a hall or a store somebody switches the lights, on a road dusk falls. */
function lightOf(family: Family, r: SeededRandom, startHour: number): (second: number) => Light {
  const [dawn, dusk] = [5.5 + r.uniform(0, 1.5), 20.5 + r.uniform(0, 1.5)];
  const night = r.uniform(0.32, 0.42);
  const swing = r.uniform(0.02, 0.06);
  const clouds = Array.from({ length: 288 }, () => r.uniform(-0.03, 0.03));
  const falling = family === 'road' ? 0.5 : 0;
  return (second) => {
    const hour = (startHour + second / 3_600) % 24;
    const up = falling === 0 ? Number(hour >= dawn && hour < dusk) : dayShare(hour, dawn, dusk, falling);
    const noon = 0.95 + swing * Math.sin(((hour - 9) / 12) * Math.PI);
    const cloud = clouds[Math.floor((hour * 3_600) / CLOUD_S) % clouds.length] ?? 0;
    const brightness = night + (noon + cloud - night) * up;
    // Steps of a percent: what changes with each frame could not be told from what happens.
    return { brightness: Math.round(brightness * 100) / 100, isNight: up < 0.2 };
  };
}

function dayShare(hour: number, dawn: number, dusk: number, falling: number): number {
  return Math.min(ramp(hour, dawn, dawn + falling), 1 - ramp(hour, dusk, dusk + falling));
}
