import { SeededRandom } from './random.ts';
import { type Box, dot, HEIGHT, type Point, shaded, towards, unit, type Vector, type View, WIDTH } from './space.ts';

const FACES = [
  [0, 1, 5, 4],
  [1, 2, 6, 5],
  [2, 3, 7, 6],
  [3, 0, 4, 7],
  [4, 5, 6, 7],
] as const;

/** A face of a box while it is drawn: its corners, how bright it lies, and whether it is the top. */
export interface Face {
  readonly corners: readonly [Vector, Vector, Vector, Vector];
  readonly brightness: number;
  readonly isTop: boolean;
}

interface BoxLook {
  readonly colour: Vector;
  readonly yaw?: number;
  /** Brightness of its edges against its faces; none without. */
  readonly edge?: number;
  readonly onFace?: (face: Face) => void;
}

/** Where a figure stands in the picture: its feet, pixels per metre upright and flat, and how it leans. */
export interface Stand {
  readonly x: number;
  readonly y: number;
  readonly upright: number;
  readonly tilt: number;
  readonly flat: number;
}

/** Draws a scene into an SVG; what is added is painted from far to near. */
export class Canvas {
  readonly seed: number;
  readonly view: View;
  readonly #light: Vector;
  #marks: string[] = [];
  #later: Array<{ depth: number; draw: () => void }> = [];

  constructor(seed: number, view: View) {
    this.seed = seed;
    this.view = view;
    const r = this.random('light');
    this.#light = unit([r.uniform(-0.6, 0.6), -r.uniform(0.3, 0.9), r.uniform(0.6, 1.2)]);
  }

  /** A thing's own numbers, the same in every picture of the scene. */
  random(name: string): SeededRandom {
    return new SeededRandom(`${this.seed}:${name}`);
  }

  background(colour: Vector): void {
    this.#marks.push(`<rect width="${WIDTH}" height="${HEIGHT}" fill="${hex(colour)}"/>`);
  }

  fill(points: readonly Point[], colour: Vector, alpha = 1): void {
    if (points.length >= 3) this.#marks.push(`<path d="${path(points)}Z" fill="${hex(colour)}"${opacity(alpha)}/>`);
  }

  stroke(
    points: readonly Point[],
    colour: Vector,
    width: number,
    { alpha = 1, close = false, round = false }: { alpha?: number; close?: boolean; round?: boolean } = {},
  ): void {
    const end = `${close ? 'Z' : ''}" fill="none" stroke="${hex(colour)}" stroke-width="${short(width)}"`;
    const cap = round ? ' stroke-linecap="round"' : '';
    const faint = alpha === 1 ? '' : ` stroke-opacity="${short(alpha)}"`;
    this.#marks.push(`<path d="${path(points)}${end}${cap}${faint}/>`);
  }

  disc(x: number, y: number, radius: number, colour: Vector, alpha = 1): void {
    this.ellipse(x, y, radius, radius, colour, alpha);
  }

  ellipse(x: number, y: number, rx: number, ry: number, colour: Vector, alpha = 1): void {
    const shape = `cx="${short(x)}" cy="${short(y)}" rx="${short(rx)}" ry="${short(ry)}"`;
    this.#marks.push(`<ellipse ${shape} fill="${hex(colour)}"${opacity(alpha)}/>`);
  }

  /** The upper half of a disc that leans by `angle`. */
  dome(x: number, y: number, radius: number, angle: number, colour: Vector): void {
    const [dx, dy] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    const arc = `A${short(radius)} ${short(radius)} 0 0 1 ${short(x + dx)} ${short(y + dy)}`;
    this.#marks.push(`<path d="M${short(x - dx)} ${short(y - dy)}${arc}Z" fill="${hex(colour)}"/>`);
  }

  polygon(places: readonly Vector[], colour: Vector, alpha = 1): void {
    this.fill(this.view.polygon(places), colour, alpha);
  }

  line(a: Vector, b: Vector, colour: Vector, width = 0.7): void {
    const [from, to] = this.view.polygon([a, b, b]);
    if (from && to) this.stroke([from, to], colour, width, { alpha: 0.6 });
  }

  corners([x, y, z]: Vector, [dx, dy, dz]: Vector, yaw = 0): Vector[] {
    const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
    return [0, 1].flatMap((k) =>
      (
        [
          [-1, -1],
          [1, -1],
          [1, 1],
          [-1, 1],
        ] as const
      ).map(([a, b]): Vector => {
        const [across, along] = [(a * dx) / 2, (b * dy) / 2];
        return [x + across * c - along * s, y + across * s + along * c, z + k * dz];
      }),
    );
  }

  /** A box that stands on `at` (the middle of its bottom). */
  box(at: Vector, size: Vector, { colour, yaw = 0, edge, onFace }: BoxLook): void {
    const corners = this.corners(at, size, yaw);
    const centre: Vector = [at[0], at[1], at[2] + size[2] / 2];
    for (const [index, face] of FACES.entries()) {
      const quad = face.map((corner) => corners[corner] as Vector) as unknown as Face['corners'];
      const mean = (k: 0 | 1 | 2): number => quad.reduce((sum, corner) => sum + corner[k], 0) / 4;
      const middle: Vector = [mean(0), mean(1), mean(2)];
      const isTop = index === 4;
      const normal: Vector = isTop ? [0, 0, 1] : towards(centre, middle);
      if (dot(normal, towards(middle, this.view.at)) <= 0) continue;
      const brightness = 0.62 + 0.45 * Math.max(0, dot(normal, this.#light));
      const seen = this.view.polygon(quad);
      this.fill(seen, shaded(colour, brightness));
      if (edge && seen.length > 2) this.stroke(seen, shaded(colour, edge), 0.5, { alpha: 0.8, close: true });
      onFace?.({ corners: quad, brightness, isTop });
    }
  }

  shadow(x: number, y: number, dx: number, dy: number, yaw = 0): void {
    this.polygon(this.corners([x, y, 0.003], [dx * 1.15, dy * 1.15, 0], yaw).slice(0, 4), [0, 0, 0], 0.25);
  }

  /** The box around these places as they are seen. */
  bounds(places: readonly Vector[]): Box {
    const seen = places.map((place) => this.view.project(place));
    const [xs, ys] = [seen.map(([x]) => x), seen.map(([, y]) => y)];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  /** Draws it when all that is further away is drawn. */
  add(place: Vector, draw: () => void): void {
    this.#later.push({ depth: this.view.depth(place), draw });
  }

  /** Draws it on the floor, before all that stands there. */
  addOnFloor(draw: () => void, depth = 1e6): void {
    this.#later.push({ depth, draw });
  }

  stand(x: number, y: number, height: number): Stand {
    const foot = this.view.project([x, y, 0]);
    const head = this.view.project([x, y, height]);
    return {
      x: foot[0],
      y: foot[1],
      upright: Math.hypot(foot[0] - head[0], foot[1] - head[1]) / height,
      tilt: Math.atan2(head[0] - foot[0], foot[1] - head[1]),
      flat: this.view.focal / foot[2],
    };
  }

  /** The whole scene as an SVG of this many pixels. */
  svg(width: number, height: number): string {
    for (const { draw } of this.#later.sort((a, b) => b.depth - a.depth)) draw();
    this.#later = [];
    const size = `width="${width}" height="${height}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} stroke-miterlimit="10">${this.#marks.join('')}</svg>`;
  }
}

const short = (value: number): string => String(Math.round(value * 1_000) / 1_000);
const path = (points: readonly Point[]): string => `M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join('L')}`;
const opacity = (alpha: number): string => (alpha === 1 ? '' : ` fill-opacity="${short(alpha)}"`);

function hex(colour: Vector): string {
  return `#${colour
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
