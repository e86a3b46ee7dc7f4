import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { LiveChange } from './deps.ts';

/** Sent when nothing else was, so that proxies keep the connection and a dead one is noticed. */
const HEARTBEAT_MS = 15_000;
/** More different things changed than this: the oldest are forgotten, and who missed them takes everything anew. */
const MOST_REMEMBERED = 2_000;

/** What one client is owed: each thing that changed, once, however often it changed. */
export interface LiveBatch {
  readonly changes: readonly LiveChange[];
  /** So much was missed that everything must be sent. */
  readonly everything: boolean;
  /** Where the client stands after it: what it gives to go on from here. */
  readonly place: string;
}

export interface LiveClient {
  /**
   * The changes since the last call: at once when there are some, else when they come, else an empty batch as a heartbeat.
   * Never sooner than the interval after the last. Rejects when the client is closed.
   */
  next(): Promise<LiveBatch>;
  close(): void;
}

interface OpenClient {
  readonly tokenHash: string | undefined;
  readonly ended: AbortController;
  /** The number of the last change it knows of. */
  seen: number;
  sentAt: number;
  wake: (() => void) | undefined;
}

/**
 * The open live connections. One subscription serves them all. What changed is remembered once per thing with a number that
 * counts up; each client only holds the number it has seen. So a slow client costs nothing and always gets the newest
 * state, and one that comes back goes on where it was.
 */
export class LiveClients {
  readonly #clock: Clock;
  readonly #subscribe: (listener: (change: LiveChange) => void) => () => void;
  readonly #most: number;
  readonly #intervalMs: number;
  /** Places are of one process run: numbers begin anew with it. */
  readonly #runId: string;
  readonly #clients = new Set<OpenClient>();
  /** Oldest change first. */
  readonly #changed = new Map<string, { change: LiveChange; number: number }>();
  #number = 0;
  #forgotten = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(options: {
    clock: Clock;
    subscribe: (listener: (change: LiveChange) => void) => () => void;
    runId: string;
    most: number;
    intervalMs: number;
  }) {
    this.#clock = options.clock;
    this.#subscribe = options.subscribe;
    this.#runId = options.runId;
    this.#most = options.most;
    this.#intervalMs = options.intervalMs;
  }

  get count(): number {
    return this.#clients.size;
  }

  /** The present moment, for a page that is drawn now and connects later. */
  place(): string {
    this.#listen();
    return `${this.#runId}.${this.#number}`;
  }

  /** `since`: a place; what happened after it comes first. Without it everything does. Throws `too-many`. */
  open(options: { tokenHash?: string | undefined; since?: string | undefined }): LiveClient {
    if (this.#clients.size >= this.#most) {
      throw new WatchwordError('too-many', 'too many live pages are open on this box', {
        hint: 'Close some, then reload',
      });
    }
    this.#listen();
    const client: OpenClient = {
      tokenHash: options.tokenHash,
      ended: new AbortController(),
      seen: this.#numberOf(options.since),
      sentAt: Number.NEGATIVE_INFINITY,
      wake: undefined,
    };
    this.#clients.add(client);
    return { next: () => this.#next(client), close: () => this.#end(client) };
  }

  /** Ends the connections of a session. */
  closeSession(tokenHash: string): void {
    for (const client of [...this.#clients]) if (client.tokenHash === tokenHash) this.#end(client);
  }

  /** Ends all connections and stops listening. */
  close(): void {
    for (const client of [...this.#clients]) this.#end(client);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#changed.clear();
    this.#forgotten = this.#number;
  }

  async #next(client: OpenClient): Promise<LiveBatch> {
    const { signal } = client.ended;
    const waitMs = client.sentAt + this.#intervalMs - this.#clock.monotonic();
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    signal.throwIfAborted();
    if (client.seen === this.#number) await this.#untilWoken(client);
    signal.throwIfAborted();
    const everything = client.seen < this.#forgotten;
    const changes = everything ? [] : this.#changesAfter(client.seen);
    client.seen = this.#number;
    client.sentAt = this.#clock.monotonic();
    return { changes, everything, place: this.place() };
  }

  #changesAfter(number: number): LiveChange[] {
    const newestFirst = [...this.#changed.values()].reverse();
    const end = newestFirst.findIndex((entry) => entry.number <= number);
    return newestFirst
      .slice(0, end < 0 ? newestFirst.length : end)
      .map(({ change }) => change)
      .reverse();
  }

  async #untilWoken(client: OpenClient): Promise<void> {
    const heartbeat = new AbortController();
    const stop = (): void => heartbeat.abort();
    client.ended.signal.addEventListener('abort', stop, { once: true });
    client.wake = stop;
    try {
      await this.#clock.sleep(HEARTBEAT_MS, heartbeat.signal);
    } catch {
      // Woken by a change or by the end: the caller looks which.
    } finally {
      client.wake = undefined;
      client.ended.signal.removeEventListener('abort', stop);
    }
  }

  #end(client: OpenClient): void {
    this.#clients.delete(client);
    client.ended.abort(new WatchwordError('cancelled', 'live connection closed'));
  }

  #listen(): void {
    this.#unsubscribe ??= this.#subscribe((change) => {
      const key = keyOf(change);
      this.#changed.delete(key);
      this.#changed.set(key, { change, number: ++this.#number });
      const [oldest] = this.#changed.size > MOST_REMEMBERED ? this.#changed : [];
      if (oldest) {
        this.#changed.delete(oldest[0]);
        this.#forgotten = oldest[1].number;
      }
      for (const client of this.#clients) client.wake?.();
    });
  }

  /** Something unknown, of another run or yet to come knows nothing: -1 is before everything. */
  #numberOf(place: string | undefined): number {
    const number = place?.startsWith(`${this.#runId}.`) ? place.slice(this.#runId.length + 1) : '';
    const known = /^\d{1,15}$/.test(number) ? Number(number) : -1;
    return known <= this.#number ? known : -1;
  }
}

function keyOf(change: LiveChange): string {
  switch (change.kind) {
    case 'frame':
    case 'camera':
      return `${change.kind} ${change.cameraId}`;
    case 'state':
      return `state ${change.ruleId} ${change.cameraId}`;
    case 'event':
      return `event ${change.eventId}`;
    case 'health':
    case 'rules':
      return change.kind;
  }
}
