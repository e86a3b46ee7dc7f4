import type { SeededRandom } from './random.ts';

/** Metres, z is up; as colour: red, green, blue, each 0..1. */
export type Vector = readonly [number, number, number];
/** In virtual pixels, `WIDTH` by `HEIGHT`. */
export type Point = readonly [number, number];
export type Box = readonly [left: number, top: number, right: number, bottom: number];

export const WIDTH = 240;
export const HEIGHT = 135;
const NEAR = 0.15;

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function unit(a: Vector): Vector {
  const length = Math.sqrt(dot(a, a)) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

/** The unit vector from `from` to `to`. */
export const towards = (from: Vector, to: Vector): Vector => unit(minus(to, from));

export function lerp(a: Vector, b: Vector, share: number): Vector {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

const clamped = (value: number): number => Math.max(0, Math.min(1, value));

/** A colour made brighter or darker. */
export const shaded = (c: Vector, by: number): Vector => [clamped(c[0] * by), clamped(c[1] * by), clamped(c[2] * by)];

export function hsv(hue: number, saturation: number, brightness: number): Vector {
  const h = ((hue % 1) + 1) % 1;
  const [s, v] = [clamped(saturation), clamped(brightness)];
  if (s === 0) return [v, v, v];
  const sector = Math.floor(h * 6);
  const f = h * 6 - sector;
  const [p, q, t] = [v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f))];
  const sectors: Vector[] = [
    [v, t, p],
    [q, v, p],
    [p, v, t],
    [p, q, v],
    [t, p, v],
    [v, p, q],
  ];
  return sectors[sector % 6] as Vector;
}

type Range = readonly [number, number];
const PAINT = {
  red: [
    [0.985, 1.015],
    [0.75, 0.95],
    [0.6, 0.9],
  ],
  blue: [
    [0.57, 0.63],
    [0.6, 0.9],
    [0.55, 0.95],
  ],
  green: [
    [0.34, 0.42],
    [0.5, 0.85],
    [0.4, 0.75],
  ],
  white: [
    [0, 1],
    [0, 0.03],
    [0.9, 0.98],
  ],
  black: [
    [0, 1],
    [0, 0.1],
    [0.1, 0.2],
  ],
  grey: [
    [0.55, 0.65],
    [0, 0.06],
    [0.5, 0.64],
  ],
  yellow: [
    [0.135, 0.155],
    [0.8, 0.95],
    [0.88, 0.98],
  ],
  orange: [
    [0.055, 0.085],
    [0.85, 0.97],
    [0.9, 1],
  ],
  brown: [
    [0.055, 0.075],
    [0.75, 0.85],
    [0.42, 0.54],
  ],
} as const satisfies Record<string, readonly [Range, Range, Range]>;

export type Paint = keyof typeof PAINT;

/** One of the colours, and a shade of it. */
export function paintOf(r: SeededRandom, names: readonly Paint[]): { name: Paint; colour: Vector } {
  const name = r.choice(names);
  const [h, s, v]: readonly [Range, Range, Range] = PAINT[name];
  return { name, colour: hsv(r.uniform(...h), r.uniform(...s), r.uniform(...v)) };
}

/** A pinhole camera. */
export class View {
  readonly at: Vector;
  /** Focal length, virtual pixels. */
  readonly focal: number;
  readonly #forward: Vector;
  readonly #right: Vector;
  readonly #up: Vector;

  constructor(at: Vector, target: Vector, focal: number, roll: number) {
    this.at = at;
    this.focal = focal * HEIGHT;
    this.#forward = towards(at, target);
    const right = unit(cross(this.#forward, [0, 0, 1]));
    const up = cross(right, this.#forward);
    const [c, s] = [Math.cos(roll), Math.sin(roll)];
    this.#right = [c * right[0] + s * up[0], c * right[1] + s * up[1], c * right[2] + s * up[2]];
    this.#up = [-s * right[0] + c * up[0], -s * right[1] + c * up[1], -s * right[2] + c * up[2]];
  }

  /** How far away a place is, along the view. */
  depth(place: Vector): number {
    return this.#seen(place)[2];
  }

  /** Where a place is in the picture, and how far away. */
  project(place: Vector): Vector {
    const [x, y, depth] = this.#seen(place);
    const z = Math.max(depth, NEAR);
    return [WIDTH / 2 + (this.focal * x) / z, HEIGHT / 2 - (this.focal * y) / z, z];
  }

  /** The place on the floor that is seen at (u, v); it must lie below the horizon. */
  floor(u: number, v: number): Point {
    const [a, b] = [(u - WIDTH / 2) / this.focal, (HEIGHT / 2 - v) / this.focal];
    const along = (k: 0 | 1 | 2): number => this.#forward[k] + a * this.#right[k] + b * this.#up[k];
    const t = -this.at[2] / along(2);
    return [this.at[0] + t * along(0), this.at[1] + t * along(1)];
  }

  /** The polygon as it is seen, cut where it comes too close. */
  polygon(places: readonly Vector[]): Point[] {
    const seen = places.map((place) => this.#seen(place));
    const cut: Vector[] = [];
    for (const [i, a] of seen.entries()) {
      const b = seen[(i + 1) % seen.length] as Vector;
      if (a[2] >= NEAR) cut.push(a);
      if (a[2] >= NEAR !== b[2] >= NEAR) cut.push(lerp(a, b, (NEAR - a[2]) / (b[2] - a[2])));
    }
    return cut.map(([x, y, z]) => [WIDTH / 2 + (this.focal * x) / z, HEIGHT / 2 - (this.focal * y) / z]);
  }

  #seen(place: Vector): Vector {
    const d = minus(place, this.at);
    return [dot(d, this.#right), dot(d, this.#up), dot(d, this.#forward)];
  }
}
