import type { Clock } from '../platform/clock.ts';
import { kindOf, toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';

/** The one thing retained topics need of the connection: MqttChannel has it. */
export interface RetainedSink {
  publish(topic: string, payload: string | Uint8Array, options: { retain: boolean }): Promise<void>;
}

const WINDOW = 10;

/**
 * What the broker should hold as retained messages, and whether it does. A topic keeps one newest payload: while the
 * broker is away nothing queues up. After each (re)connect everything is published again, because a broker may have
 * forgotten it. Bounded by the number of topics its users set.
 */
export class RetainedTopics {
  readonly #sink: RetainedSink;
  readonly #repeats: RepeatLimiter;
  /** An empty payload clears the topic at the broker and is forgotten once that is acknowledged. */
  readonly #wanted = new Map<string, string | Uint8Array>();
  readonly #dirty = new Set<string>();
  #inFlight = 0;
  #connected = false;
  #idle: Array<() => void> = [];

  constructor(options: { sink: RetainedSink; clock: Clock; logger: Logger }) {
    this.#sink = options.sink;
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger: options.logger });
  }

  get(topic: string): string | Uint8Array | undefined {
    return this.#wanted.get(topic);
  }

  /** Publishes when it differs from what was set before; `again` publishes it anyway (a keep-alive). */
  set(topic: string, payload: string | Uint8Array, options: { again?: boolean } = {}): void {
    if (this.#wanted.get(topic) === payload && !options.again) return;
    this.#wanted.set(topic, payload);
    this.#dirty.add(topic);
    this.#pump();
  }

  /** Makes the broker forget the topic. */
  clear(topic: string): void {
    this.set(topic, '');
  }

  /** Forgets a payload here without touching the broker, to give its memory back. */
  release(topic: string): void {
    this.#wanted.delete(topic);
    this.#dirty.delete(topic);
  }

  /** Connected: everything is published anew. */
  up(): void {
    this.#connected = true;
    this.again();
  }

  /** Publishes everything once more, as Home Assistant wants after its own start. */
  again(): void {
    for (const topic of this.#wanted.keys()) this.#dirty.add(topic);
    this.#pump();
  }

  down(): void {
    this.#connected = false;
  }

  /** Resolves when all is acknowledged or the connection is down. */
  settled(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#inFlight === 0 && (!this.#connected || this.#dirty.size === 0);
  }

  #pump(): void {
    while (this.#connected && this.#inFlight < WINDOW) {
      const [topic] = this.#dirty;
      if (topic === undefined) break;
      this.#dirty.delete(topic);
      const payload = this.#wanted.get(topic);
      if (payload !== undefined) this.#publish(topic, payload);
    }
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #publish(topic: string, payload: string | Uint8Array): void {
    this.#inFlight++;
    this.#sink
      .publish(topic, payload, { retain: true })
      .then(
        () => {
          if (payload.length === 0 && this.#wanted.get(topic) === payload) this.#wanted.delete(topic);
        },
        (thrown: unknown) => this.#failed(topic, thrown),
      )
      .finally(() => {
        this.#inFlight--;
        this.#pump();
      })
      .catch(() => undefined);
  }

  /** A lost connection publishes everything again anyway; a refusal is left until then, or until the payload changes. */
  #failed(topic: string, thrown: unknown): void {
    const kind = kindOf(thrown);
    if (kind === 'unavailable' || kind === 'cancelled') this.#dirty.add(topic);
    else
      this.#repeats.log('warn', `refused ${topic}`, 'the broker did not take a retained message', {
        topic,
        error: toError(thrown),
      });
    if (kind === 'unavailable') this.#connected = false;
  }
}
