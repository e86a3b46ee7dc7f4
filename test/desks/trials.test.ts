import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelTurns } from '../../src/desks/model-turns.ts';
import { createTrials } from '../../src/desks/trials.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { compileDraft } from '../../src/rules/draft.ts';
import { judge } from '../../src/rules/verdict.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { Look, VisionModel } from '../../src/vision/model.ts';
import type { AnswerPiece } from '../../src/web/rule-editing.ts';
import { context } from '../rules/box.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { demoPicture } from '../web/pictures.ts';

type Model = Pick<VisionModel, 'look' | 'score' | 'generate' | 'release'>;

/** Writes down what it is asked, and answers at once. */
function diary(): { model: Model; calls: string[] } {
  const calls: string[] = [];
  const name = (look: Look): string => String.fromCharCode(look.id);
  const model: Model = {
    look: async (picture) => {
      const look = { id: picture[0] ?? 0, ms: 0 };
      calls.push(`look ${name(look)}`);
      return look;
    },
    score: async (look, questions) => {
      calls.push(`score ${name(look)}`);
      return questions.map((question) => ({ question, score: 0.9, mass: 1, ms: 0 }));
    },
    async *generate() {
      yield 'words';
    },
    release: async (look) => void calls.push(`release ${name(look)}`),
  };
  return { model, calls };
}

const picture = (name: string): Uint8Array => Uint8Array.of(name.charCodeAt(0));

describe('turns at the model', () => {
  const ask = async (model: Model, gap: () => Promise<void>): Promise<string> => {
    await gap();
    const look = await model.look(picture('s'));
    await gap();
    await model.score(look, ['?']);
    await model.release(look);
    return 'answered';
  };

  test('live looks come first: what is spare waits for the gaps between them', async () => {
    const { model, calls } = diary();
    const turns = new ModelTurns({ model, clock: new ManualClock() });
    const first = await turns.live.look(picture('a'));
    const spare = turns.spare(ask);
    await turns.live.score(first, ['?']);
    expect(calls).toEqual(['look a', 'score a']);
    await turns.live.release(first);
    expect(await spare).toBe('answered');
    expect(calls).toEqual(['look a', 'score a', 'release a', 'look s', 'score s', 'release s']);
  });

  test('a live look that fails leaves its gap', async () => {
    const { model } = diary();
    const failing: Model = { ...model, look: async () => Promise.reject(new Error('dead')) };
    const turns = new ModelTurns({ model: failing, clock: new ManualClock() });
    await expect(turns.live.look(picture('a'))).rejects.toThrow('dead');
    expect(await turns.spare(async (_model, gap) => gap().then(() => 'mine'))).toBe('mine');
  });

  test('a box that never rests still answers', async () => {
    const { model } = diary();
    const clock = new ManualClock();
    const turns = new ModelTurns({ model, clock });
    await turns.live.look(picture('a'));
    const spare = turns.spare(ask);
    await clock.advance(4_999);
    await clock.advance(5_002);
    expect(await spare).toBe('answered');
  });

  test('people wait in line, at most four', async () => {
    const turns = new ModelTurns({ model: diary().model, clock: new ManualClock() });
    const opened: Array<() => void> = [];
    const order: number[] = [];
    const waiting = [1, 2, 3, 4].map((number) =>
      turns.spare(async () => {
        order.push(number);
        await new Promise<void>((resolve) => opened.push(resolve));
      }),
    );
    await expect(turns.spare(async () => undefined)).rejects.toMatchObject({ kind: 'too-many' });
    for (let number = 0; number < 4; number++) {
      await expect.poll(() => opened.length).toBe(number + 1);
      opened[number]?.();
      await waiting[number];
    }
    expect(order).toEqual([1, 2, 3, 4]);
    expect(await turns.spare(async () => 'free again')).toBe('free again');
  });

  test('work that hangs ends with a timeout, and the next person has their turn', async () => {
    const clock = new ManualClock();
    const turns = new ModelTurns({ model: diary().model, clock });
    const hanging = turns.spare((_model, _gap, signal) => {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const caught = expect(hanging).rejects.toMatchObject({ kind: 'timeout' });
    await clock.advance(30_001);
    await caught;
    expect(await turns.spare(async () => 'next')).toBe('next');
    expect(clock.sleeping).toBe(0);
  });
});

describe('a trial with the bundled model', { timeout: 120_000 }, () => {
  let model: VisionModel;
  beforeAll(async () => {
    const packageDir = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));
    model = await loadVisionModelInThread({ packageDir, clock: systemClock });
  }, 120_000);
  afterAll(() => model.close());

  test('says yes to an empty shelf and no to a full one, as the pipeline judges', async () => {
    const turns = new ModelTurns({ model, clock: systemClock });
    const asked: string[] = [];
    const zone = (camera: string, name: string) => {
      asked.push(`${camera} ${name}`);
      return undefined;
    };
    const trials = createTrials({ turns, clock: systemClock, judge, zone, minMass: 0.5 });
    const { rule } = compileDraft(
      { words: 'Alert me when a shelf is empty', cameras: [] },
      { id: 'x', file: '' },
      context,
    );
    if (!rule) throw new Error('refused');
    const shelf = (at: number) => ({ jpeg: demoPicture('shelf_runs_empty', at), width: 320, height: 180 });
    const empty = await trials.tryRule(rule, shelf(45), undefined);
    const full = await trials.tryRule(rule, shelf(1), undefined);
    expect([empty.value, full.value]).toEqual(['yes', 'no']);
    expect(empty.score).toBeGreaterThan(full.score ?? 1);
    expect(empty.ms).toBeGreaterThan(0);
    await trials.tryRule({ ...rule, zone: 'shelf' }, shelf(1), 'aisle-3');
    expect(asked).toEqual(['aisle-3 shelf']);
    const broken = { jpeg: Uint8Array.of(1, 2, 3), width: 1, height: 1 };
    await expect(trials.tryRule(rule, broken, undefined)).rejects.toMatchObject({ kind: 'invalid-input' });
  });

  test('answers in words, and with a score what yes or no answers; stops when nobody waits', async () => {
    const turns = new ModelTurns({ model, clock: systemClock });
    const trials = createTrials({ turns, clock: systemClock, judge, zone: () => undefined, minMass: 0.5 });
    const ask = async (question: string, signal = new AbortController().signal) => {
      const pieces: AnswerPiece[] = [];
      await trials.ask(question, demoPicture('shelf_runs_empty', 45), (piece) => pieces.push(piece), signal);
      const words = pieces.map((piece) => ('words' in piece ? piece.words : '')).join('');
      return { words, scores: pieces.flatMap((piece) => ('score' in piece ? [piece.score] : [])) };
    };
    const closed = await ask('Is a shelf empty?');
    expect([closed.words.trim(), closed.scores.length]).toEqual(['Yes', 1]);
    expect(closed.scores[0]).toBeGreaterThan(0.6);
    const open = await ask('What do you see?');
    expect([open.words, open.scores]).toEqual([expect.stringContaining('shelf'), []]);
    await expect(ask('What do you see?', AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  });
});
