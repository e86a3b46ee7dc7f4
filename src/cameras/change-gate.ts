import { isInside } from './masks.ts';
import type { Polygon } from './settings.ts';
import type { Thumbnail } from './thumbnail.ts';

/** Side of the square cells that are compared, thumbnail pixels: small enough for a bottle, large enough to average noise out. */
const CELL = 5;
/** Brightness that changes over a wider stretch than this is light, not a thing. Thumbnail pixels to each side. */
const DETAIL = 3;
/**
 * Least change of a cell's detail that counts, grey levels. Measured from one second to the next: at most 8.3 in quiet demo
 * scenes (their clock), 6.6 in quiet real footage whose exposure wanders; at least 14 while anything goes on.
 */
const FLOOR = 9;
/**
 * In a darker picture than this (mean grey level) everything changes by less, and the floor falls with it: a pallet before the exit
 * of a hall without light changes its cell by 8.3. Never below the given share: a dark sensor's noise is no change.
 */
const DAYLIGHT = 90;
const LEAST_LIGHT = 0.4;
/** A cell must change by so many times its usual flicker... */
const NOISE_FACTOR = 3;
/** ...but never by more than this, so that a place where much moves still counts. */
const CEILING = 22;
const NOISE_RATE = 0.2;

/** A thumbnail's detail: each pixel's brightness less that of its surroundings. Light, shade and exposure are gone from it. */
export interface Detail {
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  /** Mean brightness of the picture, grey levels. */
  readonly brightness: number;
}

export function detailOf({ grey, width, height }: Thumbnail): Detail {
  const sums = sumTable(grey, width, height);
  const stride = width + 1;
  const columns = Math.floor(width / CELL);
  const rows = Math.floor(height / CELL);
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - DETAIL);
    const bottom = Math.min(height, y + DETAIL + 1);
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - DETAIL);
      const right = Math.min(width, x + DETAIL + 1);
      const sum =
        (sums[bottom * stride + right] ?? 0) -
        (sums[top * stride + right] ?? 0) -
        (sums[bottom * stride + left] ?? 0) +
        (sums[top * stride + left] ?? 0);
      values[y * width + x] = (grey[y * width + x] ?? 0) - sum / ((bottom - top) * (right - left));
    }
  }
  return { values, columns, rows, brightness: (sums.at(-1) ?? 0) / (width * height) };
}

/** Sums over all rectangles from the top left corner, with a row and a column of zeros before them. */
function sumTable(grey: Uint8Array, width: number, height: number): Float64Array {
  const stride = width + 1;
  const sums = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += grey[y * width + x] ?? 0;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] ?? 0) + row;
    }
  }
  return sums;
}

/** Mean absolute change of the detail in each cell, grey levels. */
export function cellChanges(before: Detail, now: Detail): Float32Array {
  const { columns, rows } = now;
  const width = now.values.length / (rows * CELL);
  const changes = new Float32Array(columns * rows);
  for (let y = 0; y < rows * CELL; y++) {
    for (let x = 0; x < columns * CELL; x++) {
      const at = y * width + x;
      const cell = Math.floor(y / CELL) * columns + Math.floor(x / CELL);
      changes[cell] = (changes[cell] ?? 0) + Math.abs((now.values[at] ?? 0) - (before.values[at] ?? 0)) / (CELL * CELL);
    }
  }
  return changes;
}

/** The cells that a zone touches; all for the whole picture. */
export function cellsInZone(zone: Polygon | null, { columns, rows }: Pick<Detail, 'columns' | 'rows'>): number[] {
  const all = Array.from({ length: columns * rows }, (_, cell) => cell);
  if (!zone) return all;
  const inside = all.filter((cell) => {
    const column = cell % columns;
    const row = Math.floor(cell / columns);
    const points = [0.05, 0.5, 0.95].flatMap((x) =>
      [0.05, 0.5, 0.95].map((y) => [(column + x) / columns, (row + y) / rows] as const),
    );
    return (
      points.some(([x, y]) => isInside(zone, x, y)) ||
      zone.some(([x, y]) => isIn(x * columns - column) && isIn(y * rows - row))
    );
  });
  return inside.length > 0 ? inside : all;
}

function isIn(share: number): boolean {
  return share >= 0 && share < 1;
}

/**
 * How much the picture changed in these cells: the largest change of a cell over what that cell must exceed. At 1 and above
 * it has changed. Pure.
 */
export function changeBetween(before: Detail, now: Detail, cells: readonly number[], noise: Float32Array): number {
  const changes = cellChanges(before, now);
  const floor = FLOOR * Math.max(LEAST_LIGHT, Math.min(1, now.brightness / DAYLIGHT));
  let most = 0;
  for (const cell of cells) {
    const needed = Math.min(CEILING, Math.max(floor, NOISE_FACTOR * (noise[cell] ?? 0)));
    most = Math.max(most, (changes[cell] ?? 0) / needed);
  }
  return most;
}

/** Each cell's usual flicker from one frame to the next, followed slowly. Pure. */
export function followNoise(noise: Float32Array, before: Detail, now: Detail): Float32Array {
  const flicker = cellChanges(before, now);
  // What jumps is an object, not flicker: it must not teach the gate to look away.
  return noise.map((usual, cell) =>
    (flicker[cell] ?? 0) > CEILING ? usual : usual + NOISE_RATE * ((flicker[cell] ?? 0) - usual),
  );
}

export interface GateDecision {
  readonly evaluate: boolean;
  /** Why it is evaluated, or `same` when it is skipped. */
  readonly reason: 'first' | 'gap' | 'wanted' | 'changed' | 'settled' | 'age' | 'same';
}

export interface GateCounts {
  readonly evaluated: number;
  readonly skipped: number;
}

interface Watched {
  readonly cells: readonly number[];
  evaluatedAt: number | undefined;
  /** The last evaluated frame was in the middle of a change: how it came out has not been looked at. */
  isUnsettled: boolean;
  detailThen: Detail | undefined;
  seenAt: number;
  evaluated: number;
  skipped: number;
}

/**
 * Saves the model the frames of one camera in which nothing changed, separately for each thing that looks at it (a rule and
 * its zone). Against the frame that was last evaluated, not the last one seen, so that a slow change is found as well.
 * Never skips the first frame, the first after a gap, the first that holds still after a change, one that somebody wants, or one when the last evaluation is older
 * than `maxAgeMs`.
 */
export class ChangeGate {
  readonly #maxAgeMs: number;
  readonly #gapMs: number;
  readonly #watched = new Map<string, Watched>();
  #noise: Float32Array | undefined;
  #last: { detail: Detail; at: number } | undefined;

  /** `gapMs`: frames further apart than this have a gap between them. */
  constructor(options: { maxAgeMs: number; gapMs: number }) {
    this.#maxAgeMs = options.maxAgeMs;
    this.#gapMs = options.gapMs;
  }

  /**
   * Decides whether the frame with this thumbnail, taken at `at` (monotonic), is worth evaluating for `key`. `wanted`: it
   * has to be (the rule is about to fire, the last verdict was unknown). `evaluated` must be called when it was.
   */
  decide(key: string, zone: Polygon | null, thumbnail: Thumbnail, at: number, wanted = false): GateDecision {
    const detail = this.#see(thumbnail, at);
    const watched = this.#watch(key, zone, detail);
    const sinceSeen = at - watched.seenAt;
    watched.seenAt = at;
    const reason = this.#reason(watched, detail, at, sinceSeen, wanted);
    if (reason === 'same') watched.skipped++;
    else watched.isUnsettled = reason === 'changed';
    return { evaluate: reason !== 'same', reason };
  }

  /** Takes note that the frame was evaluated for `key`: from now on changes are measured against it. */
  evaluated(key: string, thumbnail: Thumbnail, at: number): void {
    const watched = this.#watched.get(key);
    if (!watched) return;
    watched.evaluatedAt = at;
    watched.detailThen = this.#see(thumbnail, at);
    watched.evaluated++;
  }

  counts(key: string): GateCounts {
    const { evaluated = 0, skipped = 0 } = this.#watched.get(key) ?? {};
    return { evaluated, skipped };
  }

  /** A rule that is gone or was changed. */
  forget(key: string): void {
    this.#watched.delete(key);
  }

  #reason(watched: Watched, detail: Detail, at: number, sinceSeen: number, wanted: boolean): GateDecision['reason'] {
    const { evaluatedAt, detailThen } = watched;
    if (evaluatedAt === undefined || !detailThen) return 'first';
    if (sinceSeen > this.#gapMs) return 'gap';
    if (wanted) return 'wanted';
    if (at - evaluatedAt >= this.#maxAgeMs) return 'age';
    const hasChanged = changeBetween(detailThen, detail, watched.cells, this.#noise ?? new Float32Array(0)) >= 1;
    if (hasChanged) return 'changed';
    return watched.isUnsettled ? 'settled' : 'same';
  }

  #watch(key: string, zone: Polygon | null, detail: Detail): Watched {
    const known = this.#watched.get(key);
    if (known) return known;
    const watched: Watched = {
      cells: cellsInZone(zone, detail),
      evaluatedAt: undefined,
      isUnsettled: false,
      detailThen: undefined,
      seenAt: Number.NEGATIVE_INFINITY,
      evaluated: 0,
      skipped: 0,
    };
    this.#watched.set(key, watched);
    return watched;
  }

  /** The frame's detail; each frame teaches the flicker once, however many rules look at it. */
  #see(thumbnail: Thumbnail, at: number): Detail {
    if (this.#last?.at === at) return this.#last.detail;
    const detail = detailOf(thumbnail);
    this.#noise ??= new Float32Array(detail.columns * detail.rows);
    if (this.#last) this.#noise = followNoise(this.#noise, this.#last.detail, detail);
    this.#last = { detail, at };
    return detail;
  }
}
