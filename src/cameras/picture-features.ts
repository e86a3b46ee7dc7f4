import type { Thumbnail } from './thumbnail.ts';

/** Side of the square cells in which texture is compared, thumbnail pixels. */
const CELL = 10;

/** What a thumbnail looks like, in the numbers that picture health judges by. */
export interface PictureFeatures {
  /** Mean brightness, 0..255. */
  readonly mean: number;
  /** Brightness that 95 % of the pixels stay below, 0..255. */
  readonly bright: number;
  /** Share of pixels that are burnt out, 0..1. */
  readonly burnt: number;
  readonly grey: Float32Array;
  /** Strength of the brightness change at each pixel. */
  readonly gradient: Float32Array;
  /** Mean gradient in each cell. */
  readonly texture: Float32Array;
  /** How abrupt edges are, whatever the contrast: mean Laplacian over mean gradient. */
  readonly sharpness: number;
  readonly width: number;
  readonly height: number;
}

export function featuresOf(thumbnail: Thumbnail): PictureFeatures {
  const { grey, width, height } = thumbnail;
  const histogram = new Uint32Array(256);
  let sum = 0;
  for (const value of grey) {
    sum += value;
    histogram[value] = (histogram[value] ?? 0) + 1;
  }
  const { gradient, sharpness } = edges(thumbnail);
  return {
    mean: sum / grey.length,
    bright: quantile(histogram, 0.95 * grey.length),
    burnt: countFrom(histogram, 248) / grey.length,
    grey: Float32Array.from(grey),
    gradient,
    texture: cellMeans(gradient, width, height),
    sharpness,
    width,
    height,
  };
}

function quantile(histogram: Uint32Array, count: number): number {
  let seen = 0;
  for (let value = 0; value < histogram.length; value++) {
    seen += histogram[value] ?? 0;
    if (seen >= count) return value;
  }
  return 255;
}

function countFrom(histogram: Uint32Array, from: number): number {
  let count = 0;
  for (let value = from; value < histogram.length; value++) count += histogram[value] ?? 0;
  return count;
}

function edges({ grey, width, height }: Thumbnail): { gradient: Float32Array; sharpness: number } {
  const gradient = new Float32Array(width * height);
  let gradientSum = 0;
  let laplaceSum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const here = grey[at] ?? 0;
      const left = grey[at - 1] ?? 0;
      const right = grey[at + 1] ?? 0;
      const up = grey[at - width] ?? 0;
      const down = grey[at + width] ?? 0;
      const strength = Math.abs(right - left) + Math.abs(down - up);
      gradient[at] = strength;
      gradientSum += strength;
      laplaceSum += Math.abs(4 * here - left - right - up - down);
    }
  }
  // One grey level per pixel keeps an even picture's rounding noise from looking sharp.
  return { gradient, sharpness: laplaceSum / (gradientSum + gradient.length) };
}

function cellMeans(values: Float32Array, width: number, height: number): Float32Array {
  const columns = Math.floor(width / CELL);
  const rows = Math.floor(height / CELL);
  const means = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = row * CELL; y < (row + 1) * CELL; y++) {
        for (let x = column * CELL; x < (column + 1) * CELL; x++) sum += values[y * width + x] ?? 0;
      }
      means[row * columns + column] = sum / (CELL * CELL);
    }
  }
  return means;
}

/** Pearson correlation of two maps of the same size, -1..1; 0 when one of them is even. */
export function correlation(a: Float32Array, b: Float32Array): number {
  return shiftedCorrelation(a, b, a.length, 0, 0);
}

/** Correlation of `a` at (x, y) with `b` at (x + dx, y + dy), over where both exist. */
export function shiftedCorrelation(a: Float32Array, b: Float32Array, width: number, dx: number, dy: number): number {
  const height = a.length / width;
  let n = 0;
  let sumA = 0;
  let sumB = 0;
  let sumAA = 0;
  let sumBB = 0;
  let sumAB = 0;
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
      const valueA = a[y * width + x] ?? 0;
      const valueB = b[(y + dy) * width + x + dx] ?? 0;
      n++;
      sumA += valueA;
      sumB += valueB;
      sumAA += valueA * valueA;
      sumBB += valueB * valueB;
      sumAB += valueA * valueB;
    }
  }
  const spread = Math.sqrt((n * sumAA - sumA * sumA) * (n * sumBB - sumB * sumB));
  return spread > 0 ? (n * sumAB - sumA * sumB) / spread : 0;
}

/** The map at half the size, each pixel the mean of four. */
export function halved(map: Float32Array, width: number): Float32Array {
  const height = map.length / width;
  const half = new Float32Array(Math.floor(width / 2) * Math.floor(height / 2));
  const halfWidth = Math.floor(width / 2);
  for (let y = 0; y < Math.floor(height / 2); y++) {
    for (let x = 0; x < halfWidth; x++) {
      const at = 2 * y * width + 2 * x;
      half[y * halfWidth + x] =
        ((map[at] ?? 0) + (map[at + 1] ?? 0) + (map[at + width] ?? 0) + (map[at + width + 1] ?? 0)) / 4;
    }
  }
  return half;
}

/** The best correlation over all shifts of up to `most` of width and height, with the shift in pixels. */
export function bestShift(
  a: Float32Array,
  b: Float32Array,
  width: number,
  most: number,
): { score: number; dx: number; dy: number } {
  const reachX = Math.round(width * most);
  const reachY = Math.round((a.length / width) * most);
  let best = { score: -1, dx: 0, dy: 0 };
  for (let dy = -reachY; dy <= reachY; dy++) {
    for (let dx = -reachX; dx <= reachX; dx++) {
      const score = shiftedCorrelation(a, b, width, dx, dy);
      if (score > best.score) best = { score, dx, dy };
    }
  }
  return best;
}
