import type { Polygon } from '../cameras/settings.ts';

/** Why a polygon cannot be a zone or a mask. */
export type PolygonProblem = 'few-points' | 'many-points' | 'outside' | 'crossing' | 'flat';

const MOST_POINTS = 64;
/** Of the picture: less than about 3 x 2 pixels of a small one. */
const LEAST_AREA = 1e-4;

/** What is wrong with a polygon in shares of the picture's width and height; undefined when nothing is. Pure. */
export function polygonProblem(points: Polygon): PolygonProblem | undefined {
  if (points.length < 3) return 'few-points';
  if (points.length > MOST_POINTS) return 'many-points';
  if (!points.every(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1)) return 'outside';
  if (crossesItself(points)) return 'crossing';
  return Math.abs(signedArea(points)) < LEAST_AREA ? 'flat' : undefined;
}

type Point = Polygon[number];

/** Whether two edges that do not follow one another meet, or an edge turns back onto the one before it. */
function crossesItself(points: Polygon): boolean {
  const edges = points.map((from, i): [Point, Point] => [from, points[(i + 1) % points.length] ?? from]);
  return edges.some(([a, b], i) =>
    edges.some(([c, d], j) => {
      if (j <= i) return false;
      if (j === i + 1) return turnsBack(a, b, d);
      if (i === 0 && j === edges.length - 1) return turnsBack(c, d, b);
      return meet(a, b, c, d);
    }),
  );
}

/** From `a` over `b` to `c`: on the same line, and backwards. */
function turnsBack(a: Point, b: Point, c: Point): boolean {
  const along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
  return side(a, b, c) === 0 && along <= 0;
}

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const sides = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)] as const;
  if (sides[0] * sides[1] < 0 && sides[2] * sides[3] < 0) return true;
  const touches = (at: number, from: Point, to: Point, point: Point): boolean => at === 0 && within(from, to, point);
  return (
    touches(sides[0], a, b, c) || touches(sides[1], a, b, d) || touches(sides[2], c, d, a) || touches(sides[3], c, d, b)
  );
}

/** On which side of the line from `a` to `b` a point lies; 0 on the line. */
function side(a: Point, b: Point, point: Point): number {
  const turn = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
  // Points are shares with four digits: what is smaller is the arithmetic's own.
  return Math.abs(turn) < 1e-9 ? 0 : Math.sign(turn);
}

function within(a: Point, b: Point, [x, y]: Point): boolean {
  return (
    x >= Math.min(a[0], b[0]) && x <= Math.max(a[0], b[0]) && y >= Math.min(a[1], b[1]) && y <= Math.max(a[1], b[1])
  );
}

function signedArea(points: Polygon): number {
  let twice = 0;
  for (const [i, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[(i + 1) % points.length] ?? [x, y];
    twice += x * nextY - nextX * y;
  }
  return twice / 2;
}
