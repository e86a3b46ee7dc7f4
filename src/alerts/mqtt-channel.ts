import type { Clock } from '../platform/clock.ts';
import { describeError, toError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { backoffMs } from '../platform/retry.ts';
import { maskSecrets } from '../platform/secrets.ts';
import { MqttSession, ProtocolVersionRefused, type SessionOptions } from './mqtt-session.ts';

/** What changes from one connection to the next: files are read, the embedded broker's port is known. */
export type Endpoint = Pick<SessionOptions, 'target' | 'user' | 'password' | 'ca' | 'cert' | 'key' | 'alertQos'>;

export interface MqttChannelOptions {
  /** Asked before each connection. May throw (a missing certificate): that counts as a failed try. */
  readonly endpoint: () => Promise<Endpoint> | Endpoint;
  readonly protocol: '5' | '3.1.1' | 'auto';
  readonly clientId: string;
  /** Retained `online` at each connection; retained `offline` as last will and at stop. */
  readonly availableTopic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
  readonly connectTimeoutMs?: number;
  readonly ackTimeoutMs?: number;
  readonly retry?: { readonly minMs: number; readonly maxMs: number };
}

/** What the connection tells its users. */
export interface ChannelListener {
  /** Connected, and `online` is acknowledged. */
  onUp?(session: MqttSession): void;
  onDown?(reason: string): void;
  onMessage?(topic: string, payload: Buffer, retained: boolean): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const ACK_TIMEOUT_MS = 20_000;
const GOODBYE_MS = 2_000;
const RETRY = { minMs: 1_000, maxMs: 30_000 };
const STABLE_MS = 5_000;
const SHORT_LIVES_BEFORE_HINT = 2;

/** Brokers close the older of two clients with one id, mostly without a word: the two then throw each other out for ever. */
function shortLived(reason: Error, clientId: string): WatchwordError {
  return new WatchwordError('unavailable', `${reason.message}, each time soon after connecting`, {
    hint: `If another box uses the same site id (client id ${clientId}) at this broker, give each its own`,
    cause: reason,
  });
}

/**
 * The daemon's standing connection to its broker: connects, says `online`, and starts over with back-off whenever the
 * connection ends, for ever. A broker that is down at boot is normal.
 */
export class MqttChannel {
  readonly #options: MqttChannelOptions;
  readonly #random: () => number;
  readonly #repeats: RepeatLimiter;
  readonly #listeners = new Set<ChannelListener>();
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();
  #session: MqttSession | undefined;
  #running: Promise<void> | undefined;
  #version: 4 | 5;

  constructor(options: MqttChannelOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger: options.logger });
    this.#version = options.protocol === '3.1.1' ? 4 : 5;
  }

  /** The current connection, once `online` is acknowledged there. */
  get session(): MqttSession | undefined {
    return this.#session;
  }

  /** Before `start`. */
  listen(listener: ChannelListener): void {
    this.#listeners.add(listener);
  }

  start(): void {
    this.#running ??= this.#run(this.#abort.signal);
  }

  /** Says `offline`, waits a moment for its acknowledgement, closes. */
  async stop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session) await this.#goodbye(session);
    this.#abort.abort(new WatchwordError('cancelled', 'stopping'));
    await session?.end(GOODBYE_MS);
    await this.#running;
  }

  /** Resolves when connected; rejects when the signal is aborted. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!this.#session) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
    signal.throwIfAborted();
  }

  /** QoS 1, resolves at PUBACK; see MqttSession.publish. Rejects with `unavailable` while not connected. */
  publish(topic: string, payload: string | Uint8Array, options: { retain: boolean }): Promise<void> {
    if (!this.#session) return Promise.reject(new WatchwordError('unavailable', 'the broker is not connected'));
    return this.#session.publish(topic, payload, options);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, retry = RETRY } = this.#options;
    let attempt = 0;
    while (!signal.aborted) {
      let reason: Error;
      try {
        const session = await this.#connect(signal);
        const since = clock.monotonic();
        this.#up(session);
        reason = await session.closed;
        // A connection that breaks at once, again and again, is no reason to knock every second.
        if (clock.monotonic() - since >= STABLE_MS) attempt = 0;
        else if (attempt >= SHORT_LIVES_BEFORE_HINT) reason = shortLived(reason, this.#options.clientId);
      } catch (thrown) {
        reason = toError(thrown);
      }
      this.#session = undefined;
      if (signal.aborted) return;
      this.#down(reason);
      await clock.sleep(backoffMs(attempt++, { ...retry, random: this.#random }), signal).catch(() => undefined);
    }
  }

  /** A connection counts once the broker has acknowledged the birth: some accept everything and answer nothing. */
  async #connect(signal: AbortSignal): Promise<MqttSession> {
    const session = await this.#open(signal);
    const cut = (): void => session.destroy(toError(signal.reason));
    signal.addEventListener('abort', cut, { once: true });
    try {
      await session.publish(this.#options.availableTopic, 'online', { retain: true });
      return session;
    } catch (thrown) {
      session.destroy(toError(thrown));
      throw thrown;
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }

  async #open(signal: AbortSignal): Promise<MqttSession> {
    const { clientId, availableTopic, clock } = this.#options;
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS, ackTimeoutMs = ACK_TIMEOUT_MS } = this.#options;
    const endpoint = await this.#options.endpoint();
    const open = (protocolVersion: 4 | 5): Promise<MqttSession> =>
      MqttSession.open(
        {
          ...endpoint,
          clientId,
          protocolVersion,
          will: { topic: availableTopic, payload: 'offline' },
          clock,
          connectTimeoutMs,
          ackTimeoutMs,
          onMessage: (topic, payload, retained) => this.#message(topic, payload, retained),
        },
        signal,
      );
    try {
      return await open(this.#version);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolVersionRefused) || this.#options.protocol !== 'auto' || this.#version === 4)
        throw thrown;
      this.#version = 4;
      return await open(4);
    }
  }

  #up(session: MqttSession): void {
    this.#session = session;
    this.#options.logger.info('connected to the MQTT broker', {
      protocol: session.protocolVersion === 5 ? '5' : '3.1.1',
    });
    for (const wake of [...this.#waiting]) wake();
    for (const listener of this.#listeners) listener.onUp?.(session);
  }

  #down(reason: Error): void {
    const text = maskSecrets(describeError(reason));
    this.#repeats.log('warn', `down ${text}`, 'the MQTT broker is not connected; events are kept and sent later', {
      error: text,
    });
    for (const listener of this.#listeners) listener.onDown?.(text);
  }

  /** One listener's failure must reach neither the others nor mqtt.js. */
  #message(topic: string, payload: Buffer, retained: boolean): void {
    for (const listener of this.#listeners) {
      try {
        listener.onMessage?.(topic, payload, retained);
      } catch (thrown) {
        this.#repeats.log('error', 'message', 'an MQTT message could not be taken', { error: toError(thrown) });
      }
    }
  }

  async #goodbye(session: MqttSession): Promise<void> {
    const grace = new AbortController();
    const said = session.publish(this.#options.availableTopic, 'offline', { retain: true }).catch(() => undefined);
    await Promise.race([said, this.#options.clock.sleep(GOODBYE_MS, grace.signal).catch(() => undefined)]);
    grace.abort();
  }
}
