import type { Canvas } from './canvas.ts';
import type { SeededRandom } from './random.ts';
import { hsv, type Paint, type Point, paintOf, shaded, type Vector } from './space.ts';

const DEGREE = Math.PI / 180;
const ROBOT_COLOURS: readonly Paint[] = ['blue', 'white', 'grey', 'orange', 'green'];
const STRIPE: Vector = [0.95, 0.97, 0.92];

export interface Person {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly vest: boolean;
  readonly size: number;
  readonly walks: boolean;
  /** Where in the step, radians. */
  readonly phase: number;
}

interface Looks {
  readonly skin: Vector;
  readonly trousers: Vector;
  readonly torso: Vector;
  readonly under: Vector;
  readonly hair: Vector;
  readonly hat: Vector | null;
  readonly wide: number;
}

function looksOf(r: SeededRandom, vest: boolean): Looks {
  const skin = hsv(r.uniform(0.04, 0.09), r.uniform(0.3, 0.6), r.uniform(0.45, 0.95));
  const trousers = hsv(r.choice([0.6, 0.62, 0.1, r.random()]), r.uniform(0.1, 0.5), r.uniform(0.12, 0.45));
  const vests: Vector[] = [
    [1, 0.48, 0.02],
    [0.86, 1, 0.1],
    [0.95, 0.95, 0.05],
    [1, 0.4, 0.05],
  ];
  const vestColour = r.choice(vests);
  const hue = r.choice([r.uniform(0.48, 0.95), r.uniform(0.5, 0.7), r.random()]);
  let torso = hsv(hue, r.uniform(0.05, 0.6), r.uniform(0.15, 0.8));
  // Nobody without a vest wears what looks like one.
  if (torso[0] > 0.6 && torso[1] > 0.3 && torso[2] < 0.4) torso = [0.3, 0.33, 0.6];
  if (torso[0] > 0.6 && torso[1] > 0.6 && torso[2] < 0.5) torso = [0.5, 0.5, 0.55];
  const under = hsv(r.random(), r.uniform(0, 0.4), r.uniform(0.1, 0.7));
  const hair = hsv(0.08, r.uniform(0, 0.6), r.uniform(0.05, 0.45));
  const hasHat = r.random() < (vest ? 0.6 : 0.15);
  const hats: Vector[] = [
    [1, 0.85, 0.1],
    [0.95, 0.95, 0.95],
    [0.15, 0.35, 0.85],
    [0.9, 0.2, 0.1],
  ];
  const hat = r.choice(hats);
  const wide = r.uniform(0.95, 1.25);
  return { skin, trousers, torso: vest ? vestColour : torso, under, hair, hat: hasHat ? hat : null, wide };
}

/** A point of a figure: to the side and up, metres, as it stands in the picture. */
type Placed = (side: number, up: number) => Point;

export function drawPerson(s: Canvas, person: Person): void {
  const r = s.random(`p${person.id}`);
  const { x, y, vest } = person;
  const height = r.uniform(1.62, 1.9) * person.size;
  const foot = s.stand(x, y, height);
  const facing = r.choice([-1, 1]);
  r.uniform(78, 100);
  const k = Math.max(foot.upright, 0.62 * foot.flat);
  const looks = looksOf(r, vest);
  const [c, n] = [Math.cos(foot.tilt), Math.sin(foot.tilt)];
  const at: Placed = (side, up) => [foot.x + side * k * c + up * k * n, foot.y + side * k * n - up * k * c];
  const swing = person.walks ? 0.16 : 0.05;
  s.add([x, y - 0.1, 0.5], () => {
    s.ellipse(foot.x, foot.y, 0.34 * k, 0.1 * k, [0, 0, 0], 0.3);
    for (const side of [-1, 1]) drawLimbs(s, at, { side, k, height, facing, vest, looks, swing, phase: person.phase });
    drawTorso(s, at, { k, height, vest, looks });
    drawHead(s, at, { k, height, looks, tilt: foot.tilt });
  });
}

interface Body {
  /** Pixels per metre. */
  readonly k: number;
  readonly height: number;
  readonly looks: Looks;
}

function drawLimbs(
  s: Canvas,
  at: Placed,
  body: Body & { side: number; facing: number; vest: boolean; swing: number; phase: number },
): void {
  const { side, k, height, facing, vest, looks, phase } = body;
  const [hip, shoulder, half] = [0.48 * height, 0.82 * height, 0.21 * looks.wide];
  const stride = Math.sin(phase) * body.swing * side;
  const heel = side * 0.1 + stride * 1.5;
  const leg = [at(side * half * 0.5, hip), at(side * 0.1 + stride * 0.6, hip * 0.52), at(heel, 0.03)];
  s.stroke(leg, shaded(looks.trousers, side > 0 ? 1 : 0.82), 0.17 * k, { round: true });
  s.stroke([at(heel - 0.02, 0.03), at(heel + 0.06 * facing, 0.03)], [0.08, 0.08, 0.09], 0.09 * k, { round: true });
  const reach = -Math.sin(phase) * body.swing * side * 1.2;
  const [ax, ay] = [side * (half + 0.02), shoulder - 0.03];
  const elbow = at(ax + side * 0.05 + reach * 0.6, ay - 0.17 * height);
  const hand = at(ax + side * 0.05 + reach * 1.6, ay - 0.33 * height);
  s.stroke([at(ax, ay), elbow], vest ? looks.under : shaded(looks.torso, 0.85), 0.12 * k, { round: true });
  s.stroke([elbow, hand], vest ? looks.under : looks.skin, 0.1 * k, { round: true });
}

function drawTorso(s: Canvas, at: Placed, { k, height, vest, looks }: Body & { vest: boolean }): void {
  const [hip, shoulder, half] = [0.48 * height, 0.82 * height, 0.21 * looks.wide];
  const outline = [
    at(-half * 0.92, hip - 0.04),
    at(half * 0.92, hip - 0.04),
    at(half * 1.1, shoulder),
    at(half * 0.5, shoulder + 0.06),
    at(-half * 0.5, shoulder + 0.06),
    at(-half * 1.1, shoulder),
  ];
  s.fill(outline, looks.torso);
  if (!vest) return;
  for (const up of [0.56 * height, 0.66 * height]) {
    s.stroke([at(-half * 0.97, up), at(half * 0.97, up)], STRIPE, 0.055 * k);
  }
  for (const side of [-0.55, 0.55]) {
    s.stroke([at(half * side, 0.56 * height), at(half * side, shoulder + 0.02)], STRIPE, 0.045 * k);
  }
}

function drawHead(s: Canvas, at: Placed, { k, height, looks, tilt }: Body & { tilt: number }): void {
  s.disc(...at(0, 0.92 * height), 0.115 * k, looks.skin);
  s.dome(...at(0, 0.945 * height), 0.12 * k, tilt, looks.hat ?? looks.hair);
  if (!looks.hat) return;
  s.stroke([at(-0.15, 0.945 * height), at(0.15, 0.945 * height)], shaded(looks.hat, 0.85), 0.035 * k);
}

export interface Robot {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  /** From standing, 0, to lying, 1. */
  readonly fallen: number;
  readonly colours?: readonly Paint[];
}

interface Machine {
  readonly body: Vector;
  readonly trim: Vector;
  readonly led: Vector;
  /** Half its width, metres. */
  readonly half: number;
  readonly height: number;
  readonly k: number;
  readonly angle: number;
  readonly arms: readonly [number, number];
}

export function drawRobot(s: Canvas, { id, x, y, fallen, colours = ROBOT_COLOURS }: Robot): void {
  const r = s.random(`r${id}`);
  const height = r.uniform(1.3, 1.6);
  const foot = s.stand(x, y, height);
  const style = r.choice(['A', 'B', 'C'] as const);
  const lying = r.choice([-1, 1]) * r.uniform(80, 98) * DEGREE;
  const upright = foot.tilt + r.uniform(-3, 3) * DEGREE;
  const angle = upright + (lying - upright) * fallen;
  const k0 = Math.max(foot.upright, 0.65 * foot.flat);
  const k = k0 + (foot.flat * 0.97 - k0) * fallen;
  const { colour: body } = paintOf(r, colours);
  const lights: Vector[] = [
    [0.1, 0.9, 1],
    [0.2, 1, 0.4],
    [0.3, 0.6, 1],
  ];
  const led = r.choice(lights);
  const half = r.uniform(0.28, 0.36);
  const [c, n] = [Math.cos(angle), Math.sin(angle)];
  const lift = half * 0.7 * k * fallen;
  const at: Placed = (side, up) => [foot.x + side * k * c + up * k * n, foot.y + side * k * n - up * k * c - lift];
  const arms = [r.uniform(0.1, 0.8), r.uniform(0.1, 0.8)] as const;
  const machine: Machine = { body, trim: shaded(body, 0.5), led, half, height, k, angle, arms };
  s.add([x, y - 0.1, 0.5], () => {
    const [mx, my] = at(0, height * 0.5 * fallen);
    s.ellipse(mx, my + half * 0.6 * k * fallen, (0.45 + 0.45 * fallen) * k, 0.14 * k, [0, 0, 0], 0.3);
    s.fill([at(-half, 0.09), at(half, 0.09), at(half * 0.95, 0.34), at(-half * 0.95, 0.34)], machine.trim);
    for (const side of [-0.75, 0, 0.75]) {
      s.disc(...at(side * half, 0.09), 0.1 * k, [0.06, 0.06, 0.07]);
      s.disc(...at(side * half, 0.09), 0.045 * k, [0.55, 0.55, 0.55]);
    }
    BODIES[style](s, at, machine);
    const eyes = height * { A: 0.85, B: 0.79, C: 0.9 }[style];
    for (const side of [-0.27, 0.27]) s.disc(...at(side * half, eyes), 0.055 * k, led);
  });
}

/** A part that narrows from `low` to `high`, each half as wide as given. */
function block(at: Placed, low: number, lowHalf: number, high: number, highHalf: number): Point[] {
  return [at(-lowHalf, low), at(lowHalf, low), at(highHalf, high), at(-highHalf, high)];
}

const BODIES: Readonly<Record<'A' | 'B' | 'C', (s: Canvas, at: Placed, machine: Machine) => void>> = {
  A(s, at, { body, half, height }) {
    s.fill(block(at, 0.3, 0.09, height * 0.7, 0.08), body);
    s.fill(block(at, height * 0.66, half * 0.95, height, half * 0.95), body);
    s.fill(block(at, height * 0.7, half * 0.78, height * 0.97, half * 0.78), [0.03, 0.05, 0.1]);
  },
  B(s, at, { body, led, half, height, k, angle }) {
    s.fill(block(at, 0.3, half * 0.85, height * 0.84, half * 0.68), body);
    s.dome(...at(0, height * 0.84), half * 0.68 * k, angle, body);
    s.fill(block(at, height * 0.7, half * 0.55, height * 0.88, half * 0.5), [0.04, 0.05, 0.08]);
    s.stroke([at(-half * 0.74, height * 0.5), at(half * 0.74, height * 0.5)], led, 0.06 * k);
  },
  C(s, at, { body, trim, led, half, height, k, arms }) {
    s.fill(block(at, 0.3, 0.12, height * 0.45, 0.12), trim);
    s.fill(block(at, height * 0.4, half * 0.75, height * 0.76, half * 0.9), body);
    for (const [i, side] of [-1, 1].entries()) {
      const arm = arms[i as 0 | 1];
      const hand = at(side * (half + 0.25 * Math.sin(arm)), height * 0.72 - 0.38 * Math.cos(arm));
      s.stroke([at(side * half * 0.95, height * 0.72), hand], trim, 0.1 * k, { round: true });
    }
    s.fill(block(at, height * 0.79, half * 0.58, height, half * 0.58), body);
    s.fill(block(at, height * 0.83, half * 0.48, height * 0.96, half * 0.48), [0.03, 0.04, 0.08]);
    s.disc(...at(0, height * 0.58), 0.07 * k, led);
  },
};
