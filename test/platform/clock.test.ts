import { expect, test } from 'vitest';
import { deadline, every, systemClock } from '../../src/platform/clock.ts';
import { wallClockProblem } from '../../src/platform/wall-clock.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

test('a sleep ends with the reason of the signal that aborts it', async () => {
  const reason = new Error('stopped');
  const abort = new AbortController();
  const asleep = systemClock.sleep(60_000, abort.signal);
  abort.abort(reason);
  await expect(asleep).rejects.toBe(reason);
  await expect(systemClock.sleep(60_000, abort.signal)).rejects.toBe(reason);
});

test('every calls one step after the other and stops with the signal', async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  let steps = 0;
  const done = every(clock, 1_000, abort.signal, () => void steps++);
  await clock.advance(3_500);
  expect(steps).toBe(3);
  abort.abort();
  await done;
  expect(clock.sleeping).toBe(0);
});

test('a deadline that is stopped leaves nothing waiting and never fires', async () => {
  const clock = new ManualClock();
  const limit = deadline(clock, 1_000, () => new Error('too late'));
  limit.stop();
  await settle();
  expect(clock.sleeping).toBe(0);
  await clock.advance(2_000);
  expect(limit.signal.aborted).toBe(false);
});

test('a deadline fires with its reason', async () => {
  const clock = new ManualClock();
  const limit = deadline(clock, 1_000, () => new Error('too late'));
  await clock.advance(1_000);
  expect(limit.signal.reason).toEqual(new Error('too late'));
});

test('a step of the wall clock wakes nobody', async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const asleep = clock.sleep(1_000, abort.signal);
  clock.step(3_600_000);
  await settle();
  expect(clock.sleeping).toBe(1);
  abort.abort(new Error('end'));
  await expect(asleep).rejects.toThrow('end');
});

test('a wall clock before the program was born is not set, and that is said with the day it shows', () => {
  expect(wallClockProblem(0)).toBe('the clock shows 1970-01-01, it is not set');
  expect(wallClockProblem(Date.parse('2025-12-31T23:59:59Z'))).toContain('2025-12-31');
  expect(wallClockProblem(Date.parse('2026-01-01T00:00:00Z'))).toBeUndefined();
});
