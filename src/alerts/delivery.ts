import { setMaxListeners } from 'node:events';
import type { Clock } from '../platform/clock.ts';
import { kindOf, toError } from '../platform/errors.ts';
import { linked } from '../platform/linked.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { backoffMs } from '../platform/retry.ts';
import { type Lane, Lanes } from './lanes.ts';
import type { AlertChannel, Outbox, OutboxMessage } from './outbox.ts';

/** The far end of a channel, as delivery sees it. */
export interface Receiver {
  readonly channel: AlertChannel;
  /** How many messages it takes at once. */
  window(): number;
  /** Resolves as soon as messages can be sent; rejects only when the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Resolves once the receiver acknowledged the message, rejects otherwise; never hangs. `unavailable` and `cancelled`
   * mean that the way there is gone and `ready` says when it is back; anything else is about this message.
   */
  send(message: OutboxMessage): Promise<void>;
}

export interface DeliveryStats {
  readonly delivered: number;
  /** Sends that failed and will be repeated. */
  readonly failed: number;
  readonly inFlight: number;
  /** Messages held in memory, in flight ones included. */
  readonly held: number;
}

export interface DeliveryOptions {
  readonly outbox: Outbox;
  readonly receiver: Receiver;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
  /** Told when messages come back refused (a reason, without secrets), and when they are accepted again (undefined). */
  readonly onTrouble?: (reason: string | undefined) => void;
}

const PAGE = 200;
/**
 * Acknowledgements are marked together: a transaction each would cost a disk flush each (30 ms on a busy disk), and a
 * crash before the mark only sends those messages again.
 */
const MARK_AT = 200;
const MARK_WITHIN_MS = 50;
/** So many refusals in a row, with no success between, mean that the receiver is sick rather than one message. */
const REFUSALS_BEFORE_PAUSE = 5;
const RETRY = { minMs: 1_000, maxMs: 300_000 };
/** How long a stop waits for acknowledgements under way. */
const STOP_GRACE_MS = 2_000;

/**
 * Carries the outbox to one receiver, at least once and in order per event: the next change of an event is sent only
 * after the earlier one was acknowledged and marked. Events do not wait for each other. Memory is bounded: it reads
 * pages and holds at most a fixed number of messages, however long the receiver was away.
 */
export class Delivery {
  readonly #outbox: Outbox;
  readonly #receiver: Receiver;
  readonly #clock: Clock;
  readonly #repeats: RepeatLimiter;
  readonly #random: () => number;
  readonly #onTrouble: (reason: string | undefined) => void;
  readonly #lanes = new Lanes();
  readonly #abort = new AbortController();
  #wake: () => void = () => undefined;
  #woken = false;
  #running: Promise<void> | undefined;
  #acked: Lane[] = [];
  #markFailed = false;
  #inFlight = 0;
  #delivered = 0;
  #failed = 0;
  #refusals = 0;
  #pauses = 0;
  /** Aborted, and replaced, when the receiver takes a message again after refusing. */
  #accepted = new AbortController();

  constructor(options: DeliveryOptions) {
    this.#outbox = options.outbox;
    this.#receiver = options.receiver;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#onTrouble = options.onTrouble ?? (() => undefined);
    // Each refused event sleeps on this one signal.
    setMaxListeners(0, this.#abort.signal);
    const logger = options.logger.child({ channel: options.receiver.channel });
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger });
  }

  get channel(): AlertChannel {
    return this.#receiver.channel;
  }

  stats(): DeliveryStats {
    return { delivered: this.#delivered, failed: this.#failed, inFlight: this.#inFlight, held: this.#lanes.held };
  }

  start(): void {
    if (this.#running !== undefined) return;
    const unsubscribe = this.#outbox.onAppended(() => this.#notify());
    this.#running = this.#run(this.#abort.signal).finally(unsubscribe);
  }

  /** Sends nothing new, gives what is in flight a moment to be acknowledged, and marks it. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopping'));
    this.#notify();
    await this.#running;
    const grace = new AbortController();
    const expired = this.#clock.sleep(STOP_GRACE_MS, grace.signal).catch(() => undefined);
    while (this.#inFlight > 0) {
      const progress = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if ((await Promise.race([progress.then(() => 'progress'), expired.then(() => 'expired')])) === 'expired') break;
    }
    grace.abort();
    this.#mark();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#receiver.ready(signal);
        if (this.#refusals >= REFUSALS_BEFORE_PAUSE) await this.#pause(signal);
        this.#fill();
        // With nothing under way there is nothing to collect marks with, and the next change of an event waits for them.
        if (this.#inFlight === 0 && !this.#markFailed) this.#mark();
        await this.#awaitWake();
      } catch (thrown) {
        if (signal.aborted) return;
        this.#repeats.log('error', 'outbox', 'the outbox cannot be read; delivery goes on trying', {
          error: toError(thrown),
        });
        await this.#clock.sleep(RETRY.minMs, signal).catch(() => undefined);
      }
    }
  }

  /** A receiver that refuses everything gets one message per back-off step until it takes one. */
  async #pause(signal: AbortSignal): Promise<void> {
    const either = linked([signal, this.#accepted.signal]);
    await this.#clock
      .sleep(backoffMs(this.#pauses++, { ...RETRY, random: this.#random }), either.signal)
      .catch(() => undefined);
    either.stop();
  }

  #fill(): void {
    const window = this.#refusals >= REFUSALS_BEFORE_PAUSE ? 1 : Math.max(1, this.#receiver.window());
    while (this.#inFlight < window) {
      const lane = this.#lanes.next() ?? this.#scan();
      if (!lane) return;
      this.#send(lane);
    }
  }

  /** Reads on in the outbox until an event can be sent, everything is read, or enough is held in memory. */
  #scan(): Lane | undefined {
    while (this.#lanes.hasRoom()) {
      const page = this.#outbox.pending(this.#receiver.channel, PAGE, this.#lanes.cursor);
      for (const message of page) this.#lanes.take(message);
      const lane = this.#lanes.next();
      if (lane || page.length < PAGE) return lane;
    }
    return undefined;
  }

  #send(lane: Lane): void {
    const message = lane.queue[0];
    if (!message) return;
    lane.state = 'sending';
    this.#inFlight++;
    this.#receiver.send(message).then(
      () => this.#acknowledged(lane),
      (thrown: unknown) => this.#refused(lane, message, thrown),
    );
  }

  #acknowledged(lane: Lane): void {
    this.#inFlight--;
    if (this.#refusals > 0) this.#recovered();
    lane.state = 'acked';
    this.#acked.push(lane);
    if (this.#acked.length >= MARK_AT && !this.#markFailed) this.#mark();
    else if (this.#acked.length === 1) this.#markAfter(MARK_WITHIN_MS);
    this.#notify();
  }

  #recovered(): void {
    this.#refusals = 0;
    this.#pauses = 0;
    this.#accepted.abort();
    this.#accepted = new AbortController();
    this.#onTrouble(undefined);
  }

  #mark(): void {
    const lanes = this.#acked;
    if (lanes.length === 0) return;
    const ids = lanes.map((lane) => lane.queue[0]?.id).filter((id) => id !== undefined);
    try {
      this.#outbox.markDelivered(this.#receiver.channel, ids);
    } catch (thrown) {
      this.#markFailed = true;
      this.#repeats.log('error', 'mark', 'delivered alerts cannot be marked; they may be sent again after a restart', {
        error: toError(thrown),
      });
      this.#markAfter(RETRY.minMs);
      return;
    }
    this.#markFailed = false;
    this.#acked = [];
    this.#delivered += ids.length;
    for (const lane of lanes) this.#lanes.advance(lane);
    this.#notify();
  }

  #markAfter(ms: number): void {
    this.#clock.sleep(ms, this.#abort.signal).then(
      () => this.#mark(),
      () => undefined,
    );
  }

  #refused(lane: Lane, message: OutboxMessage, thrown: unknown): void {
    this.#inFlight--;
    this.#failed++;
    const kind = kindOf(thrown);
    if (kind === 'unavailable' || kind === 'cancelled') {
      this.#lanes.resume(lane);
    } else {
      const error = toError(thrown);
      this.#refusals++;
      this.#onTrouble(error.message);
      this.#repeats.log('warn', `refused ${error.message}`, 'an alert was not accepted and will be sent again', {
        event: message.change.event.id,
        key: message.change.key,
        error,
      });
      this.#wait(lane);
    }
    this.#notify();
  }

  #wait(lane: Lane): void {
    lane.state = 'waiting';
    const delay = backoffMs(lane.attempts++, { ...RETRY, random: this.#random });
    this.#clock.sleep(delay, this.#abort.signal).then(
      () => {
        this.#lanes.resume(lane);
        this.#notify();
      },
      () => undefined,
    );
  }

  #notify(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Resolves at the next notification, at once when one came since the last call. */
  async #awaitWake(): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#woken = false;
  }
}
