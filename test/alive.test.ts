import { describe, expect, test } from 'vitest';
import { isAlive } from '../src/alive.ts';
import { ManualClock } from './support/manual-clock.ts';

function box(state: 'live' | 'lost', scheduled: boolean, judged: boolean) {
  const clock = new ManualClock();
  const lastJudgedAt = judged ? clock.monotonic() : null;
  const parts = {
    cameras: [{ status: () => ({ state }) }] as never,
    watch: { assignments: [{ scheduled }] as never },
    pipeline: { counts: { dropped: 0, stale: 0, skipped: 0, judged: 1, lastJudgedAt } },
    clock,
  };
  return { clock, alive: () => isAlive(parts) };
}

describe('what feeds the watchdog', () => {
  test('is a frame that was judged within a minute and a half, while a camera is live and a rule is on', async () => {
    const { clock, alive } = box('live', true, true);
    expect(alive()).toBe(true);
    await clock.advance(89_000);
    expect(alive()).toBe(true);
    await clock.advance(1_000);
    expect(alive()).toBe(false);
    expect(box('live', true, false).alive()).toBe(false);
  });

  test('nothing to judge is no hang: no live camera, or no rule in its hours', () => {
    expect(box('lost', true, false).alive()).toBe(true);
    expect(box('live', false, false).alive()).toBe(true);
  });
});
