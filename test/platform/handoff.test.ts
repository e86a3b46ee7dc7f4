import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bell } from '../../src/platform/bell.ts';
import { backoffMs } from '../../src/platform/retry.ts';
import { Slot } from '../../src/platform/slot.ts';
import { settle } from '../support/manual-clock.ts';

describe('slot', () => {
  test('the newest item wins and what it replaced is counted', async () => {
    const slot = new Slot<number>();
    slot.put(1);
    slot.put(2);
    slot.put(3);
    expect(await slot.take(new AbortController().signal)).toBe(3);
    expect(slot.dropped).toBe(2);
    expect(slot.takeNow()).toBeUndefined();
  });

  test('a waiting taker gets the next item at once', async () => {
    const slot = new Slot<string>();
    const taken = slot.take(new AbortController().signal);
    slot.put('frame');
    expect(await taken).toBe('frame');
    expect(slot.dropped).toBe(0);
  });

  test('an aborted taker does not swallow the item that comes later', async () => {
    const slot = new Slot<string>();
    const abort = new AbortController();
    const taken = slot.take(abort.signal);
    abort.abort(new Error('stopped'));
    await expect(taken).rejects.toThrow('stopped');
    slot.put('frame');
    expect(slot.peek()).toBe('frame');
  });
});

describe('bell', () => {
  test('a ring that nobody heard wakes the next waiter once', async () => {
    const bell = new Bell();
    const { signal } = new AbortController();
    bell.ring();
    bell.ring();
    await bell.wait(signal);
    let woken = false;
    const second = bell.wait(signal).then(() => {
      woken = true;
    });
    await settle();
    expect(woken).toBe(false);
    bell.ring();
    await second;
  });
});

test('back-off doubles from 1 s to 60 s and keeps its jitter within a quarter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, draw) => {
      const base = Math.min(60_000, 1_000 * 2 ** Math.min(attempt, 30));
      const waited = backoffMs(attempt, { random: () => draw });
      expect(waited).toBeGreaterThanOrEqual(Math.floor(base * 0.75));
      expect(waited).toBeLessThanOrEqual(Math.ceil(base * 1.25));
    }),
  );
});
