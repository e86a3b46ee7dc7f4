import { type AlertCatalog, type CatalogCamera, type CatalogRule, nameOf } from './catalog.ts';
import { expireAfterMs } from './timing.ts';
import { joinIds, type Topics } from './topics.ts';

/** What Home Assistant is told of the box itself. */
export interface DiscoveryContext {
  readonly siteId: string;
  readonly prefix: string;
  readonly topics: Topics;
  readonly version: string;
  /** The web page's public address; undefined leaves links out. */
  readonly webUrl: string | undefined;
}

/** One entity of a device message; one that holds only `platform` is removed (Home Assistant MQTT device discovery). */
export type Component = { readonly platform: string } & Readonly<Record<string, unknown>>;

export interface DeviceMessage {
  readonly topic: string;
  readonly payload: DeviceBody & { readonly origin: Readonly<Record<string, string>> };
}

interface DeviceBody {
  readonly device: Readonly<Record<string, unknown>>;
  readonly availability: ReadonlyArray<{ readonly topic: string }>;
  readonly availability_mode: 'all';
  readonly components: Readonly<Record<string, Component>>;
}

const EVENT_TYPES = ['new', 'update', 'end'];
/** A state we do not know is Home Assistant's `unknown`, which its binary sensors read from the word None. */
const STATE_TEMPLATE = "{{ 'None' if value == 'unknown' else value }}";

/** Filter of all of this box's device messages, to find those of cameras that are gone. */
export function discoveryFilter({ prefix, siteId }: DiscoveryContext): string {
  return `${prefix}/device/${nodeId(siteId)}/+/config`;
}

function nodeId(siteId: string): string {
  return joinIds('watchword', siteId);
}

/** The device messages for all that exists: one for the box, one for each camera. Pure. */
export function discoveryMessages(context: DiscoveryContext, catalog: AlertCatalog): DeviceMessage[] {
  const cameras = catalog.cameras.map((camera) =>
    cameraMessage(
      context,
      camera,
      catalog.rules.filter((rule) => rule.cameras.includes(camera.id)),
    ),
  );
  return [boxMessage(context, catalog.rules), ...cameras];
}

function cameraMessage(context: DiscoveryContext, camera: CatalogCamera, rules: readonly CatalogRule[]): DeviceMessage {
  const { siteId, topics, webUrl } = context;
  const id = (...more: string[]): string => joinIds('watchword', siteId, camera.id, ...more);
  const components: Record<string, Component> = {};
  for (const rule of rules) {
    components[`rule_${rule.id}`] = {
      platform: 'binary_sensor',
      // The camera's event entity has the id `ev`.
      unique_id: rule.id === 'ev' ? id('rule', rule.id) : id(rule.id),
      default_entity_id: entityId('binary_sensor', camera.id, rule.id),
      name: nameOf(rule.id),
      device_class: 'problem',
      ...(rule.isBuiltIn ? { entity_category: 'diagnostic' } : {}),
      state_topic: topics.ruleState(camera.id, rule.id),
      value_template: STATE_TEMPLATE,
      json_attributes_topic: topics.ruleAttributes(camera.id, rule.id),
      expire_after: Math.ceil(expireAfterMs(rule.everyMs) / 1_000),
    };
    components[`img_${rule.id}`] = {
      platform: 'image',
      unique_id: id(rule.id, 'img'),
      default_entity_id: entityId('image', camera.id, rule.id),
      name: `${nameOf(rule.id)} evidence`,
      image_topic: topics.ruleSnapshot(camera.id, rule.id),
      content_type: 'image/jpeg',
    };
  }
  components.ev = {
    platform: 'event',
    unique_id: id('ev'),
    default_entity_id: entityId('event', camera.id, 'events'),
    name: 'Events',
    state_topic: topics.cameraEvents(camera.id),
    event_types: EVENT_TYPES,
  };
  const device = {
    identifiers: [id()],
    name: camera.name ?? nameOf(camera.id),
    manufacturer: 'Watchword',
    model: 'camera',
    via_device: nodeId(siteId),
    ...(camera.area ? { suggested_area: camera.area } : {}),
    ...(webUrl ? { configuration_url: `${webUrl}/cameras/${camera.id}` } : {}),
  };
  const availability = [{ topic: topics.available }, { topic: topics.cameraAvailable(camera.id) }];
  return message(context, camera.id, { device, availability, availability_mode: 'all', components });
}

/** Sensors for how the box is doing, and a switch for each rule, which is one for all its cameras. */
function boxMessage(context: DiscoveryContext, rules: readonly CatalogRule[]): DeviceMessage {
  const { siteId, topics, version, webUrl } = context;
  const id = (...more: string[]): string => joinIds('watchword', siteId, ...more);
  const sensor = (key: string, name: string, field: string, unit: string | undefined): Component => ({
    platform: 'sensor',
    unique_id: id(key),
    default_entity_id: entityId('sensor', 'watchword', siteId, key),
    name,
    state_topic: topics.status,
    value_template: `{{ value_json.${field} }}`,
    entity_category: 'diagnostic',
    state_class: 'measurement',
    ...(unit ? { unit_of_measurement: unit } : {}),
  });
  const components: Record<string, Component> = {
    evaluations: sensor('evaluations', 'Evaluations per minute', 'evaluationsPerMinute', '1/min'),
    latency: sensor('latency', 'Evaluation time (95th percentile)', 'p95LatencyMs', 'ms'),
    queue: sensor('queue', 'Alerts waiting', 'alertsWaiting', undefined),
    open_events: sensor('open-events', 'Open events', 'openEvents', undefined),
  };
  for (const rule of rules) {
    if (rule.isBuiltIn) continue;
    components[`enabled_${rule.id}`] = {
      platform: 'switch',
      unique_id: id('rule', rule.id, 'enabled'),
      default_entity_id: entityId('switch', 'watchword', siteId, rule.id),
      name: `${nameOf(rule.id)} enabled`,
      state_topic: topics.ruleEnabled(rule.id),
      command_topic: `${topics.ruleEnabled(rule.id)}/set`,
      entity_category: 'config',
    };
  }
  const device = {
    identifiers: [nodeId(siteId)],
    name: `Watchword ${nameOf(siteId)}`,
    manufacturer: 'Watchword',
    model: 'Watchword box',
    sw_version: version,
    ...(webUrl ? { configuration_url: webUrl } : {}),
  };
  // The box is no camera: an id no camera can have, because ids begin with a letter or a digit.
  return message(context, '_box', {
    device,
    availability: [{ topic: topics.available }],
    availability_mode: 'all',
    components,
  });
}

function message(context: DiscoveryContext, objectId: string, { device, ...body }: DeviceBody): DeviceMessage {
  const { prefix, siteId, version, webUrl } = context;
  const origin = { name: 'Watchword', sw_version: version, ...(webUrl ? { support_url: webUrl } : {}) };
  return {
    topic: `${prefix}/device/${nodeId(siteId)}/${objectId}/config`,
    payload: { device, origin, ...body },
  };
}

/** Entity ids allow small letters, digits and `_`. */
function entityId(domain: string, ...parts: readonly string[]): string {
  return `${domain}.${parts.join('_').replaceAll('-', '_').replace(/_+/g, '_')}`;
}

/** Removed entities kept in a message at most: enough for a Home Assistant that was away to hear of them. */
const MAX_TOMBSTONES = 50;

/**
 * The message with the entities of an earlier one that are gone reduced to their platform, which is how Home Assistant
 * is told to remove them. `earlier` is whatever the broker held: it is read with suspicion.
 */
export function withTombstones(message: DeviceMessage, earlier: unknown): DeviceMessage {
  const components: Record<string, Component> = { ...message.payload.components };
  let room = MAX_TOMBSTONES;
  for (const [key, platform] of platformsOf(earlier)) {
    if (key in message.payload.components || room-- <= 0) continue;
    components[key] = { platform };
  }
  return { ...message, payload: { ...message.payload, components } };
}

function platformsOf(payload: unknown): Array<[string, string]> {
  const components = isRecord(payload) && isRecord(payload.components) ? payload.components : {};
  return Object.entries(components).flatMap(([key, component]) =>
    isRecord(component) && typeof component.platform === 'string'
      ? [[key, component.platform] as [string, string]]
      : [],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
