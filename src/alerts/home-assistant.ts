import type { Clock } from '../platform/clock.ts';
import type { AlertCatalog } from './catalog.ts';
import {
  type DeviceMessage,
  type DiscoveryContext,
  discoveryFilter,
  discoveryMessages,
  withTombstones,
} from './discovery.ts';
import type { RetainedTopics } from './retained.ts';

export interface HomeAssistantOptions {
  readonly context: DiscoveryContext;
  readonly retained: RetainedTopics;
  readonly clock: Clock;
  readonly random: () => number;
  /** Says everything once more: availability, discovery, states. */
  readonly announce: () => void;
  readonly signal: AbortSignal;
}

/** Home Assistant asks for a short random delay, so that not every device answers its birth at once. */
const BIRTH_DELAY_MS = { least: 1_000, spread: 4_000 };

/**
 * Home Assistant's side of the retained topics: publishes the device messages, takes entities and devices back that are
 * gone (also those of an earlier run, which the broker still holds), and repeats everything after its birth message.
 */
export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  /** What the broker was seen to hold, by topic: the memory of earlier runs. */
  readonly #earlier = new Map<string, unknown>();
  #messages: DeviceMessage[] = [];
  #catalogKnown = false;
  #answering = false;

  constructor(options: HomeAssistantOptions) {
    this.#options = options;
  }

  get statusTopic(): string {
    return `${this.#options.context.prefix}/status`;
  }

  /** What to subscribe to for a moment after connecting. */
  get leftoverFilter(): string {
    return discoveryFilter(this.#options.context);
  }

  setCatalog(catalog: AlertCatalog): void {
    for (const { topic, payload } of this.#messages) this.#earlier.set(topic, payload);
    this.#messages = discoveryMessages(this.#options.context, catalog);
    this.#catalogKnown = true;
    this.#publish();
  }

  /** True when the message was Home Assistant's business. */
  take(topic: string, payload: Buffer, retained: boolean): boolean {
    if (topic === this.statusTopic) {
      // A retained birth came before our connection, and everything was published at that.
      if (payload.toString() === 'online' && !retained) this.#answerBirth();
      return true;
    }
    const [before = '', after = ''] = this.leftoverFilter.split('+');
    if (!topic.startsWith(before) || !topic.endsWith(after)) return false;
    if (retained && payload.length > 0) {
      this.#earlier.set(topic, parsed(payload));
      if (this.#catalogKnown) this.#publish();
    }
    return true;
  }

  #publish(): void {
    const { retained } = this.#options;
    const current = new Set(this.#messages.map(({ topic }) => topic));
    for (const topic of this.#earlier.keys()) {
      if (current.has(topic)) continue;
      retained.clear(topic);
      this.#earlier.delete(topic);
    }
    for (const message of this.#messages) {
      const { topic, payload } = withTombstones(message, this.#earlier.get(message.topic));
      retained.set(topic, JSON.stringify(payload));
    }
  }

  #answerBirth(): void {
    if (this.#answering) return;
    this.#answering = true;
    const { clock, random, signal, announce } = this.#options;
    clock.sleep(BIRTH_DELAY_MS.least + random() * BIRTH_DELAY_MS.spread, signal).then(
      () => {
        this.#answering = false;
        announce();
      },
      () => undefined,
    );
  }
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
