import type { Canvas, Face } from './canvas.ts';
import { type Box, hsv, lerp, type Paint, type Point, paintOf, shaded, type Vector } from './space.ts';

const CARTON: Vector = [0.78, 0.57, 0.35];
const CARDBOARD: Vector = [0.76, 0.57, 0.36];
const CAR_COLOURS: readonly Paint[] = ['red', 'blue', 'green', 'white', 'black', 'grey', 'yellow'];
const SPILL_COLOURS: readonly Paint[] = ['blue', 'brown', 'red', 'white', 'green', 'orange', 'black'];
const FORKLIFT_COLOURS: readonly Paint[] = ['yellow', 'orange', 'red', 'green'];

interface FloorLook {
  readonly colour: Vector;
  readonly joints: Vector;
  readonly y: Point;
  readonly x: Point;
  readonly step: number;
  readonly tiled: boolean;
}

export function drawFloor(s: Canvas, { colour, joints, y: [y0, y1], x: [x0, x1], step, tiled }: FloorLook): void {
  s.polygon(
    [
      [x0, y0, 0],
      [x1, y0, 0],
      [x1, y1, 0],
      [x0, y1, 0],
    ],
    colour,
  );
  if (!tiled) return;
  for (let x = x0; x < x1; x += step) s.line([x, y0, 0], [x, y1, 0], joints);
  for (let y = y0; y < y1; y += step) s.line([x0, y, 0], [x1, y, 0], joints);
}

interface Carton {
  readonly id: string;
  readonly at: Vector;
  readonly size: number;
  readonly yaw?: number;
}

export function drawCarton(s: Canvas, { id, at, size, yaw }: Carton): void {
  const r = s.random(`c${id}`);
  const colour = shaded(CARTON, r.uniform(0.85, 1.12));
  const turned = yaw ?? r.uniform(-0.6, 0.6);
  const dims: Vector = [size * r.uniform(0.9, 1.15), size * r.uniform(0.9, 1.15), size * r.uniform(0.75, 1.0)];
  const tape = ({ corners: [a, b, c, d], brightness }: Face): void => {
    s.polygon(
      [lerp(a, b, 0.43), lerp(a, b, 0.57), lerp(d, c, 0.57), lerp(d, c, 0.43)],
      shaded([0.9, 0.8, 0.6], brightness),
      0.85,
    );
  };
  s.add([at[0], at[1], at[2] + dims[2] / 2], () => {
    if (at[2] === 0) s.shadow(at[0], at[1], dims[0], dims[1], turned);
    s.box(at, dims, { colour, yaw: turned, edge: 0.65, onFace: tape });
  });
}

/** Cartons in a row, and one or more upon them. */
export function drawPile(s: Canvas, id: string, [x, y]: Point, count: number, size: number): void {
  const r = s.random(`pile${id}`);
  for (let i = 0; i < count; i++) {
    const at: Vector = [x + (i - (count - 1) / 2) * size * 1.05 + r.uniform(-0.04, 0.04), y + r.uniform(-0.1, 0.1), 0];
    drawCarton(s, { id: `${id}.${i}`, at, size: size * r.uniform(0.9, 1.1), yaw: r.uniform(-0.25, 0.25) });
  }
  if (count <= 2) return;
  const upper = r.random() < 0.5 ? count - 1 : 1;
  for (let i = 0; i < upper; i++) {
    const at: Vector = [x + (i - (count - 2) / 2) * size * 1.05, y - 0.02, size * 0.86];
    drawCarton(s, { id: `${id}.t${i}`, at, size: size * 0.9, yaw: r.uniform(-0.2, 0.2) });
  }
}

export function drawPallet(s: Canvas, id: string, [x, y]: Point): void {
  const r = s.random(`pl${id}`);
  const width = r.uniform(1.05, 1.25);
  const tints: Vector[] = [
    shaded(CARDBOARD, r.uniform(0.8, 1.1)),
    [0.85, 0.86, 0.9],
    hsv(r.uniform(0.5, 0.65), 0.35, 0.8),
  ];
  const tint = r.choice(tints);
  const wood = shaded([0.65, 0.45, 0.25], r.uniform(0.9, 1.2));
  const layers = r.choice([2, 3]);
  const height = r.uniform(0.34, 0.46);
  const yaw = r.uniform(-0.15, 0.15);
  const brightness = Array.from({ length: layers }, () => r.uniform(0.92, 1.08));
  const seam = ({ corners: [a, b, c, d], brightness: lit, isTop }: Face): void => {
    if (isTop) return;
    const [from, to] = [s.view.project(lerp(a, b, 0.5)), s.view.project(lerp(d, c, 0.5))];
    s.stroke(
      [
        [from[0], from[1]],
        [to[0], to[1]],
      ],
      shaded(tint, 0.6 * lit),
      0.5,
    );
  };
  s.add([x, y, 0.5], () => {
    s.shadow(x, y, width, width, yaw);
    s.box([x, y, 0], [width, width, 0.06], { colour: shaded(wood, 0.55), yaw });
    s.box([x, y, 0.07], [width, width, 0.06], { colour: wood, yaw });
    for (const [layer, lit] of brightness.entries()) {
      const size: Vector = [width * 0.97, width * 0.97, height * 0.98];
      s.box([x, y, 0.14 + layer * height], size, { colour: shaded(tint, lit), yaw, edge: 0.6, onFace: seam });
    }
  });
}

/** One box of a vehicle: where its bottom's middle is along, across and above the vehicle; its size; its colour. */
type Part = readonly [at: Vector, size: Vector, colour: Vector];

interface Vehicle {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
}

function drawParts(s: Canvas, { x, y, yaw }: Vehicle, parts: readonly Part[], nearer: (z: number) => number) {
  const [c, n] = [Math.cos(yaw), Math.sin(yaw)];
  return parts
    .map(([[a, b, z], size, colour]) => {
      const at: Vector = [x + a * c - b * n, y + a * n + b * c, z];
      return { at, size, colour, depth: nearer(z) + s.view.depth([at[0], at[1], z + size[2] / 2]) };
    })
    .sort((one, other) => other.depth - one.depth);
}

export function drawForklift(s: Canvas, vehicle: Vehicle): void {
  const r = s.random('fk');
  const { colour } = paintOf(r, FORKLIFT_COLOURS);
  const loaded = r.random() < 0.4;
  const fork = r.uniform(0.1, 0.6);
  const black: Vector = [0.1, 0.1, 0.1];
  const dark: Vector = [0.12, 0.12, 0.13];
  const tyre: Vector = [0.05, 0.05, 0.05];
  const parts: Part[] = [
    [[-0.75, 0, 0.25], [0.55, 1.05, 0.75], colour],
    [[0, 0, 0.25], [1.0, 1.0, 0.5], colour],
    [[-0.1, 0, 0.75], [0.5, 0.5, 0.35], dark],
    [
      [0.68, 0.33, 0.1],
      [0.1, 0.09, 1.95],
      [0.15, 0.15, 0.17],
    ],
    [
      [0.68, -0.33, 0.1],
      [0.1, 0.09, 1.95],
      [0.15, 0.15, 0.17],
    ],
    [
      [0.68, 0, 1.1],
      [0.06, 0.75, 0.08],
      [0.2, 0.2, 0.22],
    ],
    [
      [1.25, 0.25, fork],
      [1.05, 0.12, 0.07],
      [0.25, 0.25, 0.27],
    ],
    [
      [1.25, -0.25, fork],
      [1.05, 0.12, 0.07],
      [0.25, 0.25, 0.27],
    ],
    [[-0.5, 0.45, 0.9], [0.07, 0.07, 1.0], black],
    [[-0.5, -0.45, 0.9], [0.07, 0.07, 1.0], black],
    [[0.35, 0.45, 0.75], [0.07, 0.07, 1.15], black],
    [[0.35, -0.45, 0.75], [0.07, 0.07, 1.15], black],
    [[-0.08, 0, 1.9], [1.0, 1.0, 0.07], dark],
    [[0.4, 0.5, 0], [0.5, 0.16, 0.5], tyre],
    [[0.4, -0.5, 0], [0.5, 0.16, 0.5], tyre],
    [[-0.7, 0.5, 0], [0.42, 0.16, 0.42], tyre],
    [[-0.7, -0.5, 0], [0.42, 0.16, 0.42], tyre],
  ];
  if (loaded) parts.push([[1.25, 0, fork + 0.07], [0.9, 0.9, r.uniform(0.4, 0.6)], CARDBOARD]);
  const drawn = drawParts(s, vehicle, parts, () => 0);
  const { x, y, yaw } = vehicle;
  s.add([x, y, 0.8], () => {
    s.shadow(x, y, 2, 1.1, yaw);
    for (const part of drawn) s.box(part.at, part.size, { colour: part.colour, yaw });
  });
}

export interface Car extends Vehicle {
  readonly id: string | number;
  readonly hood?: boolean;
  readonly blink?: boolean;
}

export function drawCar(s: Canvas, car: Car): void {
  const r = s.random(`car${car.id}`);
  const { colour } = paintOf(r, CAR_COLOURS);
  const length = r.uniform(3.9, 4.5);
  const width = 1.8;
  const cabin = r.uniform(0.55, 0.7);
  const parts: Part[] = [
    [[0, 0, 0.28], [length, width, 0.55], colour],
    [
      [-0.25, 0, 0.83],
      [length * 0.52, width * 0.86, cabin * 0.78],
      [0.14, 0.19, 0.26],
    ],
    [[-0.25, 0, 0.83 + cabin * 0.78], [length * 0.46, width * 0.8, 0.1], shaded(colour, 1.05)],
  ];
  if (car.hood) parts.push([[length / 2 - 0.9, 0, 0.95], [0.12, width * 0.85, 1.0], shaded(colour, 0.9)]);
  for (const a of [-0.32, 0.32])
    for (const b of [-1, 1])
      parts.push([
        [a * length, b * width * 0.47, 0],
        [0.62, 0.2, 0.62],
        [0.05, 0.05, 0.05],
      ]);
  for (const b of [-0.7, 0.7]) {
    parts.push([
      [length / 2, (b * width) / 2, 0.5],
      [0.06, 0.3, 0.18],
      [1, 0.97, 0.8],
    ]);
    parts.push([
      [-length / 2, (b * width) / 2, 0.5],
      [0.06, 0.3, 0.18],
      [0.85, 0.08, 0.05],
    ]);
  }
  if (car.blink) {
    for (const a of [-1, 1])
      for (const b of [-0.9, 0.9])
        parts.push([
          [(a * length) / 2, (b * width) / 2, 0.62],
          [0.2, 0.3, 0.26],
          [1, 0.62, 0.05],
        ]);
  }
  const drawn = drawParts(s, car, parts, (z) => Math.round(z * 3) * -0.5);
  s.add([car.x, car.y, 0.7], () => {
    s.shadow(car.x, car.y, length, width, car.yaw);
    for (const part of drawn) s.box(part.at, part.size, { colour: part.colour, yaw: car.yaw });
  });
}

export interface Spill {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Returns the box in which it is seen. */
export function drawSpill(s: Canvas, { id, x, y, radius }: Spill): Box {
  const r = s.random(`sp${id}`);
  const { name, colour } = paintOf(r, SPILL_COLOURS);
  const shown = name === 'blue' ? lerp(colour, [0.5, 0.75, 1], 0.5) : colour;
  const [p0, p1, p2] = [r.uniform(0, 6.3), r.uniform(0, 6.3), r.uniform(0, 6.3)];
  const edge = Array.from({ length: 30 }, (_, i): Vector => {
    const t = (i / 30) * 2 * Math.PI;
    const waves = 0.2 * Math.sin(2 * t + p0) + 0.14 * Math.sin(3 * t + p1) + 0.07 * Math.sin(5 * t + p2);
    const reach = radius * (1 + waves);
    return [x + reach * Math.cos(t) * 1.25, y + reach * Math.sin(t) * 0.95, 0.004];
  });
  const scaled = (by: number, dx = 0, dy = 0): Vector[] =>
    edge.map(([px, py]) => [x + (px - x) * by + dx, y + (py - y) * by + dy, 0.004]);
  s.addOnFloor(() => {
    s.polygon(scaled(1.03), shaded(shown, 0.55), 0.9);
    s.polygon(scaled(0.96), shown, 0.95);
    s.polygon(scaled(0.35, -radius * 0.35, radius * 0.3), [1, 1, 1], 0.6);
  });
  return s.bounds(edge);
}
