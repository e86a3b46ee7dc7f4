import type { Canvas } from './canvas.ts';
import { SeededRandom } from './random.ts';
import { hsv, type Point, shaded, type Vector, View } from './space.ts';
import { drawFloor } from './things.ts';

export interface WarehousePlace {
  readonly family: 'warehouse';
  readonly view: View;
  /** How far away the back wall is. */
  readonly wallY: number;
  readonly doorX: number;
  readonly doorWidth: number;
  readonly doorHeight: number;
  readonly beside: 'rack' | 'dock' | null;
}

/** A hall with an emergency exit, seen from the front or from above, with a rack or a dock door beside the exit. */
export function warehousePlace(seed: number): WarehousePlace {
  const r = new SeededRandom(`${seed}:geo`);
  const from = r.choice(['front', 'front', 'front', 'ceiling'] as const);
  const angle = r.uniform(-0.28, 0.28);
  const wallY = r.uniform(2.2, 2.8);
  const distance = r.uniform(5.0, 5.8);
  const up = from === 'ceiling' ? r.uniform(3.8, 4.5) : r.uniform(2.4, 3.4);
  const at: Vector = [Math.sin(angle) * distance, -Math.cos(angle) * distance + 1, up];
  const target: Vector = [r.uniform(-0.2, 0.2), 0.8, r.uniform(0.55, 0.8)];
  const view = new View(at, target, r.uniform(0.92, 1.05), r.uniform(-0.03, 0.03));
  const beside = r.choice(['rack', 'rack', 'dock', null] as const);
  return {
    family: 'warehouse',
    view,
    wallY,
    doorX: r.choice([-1, 1]) * r.uniform(1.3, 2.3),
    doorWidth: r.uniform(1.25, 1.5),
    doorHeight: r.uniform(2.0, 2.25),
    beside,
  };
}

export function drawWarehouse(s: Canvas, place: WarehousePlace): void {
  const r = s.random('bg');
  const { wallY, doorX } = place;
  const floor = hsv(r.choice([0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.14), r.uniform(0.45, 0.75));
  const wall = hsv(r.choice([0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.28), r.uniform(0.5, 0.92));
  s.background(wall);
  const step = r.uniform(1.2, 2.2);
  const joints = shaded(floor, 0.9);
  drawFloor(s, { colour: floor, joints, y: [-8, wallY], x: [-14, 14], step, tiled: r.random() < 0.7 });
  if (r.random() < 0.6) {
    for (let k = 1; k < 12; k++) {
      s.line([-14, wallY - 0.01, k * 0.5], [14, wallY - 0.01, k * 0.5], shaded(wall, 0.88));
    }
  }
  const on = (x0: number, z0: number, x1: number, z1: number, before: number): Vector[] => {
    const y = wallY - before;
    return [
      [x0, y, z0],
      [x1, y, z0],
      [x1, y, z1],
      [x0, y, z1],
    ];
  };
  s.polygon(on(-14, 0, 14, 0.12, 0.01), shaded(wall, 0.6));
  const stripes: Vector[] = [
    [0.95, 0.78, 0.1],
    [0.95, 0.95, 0.92],
  ];
  const stripe = r.choice(stripes);
  if (r.random() < 0.85) {
    for (const side of [-1, 1]) {
      const x = doorX * 0.2 + side * r.uniform(1.9, 2.6);
      const lane: Vector[] = [
        [x - 0.06, -8, 0.002],
        [x + 0.06, -8, 0.002],
        [x + 0.06, wallY, 0.002],
        [x - 0.06, wallY, 0.002],
      ];
      s.polygon(lane, stripe);
    }
  }
  drawDoor(s, r, place, on);
  if (place.beside === 'dock') drawDock(s, place, on);
  if (place.beside === 'rack') drawRack(s, r, place);
}

type OnWall = (x0: number, z0: number, x1: number, z1: number, before: number) => Vector[];

function drawDoor(s: Canvas, r: SeededRandom, place: WarehousePlace, on: OnWall): void {
  const { doorX: x, doorWidth: width, doorHeight: height, wallY } = place;
  const colours: Vector[] = [
    [0.15, 0.45, 0.3],
    [0.7, 0.15, 0.12],
    [0.3, 0.4, 0.6],
    [0.75, 0.75, 0.72],
    [0.85, 0.8, 0.6],
  ];
  const colour = r.choice(colours);
  s.polygon(on(x - width / 2 - 0.1, 0, x + width / 2 + 0.1, height + 0.08, 0.02), [0.3, 0.3, 0.32]);
  s.polygon(on(x - width / 2, 0, x + width / 2, height, 0.03), colour);
  s.polygon(on(x - width * 0.3, height * 0.62, x + width * 0.3, height * 0.88, 0.04), [0.75, 0.85, 0.92], 0.8);
  s.polygon(on(x - width * 0.42, height * 0.44, x + width * 0.42, height * 0.49, 0.04), [0.9, 0.9, 0.9]);
  s.polygon(on(x - 0.55, height + 0.14, x + 0.55, height + 0.52, 0.05), [0.05, 0.62, 0.25]);
  s.polygon(on(x - 0.36, height + 0.22, x - 0.02, height + 0.44, 0.06), [1, 1, 1]);
  s.polygon(on(x + 0.1, height + 0.28, x + 0.4, height + 0.38, 0.06), [1, 1, 1]);
  const half = width / 2 + 0.1;
  const marked: Vector[] = [
    [x - half, wallY - 1.0, 0.003],
    [x + half, wallY - 1.0, 0.003],
    [x + half, wallY, 0.003],
    [x - half, wallY, 0.003],
  ];
  s.polygon(marked, [0.1, 0.6, 0.3], 0.28);
}

function drawDock(s: Canvas, { doorX, wallY }: WarehousePlace, on: OnWall): void {
  const side = doorX > 0 ? -1 : 1;
  const [x0, x1, top] = [side * 0.7 - 0.3, side * 3.3 - 0.3, 2.7];
  s.polygon(on(x0 - side * 0.12, 0, x1 + side * 0.12, top + 0.12, 0.02), [0.85, 0.72, 0.15]);
  s.polygon(on(x0, 0, x1, top, 0.03), [0.6, 0.62, 0.65]);
  for (let k = 1; k < 9; k++) {
    s.line([x0, wallY - 0.04, k * 0.3], [x1, wallY - 0.04, k * 0.3], [0.45, 0.47, 0.5], 0.8);
  }
}

function drawRack(s: Canvas, r: SeededRandom, { doorX, wallY }: WarehousePlace): void {
  const side = doorX > 0 ? -1 : 1;
  const colours: Vector[] = [
    [0.15, 0.3, 0.7],
    [0.9, 0.45, 0.1],
    [0.3, 0.5, 0.35],
  ];
  const colour = r.choice(colours);
  const x0 = side * r.uniform(2.4, 2.9);
  const goods: Vector[] = [
    [0.76, 0.57, 0.36],
    [0.8, 0.78, 0.72],
    [0.5, 0.6, 0.75],
  ];
  for (let bay = 0; bay < 2; bay++) {
    const x = x0 + side * (bay * 1.5 + 0.1);
    for (let level = 0; level < 3; level++) {
      for (let i = 0; i < 3; i++) {
        if (r.random() >= 0.8) continue;
        const size: Vector = [0.4, 0.5, r.uniform(0.35, 0.6)];
        const shade = shaded(r.choice(goods), r.uniform(0.8, 1.1));
        s.box([x + (i - 1) * 0.45, wallY - 0.45, 0.1 + level * 0.85], size, { colour: shade, edge: 0.65 });
      }
      s.box([x, wallY - 0.45, 0.02 + level * 0.85], [1.45, 0.6, 0.07], { colour });
    }
    for (const end of [-0.72, 0.72]) s.box([x + end, wallY - 0.72, 0], [0.07, 0.07, 2.6], { colour });
  }
}

/** The rows of the picture between which things can stand in the hall, clear of the exit. */
export function warehouseRows({ view, wallY }: WarehousePlace): Point {
  return [view.project([0, wallY - 1.3, 0])[1] + 5, 122];
}
