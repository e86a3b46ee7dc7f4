import { describe, expect, onTestFinished, test } from 'vitest';
import { type CachedQuestion, ScoreCache } from '../../src/history/score-cache.ts';
import { tempFolder } from '../store/temp-store.ts';

const ASKED: CachedQuestion = { model: 'tiny', cameraId: 'aisle-1', question: 'Is a shelf empty?', zone: '' };
const scores = (...times: number[]) => times.map((capturedAt) => ({ capturedAt, score: 0.25, mass: 0.9 }));

function cache(folder = tempFolder()): { opened: ScoreCache; folder: string } {
  const opened = new ScoreCache(folder);
  onTestFinished(() => opened.close());
  return { opened, folder };
}

describe('the scores that backtests computed', () => {
  test('are there for the next one, exactly as they were', () => {
    const { opened, folder } = cache();
    opened.keep(ASKED, scores(10, 20, 30));
    opened.keep(ASKED, [{ capturedAt: 20, score: 1 / 3, mass: 1 }]);
    const again = cache(folder).opened.scores(ASKED, 15, 30);
    expect([...again]).toEqual([[20, { capturedAt: 20, score: 1 / 3, mass: 1 }]]);
  });

  test('belong to one model, camera, question and zone', () => {
    const { opened } = cache();
    opened.keep(ASKED, scores(10));
    for (const other of [{ model: 'large' }, { cameraId: 'yard' }, { question: 'Is it?' }, { zone: '[[0,0]]' }]) {
      expect(opened.scores({ ...ASKED, ...other }, 0, 99).size).toBe(0);
    }
  });

  test('go with their pictures, and with the question when there are too many', () => {
    const { opened } = cache();
    opened.keep(ASKED, scores(10, 20));
    opened.prune(15);
    expect([...opened.scores(ASKED, 0, 99).keys()]).toEqual([20]);
    for (let number = 0; number < 200; number++) opened.keep({ ...ASKED, question: `Is it ${number}?` }, scores(20));
    opened.prune(15);
    expect(opened.scores(ASKED, 0, 99).size).toBe(0);
    expect(opened.scores({ ...ASKED, question: 'Is it 0?' }, 0, 99).size).toBe(1);
  });
});
