/** What a camera that nobody knows yet may take to its first picture: cameras with a keyframe every 10 s exist. */
const UNKNOWN_MS = 20_000;
/** A known one gets this at least. */
const KNOWN_MS = 10_000;
/** A busy box and a slow network may make it so many times slower than the slowest so far. */
const SLOWER = 3;
/** Every so many silent connections in a row one is waited for as if the camera were unknown: it may have been set anew. */
const PATIENT_EVERY = 3;

/**
 * How long a connection may take to its first picture. Waiting for a connection that will stay silent keeps a camera away that could
 * be back: who brought pictures before is given little more than it took then.
 */
export class Patience {
  readonly #atLeastMs: number;
  #slowestMs: number | undefined;
  #silent = 0;

  /** `atLeastMs`: what silence costs a camera that is live; never less. */
  constructor(atLeastMs: number) {
    this.#atLeastMs = atLeastMs;
  }

  get limitMs(): number {
    const unknown = Math.max(UNKNOWN_MS, this.#atLeastMs);
    const isPatient = this.#silent % PATIENT_EVERY === PATIENT_EVERY - 1;
    if (this.#slowestMs === undefined || isPatient) return unknown;
    return Math.min(unknown, Math.max(KNOWN_MS, this.#atLeastMs, SLOWER * this.#slowestMs));
  }

  /** A connection brought its first picture after `ms`. */
  came(ms: number): void {
    this.#slowestMs = Math.max(this.#slowestMs ?? 0, ms);
    this.#silent = 0;
  }

  /** A connection stayed silent for the limit. */
  stayedSilent(): void {
    this.#silent++;
  }
}
