import { createHash, timingSafeEqual } from 'node:crypto';
import { parseCommandTopic, type Topics } from './topics.ts';

/** Who may do what at the embedded broker. Pure: the broker asks, this answers. */
export interface BrokerAccess {
  /** False: everyone who reaches the port is admitted. */
  readonly asksForPassword: boolean;
  /** Whether this user and password may connect. Takes the same time for every wrong pair. */
  admits(user: string | undefined, password: Uint8Array | undefined): boolean;
  /** Whether a guest (anyone but the daemon itself) may publish there: commands only. */
  mayPublish(topic: string): boolean;
  maySubscribe(filter: string): boolean;
}

/**
 * Guests read everything and command; what the daemon says (states, events, availability, discovery) nobody else can say.
 * Home Assistant's birth and will (`<prefix>/status`) must pass, or it could not use this broker at all.
 * Without credentials everyone is admitted: then the broker listens on loopback only, which its settings enforce.
 */
export function brokerAccess(options: {
  readonly topics: Topics;
  readonly homeAssistantPrefix: string;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}): BrokerAccess {
  const { topics, homeAssistantPrefix, credentials } = options;
  const expected = credentials && digest(credentials.user, Buffer.from(credentials.password));
  return {
    asksForPassword: expected !== undefined,
    admits: (user, password) =>
      expected === undefined || timingSafeEqual(expected, digest(user ?? '', password ?? new Uint8Array())),
    mayPublish: (topic) => topic === `${homeAssistantPrefix}/status` || parseCommandTopic(topics, topic) !== undefined,
    maySubscribe: (filter) => !filter.startsWith('$'),
  };
}

/** Hashes of equal length, so that comparing them says nothing about either text's length or common beginning. */
function digest(user: string, password: Uint8Array): Buffer {
  return createHash('sha256')
    .update(`${Buffer.byteLength(user)}:${user}:`)
    .update(password)
    .digest();
}
