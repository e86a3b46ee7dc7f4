import { describe, expect, test } from 'vitest';
import { type DiscoveryContext, discoveryMessages, withTombstones } from '../../src/alerts/discovery.ts';
import { HomeAssistant } from '../../src/alerts/home-assistant.ts';
import { RetainedTopics } from '../../src/alerts/retained.ts';
import { topicsUnder } from '../../src/alerts/topics.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { catalog, shelfRule } from '../support/alerts-setup.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { RecordingSink } from '../support/recording-sink.ts';

const context: DiscoveryContext = {
  siteId: 'shop',
  prefix: 'homeassistant',
  topics: topicsUnder('watchword/shop'),
  version: '1.2.3',
  webUrl: 'http://box.local:8080',
};
const CAMERA_TOPIC = 'homeassistant/device/watchword_shop/aisle-1/config';
const BOX_TOPIC = 'homeassistant/device/watchword_shop/_box/config';

describe('Home Assistant device discovery', () => {
  test('a camera is one device message, word for word', () => {
    const [, camera] = discoveryMessages(context, catalog);
    expect(camera?.topic).toBe(CAMERA_TOPIC);
    expect(camera?.payload).toEqual({
      device: {
        identifiers: ['watchword_shop_aisle-1'],
        name: 'Aisle 1',
        manufacturer: 'Watchword',
        model: 'camera',
        via_device: 'watchword_shop',
        suggested_area: 'Store',
        configuration_url: 'http://box.local:8080/cameras/aisle-1',
      },
      origin: { name: 'Watchword', sw_version: '1.2.3', support_url: 'http://box.local:8080' },
      availability: [{ topic: 'watchword/shop/available' }, { topic: 'watchword/shop/camera/aisle-1/available' }],
      availability_mode: 'all',
      components: {
        'rule_empty-shelf': {
          platform: 'binary_sensor',
          unique_id: 'watchword_shop_aisle-1_empty-shelf',
          default_entity_id: 'binary_sensor.aisle_1_empty_shelf',
          name: 'Empty shelf',
          device_class: 'problem',
          state_topic: 'watchword/shop/camera/aisle-1/rule/empty-shelf/state',
          value_template: "{{ 'None' if value == 'unknown' else value }}",
          json_attributes_topic: 'watchword/shop/camera/aisle-1/rule/empty-shelf/attributes',
          expire_after: 90,
        },
        'img_empty-shelf': {
          platform: 'image',
          unique_id: 'watchword_shop_aisle-1_empty-shelf_img',
          default_entity_id: 'image.aisle_1_empty_shelf',
          name: 'Empty shelf evidence',
          image_topic: 'watchword/shop/camera/aisle-1/rule/empty-shelf/snapshot',
          content_type: 'image/jpeg',
        },
        ev: {
          platform: 'event',
          unique_id: 'watchword_shop_aisle-1_ev',
          default_entity_id: 'event.aisle_1_events',
          name: 'Events',
          state_topic: 'watchword/shop/camera/aisle-1/events',
          event_types: ['new', 'update', 'end'],
        },
      },
    });
  });

  test('the box is a device of its own with diagnostics and a switch per rule', () => {
    const [box] = discoveryMessages(context, catalog);
    expect(box?.topic).toBe(BOX_TOPIC);
    expect(box?.payload.device).toMatchObject({ identifiers: ['watchword_shop'], sw_version: '1.2.3' });
    expect(box?.payload.components.evaluations).toMatchObject({
      platform: 'sensor',
      state_topic: 'watchword/shop/status',
      value_template: '{{ value_json.evaluationsPerMinute }}',
      entity_category: 'diagnostic',
    });
    expect(box?.payload.components['enabled_empty-shelf']).toMatchObject({
      platform: 'switch',
      state_topic: 'watchword/shop/rule/empty-shelf/enabled',
      command_topic: 'watchword/shop/rule/empty-shelf/enabled/set',
    });
  });

  test("a camera's own problem is a diagnostic sensor of its own, with its picture and without a switch", () => {
    const problem = { ...shelfRule, id: 'camera-problem', isBuiltIn: true };
    const [box, camera] = discoveryMessages(context, { ...catalog, rules: [problem] });
    expect(camera?.payload.components['rule_camera-problem']).toMatchObject({
      platform: 'binary_sensor',
      unique_id: 'watchword_shop_aisle-1_camera-problem',
      name: 'Camera problem',
      device_class: 'problem',
      entity_category: 'diagnostic',
      state_topic: 'watchword/shop/camera/aisle-1/rule/camera-problem/state',
    });
    expect(camera?.payload.components['img_camera-problem']).toMatchObject({ platform: 'image' });
    expect(camera?.payload.components.ev).toMatchObject({ state_topic: 'watchword/shop/camera/aisle-1/events' });
    expect(Object.keys(box?.payload.components ?? {}).filter((key) => key.startsWith('enabled'))).toEqual([]);
  });

  test('no deprecated or abbreviated key is used, ids are safe, and unique ids never collide', () => {
    const cameras = ['a', 'a_b', 'b', 'a-b'];
    const rules = ['b_c', 'c', 'b', 'ev', 'c_img', 'img'].map((id) => ({ ...shelfRule, id, cameras }));
    const messages = discoveryMessages(context, { cameras: cameras.map((id) => ({ id })), rules });
    const components = messages.flatMap(({ payload }) => Object.values(payload.components));
    for (const component of components) {
      expect(Object.keys(component)).not.toContain('object_id');
      expect(component.unique_id).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(component.default_entity_id).toMatch(/^[a-z_]+\.[a-z0-9_]+$/);
      for (const key of Object.keys(component))
        expect(key).not.toMatch(/^(uniq_id|stat_t|cmd_t|avty|dev|p|dev_cla|exp_aft)$/);
    }
    const ids = components.map(({ unique_id }) => unique_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { topic } of messages)
      expect(topic).toMatch(/^homeassistant\/device\/[a-zA-Z0-9_-]+\/[a-zA-Z0-9_-]+\/config$/);
  });

  test('a slow rule expires after three intervals', () => {
    const [, camera] = discoveryMessages(context, { ...catalog, rules: [{ ...shelfRule, everyMs: 60_000 }] });
    expect(camera?.payload.components['rule_empty-shelf']?.expire_after).toBe(180);
  });

  test.each([null, 7, 'text', [], { components: null }, { components: { x: { platform: 3 }, y: null } }])(
    'nonsense at the broker (%j) does not become part of a message',
    (earlier) => {
      const [, camera] = discoveryMessages(context, catalog);
      if (!camera) throw new Error('no camera message');
      expect(withTombstones(camera, earlier)).toEqual(camera);
    },
  );
});

function setUp() {
  const clock = new ManualClock();
  const sink = new RecordingSink();
  const retained = new RetainedTopics({ sink, clock, logger: silentLogger });
  retained.up();
  const announced: number[] = [];
  const homeAssistant = new HomeAssistant({
    context,
    retained,
    clock,
    random: () => 0.5,
    announce: () => announced.push(clock.monotonic()),
    signal: new AbortController().signal,
  });
  return { clock, sink, announced, homeAssistant };
}

const componentsOf = (sink: RecordingSink, topic: string) =>
  (sink.json(topic) as { components: Record<string, unknown> }).components;

describe('Home Assistant at the other end', () => {
  test('a removed rule is reduced to its platform, a removed camera to an empty message', async () => {
    const { sink, homeAssistant } = setUp();
    homeAssistant.setCatalog(catalog);
    await settle();
    homeAssistant.setCatalog({ ...catalog, rules: [] });
    await settle();
    expect(componentsOf(sink, CAMERA_TOPIC)).toMatchObject({
      'rule_empty-shelf': { platform: 'binary_sensor' },
      'img_empty-shelf': { platform: 'image' },
    });
    expect(Object.keys(componentsOf(sink, CAMERA_TOPIC)['rule_empty-shelf'] as object)).toEqual(['platform']);
    homeAssistant.setCatalog({ cameras: [], rules: [] });
    await settle();
    expect(sink.published.at(-2)?.topic === CAMERA_TOPIC || sink.published.at(-1)?.topic === CAMERA_TOPIC).toBe(true);
    expect(sink.retained.has(CAMERA_TOPIC)).toBe(false);
    expect(sink.retained.has(BOX_TOPIC)).toBe(true);
  });

  test('what an earlier run left at the broker is removed too', async () => {
    const { sink, homeAssistant } = setUp();
    const old = { components: { rule_gone: { platform: 'binary_sensor', unique_id: 'x' }, ev: { platform: 'event' } } };
    homeAssistant.setCatalog(catalog);
    expect(homeAssistant.take(CAMERA_TOPIC, Buffer.from(JSON.stringify(old)), true)).toBe(true);
    expect(homeAssistant.take('homeassistant/device/watchword_shop/old-camera/config', Buffer.from('{}'), true)).toBe(
      true,
    );
    await settle();
    expect(componentsOf(sink, CAMERA_TOPIC).rule_gone).toEqual({ platform: 'binary_sensor' });
    expect(componentsOf(sink, CAMERA_TOPIC)['rule_empty-shelf']).toHaveProperty('unique_id');
    expect(sink.published).toContainEqual({
      topic: 'homeassistant/device/watchword_shop/old-camera/config',
      payload: '',
    });
  });

  test('its birth is answered once, after a short random delay; a retained birth and other texts are not', async () => {
    const { clock, announced, homeAssistant } = setUp();
    homeAssistant.take('homeassistant/status', Buffer.from('online'), true);
    homeAssistant.take('homeassistant/status', Buffer.from('offline'), false);
    await clock.advance(10_000);
    expect(announced).toEqual([]);
    const before = clock.monotonic();
    homeAssistant.take('homeassistant/status', Buffer.from('online'), false);
    homeAssistant.take('homeassistant/status', Buffer.from('online'), false);
    await clock.advance(10_000);
    expect(announced).toEqual([before + 3_000]);
  });
});
