import { createHash } from 'node:crypto';

const N = 624;
const M = 397;

/**
 * Python's `random.Random` seeded with a string, number for number: the same seed gives the same scene here as where the
 * bundled model's pictures were drawn.
 */
export class SeededRandom {
  readonly #state = new Uint32Array(N);
  #at = N;
  #spareGauss: number | undefined;

  constructor(seed: string) {
    const bytes = Buffer.concat([Buffer.from(seed), createHash('sha512').update(seed).digest()]);
    this.#seed(wordsOf(bytes));
  }

  /** 0 up to, not including, 1. */
  random(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  uniform(from: number, to: number): number {
    return from + (to - from) * this.random();
  }

  /** A whole number, both ends included. */
  integer(from: number, to: number): number {
    return from + this.#below(to - from + 1);
  }

  choice<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  /** In place. */
  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      const [a, b] = [list[i] as T, list[j] as T];
      list[i] = b;
      list[j] = a;
    }
    return list;
  }

  gauss(mean: number, deviation: number): number {
    let z = this.#spareGauss;
    this.#spareGauss = undefined;
    if (z === undefined) {
      const angle = this.random() * 2 * Math.PI;
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      z = Math.cos(angle) * radius;
      this.#spareGauss = Math.sin(angle) * radius;
    }
    return mean + z * deviation;
  }

  #below(count: number): number {
    const shift = Math.clz32(count);
    for (;;) {
      const drawn = this.#word() >>> shift;
      if (drawn < count) return drawn;
    }
  }

  #seed(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19_650_218;
    for (let i = 1; i < N; i++) state[i] = Math.imul(1_812_433_253, mixed(state, i - 1)) + i;
    let i = 1;
    let j = 0;
    for (let k = Math.max(N, key.length); k > 0; k--) {
      state[i] = ((state[i] ?? 0) ^ Math.imul(mixed(state, i - 1), 1_664_525)) + (key[j] ?? 0) + j;
      if (++i >= N) {
        state[0] = state[N - 1] ?? 0;
        i = 1;
      }
      if (++j >= key.length) j = 0;
    }
    for (let k = N - 1; k > 0; k--) {
      state[i] = ((state[i] ?? 0) ^ Math.imul(mixed(state, i - 1), 1_566_083_941)) - i;
      if (++i >= N) {
        state[0] = state[N - 1] ?? 0;
        i = 1;
      }
    }
    state[0] = 0x80000000;
  }

  #word(): number {
    if (this.#at >= N) this.#twist();
    let y = this.#state[this.#at++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let k = 0; k < N; k++) {
      const y = ((state[k] ?? 0) & 0x80000000) | ((state[(k + 1) % N] ?? 0) & 0x7fffffff);
      state[k] = (state[(k + M) % N] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }
}

function mixed(state: Uint32Array, at: number): number {
  const value = state[at] ?? 0;
  return value ^ (value >>> 30);
}

/** The big-endian number as words of 32 bits, the lowest first. */
function wordsOf(bytes: Buffer): number[] {
  const padded = Buffer.concat([Buffer.alloc((4 - (bytes.length % 4)) % 4), bytes]);
  const words: number[] = [];
  for (let at = padded.length - 4; at >= 0; at -= 4) words.push(padded.readUInt32BE(at));
  while (words.length > 1 && words.at(-1) === 0) words.pop();
  return words;
}
