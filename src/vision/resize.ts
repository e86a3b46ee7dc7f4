import { createSimdPasses, MOST_PAGES, PAGE_BYTES, type SimdPasses } from './resize-simd.ts';

/** Filters by their number in preprocessor_config.json `resample` (PIL.Image.Resampling). */
export type ResizeFilter = 'lanczos' | 'bilinear' | 'bicubic';

/** Eight-bit RGB, interleaved, row by row. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  /** width * height * 3 bytes. */
  readonly pixels: Uint8Array;
}

/**
 * Pillow's resize of eight-bit pictures, bit for bit: weights as 22-bit fixed-point numbers, horizontal pass, rounding to
 * bytes, vertical pass, rounding to bytes (Pillow src/libImaging/Resample.c). Models were trained on pictures made this
 * way; another Lanczos differs by up to 147 levels and moves P(yes) of a sensitive model by up to 0.98.
 * Returns the same object when the size does not change.
 */
export function resizePicture(picture: RgbPicture, width: number, height: number, filter: ResizeFilter): RgbPicture {
  if (width === picture.width && height === picture.height) return picture;
  const across = width === picture.width ? undefined : kernelFor(picture.width, width, filter);
  const down = height === picture.height ? undefined : kernelFor(picture.height, height, filter);
  return resizeWithSimd(picture, width, height, across, down) ?? resizePlainly(picture, width, height, across, down);
}

/** The same without SIMD: the definition, and the way for pictures too large for it. */
export function resizePlainly(
  picture: RgbPicture,
  width: number,
  height: number,
  across: Kernel | undefined,
  down: Kernel | undefined,
): RgbPicture {
  const rows = across ? resizeRows(picture.pixels, picture.width, picture.height, width, across) : picture.pixels;
  return { width, height, pixels: down ? resizeColumns(rows, width, height, down) : rows };
}

let simd: SimdPasses | undefined | 'untried' = 'untried';

function resizeWithSimd(
  picture: RgbPicture,
  width: number,
  height: number,
  across: Kernel | undefined,
  down: Kernel | undefined,
): RgbPicture | undefined {
  if (simd === 'untried') simd = createSimdPasses();
  if (!simd) return undefined;
  // Tables first (aligned), then the picture, the rows and the result, each with room for what a vector reaches past the end.
  let top = 0;
  const room = (bytes: number): number => {
    const at = top;
    top += (bytes + 31) & ~15;
    return at;
  };
  const tables = [across, down].map((kernel) => ({
    kernel,
    first: room((kernel?.first.length ?? 0) * 4),
    count: room((kernel?.count.length ?? 0) * 4),
    weights: room((kernel?.weights.length ?? 0) * 4),
  }));
  const source = room(picture.pixels.length);
  const between = across ? room(width * picture.height * 3) : source;
  const target = down ? room(width * height * 3) : between;
  const missing = Math.ceil(top / PAGE_BYTES) - simd.memory.buffer.byteLength / PAGE_BYTES;
  if (top > MOST_PAGES * PAGE_BYTES) return undefined;
  if (missing > 0) simd.memory.grow(missing);
  const bytes = new Uint8Array(simd.memory.buffer);
  const words = new Int32Array(simd.memory.buffer);
  for (const { kernel, first, count, weights } of tables) {
    if (!kernel) continue;
    words.set(kernel.first, first / 4);
    words.set(kernel.count, count / 4);
    words.set(kernel.weights, weights / 4);
  }
  bytes.set(picture.pixels, source);
  const [rows, columns] = tables;
  if (across && rows)
    simd.rows(source, between, picture.width, picture.height, width, rows.first, rows.count, rows.weights, across.taps);
  if (down && columns)
    simd.columns(between, target, width * 3, height, columns.first, columns.count, columns.weights, down.taps);
  return { width, height, pixels: bytes.slice(target, target + width * height * 3) };
}

const PRECISION_BITS = 22;
const ONE_HALF = 1 << (PRECISION_BITS - 1);

/** For each output position: the first input position, how many, and their weights (`taps` apart). */
export interface Kernel {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly taps: number;
}

const FILTERS: Record<ResizeFilter, { support: number; weight: (x: number) => number }> = {
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  bicubic: { support: 2, weight: bicubic },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
};

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

function bicubic(at: number): number {
  const x = Math.abs(at);
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// Cameras deliver the same size again and again: a handful of tables serves all of them.
const MOST_KERNELS = 64;
const kernels = new Map<string, Kernel>();

export function kernelFor(from: number, to: number, filter: ResizeFilter): Kernel {
  const key = `${filter} ${from} ${to}`;
  const known = kernels.get(key);
  if (known) return known;
  if (kernels.size >= MOST_KERNELS) kernels.clear();
  const kernel = makeKernel(from, to, filter);
  kernels.set(key, kernel);
  return kernel;
}

function makeKernel(from: number, to: number, filter: ResizeFilter): Kernel {
  const { support: radius, weight } = FILTERS[filter];
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = radius * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const kernel = { first: new Int32Array(to), count: new Int32Array(to), weights: new Int32Array(to * taps), taps };
  const row = new Float64Array(taps);
  for (let out = 0; out < to; out++) {
    const center = (out + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let x = low; x < high; x++) {
      const w = weight((x - center + 0.5) * (1 / filterScale));
      row[x - low] = w;
      sum += w;
    }
    kernel.first[out] = low;
    kernel.count[out] = high - low;
    for (let x = 0; x < high - low; x++) {
      const w = (row[x] ?? 0) / (sum === 0 ? 1 : sum);
      kernel.weights[out * taps + x] = Math.trunc(w * (1 << PRECISION_BITS) + (w < 0 ? -0.5 : 0.5));
    }
  }
  return kernel;
}

/** Sums stay below 2^31: weights sum to 2^22, Lanczos' lobes add at most a third, times 255. */
function resizeRows(source: Uint8Array, from: number, rows: number, to: number, kernel: Kernel): Uint8Array {
  const { first, count, weights, taps } = kernel;
  const target = new Uint8ClampedArray(to * rows * 3);
  for (let y = 0, out = 0; y < rows; y++) {
    const row = y * from * 3;
    for (let x = 0, weightsAt = 0; x < to; x++, weightsAt += taps, out += 3) {
      const last = weightsAt + (count[x] as number);
      let pixel = row + (first[x] as number) * 3;
      let red = ONE_HALF;
      let green = ONE_HALF;
      let blue = ONE_HALF;
      for (let tap = weightsAt; tap < last; tap++, pixel += 3) {
        const weight = weights[tap] as number;
        red = (red + Math.imul(source[pixel] as number, weight)) | 0;
        green = (green + Math.imul(source[pixel + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(source[pixel + 2] as number, weight)) | 0;
      }
      target[out] = red >> PRECISION_BITS;
      target[out + 1] = green >> PRECISION_BITS;
      target[out + 2] = blue >> PRECISION_BITS;
    }
  }
  return new Uint8Array(target.buffer);
}

function resizeColumns(source: Uint8Array, width: number, to: number, kernel: Kernel): Uint8Array {
  const { first, count, weights, taps } = kernel;
  const stride = width * 3;
  const target = new Uint8ClampedArray(stride * to);
  for (let y = 0; y < to; y++) {
    const weightsAt = y * taps;
    const last = weightsAt + (count[y] as number);
    const row = (first[y] as number) * stride;
    const out = y * stride;
    // Three neighbours at a time share each weight's load; a row is a multiple of three bytes.
    for (let x = 0; x < stride; x += 3) {
      let a = ONE_HALF;
      let b = ONE_HALF;
      let c = ONE_HALF;
      for (let tap = weightsAt, at = row + x; tap < last; tap++, at += stride) {
        const weight = weights[tap] as number;
        a = (a + Math.imul(source[at] as number, weight)) | 0;
        b = (b + Math.imul(source[at + 1] as number, weight)) | 0;
        c = (c + Math.imul(source[at + 2] as number, weight)) | 0;
      }
      target[out + x] = a >> PRECISION_BITS;
      target[out + x + 1] = b >> PRECISION_BITS;
      target[out + x + 2] = c >> PRECISION_BITS;
    }
  }
  return new Uint8Array(target.buffer);
}
