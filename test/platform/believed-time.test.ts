import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BelievedTime } from '../../src/platform/believed-time.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { tempFolder } from '../store/temp-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-03-02T09:00:00Z');

function box(options: { wall?: number; file?: string; lastAliveAt?: number } = {}) {
  const { wall = START, file = join(tempFolder(), 'believed-time.json'), lastAliveAt } = options;
  const clock = new ManualClock(wall);
  const time = new BelievedTime({ clock, file, logger: silentLogger, lastAliveAt });
  /** Lets time pass, asking once an hour; days of it since the start are returned. */
  const daysAfter = async (ms: number): Promise<number> => {
    for (let passed = 0; passed < ms; passed += HOUR) {
      await clock.advance(Math.min(HOUR, ms - passed));
      time.now();
    }
    return (time.now() - START) / DAY;
  };
  return { clock, time, file, daysAfter };
}

describe('the believed time', () => {
  test('is the wall clock while that goes on steadily, summer time and small steps included', async () => {
    const { clock, time, daysAfter } = box();
    expect(await daysAfter(3 * DAY)).toBe(3);
    clock.step(30_000);
    await clock.advance(60_000);
    expect(time.now()).toBe(clock.now());
    clock.step(-30_000);
    expect(time.now()).toBe(clock.now());
  });

  test('goes on at real pace for a day after a jump ahead, then at four times that', async () => {
    const { clock, daysAfter } = box();
    clock.step(5 * 365 * DAY);
    expect(await daysAfter(HOUR)).toBeCloseTo(1 / 24, 6);
    expect(await daysAfter(DAY - HOUR)).toBeLessThanOrEqual(1.2);
    expect(await daysAfter(DAY)).toBeCloseTo(5, 0);
  });

  test('reaches the wall clock after a jump and is that again', async () => {
    const { clock, time, daysAfter } = box();
    clock.step(2 * DAY);
    await daysAfter(3 * DAY);
    expect(time.now()).toBe(clock.now());
  });

  test('follows at once when the clock is set back, and a later jump begins anew', async () => {
    const { clock, time, daysAfter } = box();
    clock.step(365 * DAY);
    await daysAfter(3 * DAY);
    clock.step(-365 * DAY);
    expect(time.now()).toBe(clock.now());
    await daysAfter(2 * DAY);
    const before = time.now();
    clock.step(365 * DAY);
    expect(await daysAfter(HOUR)).toBeCloseTo((before + HOUR - START) / DAY, 6);
  });

  test('outlives restarts, so that a wrong clock wins nothing by them', async () => {
    const first = box();
    first.clock.step(365 * DAY);
    await first.daysAfter(2 * HOUR);
    const { file } = first;
    const second = box({ file, wall: first.clock.now() });
    expect(second.time.now()).toBeLessThanOrEqual(START + 2 * HOUR);
    expect((await second.daysAfter(6 * HOUR)) * 24).toBeLessThanOrEqual(8.01);
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"believedAt":\d+\}\n$/);
  });

  test('a box that was off for a weekend is at its time within a day', async () => {
    const { clock, time, daysAfter } = box({ wall: START + 3 * DAY, lastAliveAt: START });
    expect(time.now()).toBe(START);
    await daysAfter(DAY + HOUR);
    expect(time.now()).toBe(clock.now());
  });

  test('a clock that is not set makes nothing old, and is followed when it is set', async () => {
    const { clock, time, daysAfter } = box({ wall: 30_000, lastAliveAt: START });
    await daysAfter(2 * HOUR);
    expect(time.now()).toBe(30_000 + 2 * HOUR);
    clock.step(START + 3 * HOUR - clock.now());
    await daysAfter(HOUR);
    expect(time.now()).toBe(START + 4 * HOUR);
  });

  test('what is kept damaged is as good as missing', () => {
    const file = join(tempFolder(), 'believed-time.json');
    writeFileSync(file, '{"believedAt":"soon"');
    expect(box({ file }).time.now()).toBe(START);
  });
});
