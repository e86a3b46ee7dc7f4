import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { LiveChange } from './deps.ts';

/** Sent when nothing else was, so that proxies keep the connection and a dead one is noticed. */
const HEARTBEAT_MS = 15_000;
/** More different things changed at once than this: the client is told to take everything anew. */
const MOST_PENDING = 2_000;

/** What one client is owed: each thing that changed, once, however often it changed. */
export interface LiveBatch {
  readonly changes: readonly LiveChange[];
  /** So much changed that everything must be sent. */
  readonly everything: boolean;
}

export interface LiveClient {
  /**
   * The changes since the last call: at once when there are some, else when they come, else an empty batch as a heartbeat.
   * Never sooner than the interval after the last. Rejects when the client is closed.
   */
  next(): Promise<LiveBatch>;
  /** Aborted when the connection must end. */
  readonly signal: AbortSignal;
  close(): void;
}

/**
 * The open live connections. One subscription serves them all; each client holds one newest item per thing, so a slow
 * client costs bounded memory and always gets the newest state.
 */
export class LiveClients {
  readonly #clock: Clock;
  readonly #subscribe: (listener: (change: LiveChange) => void) => () => void;
  readonly #most: number;
  readonly #intervalMs: number;
  readonly #clients = new Set<{ note(change: LiveChange): void; end(): void; tokenHash: string | undefined }>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: {
    clock: Clock;
    subscribe: (listener: (change: LiveChange) => void) => () => void;
    most: number;
    intervalMs: number;
  }) {
    this.#clock = options.clock;
    this.#subscribe = options.subscribe;
    this.#most = options.most;
    this.#intervalMs = options.intervalMs;
  }

  get count(): number {
    return this.#clients.size;
  }

  /** Throws `too-many` when the box serves as many as it will. */
  open(tokenHash: string | undefined): LiveClient {
    if (this.#clients.size >= this.#most) {
      throw new WatchwordError('too-many', 'too many live pages are open on this box', {
        hint: 'Close some, then reload',
      });
    }
    const pending = new Map<string, LiveChange>();
    const ended = new AbortController();
    let wake: (() => void) | undefined;
    let overflow = false;
    let sentAt = Number.NEGATIVE_INFINITY;
    const note = (change: LiveChange): void => {
      if (pending.size >= MOST_PENDING) overflow = true;
      else pending.set(keyOf(change), change);
      wake?.();
    };
    const entry = {
      note,
      tokenHash,
      end: () => ended.abort(new WatchwordError('cancelled', 'live connection closed')),
    };
    this.#add(entry);
    return {
      signal: ended.signal,
      close: () => {
        entry.end();
        this.#remove(entry);
      },
      next: async () => {
        const waitMs = sentAt + this.#intervalMs - this.#clock.monotonic();
        if (waitMs > 0) await this.#clock.sleep(waitMs, ended.signal);
        ended.signal.throwIfAborted();
        if (pending.size === 0 && !overflow) {
          await this.#untilWoken((woken) => {
            wake = woken;
          }, ended.signal);
          wake = undefined;
        }
        ended.signal.throwIfAborted();
        sentAt = this.#clock.monotonic();
        const batch = { changes: [...pending.values()], everything: overflow };
        pending.clear();
        overflow = false;
        return batch;
      },
    };
  }

  /** Ends the connections of a session, or all of them. */
  close(tokenHash?: string): void {
    for (const client of [...this.#clients]) {
      if (tokenHash !== undefined && client.tokenHash !== tokenHash) continue;
      client.end();
      this.#remove(client);
    }
  }

  async #untilWoken(onWake: (wake: () => void) => void, signal: AbortSignal): Promise<void> {
    const heartbeat = new AbortController();
    const stop = (): void => heartbeat.abort();
    signal.addEventListener('abort', stop, { once: true });
    onWake(stop);
    try {
      await this.#clock.sleep(HEARTBEAT_MS, heartbeat.signal);
    } catch {
      // Woken by a change or by the end: the caller looks which.
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #add(entry: { note(change: LiveChange): void; end(): void; tokenHash: string | undefined }): void {
    this.#clients.add(entry);
    this.#unsubscribe ??= this.#subscribe((change) => {
      for (const client of this.#clients) client.note(change);
    });
  }

  #remove(entry: { note(change: LiveChange): void; end(): void; tokenHash: string | undefined }): void {
    this.#clients.delete(entry);
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
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
