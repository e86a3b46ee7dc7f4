import { describe, expect, test } from 'vitest';
import { CommitQueue } from '../../src/events/commit-queue.ts';
import type { EventCommit, WatchEvent } from '../../src/events/event.ts';
import { changeKey } from '../../src/events/event.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { TrackerBench } from './observing.ts';

describe('a disk that refuses', () => {
  test('loses no event: all that happened meanwhile is committed in order once it takes writes again', async () => {
    const bench = new TrackerBench();
    await bench.play('n y3');
    bench.diskFull = true;
    await bench.play('y2 n5 y5');
    expect(bench.told).toBe('');
    expect(bench.queue.waiting).toBe(3);
    expect(bench.tracker.view('empty-shelf', 'aisle-1')?.phase).toBe('firing');
    bench.diskFull = false;
    await bench.play('y2');
    expect(bench.told).toBe('new end:clear new');
    expect(bench.queue.waiting).toBe(0);
    expect(bench.commits[0]?.evidence).toHaveLength(1);
  });

  test('is asked once a second at most, and again without any new verdict', async () => {
    const bench = new TrackerBench();
    bench.diskFull = true;
    await bench.play('y5');
    bench.diskFull = false;
    await bench.clock.advance(2_000);
    bench.tracker.tick();
    expect(bench.told).toBe('new');
  });
});

describe('the queue', () => {
  function queueOf(options: { maxWaiting?: number; maxWaitingBytes?: number } = {}) {
    const clock = new ManualClock();
    const kept: string[] = [];
    const refused = new Set<string>(['*']);
    let bytes = 0;
    let tries = 0;
    const queue = new CommitQueue({
      clock,
      logger: silentLogger,
      ...options,
      commit: ({ change, evidence }: EventCommit) => {
        tries++;
        if (['*', change.event.cameraId, change.key].some((name) => refused.has(name))) throw new Error('no');
        kept.push(change.key);
        bytes += evidence.reduce((sum, each) => sum + each.jpeg.byteLength, 0);
      },
    });
    return { clock, queue, kept, refused, stats: () => ({ bytes, tries }) };
  }

  function commitOf(
    id: string,
    type: 'new' | 'update' | 'end',
    revision: number,
    cameraId = 'a',
    bytes = 0,
  ): EventCommit {
    const event = { id, ruleId: 'r', cameraId, revision } as WatchEvent;
    const picture = { role: 'deciding' as const, jpeg: Buffer.alloc(bytes), capturedAt: 0, width: 1, height: 1 };
    return {
      change: { type, key: changeKey(id, type, revision), event, changedAt: 0 },
      alert: true,
      evidence: bytes > 0 ? [picture] : [],
    };
  }

  test('never lets a later change of one rule and camera overtake, and lets the others pass', async () => {
    const { clock, queue, kept, refused } = queueOf();
    queue.submit(commitOf('e1', 'new', 1, 'broken'));
    queue.submit(commitOf('e2', 'new', 1, 'fine'));
    queue.submit(commitOf('e1', 'end', 2, 'broken'));
    refused.clear();
    refused.add('broken');
    await clock.advance(1_000);
    queue.drain();
    expect(kept).toEqual(['e2:new:1']);
    refused.clear();
    await clock.advance(1_000);
    queue.drain();
    expect(kept).toEqual(['e2:new:1', 'e1:new:1', 'e1:end:2']);
  });

  test('holds the end back while the opening is refused', async () => {
    const { clock, queue, kept, refused } = queueOf();
    queue.submit(commitOf('e1', 'new', 1));
    queue.submit(commitOf('e1', 'end', 2));
    refused.clear();
    refused.add('e1:new:1');
    await clock.advance(1_000);
    queue.drain();
    expect(kept).toEqual([]);
    refused.clear();
    await clock.advance(1_000);
    queue.drain();
    expect(kept).toEqual(['e1:new:1', 'e1:end:2']);
  });

  test('drops updates before anything else when too much waits, and counts what it loses beyond', async () => {
    const { clock, queue, kept, refused } = queueOf({ maxWaiting: 3 });
    queue.submit(commitOf('e1', 'new', 1));
    queue.submit(commitOf('e1', 'update', 2));
    queue.submit(commitOf('e1', 'end', 3));
    queue.submit(commitOf('e2', 'new', 1));
    expect([queue.waiting, queue.lost]).toEqual([3, 0]);
    queue.submit(commitOf('e2', 'end', 2));
    expect([queue.waiting, queue.lost]).toEqual([3, 1]);
    refused.clear();
    await clock.advance(1_000);
    queue.drain();
    expect(kept).toEqual(['e1:end:3', 'e2:new:1', 'e2:end:2']);
  });

  test('lets the oldest pictures go before it holds too many bytes', async () => {
    const { clock, queue, kept, refused, stats } = queueOf({ maxWaitingBytes: 250 });
    for (const id of ['e1', 'e2', 'e3', 'e4']) queue.submit(commitOf(id, 'new', 1, id, 100));
    refused.clear();
    await clock.advance(1_000);
    queue.drain();
    expect(kept).toHaveLength(4);
    expect(stats().bytes).toBe(200);
  });

  test('does not knock ten thousand times at a store that refuses all', async () => {
    const { clock, queue, stats } = queueOf();
    for (let index = 0; index < 1_000; index++) queue.submit(commitOf(`e${index}`, 'new', 1, `camera-${index}`));
    const before = stats().tries;
    await clock.advance(1_000);
    queue.drain();
    expect(before).toBe(1);
    expect(stats().tries - before).toBe(3);
  });
});
