import { totalmem } from 'node:os';
import { type Clock, every } from './platform/clock.ts';
import type { Health } from './platform/health.ts';
import { loopPart, type Part } from './platform/lifecycle.ts';
import type { Logger } from './platform/logger.ts';

const LOOK_MS = 30_000;
/** Of the memory that this process may have; systemd begins to slow it down at 75 %. */
const CEILING_SHARE = 0.7;
/** A model may rightly need most of the box: only what came on top since it was loaded is a leak. */
const GROWTH = 1.5;
/** Until pools and caches have their size. */
const SETTLING_MS = 5 * 60_000;
/** So many looks in a row: a burst of large pictures is none. */
const LOOKS = 3;
/** A renewal that did not help is not repeated all the time. */
const PAUSE_MS = 60 * 60_000;

export interface MemoryCeilingOptions {
  readonly model: { renew(): Promise<void> };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reports as part `memory`. */
  readonly health: Health;
  /** Resident bytes of the process now. */
  readonly rss?: () => number;
  /** Bytes that the process may have. */
  readonly limit?: () => number;
}

/**
 * Keeps the model's engine from eating the box: native memory has no bound of its own, and the kernel would end the whole
 * service. A process that has grown by half since the model was loaded, and beyond 70 % of what it may have, gets the engine
 * anew; cameras, events, alerts and the page go on meanwhile.
 */
export class MemoryCeiling {
  readonly #options: Required<MemoryCeilingOptions>;
  /** Resident bytes once the engine had settled; undefined until then. */
  #settled: number | undefined;
  /** Monotonic ms. */
  #since: number;
  #above = 0;

  constructor(options: MemoryCeilingOptions) {
    this.#options = { rss: () => process.memoryUsage.rss(), limit: memoryLimit, ...options };
    this.#since = options.clock.monotonic();
  }

  /** Looks twice a minute until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await every(this.#options.clock, LOOK_MS, signal, () => this.look());
  }

  /** One look. Never rejects. */
  async look(): Promise<void> {
    const { clock, rss, limit, model, logger, health } = this.#options;
    const bytes = rss();
    const age = clock.monotonic() - this.#since;
    if (age < SETTLING_MS) return;
    this.#settled ??= bytes;
    const ceiling = Math.max(CEILING_SHARE * limit(), GROWTH * this.#settled);
    this.#above = bytes > ceiling ? this.#above + 1 : 0;
    if (this.#above === 0) health.report('memory', 'ok');
    if (this.#above < LOOKS || age < PAUSE_MS) return;
    const facts = { residentMb: inMb(bytes), ceilingMb: inMb(ceiling) };
    health.report('memory', 'degraded', `${facts.residentMb} MB are in use: the model is loaded anew`);
    logger.warn('the process takes too much memory: the model is loaded anew', facts);
    this.#settled = undefined;
    this.#above = 0;
    await model.renew();
    this.#since = clock.monotonic();
  }
}

/** The part that watches the memory. */
export function memoryCeiling(options: MemoryCeilingOptions): Part {
  const ceiling = new MemoryCeiling(options);
  return loopPart('memory', (stopped) => ceiling.run(stopped));
}

/** What a container or a service unit allows, or else what the machine has. */
function memoryLimit(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 && allowed < totalmem() ? allowed : totalmem();
}

const inMb = (bytes: number): number => Math.round(bytes / 2 ** 20);
