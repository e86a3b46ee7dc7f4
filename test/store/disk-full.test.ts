import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { CommitQueue } from '../../src/events/commit-queue.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { Retention } from '../../src/store/retention.ts';
import { SmallDisk } from './small-disk.ts';
import { commitOf, ended, eventOf, pictureOf, START, tempStore } from './temp-store.ts';

const disk = new SmallDisk(24);
afterEach(() => disk.clear());
afterAll(() => disk.remove());

describe.skipIf(!disk.mounted)('a disk filled to the last byte', () => {
  test('loses nothing committed, says what is wrong, and goes on by itself when space returns', async () => {
    const dataDir = join(disk.path, 'data');
    const { store, clock } = tempStore({ dataDir });
    const queue = new CommitQueue({ commit: (commit) => store.events.commit(commit), clock, logger: silentLogger });
    const before = eventOf();
    store.events.commit(commitOf('new', before, { evidence: [pictureOf(Buffer.alloc(20_000, 1))] }));
    disk.fill();

    const refused = commitOf('end', ended(before), {
      evidence: [pictureOf(Buffer.alloc(20_000, 2), { role: 'best' })],
    });
    expect(() => store.events.commit(refused)).toThrow(
      expect.objectContaining({ kind: 'unavailable', hint: expect.stringContaining('disk is full') }),
    );
    // Until the write-ahead log has no room left, commits without a picture may still fit.
    const during = Array.from({ length: 300 }, (_, index) =>
      eventOf({ cameraId: `camera-${index}`, startedAt: START + index }),
    );
    for (const event of during) queue.submit(commitOf('new', event));
    expect(queue.waiting).toBeGreaterThan(0);
    expect(store.events.get(before.id)).toEqual(before);
    const rule = { id: 'spill', question: 'q', expects: 'yes', zone: null } as const;
    store.verdicts.record(
      { ruleId: 'spill', cameraId: 'dock', frameSeq: 1, at: 0, capturedAt: START, value: 'no' },
      rule,
    );
    store.flush();

    disk.empty();
    await clock.advance(1_000);
    queue.drain();
    expect(queue.waiting).toBe(0);
    store.events.commit(refused);
    store.flush();
    expect(store.log.list({}, { limit: 1_000 }).events).toHaveLength(301);
    expect(store.outbox.pending('mqtt', 1_000)).toHaveLength(302);
    expect(
      store.verdicts.scores({ ruleId: 'spill', cameraId: 'dock', since: 0, until: START + 1, limit: 9 }),
    ).toHaveLength(1);
    store.close();
    const again = tempStore({ dataDir }).store;
    expect(again.log.countOpen()).toBe(300);
  });

  test('no half picture is left behind', () => {
    const dataDir = join(disk.path, 'data');
    const { store } = tempStore({ dataDir });
    disk.fill();
    const event = eventOf();
    const commit = commitOf('new', event, { evidence: [pictureOf(Buffer.alloc(200_000, 3))] });
    expect(() => store.events.commit(commit)).toThrow(expect.objectContaining({ kind: 'unavailable' }));
    disk.empty();
    expect(store.evidence.sweep(Number.POSITIVE_INFINITY)).toBe(0);
    expect(store.log.get(event.id)).toBeUndefined();
    store.events.commit(commit);
    expect(store.evidence.ofEvent(event.id)).toMatchObject([{ bytes: 200_000 }]);
  });

  test('retention makes room without room: the oldest pictures go and events are committed again', async () => {
    const dataDir = join(disk.path, 'data');
    const { store, clock } = tempStore({ dataDir });
    for (let index = 0; index < 20; index++) {
      const event = eventOf({ cameraId: `camera-${index}`, startedAt: START + index });
      store.events.commit(
        commitOf('new', event, { evidence: [pictureOf(Buffer.alloc(500_000), { capturedAt: START + index })] }),
      );
    }
    disk.fill();
    const health = new Health(() => clock.now());
    const settings = { minFreeBytes: 1e9 };
    await new Retention({ store, dataDir, clock, logger: silentLogger, health, settings }).pass();
    // A twentieth of 24 MiB: three pictures of half a megabyte make it.
    expect(health.get('disk')).toMatchObject({ status: 'ok' });
    expect(store.evidence.oldest(100).map((record) => record.capturedAt - START)).toEqual(
      Array.from({ length: 17 }, (_, index) => index + 3),
    );
    const event = eventOf({ cameraId: 'late' });
    store.events.commit(commitOf('new', event, { evidence: [pictureOf(Buffer.alloc(500_000))] }));
    expect(existsSync(join(dataDir, 'evidence', store.evidence.ofEvent(event.id)[0]?.path ?? '?'))).toBe(true);
  });
});
