/**
 * The two passes of Pillow's resize as WebAssembly SIMD, written out as instructions: sixteen bytes of a row, or the
 * channels of a pixel, at a time. Integer arithmetic, the same as in `resize.ts`, so the results are equal bit for bit;
 * three times as fast. Instruction codes: WebAssembly core specification, binary format, numeric and vector instructions.
 */

/** One pass: sizes in pixels (rows) or bytes (columns); `first`, `count`, `weights` are byte addresses of 32-bit tables. */
export interface SimdPasses {
  readonly memory: WasmMemory;
  /** Horizontal: RGB rows of `from` pixels to rows of `to` pixels. Reads and writes one byte past the end. */
  rows(
    source: number,
    target: number,
    from: number,
    rows: number,
    to: number,
    first: number,
    count: number,
    weights: number,
    taps: number,
  ): void;
  /** Vertical: rows of `stride` bytes to `to` such rows. Reads and writes up to fifteen bytes past the end. */
  columns(
    source: number,
    target: number,
    stride: number,
    to: number,
    first: number,
    count: number,
    weights: number,
    taps: number,
  ): void;
}

/** What is used of WebAssembly's JavaScript interface; the compiler knows it only together with the browser's types. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface Wasm {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, WasmMemory>>,
  ) => { exports: Record<string, unknown> };
}

/** Undefined where the runtime has no WebAssembly SIMD. */
export function createSimdPasses(): SimdPasses | undefined {
  const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly?: Wasm };
  if (!wasm) return undefined;
  try {
    const memory = new wasm.Memory({ initial: 1, maximum: MOST_PAGES });
    const { exports } = new wasm.Instance(new wasm.Module(moduleBytes()), { m: { m: memory } });
    return { memory, rows: exports.rows as SimdPasses['rows'], columns: exports.columns as SimdPasses['columns'] };
  } catch {
    return undefined;
  }
}

export const PAGE_BYTES = 65_536;
/** 64 MB: the memory of WebAssembly never shrinks, so that larger pictures take the other way. */
export const MOST_PAGES = 1024;

type Code = readonly number[];
const I32 = 0x7f;
const V128 = 0x7b;

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
const signed = (value: number): number[] => {
  const low = value & 0x7f;
  const rest = value >> 7;
  return (rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40) ? [low] : [low | 0x80, ...signed(rest)];
};
const seq = (...codes: readonly Code[]): Code => codes.flat();
const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, value: Code): Code => seq(value, [0x21, ...unsigned(local)]);
const constant = (value: number): Code => [0x41, ...signed(value)];
const add = (a: Code, b: Code): Code => seq(a, b, [0x6a]);
const multiply = (a: Code, b: Code): Code => seq(a, b, [0x6c]);
const load = (address: Code): Code => seq(address, [0x28, 2, 0]);
const advance = (local: number, by: Code): Code => set(local, add(get(local), by));
const vector = (operation: number): Code => [0xfd, ...unsigned(operation)];
/** `do body while (a < b)`, signed. */
const repeatWhileLess = (body: Code, a: Code, b: Code): Code => seq([0x03, 0x40], body, a, b, [0x48, 0x0d, 0, 0x0b]);

const loadVector = (address: Code): Code => seq(address, vector(0x00), [0, 0]);
const loadPixel = (address: Code): Code => seq(address, vector(0x5c), [0, 0]);
const loadSplat = (address: Code): Code => seq(address, vector(0x09), [2, 0]);
const storeVector = (address: Code, value: Code): Code => seq(address, value, vector(0x0b), [0, 0]);
const splat = (value: Code): Code => seq(value, vector(0x11));
const firstLane = (value: Code): Code => seq(value, vector(0x1b), [0]);
const lowBytes = (value: Code): Code => seq(value, vector(0x89));
const highBytes = (value: Code): Code => seq(value, vector(0x8a));
const lowShorts = (value: Code): Code => seq(value, vector(0xa9));
const highShorts = (value: Code): Code => seq(value, vector(0xaa));
const addLanes = (a: Code, b: Code): Code => seq(a, b, vector(0xae));
const multiplyLanes = (a: Code, b: Code): Code => seq(a, b, vector(0xb5));
/** The sums without their 22 fractional bits. */
const whole = (value: Code): Code => seq(value, constant(22), vector(0xac));
const toShorts = (low: Code, high: Code): Code => seq(low, high, vector(0x85));
/** Clamps to 0..255. */
const toBytes = (low: Code, high: Code): Code => seq(low, high, vector(0x66));

const HALF = splat(constant(1 << 21));

function rowsBody(): Code {
  const [source, target, from, rows, to, first, count, weights, taps, y, x, at, end, weight, pixel, sum] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  ];
  const table = (base: number): Code => load(add(get(base), multiply(get(x), constant(4))));
  const tap = seq(
    set(sum, addLanes(get(sum), multiplyLanes(lowShorts(lowBytes(loadPixel(get(pixel)))), loadSplat(get(weight))))),
    advance(pixel, constant(3)),
    advance(weight, constant(4)),
  );
  const column = seq(
    set(weight, add(get(weights), multiply(multiply(get(x), get(taps)), constant(4)))),
    set(end, add(get(weight), multiply(table(count), constant(4)))),
    set(pixel, add(get(at), multiply(table(first), constant(3)))),
    set(sum, HALF),
    repeatWhileLess(tap, get(weight), get(end)),
    get(target),
    firstLane(toBytes(toShorts(whole(get(sum)), get(sum)), get(sum))),
    [0x36, 0, 0],
    advance(target, constant(3)),
    advance(x, constant(1)),
  );
  const row = seq(
    set(x, constant(0)),
    repeatWhileLess(column, get(x), get(to)),
    advance(at, multiply(get(from), constant(3))),
    advance(y, constant(1)),
  );
  return seq(set(at, get(source)), set(y, constant(0)), repeatWhileLess(row, get(y), get(rows)));
}

function columnsBody(): Code {
  const [source, target, stride, to, first, count, weights, taps, y, x, begin, end, weight, pixel, out, scale, bytes] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
  const sums = [17, 18, 19, 20] as const;
  const table = (base: number): Code => load(add(get(base), multiply(get(y), constant(4))));
  const quarters = [
    lowShorts(lowBytes(get(bytes))),
    highShorts(lowBytes(get(bytes))),
    lowShorts(highBytes(get(bytes))),
    highShorts(highBytes(get(bytes))),
  ];
  const tap = seq(
    set(bytes, loadVector(get(pixel))),
    set(scale, loadSplat(get(weight))),
    ...sums.map((sum, index) => set(sum, addLanes(get(sum), multiplyLanes(quarters[index] ?? [], get(scale))))),
    advance(pixel, get(stride)),
    advance(weight, constant(4)),
  );
  const sixteen = seq(
    set(weight, get(begin)),
    set(pixel, add(add(get(source), multiply(table(first), get(stride))), get(x))),
    ...sums.map((sum) => set(sum, HALF)),
    repeatWhileLess(tap, get(weight), get(end)),
    storeVector(
      add(get(out), get(x)),
      toBytes(toShorts(whole(get(sums[0])), whole(get(sums[1]))), toShorts(whole(get(sums[2])), whole(get(sums[3])))),
    ),
    advance(x, constant(16)),
  );
  const row = seq(
    set(begin, add(get(weights), multiply(multiply(get(y), get(taps)), constant(4)))),
    set(end, add(get(begin), multiply(table(count), constant(4)))),
    set(x, constant(0)),
    repeatWhileLess(sixteen, get(x), get(stride)),
    advance(out, get(stride)),
    advance(y, constant(1)),
  );
  return seq(set(out, get(target)), set(y, constant(0)), repeatWhileLess(row, get(y), get(to)));
}

function moduleBytes(): Uint8Array {
  const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const name = (text: string): Code => [...unsigned(text.length), ...Buffer.from(text)];
  const signature = (parameters: number): Code => [0x60, ...list(Array.from({ length: parameters }, () => [I32])), 0];
  const body = (locals: ReadonlyArray<readonly [number, number]>, code: Code): Code => {
    const content = [...list(locals.map(([many, type]) => [...unsigned(many), type])), ...code, 0x0b];
    return [...unsigned(content.length), ...content];
  };
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([signature(9), signature(8)])),
    ...section(2, list([[...name('m'), ...name('m'), 2, 1, 1, ...unsigned(MOST_PAGES)]])),
    ...section(3, list([[0], [1]])),
    ...section(
      7,
      list([
        [...name('rows'), 0, 0],
        [...name('columns'), 0, 1],
      ]),
    ),
    ...section(
      10,
      list([
        body(
          [
            [6, I32],
            [1, V128],
          ],
          rowsBody(),
        ),
        body(
          [
            [7, I32],
            [6, V128],
          ],
          columnsBody(),
        ),
      ]),
    ),
  ]);
}
