import type { Clock } from '../platform/clock.ts';
import { linked } from '../platform/linked.ts';

/** Whoever reconnects rarely is waited for this long: Home Assistant tries every 10 s, Node-RED every 15 s. */
const WAIT_MS = 20_000;
/** After the first listener, for those who come at the same pace. */
const SETTLE_MS = 1_000;

export interface AudienceTimes {
  readonly waitMs: number;
  readonly settleMs: number;
}

/**
 * Those who listen to the embedded broker. It forgets sessions that are not durable when the process ends, so what is
 * published right after a start, before they are back, is acknowledged by the broker and heard by nobody. Alerts therefore
 * wait for the first listener, a moment longer for others, and not for ever: there may be none.
 */
export class Audience {
  readonly #clock: Clock;
  readonly #hearsAlerts: (filter: string) => boolean;
  readonly #times: AudienceTimes;
  readonly #listening = new AbortController();
  /** Monotonic ms; undefined while the broker does not run. */
  #waitsUntil: number | undefined;

  constructor(options: {
    readonly clock: Clock;
    /** Whether a subscription's filter covers any alert. */
    readonly hearsAlerts: (filter: string) => boolean;
    readonly times?: Partial<AudienceTimes> | undefined;
  }) {
    this.#clock = options.clock;
    this.#hearsAlerts = options.hearsAlerts;
    this.#times = { waitMs: WAIT_MS, settleMs: SETTLE_MS, ...options.times };
  }

  /** The broker lets guests in from now on. */
  admitted(): void {
    this.#waitsUntil ??= this.#clock.monotonic() + this.#times.waitMs;
  }

  /** A guest subscribed. */
  subscribed(filter: string): void {
    if (this.#waitsUntil === undefined || this.#listening.signal.aborted || !this.#hearsAlerts(filter)) return;
    this.#listening.abort();
    this.#waitsUntil = Math.min(this.#waitsUntil, this.#clock.monotonic() + this.#times.settleMs);
  }

  /** Resolves when alerts may be published. Rejects with the signal's reason when it is aborted first. */
  async ready(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const left = (this.#waitsUntil ?? 0) - this.#clock.monotonic();
      if (left <= 0) return;
      const either = linked(this.#listening.signal.aborted ? [signal] : [signal, this.#listening.signal]);
      await this.#clock.sleep(left, either.signal).catch(() => undefined);
      either.stop();
    }
  }
}

/** Whether an MQTT filter covers a topic (MQTT 3.1.1 section 4.7). */
export function covers(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
