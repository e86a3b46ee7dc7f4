import type { Aedes } from 'aedes';
import { toError } from '../platform/errors.ts';
import {
  type BrokerClient,
  keyOf,
  type Persistence,
  persistenceOf,
  type QueuedPacket,
  type SessionSubscription,
  withMethods,
} from './broker-persistence.ts';
import { isUpdate } from './payload.ts';
import { SessionQueues } from './session-queues.ts';

export type { SessionSubscription };

/** A message that waits for a session. */
export interface WaitingAlert {
  /** Unique within the session. */
  readonly key: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
}

export interface SavedSession {
  readonly clientId: string;
  readonly subscriptions: readonly SessionSubscription[];
  /** In the order in which they came. */
  readonly waiting: readonly WaitingAlert[];
}

/** Where durable sessions outlive the process. Every method may throw: the disk may be full. */
export interface SessionShelf {
  /** Who was away longest first. */
  load(): readonly SavedSession[];
  /** Adds a session, or replaces its subscriptions. */
  save(clientId: string, subscriptions: readonly SessionSubscription[]): void;
  /** It came or went. */
  seen(clientId: string): void;
  /** With all that waits for it. */
  forget(clientId: string): void;
  /** Nothing for a session that is not there. */
  enqueue(clientIds: readonly string[], alert: WaitingAlert): void;
  /** It does not wait any more. */
  remove(clientId: string, key: string): void;
}

/** As mosquitto's max_queued_messages: with so much waiting for a session, its updates are dropped. */
const MAX_QUEUED = 1_000;
/** Over all sessions: some 20 MB of alerts. */
const MAX_QUEUED_IN_ALL = 20_000;
/** Sessions kept: a stranger inventing client ids cannot fill memory or disk. */
const MAX_SESSIONS = 200;
/** Above every id that a client's messages can have. */
const ID_OF_WHAT_GOES = 65_536;

export interface DurableSessionsOptions {
  readonly broker: Aedes;
  /** Absent: sessions end with the process. */
  readonly shelf?: SessionShelf | undefined;
  /** Alerts alone are kept over a restart; states are retained and come anew by themselves. */
  readonly isAlert: (topic: string) => boolean;
  /** So many messages were given up for this session: too much waits. */
  readonly onDrop: (clientId: string, messages: number) => void;
  /** Something of the sessions could not be kept for after a restart. */
  readonly onTrouble: (error: Error) => void;
}

/**
 * Bounds what aedes keeps for durable sessions, and keeps it over restarts. A full queue drops its oldest update, for that
 * session alone; of one that is connected what waits is on its way, so the newest update is dropped. `new` and `end` never are.
 * With too much in all, the session with most waiting is forgotten; without room for another session, the one that was away
 * longest. Its client is told so when it comes back (MQTT-3.2.2-3). Retained messages do not wait for who is away: the newest of
 * each topic comes with the subscription, or with its next repetition.
 *
 * Also keeps what aedes does not:
 *
 * - Order. A session that comes back gets what is new at once, beside what waits; here new messages wait behind that.
 * - Ids. A message that was sent on an earlier connection keeps its packet id, which the new connection gives out again; an
 *   acknowledgement then clears the wrong one. Here each connection begins without ids.
 * - QoS 1 for what goes on from here: the daemon publishes with QoS 2 (see AlertQos), where a repeated id makes a subscriber
 *   drop a message as a repeat.
 */
export class DurableSessions {
  readonly #options: DurableSessionsOptions;
  readonly #original: Persistence;
  readonly #queues = new SessionQueues();
  /** Clients that have had all that waited. */
  readonly #caughtUp = new WeakSet<BrokerClient>();
  /** Clients that a new message was held back from since the queue was last read. */
  readonly #heldBack = new WeakSet<BrokerClient>();
  /** Messages on their way out of a queue. */
  readonly #leaving = new WeakSet<object>();

  constructor(options: DurableSessionsOptions) {
    this.#options = options;
    this.#original = persistenceOf(options.broker);
  }

  /** Takes up what an earlier process kept, and watches over the broker from now on. Before the first client. */
  async start(): Promise<void> {
    for (const { clientId, subscriptions, waiting } of this.#load()) {
      await this.#original.addSubscriptions({ id: clientId }, subscriptions);
      for (const { key, topic, payload, qos } of waiting) {
        const [brokerId = '', counter] = key.split(' ');
        const number = { brokerId, brokerCounter: Number(counter) };
        const packet = { cmd: 'publish', topic, payload, qos, retain: false, ...number };
        await this.#original.outgoingEnqueue({ clientId }, packet);
        this.#queues.add(clientId, packet, this.#mayDrop(packet));
      }
      this.#queues.open(clientId);
    }
    withMethods(this.#options.broker, {
      addSubscriptions: (...given: Parameters<Persistence['addSubscriptions']>) => this.#subscribed(...given),
      removeSubscriptions: (...given: Parameters<Persistence['removeSubscriptions']>) => this.#unsubscribed(...given),
      cleanSubscriptions: (...given: Parameters<Persistence['cleanSubscriptions']>) => this.#cleaned(...given),
      subscriptionsByClient: (...given: Parameters<Persistence['subscriptionsByClient']>) => this.#resumed(...given),
      outgoingEnqueueCombi: (...given: Parameters<Persistence['outgoingEnqueueCombi']>) => this.#enqueue(...given),
      outgoingClearMessageId: (...given: Parameters<Persistence['outgoingClearMessageId']>) => this.#received(...given),
    });
    const { broker } = this.#options;
    broker.on('clientReady', (client) => void this.#catchUp(client as unknown as BrokerClient));
    broker.on('client', ({ id }) => this.#seen(id));
    broker.on('clientDisconnect', ({ id }) => this.#seen(id));
  }

  /** Whether a message may go to a client now; otherwise it waits in the client's queue for its turn. */
  mayForward(client: unknown, packet: { qos: number; retain: boolean; messageId?: number | undefined }): boolean {
    const to = client as BrokerClient;
    const waits = packet.qos > 0 && packet.messageId === undefined && !packet.retain && !this.#leaving.has(packet);
    if (to.clean || !waits || this.#caughtUp.has(to)) return true;
    this.#heldBack.add(to);
    return false;
  }

  /** A client connects: what was sent on an earlier connection is as good as not sent. */
  async #resumed(client: { id: string }): Promise<readonly SessionSubscription[]> {
    for await (const packet of this.#original.outgoingStream(client)) packet.messageId = undefined;
    return this.#original.subscriptionsByClient(client);
  }

  /** Sends what came while older messages went out, until nothing is left behind. */
  async #catchUp(client: BrokerClient): Promise<void> {
    if (client.clean) return;
    do {
      this.#heldBack.delete(client);
      for await (const packet of this.#original.outgoingStream(client)) {
        if (client.closed) return;
        if (packet.messageId === undefined) await this.#send(client, packet);
      }
    } while (this.#heldBack.has(client));
    this.#caughtUp.add(client);
  }

  #send(client: BrokerClient, packet: QueuedPacket): Promise<void> {
    // It was noted as forwarded when it was held back.
    client.duplicates[packet.brokerId] = packet.brokerCounter - 1;
    this.#leaving.add(packet);
    return new Promise((resolve) => client.deliverQoS(packet, () => resolve()));
  }

  #load(): readonly SavedSession[] {
    try {
      return this.#options.shelf?.load() ?? [];
    } catch (error) {
      this.#options.onTrouble(toError(error));
      return [];
    }
  }

  async #subscribed(client: { id: string }, subscriptions: readonly SessionSubscription[]): Promise<void> {
    await this.#original.addSubscriptions(client, subscriptions);
    await this.#save(client);
  }

  async #unsubscribed(client: { id: string }, topics: readonly string[]): Promise<void> {
    await this.#original.removeSubscriptions(client, topics);
    await this.#save(client);
  }

  async #save(client: { id: string }): Promise<void> {
    const subscriptions = await this.#original.subscriptionsByClient(client);
    if (subscriptions.length === 0) return this.#forget(client.id);
    this.#queues.open(client.id);
    this.#keep((shelf) =>
      shelf.save(
        client.id,
        subscriptions.map(({ topic, qos }) => ({ topic, qos })),
      ),
    );
    for (const clientId of this.#queues.clientIds) {
      if (this.#queues.size <= MAX_SESSIONS) break;
      if (!this.#isConnected(clientId)) await this.#giveUp(clientId);
    }
  }

  /** Its client asked for a clean session. */
  async #cleaned(client: { id: string }): Promise<void> {
    await this.#original.cleanSubscriptions(client);
    if (this.#queues.has(client.id)) await this.#forget(client.id);
  }

  async #forget(clientId: string): Promise<void> {
    const client = { id: clientId };
    this.#queues.forget(clientId);
    this.#keep((shelf) => shelf.forget(clientId));
    await this.#original.cleanSubscriptions(client);
    // The persistence empties a queue only message by message, by an id that waiting ones do not have yet.
    let messageId = ID_OF_WHAT_GOES;
    for await (const packet of this.#original.outgoingStream(client)) {
      await this.#original.outgoingUpdate(client, { ...packet, messageId: ++messageId });
      await this.#original.outgoingClearMessageId(client, { messageId });
    }
  }

  async #enqueue(subscriptions: ReadonlyArray<{ clientId: string }>, packet: QueuedPacket): Promise<void> {
    // The very packet that goes to those who are connected, right after this.
    packet.qos = Math.min(1, packet.qos);
    const taken = subscriptions.filter(({ clientId }) => this.#hasRoom(clientId, packet));
    for (const { clientId } of taken) this.#queues.add(clientId, packet, this.#mayDrop(packet));
    const { topic, payload, qos } = packet;
    if (taken.length > 0 && this.#options.isAlert(topic)) {
      const clientIds = taken.map(({ clientId }) => clientId);
      this.#keep((shelf) =>
        shelf.enqueue(clientIds, { key: keyOf(packet), topic, payload: Buffer.from(payload), qos }),
      );
    }
    await this.#original.outgoingEnqueueCombi(taken, packet);
    await this.#makeRoom();
  }

  /** Where there is none, the oldest update makes room; without one, `new` and `end` are taken all the same. */
  #hasRoom(clientId: string, packet: QueuedPacket): boolean {
    const isConnected = this.#isConnected(clientId);
    if (packet.retain && !isConnected) return false;
    if (this.#queues.waiting(clientId) < MAX_QUEUED) return true;
    const oldest = isConnected ? undefined : this.#queues.oldestUpdate(clientId);
    if (oldest) this.#dropWaiting(clientId, oldest);
    else if (!this.#mayDrop(packet)) return true;
    this.#options.onDrop(clientId, 1);
    return oldest !== undefined;
  }

  #mayDrop({ topic, payload }: QueuedPacket): boolean {
    return !this.#options.isAlert(topic) || isUpdate(payload);
  }

  /** Done when it returns: aedes' memory persistence does its work at once. */
  #dropWaiting(clientId: string, packet: QueuedPacket): void {
    const client = { id: clientId };
    const messageId = ID_OF_WHAT_GOES;
    // It rejects where a message is gone already.
    this.#original.outgoingUpdate(client, { ...packet, messageId }).catch(() => undefined);
    void this.#original.outgoingClearMessageId(client, { messageId });
    this.#queues.remove(clientId, packet);
    this.#keep((shelf) => shelf.remove(clientId, keyOf(packet)));
  }

  /** Forgets whole sessions while too much waits: who has most waiting first, even who is connected and takes nothing. */
  async #makeRoom(): Promise<void> {
    if (this.#queues.inAll <= MAX_QUEUED_IN_ALL) return;
    const fullest = this.#queues.clientIds.sort(
      (one, other) => this.#queues.waiting(other) - this.#queues.waiting(one),
    );
    for (const clientId of fullest) {
      if (this.#queues.inAll <= MAX_QUEUED_IN_ALL) return;
      this.#clients[clientId]?.close();
      await this.#giveUp(clientId);
    }
  }

  #giveUp(clientId: string): Promise<void> {
    const waited = this.#queues.waiting(clientId);
    if (waited > 0) this.#options.onDrop(clientId, waited);
    return this.#forget(clientId);
  }

  async #received(client: { id: string }, packet: { messageId?: number }): Promise<QueuedPacket | undefined> {
    // Without an id it would be any message that waits: aedes asks so for one that was held back.
    const { messageId } = packet;
    const cleared = messageId !== undefined && (await this.#original.outgoingClearMessageId(client, { messageId }));
    if (!cleared) return undefined;
    this.#queues.remove(client.id, cleared);
    if (this.#options.isAlert(cleared.topic)) this.#keep((shelf) => shelf.remove(client.id, keyOf(cleared)));
    return cleared;
  }

  #seen(clientId: string): void {
    if (!this.#queues.has(clientId)) return;
    this.#queues.seen(clientId);
    this.#keep((shelf) => shelf.seen(clientId));
  }

  get #clients(): Readonly<Record<string, { close(): void }>> {
    return (this.#options.broker as unknown as { clients: Readonly<Record<string, { close(): void }>> }).clients;
  }

  #isConnected(clientId: string): boolean {
    return Object.hasOwn(this.#clients, clientId);
  }

  /** Alerts go on to who is connected whatever the disk does. */
  #keep(change: (shelf: SessionShelf) => void): void {
    try {
      if (this.#options.shelf) change(this.#options.shelf);
    } catch (error) {
      this.#options.onTrouble(toError(error));
    }
  }
}
