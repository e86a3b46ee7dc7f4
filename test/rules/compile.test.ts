import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../src/rules/compile.ts';
import { compile, context } from './box.ts';

const SENTENCE = 'Critical: alert me when a shelf is empty for 5 minutes on weekdays';

describe('a compiled rule', () => {
  it('takes its defaults where neither the sentence nor the file says anything', () => {
    const { rule } = compile('A shelf is empty');
    expect(rule).toMatchObject({ ...DEFAULTS, schedule: null, zone: null, expects: 'yes' });
  });

  it('is frozen and keeps the words as they were written', () => {
    const { rule } = compile('  A shelf   is empty ');
    expect(Object.isFrozen(rule)).toBe(true);
    expect(rule).toMatchObject({ words: '  A shelf   is empty ', question: 'Is a shelf empty?' });
  });

  it("takes the file's own settings over what the sentence says", () => {
    const own = {
      question: 'Is any part of the shelf empty?',
      forMs: 1_000,
      clearAfterMs: 2_000,
      everyMs: 3_000,
      cooldownMs: 4_000,
      severity: 'info',
      schedule: null,
      raise: 0.9,
      clear: 0.1,
      minMass: 0.2,
    } as const;
    expect(compile(SENTENCE, own).rule).toMatchObject({ ...own, expects: 'yes' });
  });

  it('refuses a clear threshold above the raise threshold', () => {
    expect(compile(SENTENCE, { raise: 0.3 }).errors).toMatchObject([{ code: 'thresholds' }]);
  });

  it("asks the file's own question even where the sentence would be refused for its question", () => {
    const words = 'How many people are there?';
    expect(compile(words).rule).toBeUndefined();
    expect(compile(words, { question: 'Are there more than three people?' }).rule).toMatchObject({ expects: 'yes' });
  });
});

describe('the cameras of a rule', () => {
  const cameras = (words: string, listed: readonly string[]) => compile(words, {}, listed).understood.cameras;

  it('are those that the file lists, globs included', () => {
    expect(cameras('A shelf is empty', ['aisle-*'])).toEqual(['aisle-1', 'aisle-2', 'aisle-3']);
    expect(cameras('A shelf is empty', ['yard', 'door-?'])).toEqual(['door-2', 'yard']);
  });

  it('are narrowed by the place that the sentence names', () => {
    expect(cameras('A shelf in aisle 3 is empty', ['aisle-*'])).toEqual(['aisle-3']);
  });

  it('must exist: an unknown one is an error with the nearest', () => {
    const [error] = compile('A shelf is empty', {}, ['aisle1']).errors;
    expect(error).toMatchObject({ code: 'unknown-camera' });
    expect(error?.message).toContain('"aisle-1"');
  });

  it('must not be ruled out by the sentence', () => {
    expect(compile('A shelf in aisle 3 is empty', {}, ['yard']).errors).toMatchObject([{ code: 'no-camera' }]);
  });

  it('stay as written on a box that knows no camera yet', () => {
    const bare = { ...context, cameras: [] };
    expect(compile('A shelf is empty', {}, ['aisle-*'], bare).understood.cameras).toEqual(['aisle-*']);
  });
});

describe('the zone of a rule', () => {
  it('is for the cameras that have it', () => {
    expect(compile('A box is on the floor', { zone: 'loading-dock' }).rule?.cameras).toEqual(['dock-1', 'dock-2']);
  });

  it('must exist at one of the cameras', () => {
    const [error] = compile('A box is on the floor', { zone: 'loading-dok' }, ['dock-*']).errors;
    expect(error).toMatchObject({ code: 'unknown-zone' });
    expect(error?.message).toContain('did you mean "loading-dock"?');
  });

  it('that is a thin band is doubted with its height in pixels', () => {
    const [warning] = compile('A person is at the threshold').warnings;
    expect(warning).toMatchObject({ code: 'small-zone' });
    expect(warning?.message).toContain('29 pixels');
  });
});
