import type { Aedes } from 'aedes';

/** The part of aedes' in-memory persistence that queues for durable sessions (clean=false), which aedes does not type. */
interface OfflineQueues {
  outgoingEnqueueCombi(subscriptions: ReadonlyArray<{ clientId: string }>, packet: { qos: number }): Promise<void>;
  outgoingClearMessageId(client: { id: string }, packet: unknown): Promise<unknown>;
}

/** As mosquitto's max_queued_messages: what a subscriber that is away can have waiting. */
const MAX_QUEUED = 1_000;
/** Durable sessions that have anything waiting; a stranger inventing client ids cannot fill the memory. */
const MAX_SESSIONS = 200;

/**
 * Bounds what aedes keeps for durable sessions whose clients are away (it has no limit of its own). A full queue drops
 * what is newer, for that subscriber alone; `onDrop` hears of it.
 *
 * Also holds what goes on from here to QoS 1: the daemon publishes with QoS 2 (see AlertQos), and aedes gives messages of a
 * resumed session packet ids that are in use already, which with QoS 2 makes the subscriber drop one as a repeat.
 */
export function boundOfflineQueues(broker: Aedes, onDrop: (clientId: string) => void): void {
  const queues = (broker as unknown as { persistence: OfflineQueues }).persistence;
  const queued = new Map<string, number>();
  const enqueue = queues.outgoingEnqueueCombi.bind(queues);
  const clear = queues.outgoingClearMessageId.bind(queues);

  queues.outgoingEnqueueCombi = (subscriptions, packet) => {
    // The very packet that goes to those who are connected, right after this.
    packet.qos = Math.min(1, packet.qos);
    const taken = subscriptions.filter(({ clientId }) => {
      const count = queued.get(clientId) ?? 0;
      const full = count >= MAX_QUEUED || (count === 0 && queued.size >= MAX_SESSIONS);
      if (full) onDrop(clientId);
      else queued.set(clientId, count + 1);
      return !full;
    });
    return enqueue(taken, packet);
  };
  queues.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    if (cleared) {
      const left = (queued.get(client.id) ?? 1) - 1;
      if (left > 0) queued.set(client.id, left);
      else queued.delete(client.id);
    }
    return cleared;
  };
}
