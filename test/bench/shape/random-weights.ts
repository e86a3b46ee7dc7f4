/** Pool sizes: large enough that a model's matrices differ, small enough to make in a moment. */
const POOL = 1 << 22;

/** What one step of the int8 weights is worth: 63 steps (reduced range, see `int8`) are 0.1. */
export const INT8_SCALE = 0.1 / 63;

/** The same numbers in float32 and, rounded, in int8. */
interface Pool {
  readonly float32: Uint8Array;
  readonly int8: Uint8Array;
}

let pool: Pool | undefined;

function makePool(): Pool {
  let state = 12_345;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const floats = Float32Array.from({ length: POOL }, () => (random() + random() + random() + random() - 2) * 0.05);
  // Seven bits: on AVX2 without VNNI two products of u8 x s8 saturate the 16-bit sum of vpmaddubsw when weights use eight.
  const bytes = Int8Array.from(floats, (value) => Math.max(-63, Math.min(63, Math.round(value / INT8_SCALE))));
  return { float32: new Uint8Array(floats.buffer), int8: new Uint8Array(bytes.buffer) };
}

/**
 * Seeded random weights of any size in a moment: slices of one pool at pseudo-random places, as views. Roughly normal with
 * a deviation of 0.029.
 */
export class RandomWeights {
  readonly #pool: Pool;
  #state: number;

  constructor(seed: number) {
    pool ??= makePool();
    this.#pool = pool;
    this.#state = seed;
  }

  float32(count: number): Uint8Array[] {
    return this.#slices(this.#pool.float32, count * 4);
  }

  int8(count: number): Uint8Array[] {
    return this.#slices(this.#pool.int8, count);
  }

  #slices(from: Uint8Array, bytes: number): Uint8Array[] {
    this.#state = (Math.imul(this.#state, 69069) + 1) >>> 0;
    const step = 64;
    let offset = Math.floor((this.#state / 4294967296) * (from.length / 2 / step)) * step;
    const parts: Uint8Array[] = [];
    for (let left = bytes; left > 0; ) {
      const part = from.subarray(offset, offset + Math.min(left, from.length - offset));
      parts.push(part);
      left -= part.length;
      offset = 0;
    }
    return parts;
  }
}

/** A float32 tensor that holds one value throughout. */
export function constantFloats(count: number, value: number): Uint8Array[] {
  return [new Uint8Array(new Float32Array(count).fill(value).buffer)];
}
