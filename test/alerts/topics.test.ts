import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cameraEventPayload, eventPayload, noLinks } from '../../src/alerts/payload.ts';
import { baseTopicProblem, isTopicId, joinIds, parseCommandTopic, topicsUnder } from '../../src/alerts/topics.ts';
import { change } from '../support/memory-outbox.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/);

describe('topics', () => {
  test('every topic of the documented table', () => {
    const topics = topicsUnder('watchword/shop');
    expect(topics.available).toBe('watchword/shop/available');
    expect(topics.events).toBe('watchword/shop/events');
    expect(topics.cameraAvailable('aisle-1')).toBe('watchword/shop/camera/aisle-1/available');
    expect(topics.ruleState('aisle-1', 'empty-shelf')).toBe('watchword/shop/camera/aisle-1/rule/empty-shelf/state');
    expect(topics.ruleAttributes('aisle-1', 'empty-shelf')).toBe(
      'watchword/shop/camera/aisle-1/rule/empty-shelf/attributes',
    );
    expect(topics.ruleSnapshot('aisle-1', 'empty-shelf')).toBe(
      'watchword/shop/camera/aisle-1/rule/empty-shelf/snapshot',
    );
    expect(parseCommandTopic(topics, 'watchword/shop/rule/empty-shelf/enabled/set')).toEqual({
      command: 'enabled',
      ruleId: 'empty-shelf',
    });
    expect(parseCommandTopic(topics, 'watchword/shop/event/lx1-abc/acknowledge')).toEqual({
      command: 'acknowledge',
      eventId: 'lx1-abc',
    });
  });

  test.each(['', '/a', 'a/', 'a//b', 'a/+/b', 'a/#', '$SYS/x', 'a\u0000b', 'a\nb', 'x'.repeat(201)])(
    '%j cannot be a base topic',
    (base) => {
      expect(baseTopicProblem(base)).toBeDefined();
      expect(() => topicsUnder(base)).toThrow(/base topic/);
    },
  );

  test.each(['a/b', '+', '#', '', 'Ä', 'UPPER', '../x', 'a b', 'a\u0000'])('the id %j never reaches a topic', (bad) => {
    expect(isTopicId(bad)).toBe(false);
    const topics = topicsUnder('watchword/shop');
    expect(() => topics.ruleState(bad, 'rule')).toThrow();
    expect(() => topics.ruleState('camera', bad)).toThrow();
    expect(() => topics.cameraEvents(bad)).toThrow();
    expect(() => topics.eventAcknowledged(bad)).toThrow();
  });

  test('different ids are never joined into the same one', () => {
    fc.assert(
      fc.property(
        fc.array(id, { minLength: 2, maxLength: 2 }),
        fc.array(id, { minLength: 2, maxLength: 2 }),
        (one, other) => {
          if (one.join('/') !== other.join('/')) expect(joinIds(...one)).not.toBe(joinIds(...other));
        },
      ),
      { numRuns: 2_000 },
    );
    expect(joinIds('a_b', 'c')).not.toBe(joinIds('a', 'b_c'));
    expect(joinIds('watchword', 'shop', 'aisle-1')).toBe('watchword_shop_aisle-1');
  });
});

describe('payloads', () => {
  test('the same change always gives the same bytes', () => {
    fc.assert(
      fc.property(id, fc.double({ min: 0, max: 1, noNaN: true }), fc.string(), (eventId, score, words) => {
        const one = change(eventId, 'update', 2, { score, words });
        const copy = structuredClone(one);
        expect(eventPayload(copy, noLinks)).toBe(eventPayload(one, noLinks));
        expect(JSON.parse(eventPayload(one, noLinks))).toMatchObject({
          type: 'update',
          key: `${eventId}:update:2`,
          event: { words },
        });
      }),
    );
  });

  test('links appear where there are some', () => {
    const links = { snapshotUrl: () => 'http://box/s.jpg', clipUrl: () => 'http://box/c.mp4' };
    const payload = JSON.parse(cameraEventPayload(change('a', 'new', 1), links)) as object;
    expect(payload).toMatchObject({
      event_type: 'new',
      id: 'a',
      snapshotUrl: 'http://box/s.jpg',
      clipUrl: 'http://box/c.mp4',
    });
  });
});
