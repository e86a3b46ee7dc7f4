import { describe, expect, it } from 'vitest';
import { Patience } from '../../src/cameras/patience.ts';

describe('the wait for a first picture', () => {
  it('is long for a camera that nobody knows yet', () => {
    const patience = new Patience(10_000);
    patience.stayedSilent();
    expect(patience.limitMs).toBe(20_000);
    expect(new Patience(45_000).limitMs).toBe(45_000);
  });

  it('is three times the slowest so far for a known one, ten seconds at least and never longer than for an unknown one', () => {
    const patience = new Patience(3_000);
    patience.came(1_000);
    expect(patience.limitMs).toBe(10_000);
    patience.came(5_000);
    patience.came(800);
    expect(patience.limitMs).toBe(15_000);
    patience.came(9_000);
    expect(patience.limitMs).toBe(20_000);
  });

  it('is long again at every third silence in a row: the camera may have been set anew', () => {
    const patience = new Patience(3_000);
    patience.came(1_000);
    const waits = Array.from({ length: 6 }, () => {
      const { limitMs } = patience;
      patience.stayedSilent();
      return limitMs;
    });
    expect(waits).toEqual([10_000, 10_000, 20_000, 10_000, 10_000, 20_000]);
    patience.came(1_000);
    expect(patience.limitMs).toBe(10_000);
  });
});
