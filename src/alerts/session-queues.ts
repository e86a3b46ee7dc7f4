import { keyOf, type QueuedPacket } from './broker-persistence.ts';

interface Queue {
  waiting: number;
  /** What may be dropped, oldest first, by key. */
  readonly updates: Map<string, QueuedPacket>;
}

/** How much waits for each durable session, and which of it may go first. Sessions are in the order in which they were last seen. */
export class SessionQueues {
  readonly #queues = new Map<string, Queue>();
  #inAll = 0;

  /** Messages that wait, over all sessions. */
  get inAll(): number {
    return this.#inAll;
  }

  /** Sessions. */
  get size(): number {
    return this.#queues.size;
  }

  /** Who was seen last comes last. */
  get clientIds(): string[] {
    return [...this.#queues.keys()];
  }

  has(clientId: string): boolean {
    return this.#queues.has(clientId);
  }

  waiting(clientId: string): number {
    return this.#queues.get(clientId)?.waiting ?? 0;
  }

  /** The session's queue, a new one where it has none. */
  open(clientId: string): Queue {
    const queue = this.#queues.get(clientId) ?? { waiting: 0, updates: new Map() };
    this.#queues.set(clientId, queue);
    return queue;
  }

  add(clientId: string, packet: QueuedPacket, mayDrop: boolean): void {
    const queue = this.open(clientId);
    queue.waiting++;
    this.#inAll++;
    if (mayDrop) queue.updates.set(keyOf(packet), packet);
  }

  remove(clientId: string, packet: QueuedPacket): void {
    const queue = this.#queues.get(clientId);
    if (!queue || queue.waiting === 0) return;
    queue.waiting--;
    this.#inAll--;
    queue.updates.delete(keyOf(packet));
  }

  oldestUpdate(clientId: string): QueuedPacket | undefined {
    return this.#queues.get(clientId)?.updates.values().next().value;
  }

  seen(clientId: string): void {
    const queue = this.#queues.get(clientId);
    if (!queue) return;
    this.#queues.delete(clientId);
    this.#queues.set(clientId, queue);
  }

  forget(clientId: string): void {
    this.#inAll -= this.waiting(clientId);
    this.#queues.delete(clientId);
  }
}
