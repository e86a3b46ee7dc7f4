import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAsk } from '../../src/cli/ask.ts';
import { runCommand } from '../../src/cli/command.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';

let folder: string;
let shelf: string;
let aisle: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watchword-ask-'));
  shelf = path.join(folder, 'shelf.jpg');
  aisle = path.join(folder, 'aisle.jpg');
  await writeFile(shelf, 'shelf');
  await writeFile(aisle, 'aisle');
  await writeFile(path.join(folder, 'damaged.jpg'), 'damaged');
  await writeFile(path.join(folder, 'crash.jpg'), 'crash');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Empty shelf: yes. Person: no. Anything else is not answered. */
const scripted = (): ScriptedModel =>
  new ScriptedModel((picture, question) => {
    if (question.includes('empty')) return { score: picture === 'shelf' ? 0.91 : 0.2 };
    return question.includes('person') ? { score: 0.04 } : { score: 0.9, mass: 0.1 };
  });

describe('watchword ask', () => {
  it('prints one JSON line per picture and question, in order, and looks at each picture once', async () => {
    const model = scripted();
    const io = recordIo();
    const args = [shelf, aisle, '--json', '--', 'Is it empty?', 'Is a person there?', 'What is it?'];
    expect(await runCommand(createAsk(model.open), args, io)).toBe(0);
    const lines = io.lines();
    expect(lines).toHaveLength(6);
    expect(lines[0]).toEqual({
      picture: shelf,
      question: 'Is it empty?',
      score: 0.91,
      mass: 1,
      verdict: 'yes',
      model: 'scripted',
      ms: 1.5,
      lookMs: 12.35,
    });
    expect(lines.map(({ verdict }) => verdict)).toEqual(['yes', 'no', 'unknown', 'no', 'no', 'unknown']);
    expect(model.calls).toEqual(['open {}', 'look shelf', 'score 3', 'look aisle', 'score 3', 'close']);
    expect(model.held).toBe(0);
    expect(io.err()).toBe('');
  });

  it('takes its options behind the questions too, as its usage line writes them', async () => {
    const model = scripted();
    const io = recordIo();
    const args = [shelf, '--', 'Is it empty?', '--model', 'm', '--dtype', 'q8', '--split', '--verbatim', '--json'];
    expect(await runCommand(createAsk(model.open), args, io)).toBe(0);
    expect(io.lines()).toHaveLength(1);
    expect(model.calls).toEqual(['open {"model":"m","dtype":"q8"}', 'look shelf split', 'score 1 verbatim', 'close']);
  });

  it('asks a question that begins with a dash behind a second --', async () => {
    const io = recordIo();
    expect(await runCommand(createAsk(scripted().open), [shelf, '--json', '--', '--', '-empty?'], io)).toBe(0);
    expect(io.lines().map(({ question }) => question)).toEqual(['-empty?']);
  });

  it('prints a table for people, with the cost of each look', async () => {
    const io = recordIo();
    expect(await runCommand(createAsk(scripted().open), [shelf, '--', 'Is it empty?', 'Is a person there?'], io)).toBe(
      0,
    );
    const [head, first, second, , look] = io.out().split('\n');
    expect(head).toMatch(/^picture +question +verdict +score +mass +ms$/);
    expect(first).toMatch(/shelf\.jpg +Is it empty\? +yes +0\.910 +1\.000 +1\.5$/);
    expect(second).toMatch(/^ +Is a person there\? +no +0\.040 +1\.000 +1\.5$/);
    expect(look).toBe(`${shelf}: look 12.3 ms`);
  });

  it('answers for the other pictures when one is damaged, and fails at the end', async () => {
    const model = scripted();
    const io = recordIo();
    const args = ['--json', path.join(folder, 'damaged.jpg'), shelf, '--', 'Is it empty?'];
    expect(await runCommand(createAsk(model.open), args, io)).toBe(1);
    expect(io.lines().map(({ picture }) => picture)).toEqual([shelf]);
    expect(io.err()).toContain('damaged.jpg: the picture is damaged');
  });

  it('stops when the model fails, and closes it', async () => {
    const model = scripted();
    const io = recordIo();
    expect(await runCommand(createAsk(model.open), [path.join(folder, 'crash.jpg'), shelf, '--', 'q?'], io)).toBe(1);
    expect(io.err()).toBe('watchword ask: the model died\n');
    expect(model.calls).toEqual(['open {}', 'close']);
  });

  it('names a missing picture before it loads a model', async () => {
    const model = scripted();
    const io = recordIo();
    expect(await runCommand(createAsk(model.open), [path.join(folder, 'gone.jpg'), '--', 'q?'], io)).toBe(1);
    expect(io.err()).toMatch(/cannot read the picture .*gone\.jpg: there is no such file/);
    expect(model.calls).toEqual([]);
  });

  it.each([
    [['a.jpg', 'Is it empty?'], /there is no -- between the pictures and the questions/],
    [['--', 'Is it empty?'], /no picture before --/],
    [['a.jpg', '--'], /no question behind --/],
    [['a.jpg', '--', ' '], /a question is empty/],
    [['a.jpg', '--verbtim', '--', 'q'], /unknown option --verbtim. Did you mean --verbatim\?/],
    [['a.jpg', '--', 'q', '--jsn'], /unknown option --jsn. Did you mean --json\?/],
  ])('refuses %j with code 2 and its usage line', async (args, message) => {
    const io = recordIo();
    expect(await runCommand(createAsk(scripted().open), args, io)).toBe(2);
    expect(io.err()).toMatch(message);
    expect(io.err()).toContain('usage: watchword ask PICTURE... -- QUESTION...');
    expect(io.out()).toBe('');
  });
});
