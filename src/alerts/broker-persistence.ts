import type { Aedes } from 'aedes';

export interface SessionSubscription {
  readonly topic: string;
  readonly qos: number;
}

/** A message in a session's queue. */
export interface QueuedPacket {
  readonly brokerId: string;
  readonly brokerCounter: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  qos: number;
  messageId?: number | undefined;
}

/** The part of aedes' in-memory persistence that durable sessions (clean=false) live in, which aedes does not type. */
export interface Persistence {
  addSubscriptions(client: { id: string }, subscriptions: readonly SessionSubscription[]): Promise<void>;
  removeSubscriptions(client: { id: string }, topics: readonly string[]): Promise<void>;
  cleanSubscriptions(client: { id: string }): Promise<void>;
  subscriptionsByClient(client: { id: string }): Promise<readonly SessionSubscription[]>;
  outgoingEnqueue(subscription: { clientId: string }, packet: object): Promise<void>;
  outgoingEnqueueCombi(subscriptions: ReadonlyArray<{ clientId: string }>, packet: QueuedPacket): Promise<void>;
  outgoingUpdate(client: { id: string }, packet: QueuedPacket): Promise<void>;
  outgoingClearMessageId(client: { id: string }, packet: { messageId?: number }): Promise<QueuedPacket | undefined>;
  outgoingStream(client: { id: string }): AsyncIterable<QueuedPacket>;
}

/** A connected client as aedes has it, as far as it is needed here. */
export interface BrokerClient {
  readonly id: string;
  readonly clean: boolean;
  readonly closed: boolean;
  /** The newest counter that was forwarded, by broker. */
  readonly duplicates: Record<string, number>;
  deliverQoS(packet: QueuedPacket, done: () => void): void;
}

/** The broker's number for a message: each process is a broker of its own. */
export function keyOf({ brokerId, brokerCounter }: QueuedPacket): string {
  return `${brokerId} ${brokerCounter}`;
}

/** Its methods as they are now, before any of them is replaced. */
export function persistenceOf(broker: Aedes): Persistence {
  const { persistence } = broker as unknown as { persistence: Persistence };
  return {
    addSubscriptions: persistence.addSubscriptions.bind(persistence),
    removeSubscriptions: persistence.removeSubscriptions.bind(persistence),
    cleanSubscriptions: persistence.cleanSubscriptions.bind(persistence),
    subscriptionsByClient: persistence.subscriptionsByClient.bind(persistence),
    outgoingEnqueue: persistence.outgoingEnqueue.bind(persistence),
    outgoingEnqueueCombi: persistence.outgoingEnqueueCombi.bind(persistence),
    outgoingUpdate: persistence.outgoingUpdate.bind(persistence),
    outgoingClearMessageId: persistence.outgoingClearMessageId.bind(persistence),
    outgoingStream: persistence.outgoingStream.bind(persistence),
  };
}

/** Has the broker call these instead of its own. */
export function withMethods(broker: Aedes, methods: Partial<Persistence>): void {
  Object.assign((broker as unknown as { persistence: Persistence }).persistence, methods);
}
