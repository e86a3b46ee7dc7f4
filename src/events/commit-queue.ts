import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { EventCommit } from './event.ts';

export interface CommitQueueOptions {
  /** Keeps the commit durably, all of it, or throws and keeps nothing. Doing it twice must equal doing it once. */
  commit: (commit: EventCommit) => void;
  clock: Clock;
  logger: Logger;
  /** Waiting commits held at most. */
  maxWaiting?: number;
  /** Bytes of pictures that waiting commits hold at most. */
  maxWaitingBytes?: number;
  /** Least time between two tries. */
  retryMs?: number;
}

/**
 * Between the tracker and the store. A commit that fails (a full disk) waits here and is tried again before anything newer
 * of its rule and camera, so that nothing overtakes and nothing is lost while the process lives. Bounded: pictures go
 * first, then updates, and only then, counted and logged as lost, the oldest commits.
 */
export class CommitQueue {
  readonly #options: Required<CommitQueueOptions>;
  readonly #log: RepeatLimiter;
  #waiting: EventCommit[] = [];
  #waitingBytes = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  #lost = 0;

  constructor(options: CommitQueueOptions) {
    this.#options = { maxWaiting: 10_000, maxWaitingBytes: 64 * 1024 * 1024, retryMs: 1_000, ...options };
    this.#log = new RepeatLimiter({ clock: options.clock, logger: options.logger });
  }

  /** How many commits the store has not accepted yet: health shows it. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many commits were given up because too many waited. */
  get lost(): number {
    return this.#lost;
  }

  /** Never throws. */
  submit(commit: EventCommit): void {
    if (this.#waiting.length === 0 && this.#attempt(commit)) return;
    this.#waiting.push(commit);
    this.#waitingBytes += bytesOf(commit);
    this.#bound();
    this.drain();
  }

  /** Tries what waits, when it is time to. Call it about every second. */
  drain(): void {
    const now = this.#options.clock.monotonic();
    if (this.#waiting.length === 0 || now - this.#triedAt < this.#options.retryMs) return;
    const blocked = new Set<string>();
    const left: EventCommit[] = [];
    for (const commit of this.#waiting) {
      const pair = pairOf(commit);
      // A store that refuses three different ones refuses all: do not knock ten thousand times.
      if (blocked.size >= 3 || blocked.has(pair)) left.push(commit);
      else if (!this.#attempt(commit)) {
        blocked.add(pair);
        left.push(commit);
      }
    }
    this.#waiting = left;
    this.#waitingBytes = left.reduce((sum, commit) => sum + bytesOf(commit), 0);
    if (left.length === 0) this.#options.logger.info('events are committed again');
  }

  #attempt(commit: EventCommit): boolean {
    try {
      this.#options.commit(commit);
      return true;
    } catch (error) {
      this.#triedAt = this.#options.clock.monotonic();
      const fields = { error: toError(error), event: commit.change.event.id, change: commit.change.type };
      this.#log.log('error', 'commit', 'event not committed yet, will be tried again', fields);
      return false;
    }
  }

  #bound(): void {
    const { maxWaiting, maxWaitingBytes } = this.#options;
    for (let index = 0; this.#waitingBytes > maxWaitingBytes && index < this.#waiting.length; index++) {
      const commit = this.#waiting[index];
      if (!commit || commit.evidence.length === 0) continue;
      this.#waitingBytes -= bytesOf(commit);
      this.#waiting[index] = { ...commit, evidence: [] };
    }
    while (this.#waiting.length > maxWaiting) {
      const update = this.#waiting.findIndex((commit) => commit.change.type === 'update');
      const [dropped] = this.#waiting.splice(Math.max(0, update), 1);
      if (dropped) this.#waitingBytes -= bytesOf(dropped);
      if (update >= 0) continue;
      this.#lost++;
      this.#log.log('error', 'lost', 'too many events wait for the disk, the oldest are lost', { lost: this.#lost });
    }
  }
}

const pairOf = ({ change }: EventCommit): string => `${change.event.ruleId}\n${change.event.cameraId}`;

const bytesOf = ({ evidence }: EventCommit): number => evidence.reduce((sum, each) => sum + each.jpeg.byteLength, 0);
