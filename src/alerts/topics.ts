import { createHash } from 'node:crypto';
import { WatchwordError } from '../platform/errors.ts';

/** Ids as rules, cameras and sites have them: safe as one level of a topic and in Home Assistant's discovery topics. */
const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Event ids are made by the tracker: base 36 time, a hyphen, random. The same alphabet, a little longer. */
const EVENT_ID = /^[a-z0-9][a-z0-9_-]{0,95}$/;

export function isTopicId(id: string): boolean {
  return ID.test(id);
}

export function isEventId(id: string): boolean {
  return EVENT_ID.test(id);
}

/**
 * Why `base` cannot be a base topic, for a person; undefined when it can. Wildcards, empty levels and `$` topics are
 * refused: they would publish into, or subscribe to, what is not ours (MQTT 3.1.1 section 4.7).
 */
export function baseTopicProblem(base: string): string | undefined {
  if (base === '') return 'must not be empty';
  if (/[+#]/.test(base)) return 'must not contain the wildcards + or #';
  if (base.startsWith('$')) return 'must not begin with $, which belongs to the broker';
  if (base.split('/').includes('')) return 'must not begin or end with / or have an empty level (//)';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: MQTT-1.5.3-2 and 4.7 forbid exactly these in topics
  if (/[\u0000-\u001f\u007f]/.test(base)) return 'must not contain control characters';
  if (Buffer.byteLength(base) > 200) return 'must not be longer than 200 bytes';
  return undefined;
}

/** Every topic of the product. Pure; each function throws `invalid-input` for an id that is not safe in a topic. */
export interface Topics {
  readonly base: string;
  readonly available: string;
  readonly events: string;
  /** How the box is doing, for diagnostics sensors. */
  readonly status: string;
  cameraAvailable(cameraId: string): string;
  /** The camera's share of `events`, in the form Home Assistant's event entity wants. */
  cameraEvents(cameraId: string): string;
  ruleState(cameraId: string, ruleId: string): string;
  ruleAttributes(cameraId: string, ruleId: string): string;
  ruleSnapshot(cameraId: string, ruleId: string): string;
  ruleEnabled(ruleId: string): string;
  ruleSilence(ruleId: string): string;
  eventAcknowledged(eventId: string): string;
  /** The newest report of a kind. */
  report(kind: 'day' | 'shift'): string;
  /** Filters of all commands. */
  readonly commands: readonly string[];
}

export function topicsUnder(base: string): Topics {
  const problem = baseTopicProblem(base);
  if (problem) throw new WatchwordError('invalid-input', `the base topic "${base}" ${problem}`);
  const camera = (id: string): string => `${base}/camera/${level(id)}`;
  const ruleAt = (cameraId: string, ruleId: string): string => `${camera(cameraId)}/rule/${level(ruleId)}`;
  const rule = (id: string): string => `${base}/rule/${level(id)}`;
  return Object.freeze({
    base,
    available: `${base}/available`,
    events: `${base}/events`,
    status: `${base}/status`,
    cameraAvailable: (id) => `${camera(id)}/available`,
    cameraEvents: (id) => `${camera(id)}/events`,
    ruleState: (cameraId, ruleId) => `${ruleAt(cameraId, ruleId)}/state`,
    ruleAttributes: (cameraId, ruleId) => `${ruleAt(cameraId, ruleId)}/attributes`,
    ruleSnapshot: (cameraId, ruleId) => `${ruleAt(cameraId, ruleId)}/snapshot`,
    ruleEnabled: (id) => `${rule(id)}/enabled`,
    ruleSilence: (id) => `${rule(id)}/silence`,
    eventAcknowledged: (id) => `${base}/event/${level(id, EVENT_ID)}/acknowledged`,
    report: (kind) => `${base}/report/${kind}`,
    commands: [`${base}/rule/+/enabled/set`, `${base}/rule/+/silence/set`, `${base}/event/+/acknowledge`],
  } satisfies Topics);
}

function level(id: string, pattern: RegExp = ID): string {
  if (pattern.test(id)) return id;
  throw new WatchwordError('invalid-input', `"${id.slice(0, 40)}" cannot be part of an MQTT topic`, {
    hint: 'Use lower-case letters, digits, - and _',
  });
}

/** What a command's topic asks for, before its payload is looked at. */
export type CommandTopic =
  | { readonly command: 'enabled' | 'silence'; readonly ruleId: string }
  | { readonly command: 'acknowledge'; readonly eventId: string };

/** The command a topic stands for; undefined when it is none of ours or its id is not one. */
export function parseCommandTopic(topics: Topics, topic: string): CommandTopic | undefined {
  if (!topic.startsWith(`${topics.base}/`)) return undefined;
  const [kind, id = '', name, set, ...rest] = topic.slice(topics.base.length + 1).split('/');
  if (rest.length > 0) return undefined;
  if (kind === 'event' && name === 'acknowledge' && set === undefined && isEventId(id)) {
    return { command: 'acknowledge', eventId: id };
  }
  if (kind === 'rule' && set === 'set' && (name === 'enabled' || name === 'silence') && isTopicId(id)) {
    return { command: name, ruleId: id };
  }
  return undefined;
}

/**
 * Ids joined into one that is unique (`watchword_shop_aisle-1_empty-shelf`). Ids may hold `_` themselves; then a short
 * hash keeps `a_b` + `c` apart from `a` + `b_c`.
 */
export function joinIds(...ids: readonly string[]): string {
  const joined = ids.join('_');
  if (!ids.some((id) => id.includes('_'))) return joined;
  return `${joined}_${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 6)}`;
}
