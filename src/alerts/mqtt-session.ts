import { type IClientOptions, MqttClient, connect as mqttConnect } from 'mqtt';
import { type Clock, deadline, every } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import { maskSecrets } from '../platform/secrets.ts';
import type { Connection } from './duplex-pair.ts';

/**
 * Aedes acknowledges QoS 1 before it has handed the message to anyone, and QoS 2 only afterwards: a broker that dies with us
 * must be asked for the latter. Others keep what they acknowledged.
 */
export type AlertQos = 1 | 2;

/** How to reach a broker, and who we are there. */
export interface SessionOptions {
  /** An address, or an in-process connection to the embedded broker. */
  readonly target: string | (() => Connection);
  readonly clientId: string;
  readonly protocolVersion: 4 | 5;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly will: { readonly topic: string; readonly payload: string };
  /** QoS of alerts. Default 1. */
  readonly alertQos?: AlertQos | undefined;
  readonly clock: Clock;
  /** How long the broker may take to answer CONNECT. */
  readonly connectTimeoutMs: number;
  /** How long the broker may take to acknowledge a message. */
  readonly ackTimeoutMs: number;
  onMessage(topic: string, payload: Buffer, retained: boolean): void;
}

/** The broker does not speak this version of MQTT: the one refusal that another try with an older version can cure. */
export class ProtocolVersionRefused extends WatchwordError {
  constructor(cause: unknown) {
    super('unsupported', 'the broker does not speak this version of MQTT', { cause });
  }
}

const KEEPALIVE_S = 30;
/** Acknowledgements lost one by one before the connection is given up: their packet ids stay in use until then. */
const MAX_LOST_ACKS = 10;
interface Pending {
  readonly about: string;
  /** Monotonic ms. */
  readonly sentAt: number;
  reject(error: Error): void;
}

/** CONNACK codes: 1 of MQTT 3.1.1 section 3.2.2.3, 0x84 of MQTT 5 section 3.2.2.2. */
const UNACCEPTABLE_VERSION = [1, 0x84];

/**
 * One connection to a broker, from CONNECT to its end. It never reconnects and keeps no queue of its own: what was not
 * acknowledged is reported as failed, and its sender decides. A clean session with a stable client id makes the broker
 * drop an older half-dead connection of ours, so nothing sent there can arrive late (MQTT-3.1.4-2).
 */
export class MqttSession {
  readonly protocolVersion: 4 | 5;
  readonly alertQos: AlertQos;
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<Error>;
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #ackTimeoutMs: number;
  /** What waits for its acknowledgement, by turn, oldest first. */
  readonly #pending = new Map<number, Pending>();
  readonly #over = new AbortController();
  #end: (reason: Error) => void = () => undefined;
  #endReason: Error | undefined;
  #sent = 0;
  /** The newest message acknowledged, counted as sent. */
  #newestAck = 0;
  #lostAcks = 0;

  private constructor(client: MqttClient, options: SessionOptions) {
    this.#client = client;
    this.#clock = options.clock;
    this.#ackTimeoutMs = options.ackTimeoutMs;
    this.protocolVersion = options.protocolVersion;
    this.alertQos = options.alertQos ?? 1;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    client.on('message', (topic, payload, packet) => options.onMessage(topic, payload, packet.retain));
    client.on('error', (error) => this.#fail(friendly(error)));
    client.on('disconnect', (packet) => this.#fail(disconnectReason(packet.reasonCode)));
    client.on('close', () => this.#fail(new WatchwordError('unavailable', 'the broker closed the connection')));
  }

  /** Rejects with `unavailable`, `unauthenticated` or ProtocolVersionRefused; its text never holds a secret. */
  static open(options: SessionOptions, signal: AbortSignal): Promise<MqttSession> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(toError(signal.reason));
      const client = createClient(options);
      const timer = deadline(
        options.clock,
        options.connectTimeoutMs,
        () => new WatchwordError('unavailable', 'the broker did not answer in time'),
      );
      timer.signal.addEventListener('abort', () => fail(toError(timer.signal.reason)), { once: true });
      const give = (settle: () => void): void => {
        timer.stop();
        signal.removeEventListener('abort', onAbort);
        client.removeListener('connect', onConnect);
        client.removeListener('error', onError);
        client.removeListener('close', onClose);
        settle();
      };
      const fail = (error: Error): void =>
        give(() => {
          // mqtt.js may still report the end of a connection that nobody waits for any more.
          client.on('error', () => undefined);
          client.end(true);
          reject(error);
        });
      const onAbort = (): void => fail(toError(signal.reason));
      const onError = (error: Error): void => fail(friendly(error));
      const onClose = (): void =>
        fail(new WatchwordError('unavailable', 'the broker closed the connection before it answered'));
      const onConnect = (): void =>
        give(() => {
          const session = new MqttSession(client, options);
          session.#watch();
          resolve(session);
        });
      signal.addEventListener('abort', onAbort, { once: true });
      client.on('connect', onConnect);
      client.on('error', onError);
      client.on('close', onClose);
    });
  }

  /** Messages the broker takes at once (MQTT 5 Receive Maximum); 65,535 when it does not say. */
  get receiveMaximum(): number {
    return this.#client.serverProperties?.receiveMaximum ?? 65_535;
  }

  /**
   * QoS 1 unless told otherwise; resolves when the broker has acknowledged (PUBACK, PUBCOMP). Rejects with `unavailable` when the connection ended first, `timeout` when the broker
   * lost this one acknowledgement while giving others, `too-large` or `forbidden` when the broker refused the message.
   */
  publish(
    topic: string,
    payload: string | Uint8Array,
    { retain, qos = 1 }: { retain: boolean; qos?: AlertQos },
  ): Promise<void> {
    if (this.#endReason) return Promise.reject(this.#endReason);
    const tooLarge = this.#tooLarge(topic, payload);
    if (tooLarge) return Promise.reject(tooLarge);
    const body =
      typeof payload === 'string' ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    return this.#acknowledged((done) => this.#client.publish(topic, body, { qos, retain }, done), topic);
  }

  /**
   * QoS 0, for copies: when a message published after it is acknowledged, the broker has read this one as well, because
   * one connection keeps its order.
   */
  publishBefore(topic: string, payload: string): void {
    if (this.#endReason || this.#tooLarge(topic, payload)) return;
    this.#client.publish(topic, payload, { qos: 0, retain: false });
  }

  /** Resolves at SUBACK; rejects when the broker refuses any of the filters. */
  subscribe(filters: readonly string[]): Promise<void> {
    if (this.#endReason) return Promise.reject(this.#endReason);
    return this.#acknowledged((done) => this.#client.subscribe([...filters], { qos: 1 }, done), filters.join(' '));
  }

  unsubscribe(filters: readonly string[]): Promise<void> {
    if (this.#endReason) return Promise.reject(this.#endReason);
    return this.#acknowledged((done) => this.#client.unsubscribe([...filters], done), filters.join(' '));
  }

  /** Says goodbye (no will) and closes; by force when the broker takes longer than `graceMs`. */
  async end(graceMs: number): Promise<void> {
    const grace = new AbortController();
    this.#client.end(false);
    await Promise.race([this.closed, this.#clock.sleep(graceMs, grace.signal).catch(() => undefined)]);
    grace.abort();
    this.destroy(new WatchwordError('cancelled', 'the connection was closed'));
  }

  /** Cuts the connection; the broker sends the will. */
  destroy(reason: Error): void {
    this.#fail(reason);
  }

  /** One look at the oldest messages now and then is cheaper than a timer for each. */
  #watch(): void {
    every(this.#clock, this.#ackTimeoutMs / 4, this.#over.signal, () => this.#giveUpLateOnes()).catch(() => undefined);
  }

  #fail(reason: Error): void {
    if (this.#endReason) return;
    this.#endReason = reason;
    this.#client.end(true);
    this.#over.abort(reason);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#end(reason);
  }

  #acknowledged(start: (done: (error?: Error | null) => void) => unknown, about: string): Promise<void> {
    const turn = ++this.#sent;
    return new Promise<void>((resolve, reject) => {
      this.#pending.set(turn, { about, sentAt: this.#clock.monotonic(), reject });
      start((error) => {
        this.#pending.delete(turn);
        this.#newestAck = Math.max(this.#newestAck, turn);
        if (error) reject(friendly(error));
        else resolve();
      });
    });
  }

  /**
   * Brokers acknowledge in order (MQTT-4.6.0-2). When a later message was acknowledged, this one is lost and can be sent
   * again by itself; when none was, the connection is dead, and a new one repeats all (MQTT-4.4.0-1).
   */
  #giveUpLateOnes(): void {
    const limit = this.#clock.monotonic() - this.#ackTimeoutMs;
    for (const [turn, { about, sentAt, reject }] of this.#pending) {
      if (sentAt > limit) return;
      this.#pending.delete(turn);
      const error = new WatchwordError('timeout', 'the broker did not acknowledge a message', { where: about });
      if (this.#newestAck > turn && ++this.#lostAcks <= MAX_LOST_ACKS) {
        reject(error);
        continue;
      }
      const dead = 'the broker accepts messages and does not acknowledge them';
      reject(new WatchwordError('unavailable', dead, { cause: error }));
      this.#fail(new WatchwordError('unavailable', dead, { cause: error }));
      return;
    }
  }

  #tooLarge(topic: string, payload: string | Uint8Array): Error | undefined {
    const limit = this.#client.serverProperties?.maximumPacketSize;
    if (limit === undefined) return undefined;
    const bytes =
      Buffer.byteLength(topic) + (typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength) + 16;
    if (bytes <= limit) return undefined;
    return new WatchwordError(
      'too-large',
      `the broker takes messages of at most ${limit} bytes, this one has ${bytes}`,
      { where: topic },
    );
  }
}

function createClient(options: SessionOptions): MqttClient {
  const { target, clientId, protocolVersion, user, password, ca, cert, key, will } = options;
  const settings: IClientOptions = {
    clientId,
    protocolVersion,
    clean: true,
    keepalive: KEEPALIVE_S,
    // The outbox is the only queue, and the channel reconnects by its own back-off.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    // Its own limit comes later than ours.
    connectTimeout: 2 * options.connectTimeoutMs,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  };
  return typeof target === 'string' ? mqttConnect(target, settings) : new MqttClient(target, settings);
}

/** Whatever mqtt.js, Node or the broker reported, in words for a person. */
function friendly(error: Error): Error {
  if (error instanceof WatchwordError) return error;
  const code = 'code' in error ? error.code : undefined;
  const text = maskSecrets(error.message || String(code ?? error.name));
  if (typeof code === 'number') {
    if (UNACCEPTABLE_VERSION.includes(code) && /version/i.test(text)) return new ProtocolVersionRefused(error);
    if ([4, 0x86].includes(code)) {
      return new WatchwordError('unauthenticated', 'the broker refused the user or the password', {
        cause: error,
        hint: 'Check mqtt.user and mqtt.password',
      });
    }
    if ([5, 0x87].includes(code)) {
      return new WatchwordError('forbidden', 'the broker does not allow this', {
        cause: error,
        hint: "Check the user's rights at the broker",
      });
    }
    if (code === 0x95) return new WatchwordError('too-large', text, { cause: error });
    return new WatchwordError('invalid-input', text, { cause: error });
  }
  return new WatchwordError('unavailable', text, { cause: error });
}

function disconnectReason(code: number | undefined): Error {
  if (code === 0x8e) {
    return new WatchwordError('unavailable', 'another client took over our client id', {
      hint: 'Two boxes with the same site id on one broker: give each its own',
    });
  }
  return new WatchwordError('unavailable', `the broker ended the connection (reason ${code ?? 'none'})`);
}
