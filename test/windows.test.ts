import { describe, expect, test } from 'vitest';
import type { Frame } from '../src/cameras/frame.ts';
import type { CompiledRule } from '../src/rules/rule.ts';
import { Windows } from '../src/windows.ts';

const frame = (at: number, cameraId = 'lane'): Frame => {
  return { cameraId, seq: at, capturedAt: at, at, jpeg: Buffer.from(String(at)), width: 4, height: 3 };
};
const looking = (overMs: number | undefined, cameraId = 'lane') => {
  return { cameraId, rule: { id: 'r', ...(overMs !== undefined && { overMs }) } as CompiledRule };
};

/** Frames at this pace from 1 s on, all but the last one handed in. */
function filled(overMs: number, everyMs: number, count: number): { windows: Windows; last: Frame } {
  const windows = new Windows();
  windows.assign([looking(overMs)]);
  const frames = Array.from({ length: count }, (_, at) => frame(1_000 + at * everyMs));
  for (const each of frames) windows.add(each);
  return { windows, last: frames.at(-1) as Frame };
}

const times = (frames: Frame[] | undefined) => frames?.map(({ at }) => at);

describe('the pictures of a time', () => {
  test('are all that there are, the oldest first, without the one that is looked at', () => {
    const { windows, last } = filled(10_000, 2_000, 20);
    expect(times(windows.before(last, 10_000))).toEqual([29_000, 31_000, 33_000, 35_000, 37_000]);
    expect(times(windows.before(last, 5_000))).toEqual([35_000, 37_000]);
  });

  test('are chosen evenly where a camera gives many', () => {
    const { windows, last } = filled(10_000, 500, 60);
    expect(last.at).toBe(30_500);
    expect(times(windows.before(last, 10_000))).toEqual([20_500, 22_000, 23_500, 25_500, 27_000, 28_500, 30_000]);
  });

  test('are missing while the camera has only begun, and after it was away', () => {
    expect(filled(10_000, 2_000, 3).windows.before(frame(5_000), 10_000)).toBeUndefined();
    const { windows, last } = filled(10_000, 2_000, 20);
    expect(windows.before(frame(last.at + 60_000), 10_000)).toBeUndefined();
    expect(windows.before(frame(last.at + 4_000), 10_000)).toHaveLength(4);
  });

  test('are kept of cameras alone whose rules look back, and not without bound', () => {
    const windows = new Windows();
    windows.assign([looking(undefined), looking(10_000, 'other')]);
    for (let at = 1; at <= 100; at++) windows.add(frame(at * 100));
    expect(windows.before(frame(10_100), 5_000)).toBeUndefined();
    for (let at = 1; at <= 2_000; at++) windows.add(frame(at * 10, 'other'));
    const kept = windows.before(frame(20_010, 'other'), 10_000) ?? [];
    expect(kept.length).toBeLessThanOrEqual(7);
    windows.assign([]);
    expect(windows.before(frame(20_010, 'other'), 10_000)).toBeUndefined();
  });
});
