import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import type { Clock } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { Audience } from './audience.ts';
import type { BrokerAccess } from './broker-access.ts';
import { type Connection, duplexPair } from './duplex-pair.ts';
import { DurableSessions, type SessionShelf } from './durable-sessions.ts';
import { GuardedConnection } from './guarded-connection.ts';

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly access: BrokerAccess;
  /** The daemon's own client id, which no guest may take. */
  readonly ownClientId: string;
  readonly maxConnections: number;
  readonly audience: Audience;
  /** Where durable sessions outlive the process; absent: they end with it. */
  readonly sessions?: SessionShelf | undefined;
  readonly isAlert: (topic: string) => boolean;
  /** So many messages were given up for somebody's durable session. */
  readonly onDrop: (messages: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Guests send commands, a few bytes each. */
const MAX_GUEST_PACKET_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** A subscriber that reads nothing for so long is cut, because the others wait for it. */
const DRAIN_TIMEOUT_MS = 5_000;
/** What a wrong password costs, so that guessing is slow. */
const REFUSAL_DELAY_MS = 500;
const NOT_AUTHORIZED = 4;
const IDENTIFIER_REJECTED = 2;

/**
 * An MQTT 3.1.1 broker (aedes) for a box that has none. The daemon connects in process, not through the port: its right
 * to publish is the connection itself, so there is no password that could leak. Guests are held to `access`, to small
 * packets and to a number of connections.
 */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #repeats: RepeatLimiter;
  readonly #own = new WeakSet<object>();
  readonly #sockets = new Set<Socket>();
  #broker: Aedes | undefined;
  #server: Server | undefined;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger: options.logger });
  }

  /** Resolves when it listens. Rejects with `unavailable` when the port is taken or the address is not ours. */
  async start(): Promise<void> {
    const { host, port, tls, maxConnections } = this.#options;
    const broker = await Aedes.createBroker(this.#rules());
    const sessions = this.#durableSessions(broker);
    broker.authorizeForward = (client, packet) => (sessions.mayForward(client, packet) ? packet : null);
    await sessions.start();
    broker.on('clientError', (client: Client, error: Error) => this.#guestTrouble(client, error));
    broker.on('connectionError', (client: Client, error: Error) => this.#guestTrouble(client, error));
    broker.on('subscribe', (subscriptions, client) => {
      if (!this.#isOwn(client)) for (const { topic } of subscriptions) this.#options.audience.subscribed(topic);
    });
    this.#broker = broker;
    const accept = (socket: Socket): void => this.#accept(socket, broker);
    const server = tls ? createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, accept) : createServer(accept);
    server.maxConnections = maxConnections;
    server.on('drop', () =>
      this.#repeats.log('warn', 'full', 'the MQTT broker has no room for another connection', { maxConnections }),
    );
    server.on('tlsClientError', (error: Error) =>
      this.#repeats.log('info', 'tls', 'a client failed to speak TLS with the MQTT broker', { error }),
    );
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, host, port)));
      server.listen({ host, port }, resolve);
    });
    this.#options.audience.admitted();
    server.on('error', (error) => this.#options.logger.error('the MQTT broker failed', { error }));
  }

  /** The port it listens on, once started. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** `mqtt://host:port` for subscribers. */
  get url(): string {
    const { host, tls } = this.#options;
    return `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** A new in-process connection with the daemon's rights. */
  connection(): Connection {
    const broker = this.#broker;
    if (!broker) throw new WatchwordError('unavailable', 'the embedded broker is not running');
    const [ours, theirs] = duplexPair();
    this.#own.add(theirs);
    theirs.on('error', () => undefined);
    broker.handle(theirs);
    return ours;
  }

  async stop(): Promise<void> {
    const { broker, server } = { broker: this.#broker, server: this.#server };
    this.#broker = undefined;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server?.listening ? server.close(() => resolve()) : resolve()));
    await new Promise<void>((resolve) => (broker ? broker.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #durableSessions(broker: Aedes): DurableSessions {
    const { sessions, isAlert } = this.#options;
    return new DurableSessions({
      broker,
      shelf: sessions,
      isAlert,
      onDrop: (clientId, messages) => {
        this.#options.onDrop(messages);
        this.#repeats.log(
          'warn',
          `queue ${clientId}`,
          'a subscriber has too many messages waiting; updates, or all of them, are dropped for it',
          { client: shown(clientId), messages },
        );
      },
      onTrouble: (error) =>
        this.#repeats.log('warn', 'sessions', 'what waits for subscribers is not kept over a restart', { error }),
    });
  }

  #accept(socket: Socket, broker: Aedes): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    broker.handle(new GuardedConnection(socket, MAX_GUEST_PACKET_BYTES));
  }

  #rules(): ConstructorParameters<typeof Aedes>[0] {
    const { access, ownClientId } = this.#options;
    return {
      connectTimeout: CONNECT_TIMEOUT_MS,
      drainTimeout: DRAIN_TIMEOUT_MS,
      maxInflightInbound: 20,
      maxTopicLevels: 20,
      authenticate: (client, user, password, done) => {
        if (this.#isOwn(client)) return done(null, true);
        if (client.id === ownClientId || client.id.length > 128) return done(refusal(IDENTIFIER_REJECTED), false);
        if (access.admits(user, password)) return done(null, true);
        this.#repeats.log('warn', 'login', 'a client gave the MQTT broker a wrong user or password', {
          client: shown(client.id),
        });
        // Aedes ignores the answer when the client has gone meanwhile.
        this.#options.clock.sleep(REFUSAL_DELAY_MS).then(
          () => done(refusal(NOT_AUTHORIZED), false),
          () => undefined,
        );
      },
      authorizePublish: (client, packet, done) => {
        if (client === null || this.#isOwn(client)) return done(null);
        // A retained command would be executed again at each reconnect.
        packet.retain = false;
        if (access.mayPublish(packet.topic)) return done(null);
        // MQTT 3.1.1 section 3.3.5 leaves only this: acknowledge what is not done, or close the connection.
        done(new WatchwordError('forbidden', `may not publish to ${shown(packet.topic)}`));
      },
      authorizeSubscribe: (_client, subscription, done) => {
        if (this.#isOwn(_client) || access.maySubscribe(subscription.topic)) return done(null, subscription);
        done(null, null);
      },
    };
  }

  #isOwn(client: Client): boolean {
    return this.#own.has(client.conn);
  }

  #guestTrouble(client: Client, error: Error): void {
    if (this.#isOwn(client)) return;
    this.#repeats.log('info', `guest ${error.message}`, 'the MQTT broker closed a connection', {
      client: shown(client.id ?? ''),
      error,
    });
  }
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error('refused'), { returnCode });
}

/** A stranger's text, short and without line breaks, for the log. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}

function listenError(thrown: unknown, host: string, port: number): Error {
  const error = toError(thrown);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new WatchwordError(
      'unavailable',
      `port ${port} on ${host} is taken, so the embedded MQTT broker cannot start`,
      {
        hint: 'Give another mqtt.port, or use the broker that runs there: mqtt.url: mqtt://127.0.0.1:1883',
        cause: error,
      },
    );
  }
  return new WatchwordError(
    'unavailable',
    `the embedded MQTT broker cannot listen on ${host}:${port}: ${error.message}`,
    { cause: error },
  );
}
