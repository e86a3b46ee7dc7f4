import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameTimes } from '../../src/cameras/frame-times.ts';
import { KeyframeSpacing } from '../../src/cameras/keyframe-spacing.ts';
import { PacketLogReader } from '../../src/cameras/packet-log.ts';

describe('frame times', () => {
  it('keep the exact spacing of the stream however late its pictures arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(900), { minLength: 2, maxLength: 40 }), (delays) => {
        const times = new FrameTimes(1_000_000);
        // The least delayed packet comes first here: everything after it must be exact.
        times.saw(0, 5_000);
        delays.forEach((delay, index) => {
          const ptsMs = (index + 1) * 1_000;
          times.saw(ptsMs, 5_000 + ptsMs + delay);
          expect(times.of(ptsMs)).toEqual({ at: 5_000 + ptsMs, capturedAt: 1_005_000 + ptsMs });
        });
      }),
    );
  });

  it('take a burst after probing for what it is: late', () => {
    const times = new FrameTimes(0);
    for (let ptsMs = 0; ptsMs <= 1_000; ptsMs += 40) times.saw(ptsMs, 9_000);
    expect(times.of(0).at).toBe(8_000);
  });

  it('follow a camera whose clock runs slow by 0.1 %', () => {
    const times = new FrameTimes(0);
    let error = 0;
    for (let second = 1; second <= 3_600; second++) {
      const trueMs = second * 1_000;
      times.saw(trueMs * 0.999, trueMs + 20);
      error = Math.max(error, Math.abs(times.of(trueMs * 0.999).at - trueMs));
    }
    expect(error).toBeLessThan(200);
  });

  it('trust the arrival when the stamps stand still or jump back, and never go back themselves', () => {
    const times = new FrameTimes(0);
    let last = 0;
    for (let second = 0; second < 60; second++) {
      const ptsMs = second < 20 ? second * 1_000 : 0;
      times.saw(ptsMs, 100_000 + second * 1_000);
      const { at } = times.of(ptsMs);
      expect(at).toBeGreaterThan(last);
      expect(Math.abs(at - (100_000 + second * 1_000))).toBeLessThan(6_000);
      last = at;
    }
  });
});

describe('keyframe spacing', () => {
  const play = (everyMs: number, keysAtMs: number[], untilMs: number): number | undefined => {
    const spacing = new KeyframeSpacing({ everyMs });
    for (let ptsMs = 0; ptsMs <= untilMs; ptsMs += 40) {
      if (spacing.isTooFar({ ptsMs, isKey: keysAtMs.includes(ptsMs) })) return ptsMs;
    }
    return undefined;
  };

  it('is fine up to a third over the interval', () => {
    expect(play(1_000, [0, 1_000, 2_000, 3_000, 4_000, 5_000], 6_000)).toBeUndefined();
    expect(play(1_000, [0, 1_320, 2_640, 3_960, 5_280], 6_000)).toBeUndefined();
  });

  it('is known to be too far before the second keyframe has come', () => {
    expect(play(1_000, [0, 4_000, 8_000], 9_000)).toBe(1_360);
  });

  it('forgives one lost keyframe but not two', () => {
    expect(play(1_000, [0, 1_000, 3_000, 4_000, 5_000, 6_000], 6_000)).toBeUndefined();
    expect(play(1_000, [0, 1_000, 3_000, 5_000, 7_000], 7_000)).toBe(4_360);
  });
});

describe('the packet log', () => {
  const TEXT = [
    '#software: Lavf59',
    '#tb 0: 1/12800',
    '#media_type 0: video',
    '0,      -1024,          0,      512,     8002, 0x0c658594',
    '0,       -512,       1536,      512,     2948, 0xf7d0892f, F=0x0',
    '0,          0,        512,      512,     2948, 0xf7d0892f, F=0x1, S=1,        4, 0x0000',
    '0, NOPTS, NOPTS, 512, 1, 0x0',
    '',
  ].join('\n');

  it('gives times in milliseconds and tells keyframes, however it is cut', () => {
    for (const size of [1, 7, 1_000]) {
      const reader = new PacketLogReader();
      const packets = [];
      for (let at = 0; at < TEXT.length; at += size)
        packets.push(...reader.push(Buffer.from(TEXT.slice(at, at + size))));
      expect(packets).toEqual([
        { ptsMs: 0, isKey: true },
        { ptsMs: 120, isKey: false },
        { ptsMs: 40, isKey: true },
      ]);
    }
  });

  it('holds no endless line', () => {
    const reader = new PacketLogReader();
    for (let round = 0; round < 1_000; round++) expect(reader.push(Buffer.alloc(1_000, '1'))).toEqual([]);
    expect(reader.push(Buffer.from('\n#tb 0: 1/1000\n0,0,5,1,1,0x1\n'))).toEqual([{ ptsMs: 5, isKey: true }]);
  });
});
