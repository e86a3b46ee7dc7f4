import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { createRules } from '../../src/cli/rules.ts';
import { PictureIndex } from '../../src/history/picture-index.ts';
import { tempFolder } from '../store/temp-store.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';

const SCORES: Readonly<Record<string, { score: number; mass?: number }>> = {
  empty: { score: 0.93 },
  full: { score: 0.05 },
  half: { score: 0.5 },
  strange: { score: 0.9, mass: 0.1 },
};

function shelf(...names: string[]) {
  const folder = tempFolder();
  const pictures = names.map((name) => {
    writeFileSync(join(folder, `${name}.jpg`), name);
    return join(folder, `${name}.jpg`);
  });
  const model = new ScriptedModel((picture) => SCORES[picture] ?? { score: 0 });
  const run = async (...args: string[]) => {
    const io = recordIo();
    return { code: await runCommand(createRules(model.open), ['try', ...args], io), io };
  };
  return { pictures, model, run };
}

describe('watchword rules try', () => {
  test('refuses a rule that looks back over some time: a single picture is not what it asks about', async () => {
    const { pictures, model, run } = shelf('empty');
    const { code, io } = await run('Alert me when the robot has not moved over the last 10 seconds', ...pictures);
    expect(code).toBe(1);
    expect(io.err()).toContain('several pictures at once');
    expect(model.calls).toEqual([]);
  });

  test('judges each picture as the live pipeline does: yes, no, undecided, no answer', async () => {
    const { pictures, model, run } = shelf('empty', 'full', 'half', 'strange');
    const { code, io } = await run('Alert me when a shelf is empty for 5 minutes', ...pictures, '--json');
    expect(code).toBe(0);
    expect(io.lines().map(({ score, verdict, cause }) => [score, verdict, cause])).toEqual([
      [0.93, 'yes', undefined],
      [0.05, 'no', undefined],
      [0.5, 'unknown', 'undecided'],
      [0.9, 'unknown', 'no-answer'],
    ]);
    expect(io.lines()[0]).toMatchObject({
      picture: pictures[0],
      question: 'Is a shelf empty?',
      expects: 'yes',
      mass: 1,
      model: 'scripted',
    });
    expect([model.held, model.calls.at(-1)]).toEqual([0, 'close']);
  });

  test('turns the score round for a rule that waits for a no', async () => {
    const { pictures, run } = shelf('full');
    const { io } = await run('Alert me when the shelf is not empty', ...pictures, '--json');
    expect(io.lines()[0]).toMatchObject({
      question: 'Is the shelf empty?',
      expects: 'no',
      score: 0.95,
      verdict: 'yes',
    });
  });

  test('knows the rules of the configuration by their ids, and shows people a table', async () => {
    const { pictures, run } = shelf('empty', 'half');
    const { io } = await run('empty-shelf', ...pictures);
    expect(io.out()).toContain('yes from 0.6, the opposite up to 0.4');
    expect(io.out()).toMatch(/empty\.jpg +0\.930 +1\.000 +yes\n.*half\.jpg +0\.500 +1\.000 +unknown \(undecided\)\n/);
  });

  test('goes on after a damaged picture, and fails in the end', async () => {
    const { pictures, run } = shelf('damaged', 'empty');
    const { code, io } = await run('empty-shelf', ...pictures, '--json');
    expect([code, io.lines().length]).toEqual([1, 1]);
    expect(io.err()).toMatch(/damaged\.jpg: the picture is damaged/);
  });

  test('looks at the newest pictures that a camera keeps', async () => {
    const { run, model } = shelf();
    const dataDir = tempFolder();
    const index = PictureIndex.open(dataDir);
    for (const [at, text] of ['empty', 'full', 'empty', 'half'].entries()) {
      const picture = { cameraId: 'aisle-1', capturedAt: at * 10_000, until: at * 10_000, trouble: null };
      mkdirSync(dirname(index.pathOf(picture)), { recursive: true });
      writeFileSync(index.pathOf(picture), text);
      index.add({ ...picture, bytes: 4, width: 320, height: 180 });
    }
    index.close();
    const { io } = await run('empty-shelf', '--camera', 'aisle-1', '--data', dataDir, '--last', '3', '--json');
    expect(io.lines().map(({ verdict }) => verdict)).toEqual(['no', 'yes', 'unknown']);
    const none = await run('empty-shelf', '--camera', 'yard', '--data', dataDir);
    expect([none.code, none.io.err()]).toEqual([2, expect.stringContaining('no picture of "yard" is kept')]);
    expect(model.calls.filter((call) => call.startsWith('open'))).toHaveLength(1);
  });

  test('loads no model for words that are wrong', async () => {
    const { pictures, model, run } = shelf('empty');
    const wrong = async (...args: string[]) => {
      const { code, io } = await run(...args);
      return `${code} ${io.err()}`;
    };
    expect(await wrong()).toMatch(/^2 .*there is no rule/);
    expect(await wrong('empty-shelf')).toMatch(/^2 .*there is no picture/);
    expect(await wrong('empty-shelve', ...pictures)).toMatch(/^2 .*Did you mean empty-shelf/);
    expect(await wrong('empty-shelf', 'nowhere.jpg')).toMatch(/^1 .*nowhere\.jpg: there is no such file/);
    expect(await wrong('Alert me when it happens for the third time', ...pictures)).toMatch(/^1 .*refused/);
    expect(model.calls).toEqual([]);
  });
});
