import type { SeededRandom } from './random.ts';
import type { RoadPlace } from './road.ts';
import { type Act, type Draft, type Happening, type Occurrence, ramp, type Stretch, stand, walk } from './script.ts';
import { HEIGHT, type Point, WIDTH } from './space.ts';
import { type Section, type StorePlace, storeRows } from './store.ts';
import { type WarehousePlace, warehouseRows } from './warehouse.ts';

/** Writes what happens from `at` on, with what is to be seen for `seconds`. */
export type Writer<P> = (place: P, r: SeededRandom, at: number, seconds: number) => Happening;

export interface Kinds<P> {
  /** What a rule watches for, by the rule's id; each written in one of several ways. */
  readonly incidents: Readonly<Record<string, Writer<P>>>;
  /** The same too short to count, by the rule's id. */
  readonly brief: Readonly<Record<string, Writer<P>>>;
  /** What nobody asked about. */
  readonly passing: readonly Writer<P>[];
  /** Who walks by while an incident lasts; hides it for a moment at most. */
  readonly meanwhile?: Writer<P>;
}

/** Everybody who comes looks different. */
const newId = (r: SeededRandom): number => r.integer(100, 1_000_000);

function occurrence(
  rule: string,
  what: string,
  sure: Stretch,
  around: Stretch,
): { occurrence: Occurrence; over: number } {
  return { occurrence: { rule, what, ...sure, around }, over: around.to };
}

const STORE_SIZE = 0.95;

/** Somebody comes from the side, stands at column `u`, and goes again. */
function visit(
  place: Parameters<typeof walk>[0],
  { id, from, to, u, v, vest, size }: Stretch & { id: number; u: number; v: number; vest: boolean; size: number },
): Act[] {
  const edge = u < WIDTH / 2 ? -20 : 260;
  const common = { id, v, vest, size };
  return [
    walk(place, { ...common, from: from - 5, to: from, u: [edge, u] }),
    stand(place, { ...common, from, to, u: [u, u] }),
    walk(place, { ...common, from: to, to: to + 5, u: [u, edge] }),
  ];
}

const emptyShelf: Writer<StorePlace> = (place, r, at, seconds) => {
  const all = Array.from({ length: place.rows * place.columns }, (_, index): Section => {
    return [index % place.rows, Math.floor(index / place.rows)];
  });
  const sections = r.shuffle(all).slice(0, r.choice([1, 1, 2, 3]));
  const bare = at + r.uniform(8, 60);
  const restocked = bare + seconds;
  const act: Act = {
    from: at,
    to: restocked + 5,
    put(scene, second) {
      const share = second < restocked ? 1 - ramp(second, at, bare) : ramp(second, restocked, restocked + 5);
      scene.stock = sections.map((section) => ({ section, share }));
    },
  };
  const v = storeRows(place)[0] + 6;
  const worker = visit(place, {
    id: newId(r),
    from: restocked,
    to: restocked + 5,
    u: r.uniform(60, 180),
    v,
    vest: true,
    size: STORE_SIZE,
  });
  return {
    acts: [act, ...worker],
    ...occurrence('empty-shelf', 'empty', { from: bare, to: restocked }, { from: at, to: restocked + 6 }),
    over: restocked + 12,
  };
};

/** A spill that is there within a second or two, and mopped up. */
function spillWriter(mopped: boolean): Writer<StorePlace> {
  return (place, r, at, seconds) => {
    const [low, high] = storeRows(place);
    const [x, y] = place.view.floor(r.uniform(50, 190), r.uniform(low, high));
    const id = newId(r);
    const radius = r.uniform(0.32, 0.42);
    const rise = mopped ? 2 : 0.5;
    const [grown, gone] = [at + rise, at + rise + seconds];
    const fade = mopped ? 3 : 0.5;
    const act: Act = {
      from: at,
      to: gone + fade,
      put(scene, second) {
        const grow = ramp(second, at, grown) - ramp(second, gone, gone + fade);
        if (grow > 0.05) scene.spill = { id, x, y, radius: radius * (0.3 + 0.7 * grow) };
      },
    };
    const u = place.view.project([x, y, 0])[0];
    const beside = u < WIDTH / 2 ? u + 48 : u - 48;
    const worker = mopped
      ? visit(place, {
          id: newId(r),
          from: gone,
          to: gone + fade + 1,
          u: beside,
          v: Math.min(high, low + 8),
          vest: true,
          size: STORE_SIZE,
        })
      : [];
    return {
      acts: [act, ...worker],
      ...occurrence('spill', 'spill', { from: grown, to: gone }, { from: at, to: gone + fade }),
      over: gone + fade + 8,
    };
  };
}

/** Somebody walks through. `vest` in a hall always, in a store as it comes. */
function passerBy(rowsOf: (place: StorePlace | WarehousePlace) => Point): Writer<StorePlace | WarehousePlace> {
  return (place, r, at) => {
    const [low, high] = rowsOf(place);
    const to = at + r.uniform(8, 16);
    const u: Point = r.random() < 0.5 ? [-20, 260] : [260, -20];
    const isHall = place.family === 'warehouse';
    const common = { id: newId(r), v: r.uniform(low, high), vest: isHall || r.random() < 0.3 };
    return { acts: [walk(place, { ...common, from: at, to, u, size: isHall ? 1 : STORE_SIZE })], over: to };
  };
}

/** A customer looks at the shelf for a while. */
const customer: Writer<StorePlace> = (place, r, at) => {
  const [low, high] = storeRows(place);
  const to = at + 5 + r.uniform(10, 60);
  const looking = {
    id: newId(r),
    from: at + 5,
    to,
    u: r.uniform(50, 190),
    v: r.uniform(low, high),
    vest: r.random() < 0.3,
  };
  return { acts: visit(place, { ...looking, size: STORE_SIZE }), over: to + 5 };
};

function doorColumn(place: WarehousePlace): number {
  return place.view.project([place.doorX, place.wallY, 0])[0];
}

/** A column away from the exit and from the robot that lives in the hall. */
export function freeColumn(place: WarehousePlace, r: SeededRandom, robot?: number): number {
  for (let tries = 0; ; tries++) {
    const u = r.uniform(40, 200);
    const isFree = Math.abs(u - doorColumn(place)) > 34 && (robot === undefined || Math.abs(u - robot) > 34);
    if (isFree || tries > 100) return u;
  }
}

function robotColumn(place: WarehousePlace, scene: Draft): number | undefined {
  const [robot] = scene.robots ?? [];
  return robot && place.view.project([robot.x, robot.y, 0])[0];
}

const blockedExit: Writer<WarehousePlace> = (place, r, at, seconds) => {
  const exitBlockedBy = r.choice(['cartons', 'cartons', 'pallet'] as const);
  const to = at + seconds;
  const act: Act = {
    from: at,
    to,
    put: (scene) => {
      scene.exitBlockedBy = exitBlockedBy;
    },
  };
  const u = doorColumn(place);
  const beside = u < WIDTH / 2 ? u + 36 : u - 36;
  const worker = { id: newId(r), u: beside, v: warehouseRows(place)[0], vest: true, size: 1 };
  const acts = [
    ...visit(place, { from: at - 2, to: at + 2, ...worker }),
    act,
    ...visit(place, { from: to - 2, to: to + 2, ...worker }),
  ];
  const around = { from: at - 0.5, to: to + 0.5 };
  return { acts, ...occurrence('blocked-exit', exitBlockedBy, { from: at, to }, around), over: to + 8 };
};

const fallenRobot: Writer<WarehousePlace> = (_place, _r, at, seconds) => {
  const [down, raised] = [at + 0.8, at + 0.8 + seconds];
  const act: Act = {
    from: at,
    to: raised + 2,
    put(scene, second) {
      const [robot] = scene.robots ?? [];
      if (!robot) return;
      const fallen = ramp(second, at, down) - ramp(second, raised, raised + 2);
      scene.robots = [{ ...robot, fallen }];
    },
  };
  const around = { from: at, to: raised + 2.2 };
  return { acts: [act], ...occurrence('fallen-robot', 'fallen', { from: down, to: raised }, around) };
};

const noVest =
  (home: Draft): Writer<WarehousePlace> =>
  (place, r, at, seconds) => {
    const [low, high] = warehouseRows(place);
    const u = freeColumn(place, r, robotColumn(place, home));
    const v = r.uniform(Math.max(low, 100), high);
    const seen = visit(place, { id: newId(r), from: at, to: at + seconds, u, v, vest: false, size: 1 });
    // Half in the picture, nobody could say; by its edge the walk is not much of the five seconds.
    const around = { from: at - 5, to: at + seconds + 5 };
    return {
      acts: seen,
      ...occurrence('no-vest', 'no vest', { from: at, to: at + seconds }, around),
      over: at + seconds + 5,
    };
  };

/** Somebody without a vest looks in at the edge and is gone. */
const glimpse: Writer<WarehousePlace> = (place, r, at) => {
  const [low, high] = warehouseRows(place);
  const seen = { id: newId(r), v: r.uniform(Math.max(low, 100), high), vest: false, size: 1 };
  const acts = [
    walk(place, { ...seen, from: at, to: at + 1.2, u: [-20, 24] }),
    walk(place, { ...seen, from: at + 1.2, to: at + 2.4, u: [24, -20] }),
  ];
  const sure = { from: at + 1, to: at + 1.4 };
  return { acts, ...occurrence('no-vest', 'glimpse', sure, { from: at, to: at + 2.4 }) };
};

const forkliftPasses: Writer<WarehousePlace> = (place, r, at) => {
  const to = at + r.uniform(12, 18);
  const act: Act = {
    from: at,
    to,
    put(scene, second) {
      const [x, y] = place.view.floor(-70 + 380 * ramp(second, at, to), 112);
      scene.forklift = { x, y, yaw: 0.05 };
    },
  };
  return { acts: [act], over: to };
};

/** The robot of the hall goes to and fro. */
const robotRolls: Writer<WarehousePlace> = (place, r, at) => {
  const to = at + 25 * Math.round(r.uniform(1, 4));
  const act: Act = {
    from: at,
    to,
    put(scene, second) {
      const [robot] = scene.robots ?? [];
      if (!robot) return;
      const home = place.view.project([robot.x, robot.y, 0]);
      const [x, y] = place.view.floor(home[0] + 8 * Math.sin((second - at) * 0.2513), home[1]);
      scene.robots = [{ ...robot, x, y }];
    },
  };
  return { acts: [act], over: to };
};

const laneOf = (r: SeededRandom): -1 | 1 => r.choice([-1, 1] as const);

/** What stands or lies on the road from one moment to the next. */
function onRoad(what: string, put: (place: RoadPlace, r: SeededRandom) => Act['put']): Writer<RoadPlace> {
  return (place, r, at, seconds) => {
    const to = at + seconds;
    const around = { from: at - 0.6, to: to + 0.6 };
    return {
      acts: [{ from: at, to, put: put(place, r) }],
      ...occurrence('traffic-hazard', what, { from: at, to }, around),
    };
  };
}

const crash = onRoad('crash', (place, r) => {
  const [x, y] = [laneOf(r) * place.laneWidth * 0.3, r.uniform(-0.3, 1.8)];
  return (scene, second) => {
    scene.crash = { x, y, phase: second * 0.8 };
  };
});

const stall = onRoad('stalled car', (place, r) => {
  const at = { x: (laneOf(r) * place.laneWidth) / 2, y: r.uniform(0.8, 2.6), triangleX: r.uniform(-0.4, 0.4) };
  return (scene) => {
    scene.stall = at;
  };
});

const fallenTree = onRoad('fallen tree', (_, r) => {
  const y = r.uniform(-1, 2.2);
  return (scene) => {
    scene.fallenTreeY = y;
  };
});

/** Somebody stands in the lane. */
const inLane = onRoad('person in lane', (place, r) => {
  const id = newId(r);
  const [x, y] = inPicture(place, () => [laneOf(r) * r.uniform(0.5, place.laneWidth - 0.7), r.uniform(-2.8, -0.2)]);
  const vest = r.random() < 0.3;
  return (scene, second) => {
    const phase = 0.6 + 0.15 * Math.sin(second);
    scene.people = [...(scene.people ?? []), { id, x, y, vest, size: 1.3, walks: false, phase }];
  };
});

/** The first of the places tried at which a person would be seen from head to foot. */
function inPicture({ view }: RoadPlace, place: () => Point): Point {
  for (let tries = 0; ; tries++) {
    const [x, y] = place();
    const [foot, head] = [view.project([x, y, 0]), view.project([x, y, 1.8])];
    const isSeen = foot[0] > 14 && foot[0] < WIDTH - 14 && foot[1] < HEIGHT && head[1] > 4;
    if (isSeen || tries > 100) return [x, y];
  }
}

const hazard: Writer<RoadPlace> = (place, r, at, seconds) => {
  return r.choice([crash, stall, fallenTree, inLane])(place, r, at, seconds);
};

const carPasses: Writer<RoadPlace> = (place, r, at) => {
  const side = laneOf(r);
  const id = newId(r);
  const act: Act = {
    from: at,
    to: at + 5,
    put(scene, second) {
      const gone = (second - at) * 9;
      const car = {
        id,
        x: (side * place.laneWidth) / 2,
        y: side > 0 ? -7 + gone : 36 - gone,
        yaw: (Math.PI / 2) * side,
      };
      scene.cars = [...(scene.cars ?? []), car];
    },
  };
  return { acts: [act], over: at + 5 };
};

/** Somebody waits beside the road. */
const atRoadside: Writer<RoadPlace> = (place, r, at) => {
  const [to, id] = [at + r.uniform(10, 60), newId(r)];
  const [x, y] = inPicture(place, () => [laneOf(r) * (place.laneWidth + r.uniform(0.9, 1.7)), r.uniform(-1.6, 0.8)]);
  const vest = r.random() < 0.5;
  const put: Act['put'] = (scene, second) => {
    const phase = 0.6 + 0.15 * Math.sin(second);
    scene.people = [...(scene.people ?? []), { id, x, y, vest, size: 1.3, walks: false, phase }];
  };
  return { acts: [{ from: at, to, put }], over: to };
};

const customers = passerBy((place) => storeRows(place as StorePlace));

export const STORE: Kinds<StorePlace> = {
  incidents: { 'empty-shelf': emptyShelf, spill: spillWriter(true) },
  brief: { spill: (place, r, at) => spillWriter(false)(place, r, at, 2) },
  passing: [customers, customer],
  meanwhile: customers,
};

/** `home`: how the hall looks when nothing happens. */
export function warehouseKinds(home: Draft): Kinds<WarehousePlace> {
  const walkThrough = passerBy((place) => [Math.max(100, warehouseRows(place as WarehousePlace)[0]), 120]);
  return {
    incidents: { 'blocked-exit': blockedExit, 'fallen-robot': fallenRobot, 'no-vest': noVest(home) },
    brief: { 'no-vest': glimpse },
    passing: [walkThrough, walkThrough, forkliftPasses, robotRolls],
    meanwhile: walkThrough,
  };
}

export const ROAD: Kinds<RoadPlace> = {
  incidents: { 'traffic-hazard': hazard },
  brief: { 'traffic-hazard': (place, r, at) => hazard(place, r, at, 2) },
  passing: [carPasses, carPasses, carPasses, atRoadside],
};
