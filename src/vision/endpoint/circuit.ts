import type { Clock } from '../../platform/clock.ts';
import { WatchwordError } from '../../platform/errors.ts';
import { backoffMs } from '../../platform/retry.ts';

/** So many failures in a row mean that the server is away, not that a request was unlucky. */
const MOST_FAILURES = 5;
const SHORTEST_REST_MS = 2_000;
const LONGEST_REST_MS = 60_000;

/** One call that was let in; a trial is the one that finds out whether the server is back. */
export interface Visit {
  readonly trial: boolean;
}

export interface CircuitOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when the server is given up and when it is back. */
  readonly onState?: ((state: 'ok' | 'down', reason: string) => void) | undefined;
}

/**
 * Leaves a server alone after several failures in a row: calls fail at once instead of each waiting for its timeout. After a
 * rest that doubles up to a minute one call is let through to try; the others follow when it succeeds.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #failures = 0;
  #rests = 0;
  #openUntil: number | undefined;
  #trying = false;
  #reason = '';

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /** Throws `unavailable` while the server is left alone. How the call ended must be told, with the visit that is returned. */
  enter(): Visit {
    if (this.#openUntil === undefined) return { trial: false };
    const left = this.#openUntil - this.#options.clock.monotonic();
    if (left <= 0 && !this.#trying) {
      this.#trying = true;
      return { trial: true };
    }
    const when = left > 0 ? `is tried again in ${Math.ceil(left / 1_000)} s` : 'is being tried';
    throw new WatchwordError('unavailable', `the model server is away and ${when}: ${this.#reason}`, {
      hint: 'Check that it runs and can be reached from here',
    });
  }

  succeeded(): void {
    const was = this.#openUntil;
    this.#failures = 0;
    this.#rests = 0;
    this.#openUntil = undefined;
    this.#trying = false;
    if (was !== undefined) this.#options.onState?.('ok', '');
  }

  failed({ trial }: Visit, reason: string): void {
    const { clock, random, onState } = this.#options;
    this.left({ trial });
    this.#failures++;
    this.#reason = reason;
    // Those under way when it was given up say nothing new.
    if (!trial && (this.#openUntil !== undefined || this.#failures < MOST_FAILURES)) return;
    const rest = backoffMs(this.#rests++, { minMs: SHORTEST_REST_MS, maxMs: LONGEST_REST_MS, random });
    this.#openUntil = clock.monotonic() + rest;
    onState?.('down', reason);
  }

  /** The call ended without telling anything of the server: it was withdrawn. */
  left({ trial }: Visit): void {
    if (trial) this.#trying = false;
  }
}

const MOST_TOKENS = 10;
const EARNED_PER_SUCCESS = 0.1;

/**
 * Retries are paid for by successes, one in ten, with ten in hand: a server that fails one request is asked again, one that
 * fails all of them is not asked twice as often as before.
 */
export class RetryBudget {
  #tokens = MOST_TOKENS;

  earn(): void {
    this.#tokens = Math.min(MOST_TOKENS, this.#tokens + EARNED_PER_SUCCESS);
  }

  /** Whether one more retry is allowed; takes it. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
