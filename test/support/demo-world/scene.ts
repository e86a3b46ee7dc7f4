import sharp from 'sharp';
import { Canvas } from './canvas.ts';
import { drawPerson, drawRobot, type Person, type Robot } from './figures.ts';
import { SeededRandom } from './random.ts';
import {
  type Crash,
  drawCrash,
  drawFallenTree,
  drawRoad,
  drawStall,
  type RoadPlace,
  roadPlace,
  type Stall,
} from './road.ts';
import { drawStore, type Section, type StorePlace, storePlace } from './store.ts';
import { type Car, drawCar, drawForklift, drawPallet, drawPile, drawSpill, type Spill } from './things.ts';
import { drawWarehouse, type WarehousePlace, warehousePlace } from './warehouse.ts';

export type Place = StorePlace | WarehousePlace | RoadPlace;
export type Family = Place['family'];

/** What a camera of the demo world sees at one moment. What is left out is not there. */
export interface Scene {
  readonly seed: number;
  readonly place: Place;
  /** How full the sections are that are not full, 0..1. */
  readonly stock?: ReadonlyArray<{ readonly section: Section; readonly share: number }>;
  readonly people?: readonly Person[];
  readonly robots?: readonly Robot[];
  readonly cars?: readonly Car[];
  readonly spill?: Spill;
  readonly exitBlockedBy?: 'cartons' | 'pallet';
  readonly forklift?: { readonly x: number; readonly y: number; readonly yaw: number };
  readonly crash?: Crash;
  readonly stall?: Stall;
  readonly fallenTreeY?: number;
}

export interface Light {
  /** Brightness, 1 as drawn; the model has seen 0.84 to 1.08, and 0.3 to 0.42 at night. */
  readonly brightness: number;
  readonly isNight: boolean;
}

/** Pixels of a picture: what the model's own pictures were drawn at. */
export const SIZE = { width: 320, height: 180 } as const;

export function placeOf(family: Family, seed: number): Place {
  return { store: storePlace, warehouse: warehousePlace, road: roadPlace }[family](seed);
}

/** The picture without light and noise: red, green, blue, row by row. */
export async function drawScene(scene: Scene): Promise<Buffer> {
  const s = new Canvas(scene.seed, scene.place.view);
  drawPlace(s, scene);
  if (scene.spill) drawSpill(s, scene.spill);
  if (scene.forklift) drawForklift(s, scene.forklift);
  for (const robot of scene.robots ?? []) drawRobot(s, robot);
  for (const car of scene.cars ?? []) drawCar(s, car);
  if (scene.crash) drawCrash(s, scene.crash);
  if (scene.stall) drawStall(s, scene.stall);
  for (const person of scene.people ?? []) drawPerson(s, person);
  return sharp(Buffer.from(s.svg(SIZE.width, SIZE.height)))
    .removeAlpha()
    .raw()
    .toBuffer();
}

function drawPlace(s: Canvas, { place, stock = [], exitBlockedBy, fallenTreeY }: Scene): void {
  switch (place.family) {
    case 'store':
      drawStore(s, place, ([row, column]) => {
        return stock.find(({ section }) => section[0] === row && section[1] === column)?.share ?? 1;
      });
      break;
    case 'warehouse':
      drawWarehouse(s, place);
      if (exitBlockedBy === 'cartons') drawPile(s, 'e', [place.doorX, place.wallY - 0.55], 3, 0.58);
      if (exitBlockedBy === 'pallet') drawPallet(s, 'e', [place.doorX, place.wallY - 0.75]);
      break;
    case 'road':
      drawRoad(s, place);
      if (fallenTreeY !== undefined) drawFallenTree(s, fallenTreeY, place);
      break;
  }
}

const NOISE_SAMPLES = 1 << 18;
const noise = standardNoise();

function standardNoise(): Float32Array {
  const r = new SeededRandom('sensor');
  return Float32Array.from({ length: NOISE_SAMPLES }, () => r.gauss(0, 1));
}

/** Uneven light, a tint and darkness as they lie over all pictures of a seed. */
export class Exposure {
  readonly #uneven: Float32Array;
  readonly #tint: readonly [number, number, number];

  constructor(seed: number) {
    const r = new SeededRandom(`${seed}:post`);
    const angle = r.uniform(0, 6.28);
    const [slope, vignette] = [r.uniform(0, 0.22), r.uniform(0, 0.3)];
    r.uniform(0.3, 0.42);
    this.#tint = [r.uniform(0.95, 1.05), r.uniform(0.95, 1.05), r.uniform(0.95, 1.05)];
    this.#uneven = Float32Array.from({ length: SIZE.width * SIZE.height }, (_, at) => {
      const [x, y] = [(at % SIZE.width) / SIZE.width - 0.5, Math.floor(at / SIZE.width) / SIZE.height - 0.5];
      const across = 1 + slope * (x * Math.cos(angle) + y * Math.sin(angle)) * 1.4;
      return across * (1 - vignette * (x * x + y * y));
    });
  }

  /**
   * The picture as the sensor gives it, as JPEG. `deviation`: of its noise, full scale 1; `draw` names one draw of the noise.
   */
  async jpeg(pixels: Buffer, light: Light, deviation: number, draw: number): Promise<Buffer> {
    const lit = Buffer.allocUnsafe(pixels.length);
    const from = Math.imul(draw, 0x9e3779b1) >>> 0;
    const tints = this.#tint.map((tint, channel) => tint * (light.isNight ? ([0.85, 0.95, 1.15][channel] ?? 1) : 1));
    const [red = 1, green = 1, blue = 1] = tints.map((tint) => tint * light.brightness);
    const grain = deviation * 255;
    for (let at = 0, pixel = 0; at < pixels.length; at += 3, pixel++) {
      const even = this.#uneven[pixel] ?? 1;
      const shot = grain * (noise[(from + pixel) & (NOISE_SAMPLES - 1)] ?? 0);
      lit[at] = clamped((pixels[at] ?? 0) * even * red + shot);
      lit[at + 1] = clamped((pixels[at + 1] ?? 0) * even * green + shot);
      lit[at + 2] = clamped((pixels[at + 2] ?? 0) * even * blue + shot);
    }
    return sharp(lit, { raw: { ...SIZE, channels: 3 } })
      .jpeg({ quality: 80 })
      .toBuffer();
  }
}

const clamped = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);
