import { describe, expect, test } from 'vitest';
import { openPackage } from '../../src/vision/package.ts';
import { readScore } from '../../src/vision/score.ts';
import { TextStream } from '../../src/vision/text-stream.ts';
import { createTokenizer } from '../../src/vision/tokenizer.ts';
import { openKit } from './golden-kit.ts';

describe('TextStream', () => {
  test.each(['plain words.', 'naïve café – “quoted” 5 €', '日本語の棚', '👩‍🚒 fire 🔥🔥', 'e\u0301'])(
    'streams %s without a broken character',
    async (text) => {
      const tokenizer = createTokenizer(await openPackage(openKit('smolvlm-random').dir, 'fp32'));
      const ids = tokenizer.encode(text);
      const stream = new TextStream(tokenizer);
      const pieces = [...ids.map((id) => stream.push(id)), stream.end()];
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) expect(piece).not.toContain('\uFFFD');
      if (/[^ -~]/.test(text)) expect(ids.length).toBeGreaterThan(pieces.filter((piece) => piece !== '').length);
    },
  );

  test('what never becomes a whole character is given at the end', () => {
    const stream = new TextStream({ decode: (ids) => 'ab\uFFFD'.slice(0, ids.length) });
    expect([stream.push(1), stream.push(2), stream.push(3), stream.end(), stream.end()]).toEqual([
      'a',
      'b',
      '',
      '\uFFFD',
      '',
    ]);
  });
});

describe('readScore', () => {
  const answers = { yes: [0, 1], no: [2] };

  test('shares the probability of both groups, and says how much that is of the whole vocabulary', () => {
    const { score, mass } = readScore(Float32Array.from([0, 0, 0, Math.log(3)]), answers);
    expect(score).toBeCloseTo(2 / 3, 6);
    expect(mass).toBeCloseTo(0.5, 6);
  });

  test('holds for logits far beyond what exp can take', () => {
    expect(readScore(Float32Array.from([4000, 0, 3990, -9000]), answers).score).toBeCloseTo(1 / (1 + Math.exp(-10)), 9);
  });

  test('with no mass on either group nothing is known', () => {
    expect(readScore(Float32Array.from([-5000, -5000, -5000, 5000]), answers)).toEqual({ score: 0.5, mass: 0 });
  });

  test.each([[[Number.NaN, 1, 2, 3]], [[1, 2, Number.POSITIVE_INFINITY, 0]], [[]]])(
    'logits that are no numbers are an error: %j',
    (logits) => {
      expect(() => readScore(Float32Array.from(logits), answers)).toThrow();
    },
  );
});
