import type { Canvas } from './canvas.ts';
import { SeededRandom } from './random.ts';
import { hsv, type Point, shaded, type Vector, View } from './space.ts';
import { drawFloor } from './things.ts';

/** A section of the shelf: its row from below, and its column. */
export type Section = readonly [row: number, column: number];

export interface StorePlace {
  readonly family: 'store';
  readonly view: View;
  readonly width: number;
  readonly height: number;
  readonly rows: number;
  readonly columns: number;
}

const DEPTH = 0.5;

/** A shelf seen from the front, from further away, or by a camera under the ceiling. */
export function storePlace(seed: number): StorePlace {
  const r = new SeededRandom(`${seed}:geo`);
  const from = r.choice(['front', 'front', 'front', 'wide', 'ceiling'] as const);
  const width = r.uniform(3.6, 4.6);
  const rows = r.choice([2, 3, 3]);
  const columns = r.choice([3, 3, 4]);
  const height = r.uniform(1.85, 2.15);
  const angle = r.uniform(-0.4, 0.4);
  const distance = ((r.uniform(3.5, 4.2) * width) / 4.1) * { front: 1, wide: 1.15, ceiling: 0.98 }[from];
  const up = from === 'ceiling' ? r.uniform(3.0, 3.5) : r.uniform(1.7, 2.6);
  const look = from === 'ceiling' ? r.uniform(0.42, 0.55) : r.uniform(0.5, 0.66);
  const target: Vector = [r.uniform(-0.15, 0.15), -0.25, look];
  const at: Vector = [Math.sin(angle) * distance, -Math.cos(angle) * distance, up];
  const view = new View(at, target, r.uniform(0.92, 1.04), r.uniform(-0.03, 0.03));
  return { family: 'store', view, width, height, rows, columns };
}

/** A standing rectangle. */
const wall = (x0: number, z0: number, x1: number, z1: number, y: number): Vector[] => [
  [x0, y, z0],
  [x1, y, z0],
  [x1, y, z1],
  [x0, y, z1],
];

/** `stock` tells how full a section is, 0..1. */
export function drawStore(s: Canvas, place: StorePlace, stock: (section: Section) => number): void {
  const r = s.random('bg');
  const { width, height, rows, columns } = place;
  const floor = hsv(r.choice([0.08, 0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.18), r.uniform(0.5, 0.9));
  const back = hsv(r.choice([0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.35), r.uniform(0.5, 0.95));
  s.background(back);
  s.polygon(wall(-14, 2.6, 14, 7, 1.5), shaded(back, 0.92));
  const joints = shaded(floor, r.choice([0.86, 1.1]));
  const step = r.uniform(0.5, 1.1);
  drawFloor(s, { colour: floor, joints, y: [-8, 1.5], x: [-9, 9], step, tiled: r.random() < 0.75 });
  s.line([-14, 1.5, 0], [14, 1.5, 0], shaded(floor, 0.6), 1.2);
  if (r.random() < 0.7) {
    s.polygon(wall(-width * 0.32, height + 0.12, width * 0.32, height + 0.42, 0.3), hsv(r.random(), 0.6, 0.75));
    s.polygon(wall(-width * 0.22, height + 0.22, width * 0.22, height + 0.31, 0.29), [1, 1, 1], 0.85);
  }
  const frames: Vector[] = [
    [0.92, 0.92, 0.93],
    [0.55, 0.56, 0.6],
    [0.28, 0.29, 0.32],
    [0.72, 0.56, 0.38],
    hsv(r.random(), 0.35, 0.65),
  ];
  const frame = r.choice(frames);
  const panel = shaded(frame, r.uniform(0.55, 0.8));
  for (const side of [-1, 1]) drawNeighbour(s, r, side, width, frame);
  s.shadow(0, 0, width, DEPTH);
  s.box([0, DEPTH / 2 - 0.02, 0], [width, 0.04, height], { colour: panel });
  const rowHeight = (height - 0.12) / rows;
  for (let row = 0; row < rows; row++) {
    const z = 0.1 + row * rowHeight;
    s.box([0, 0, z - 0.05], [width, DEPTH, 0.05], { colour: frame });
    s.polygon(wall(-width / 2, z - 0.07, width / 2, z, -DEPTH / 2), shaded(frame, 0.85));
    for (let column = 0; column < columns; column++) drawSection(s, place, [row, column], stock([row, column]));
  }
  for (let column = 0; column <= columns; column++) {
    const depth = DEPTH * (column === 0 || column === columns ? 1 : 0.96);
    const x = -width / 2 + (column * width) / columns;
    s.box([x, 0, 0], [0.05, depth, height], { colour: shaded(frame, 0.8) });
  }
  s.box([0, 0, height - 0.04], [width, DEPTH, 0.05], { colour: frame });
}

function drawNeighbour(s: Canvas, r: SeededRandom, side: number, width: number, frame: Vector): void {
  if (r.random() >= 0.6) return;
  s.box([side * (width / 2 + 1.3), 0.5, 0], [1.6, 0.5, r.uniform(1.2, 2)], { colour: shaded(frame, 0.8) });
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 3; j++) {
      const at: Vector = [side * (width / 2 + 0.75 + 0.35 * i), 0.22, 0.25 + 0.5 * j];
      s.box(at, [0.28, 0.06, 0.34], { colour: hsv(r.random(), 0.5, 0.8) });
    }
  }
}

function drawSection(s: Canvas, place: StorePlace, [row, column]: Section, share: number): void {
  const rowHeight = (place.height - 0.12) / place.rows;
  const sectionWidth = place.width / place.columns;
  const z = 0.1 + row * rowHeight;
  const q = s.random(`cell${row}.${column}`);
  const x0 = -place.width / 2 + column * sectionWidth + 0.05;
  const width = sectionWidth - 0.1;
  for (let tag = q.integer(1, 3); tag > 0; tag--) {
    const x = x0 + q.uniform(0, width - 0.12);
    const colours: Vector[] = [
      [1, 1, 1],
      [1, 0.95, 0.4],
      [0.9, 0.2, 0.2],
    ];
    s.polygon(wall(x, z - 0.06, x + 0.13, z - 0.005, -DEPTH / 2 - 0.005), q.choice(colours));
  }
  const kind = q.choice(['box', 'box', 'can', 'packet'] as const);
  const count = q.integer(4, 7);
  const productWidth = width / count;
  const productHeight = rowHeight * q.uniform(0.58, 0.82);
  const base = q.random();
  const colours = Array.from({ length: q.choice([1, 1, 2, 3]) }, () => {
    return hsv(base + q.choice([0, 0.03, 0.5, 0.3]) * q.random(), q.uniform(0.45, 1), q.uniform(0.5, 1));
  });
  const labelled = q.random() < 0.65;
  const label = hsv(q.random(), 0.3, 0.97);
  const order = q.shuffle(Array.from({ length: count }, (_, index) => index));
  const y = q.uniform(-0.16, -0.04);
  const middle = (index: number): number => x0 + (index + 0.5) * productWidth;
  const away = (index: number): number => Math.abs(middle(index) - s.view.at[0]);
  const kept = order.slice(0, Math.round(share * count)).sort((a, b) => away(b) - away(a));
  for (const index of kept) {
    const x = middle(index);
    const colour = colours[index % colours.length] as Vector;
    const tall = productHeight * q.uniform(0.96, 1.03);
    if (kind === 'can') drawBottle(s, { x, y, z, width: productWidth, height: tall, colour });
    else {
      const height = kind === 'box' ? tall : tall * 0.72;
      s.box([x, y + 0.1, z], [productWidth * 0.9, 0.22, height], { colour, edge: 0.7 });
    }
    const half = productWidth * 0.3;
    if (labelled) s.polygon(wall(x - half, z + tall * 0.2, x + half, z + tall * 0.42, y - 0.012), label);
  }
}

interface Bottle {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly width: number;
  readonly height: number;
  readonly colour: Vector;
}

function drawBottle(s: Canvas, { x, y, z, width, height, colour }: Bottle): void {
  const shoulder = z + height * 0.75;
  s.polygon(wall(x - width * 0.4, z, x + width * 0.4, shoulder, y), colour);
  const neck: Vector[] = [
    [x - width * 0.18, y, shoulder],
    [x + width * 0.18, y, shoulder],
    [x + width * 0.14, y, z + height],
    [x - width * 0.14, y, z + height],
  ];
  s.polygon(neck, shaded(colour, 0.7));
  s.polygon(wall(x - width * 0.38, z, x - width * 0.2, shoulder, y), shaded(colour, 1.3), 0.5);
}

/** The rows of the picture between which things can stand before the shelf. */
export function storeRows({ view }: StorePlace): Point {
  const shelf = Math.max(...[0, -1.5, 1.5].map((x) => view.project([x, -0.6, 0])[1])) + 2;
  return [shelf + 3, Math.max(shelf + 6, 121)];
}
