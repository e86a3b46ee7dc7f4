import type { Canvas } from './canvas.ts';
import { SeededRandom } from './random.ts';
import { hsv, type Point, shaded, type Vector, View } from './space.ts';
import { drawCar } from './things.ts';

export interface RoadPlace {
  readonly family: 'road';
  readonly view: View;
  readonly laneWidth: number;
}

export function roadPlace(seed: number): RoadPlace {
  const r = new SeededRandom(`${seed}:geo`);
  const laneWidth = r.uniform(3.2, 3.6);
  const angle = r.uniform(-0.5, 0.5);
  const distance = r.uniform(8.2, 9.4);
  const up = r.uniform(4.0, 5.4);
  const at: Vector = [Math.sin(angle) * distance, -distance * Math.cos(angle) + 1.5, up];
  const target: Vector = [r.uniform(-0.4, 0.4), r.uniform(2.0, 2.8), 0.2];
  const view = new View(at, target, r.uniform(1.05, 1.2), r.uniform(-0.03, 0.03));
  return { family: 'road', view, laneWidth };
}

/** A rectangle on the ground. */
const flat = (x0: number, y0: number, x1: number, y1: number, z: number): Vector[] => [
  [x0, y0, z],
  [x1, y0, z],
  [x1, y1, z],
  [x0, y1, z],
];

export function drawRoad(s: Canvas, { laneWidth: half }: RoadPlace): void {
  const r = s.random('bg');
  const isYard = r.random() < 0.4;
  const sky = hsv(r.uniform(0.54, 0.62), r.uniform(0.1, 0.5), r.uniform(0.75, 1));
  const ground = isYard ? shaded([0.62, 0.6, 0.56], r.uniform(0.8, 1.1)) : meadow(r);
  const asphalt = hsv(0.6, r.uniform(0, 0.08), r.uniform(0.3, 0.48));
  s.background(sky);
  s.polygon(flat(-200, -30, 200, 300, 0), ground);
  s.polygon(flat(-half - 1.3, -30, half + 1.3, 200, 0.001), shaded(asphalt, 1.4));
  s.polygon(flat(-half, -30, half, 200, 0.002), asphalt);
  const lines: Vector[] = [
    [0.94, 0.94, 0.92],
    [0.97, 0.82, 0.3],
  ];
  const line = r.choice(lines);
  for (const x of [-half, half]) s.polygon(flat(x - 0.08, -30, x + 0.08, 200, 0.003), line);
  for (let y = -12; y < 60; y += 5) s.polygon(flat(-0.08, y, 0.08, y + 2.4, 0.003), line);
  for (let patch = r.integer(0, 3); patch > 0; patch--) {
    const [x, y] = [r.uniform(-half, half - 1), r.uniform(-5, 18)];
    const width = r.uniform(0.4, 1);
    s.polygon(flat(x, y, x + width, y + width * 2, 0.0025), shaded(asphalt, r.choice([0.9, 1.08])), 0.6);
  }
  if (isYard || r.random() < 0.3) for (let i = 0; i < 3; i++) addBuilding(s, r, half);
  for (let tree = r.integer(0, 4); tree > 0; tree--) addTree(s, r, half);
}

function meadow(r: SeededRandom): Vector {
  const grass = hsv(r.uniform(0.22, 0.33), r.uniform(0.3, 0.55), r.uniform(0.4, 0.6));
  const sand = hsv(0.11, r.uniform(0.2, 0.4), r.uniform(0.5, 0.7));
  return r.choice([grass, sand]);
}

function addBuilding(s: Canvas, r: SeededRandom, half: number): void {
  const x = r.choice([-1, 1]) * (half + r.uniform(6, 9));
  const colour = hsv(r.random(), r.uniform(0, 0.35), r.uniform(0.5, 0.85));
  const y = r.uniform(10, 30);
  const height = r.uniform(3, 8);
  const width = r.uniform(4, 7);
  s.add([x, y, 2], () => s.box([x, y, 0], [width, 6, height], { colour }));
}

function addTree(s: Canvas, r: SeededRandom, half: number): void {
  const x = r.choice([-1, 1]) * (half + r.uniform(3, 7));
  const y = r.uniform(6, 28);
  const height = r.uniform(3, 5);
  const leaves = Array.from({ length: 7 }, () => {
    return [r.uniform(-0.9, 0.9), height * r.uniform(0.6, 1), r.uniform(0.5, 1)] as const;
  });
  const green = hsv(r.uniform(0.22, 0.36), r.uniform(0.4, 0.75), r.uniform(0.3, 0.55));
  s.add([x, y, 1], () => {
    const foot = s.stand(x, y, height);
    const trunk: Point[] = [
      [foot.x - 0.15 * foot.flat, foot.y],
      [foot.x + 0.15 * foot.flat, foot.y],
      [foot.x + 0.08 * foot.flat, foot.y - height * 0.6 * foot.upright],
      [foot.x - 0.08 * foot.flat, foot.y - height * 0.6 * foot.upright],
    ];
    s.fill(trunk, [0.35, 0.24, 0.15]);
    for (const [i, [a, b, size]] of leaves.entries()) {
      const colour = shaded(green, 0.8 + 0.06 * i);
      s.disc(foot.x + a * foot.flat, foot.y - b * foot.upright, size * foot.flat, colour);
    }
  });
}

/** A tree across the road. */
export function drawFallenTree(s: Canvas, y: number, { laneWidth: half }: RoadPlace): void {
  const r = s.random('tree');
  const angle = r.uniform(-0.25, 0.25);
  const side = r.choice([-1, 1]);
  const x = side * (half + r.uniform(0.2, 0.8));
  const length = r.uniform(5, 6.5);
  const [dx, dy] = [-side * Math.cos(angle) * length, Math.sin(angle) * length];
  const thick = r.uniform(0.28, 0.4);
  const bark = shaded([0.42, 0.29, 0.17], r.uniform(0.8, 1.2));
  const branches = Array.from({ length: r.integer(12, 17) }, () => {
    return [r.uniform(0.3, 1), r.uniform(-1.3, 1.3), r.uniform(0.5, 1.1)] as const;
  });
  const green = hsv(r.uniform(0.22, 0.36), r.uniform(0.45, 0.8), r.uniform(0.3, 0.55));
  const [endX, endY] = [x + dx, y + dy];
  s.add([x + dx / 2, y - 0.6, 0.3], () => {
    const shadow: Vector[] = [
      [x, y - thick - 0.2, 0.01],
      [endX, endY - 0.9, 0.01],
      [endX, endY + 0.5, 0.01],
      [x, y + thick, 0.01],
    ];
    s.polygon(shadow, [0, 0, 0], 0.25);
    const trunk: Vector[] = [
      [x, y - thick, 0.05],
      [endX, endY - thick * 0.3, 0.05],
      [endX, endY + thick * 0.3, 0.5],
      [x, y + thick, 0.55],
    ];
    s.polygon(trunk, bark);
    const lit: Vector[] = [
      [x, y - thick * 0.1, 0.4],
      [endX, endY, 0.4],
      [endX, endY + 0.1, 0.5],
      [x, y + thick, 0.57],
    ];
    s.polygon(lit, shaded(bark, 1.3));
    for (const [share, off, size] of branches) {
      const [bx, by] = [x + dx * share, y + dy * share];
      const from = s.view.project([bx, by, 0.3]);
      const to = s.view.project([bx + off * 0.3 - 0.3 * side, by + off * 0.7, 0.35 + Math.abs(off) * 0.5]);
      const width = Math.max(0.7, (0.12 * s.view.focal) / from[2]);
      s.stroke(
        [
          [from[0], from[1]],
          [to[0], to[1]],
        ],
        shaded(bark, 0.9),
        width,
      );
      s.disc(to[0], to[1], (size * 0.6 * s.view.focal) / to[2], shaded(green, 0.7 + 0.5 * share), 0.97);
    }
  });
}

export interface Crash {
  readonly x: number;
  readonly y: number;
  /** Where the smoke is, radians. */
  readonly phase: number;
}

export function drawCrash(s: Canvas, { x, y, phase }: Crash): void {
  const r = s.random('crash');
  const first = Math.PI / 2 + r.uniform(0.4, 0.9) * r.choice([-1, 1]);
  const second = first + r.choice([-1, 1]) * r.uniform(0.7, 1.5);
  const apart = r.uniform(2.0, 2.4);
  const direction = r.uniform(-0.5, 0.5) + r.choice([0, Math.PI]);
  const [x2, y2] = [x + apart * Math.cos(direction), y + apart * Math.sin(direction)];
  drawCar(s, { id: 'k1', x, y, yaw: first });
  drawCar(s, { id: 'k2', x: x2, y: y2, yaw: second, hood: true });
  const [mx, my] = [(x + x2) / 2, (y + y2) / 2 - 0.8];
  const colours: Vector[] = [
    [0.1, 0.1, 0.1],
    [0.85, 0.85, 0.85],
    [0.6, 0.1, 0.1],
  ];
  const debris = Array.from({ length: r.integer(12, 20) }, () => {
    const at = [mx + r.gauss(0, 1.2), my - 0.4 + r.gauss(0, 0.8)] as const;
    return { at, size: r.uniform(0.12, 0.32), colour: r.choice(colours) };
  });
  s.addOnFloor(() => {
    for (const {
      at: [a, b],
      size,
      colour,
    } of debris) {
      s.polygon(
        [
          [a, b, 0.01],
          [a + size, b + size * 0.3, 0.01],
          [a + size * 0.4, b + size, 0.01],
        ],
        colour,
      );
    }
  }, 9e5);
  const puffs = Array.from({ length: 10 }, () => [r.gauss(0, 0.45), r.uniform(0.9, 3), r.uniform(0.35, 0.8)] as const);
  const grey = r.uniform(0.45, 0.85);
  s.add([mx, my - 2.5, 1], () => {
    for (const [i, [a, z, size]] of puffs.entries()) {
      const sway = [0.2 * Math.sin(phase + i), 0.25 * Math.sin(phase * 0.7 + i * 2)] as const;
      const at = s.view.project([mx + a + sway[0], my, z + sway[1]]);
      s.disc(at[0], at[1], (size * s.view.focal) / at[2], [grey, grey, grey], 0.33);
    }
  });
}

export interface Stall {
  readonly x: number;
  readonly y: number;
  /** How far the triangle stands to the side. */
  readonly triangleX: number;
}

/** A car that has broken down, with its warning triangle. */
export function drawStall(s: Canvas, { x, y, triangleX }: Stall): void {
  drawCar(s, { id: 'st', x, y, yaw: Math.PI / 2, hood: true, blink: true });
  const [tx, ty] = [x + triangleX, y - 3.6];
  const foot = s.stand(tx, ty, 1);
  const k = foot.flat * 1.35;
  const at = (a: number, b: number): Point => [foot.x + a * k, foot.y - b * k];
  s.add([tx, ty, 0.4], () => {
    s.ellipse(foot.x, foot.y, 0.5 * k, 0.08 * k, [0, 0, 0], 0.3);
    s.fill([at(-0.55, 0), at(0.55, 0), at(0, 0.95)], [0.95, 0.06, 0.05]);
    s.fill([at(-0.27, 0.15), at(0.27, 0.15), at(0, 0.62)], [0.98, 0.97, 0.93]);
  });
}
