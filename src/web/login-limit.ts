import type { Clock } from '../platform/clock.ts';

interface Failures {
  count: number;
  /** Monotonic ms of the first failure of the window. */
  since: number;
}

const WINDOW_MS = 10 * 60_000;
const MOST_PER_ADDRESS = 20;
const MOST_PER_NAME = 8;
const MOST_KEYS = 10_000;

/**
 * Slows password guessing: failed logins are counted per address and per name over ten minutes. Whoever has logged in to a
 * name from an address before is not held up by strangers who guess at that name, so a guest cannot lock the owner out.
 */
export class LoginLimit {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();
  readonly #known = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds to wait before this login may be tried; 0: now. */
  waitMs(address: string, name: string): number {
    const byAddress = this.#wait(addressKey(address), MOST_PER_ADDRESS);
    const byName = this.#known.has(pairKey(address, name)) ? 0 : this.#wait(nameKey(name), MOST_PER_NAME);
    return Math.max(byAddress, byName);
  }

  /** Called before the password is checked, so that parallel guesses count too. */
  tried(address: string, name: string): void {
    for (const key of [addressKey(address), nameKey(name)]) {
      const entry = this.#current(key);
      if (entry) entry.count++;
      else this.#remember(key, { count: 1, since: this.#clock.monotonic() });
    }
  }

  succeeded(address: string, name: string): void {
    this.#failures.delete(addressKey(address));
    this.#failures.delete(nameKey(name));
    if (this.#known.size >= MOST_KEYS) this.#known.clear();
    this.#known.add(pairKey(address, name));
  }

  #wait(key: string, most: number): number {
    const entry = this.#current(key);
    return entry && entry.count >= most ? entry.since + WINDOW_MS - this.#clock.monotonic() : 0;
  }

  #current(key: string): Failures | undefined {
    const entry = this.#failures.get(key);
    if (entry && this.#clock.monotonic() - entry.since < WINDOW_MS) return entry;
    this.#failures.delete(key);
    return undefined;
  }

  #remember(key: string, entry: Failures): void {
    // Oldest first out: bounded however many addresses and names are tried.
    const oldest = this.#failures.size >= MOST_KEYS ? this.#failures.keys().next().value : undefined;
    if (oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(key, entry);
  }
}

/** One household or attacker owns a whole IPv6 /64: it counts as one address. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const groups =
    tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

const addressKey = (address: string): string => `address ${addressGroup(address)}`;
const nameKey = (name: string): string => `name ${name.toLowerCase()}`;
const pairKey = (address: string, name: string): string => `${addressGroup(address)} ${name.toLowerCase()}`;
