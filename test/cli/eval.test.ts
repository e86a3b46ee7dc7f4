import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { createEvaluate } from '../../src/cli/eval.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watchword-eval-'));
  await writeFile(path.join(folder, 'a.jpg'), 'a');
  await writeFile(path.join(folder, 'b.jpg'), 'b');
  await ask(
    ['a.jpg', 'empty?', 'Yes', 'empty'],
    ['b.jpg', 'empty?', 'No', 'empty'],
    ['a.jpg', 'odd?', 'Yes', 'odd'],
    ['b.jpg', 'wet?', 'No', 'wet'],
  );
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function ask(...rows: string[][]): Promise<void> {
  const lines = rows.map(([picture, question, answer, category]) =>
    JSON.stringify({ picture, question, answer, category }),
  );
  await writeFile(path.join(folder, 'questions.jsonl'), `${lines.join('\n')}\n`);
}

/** Picture a is empty, nothing else is; odd questions are not answered. */
const scripted = (): ScriptedModel =>
  new ScriptedModel((picture, question) =>
    question === 'odd?' ? { score: 0.5, mass: 0.01 } : { score: question === 'empty?' && picture === 'a' ? 0.9 : 0.1 },
  );

describe('watchword eval', () => {
  it('prints a line per question and the summary last with --json, one look per picture', async () => {
    const model = scripted();
    const io = recordIo();
    expect(await runCommand(createEvaluate(model.open), [folder, '--json'], io)).toBe(0);
    const lines = io.lines();
    expect(lines).toHaveLength(5);
    expect(lines[1]).toEqual({
      picture: 'a.jpg',
      question: 'odd?',
      answer: 'yes',
      category: 'odd',
      verdict: 'unknown',
      score: 0.5,
      mass: 0.01,
      ms: 1.5,
    });
    expect(lines.at(-1)).toMatchObject({
      summary: {
        n: 4,
        accuracy: 0.75,
        balancedAccuracy: 0.75,
        precision: 1,
        recall: 0.5,
        unknownRate: 0.25,
        categories: { empty: { n: 2, accuracy: 1 }, odd: { n: 1, accuracy: 0 } },
        dataset: path.basename(folder),
        model: 'scripted',
        dtype: 'fp32',
      },
    });
    expect(model.calls).toEqual(['open {}', 'look a', 'score 2', 'look b', 'score 2', 'close']);
    expect(io.err()).toBe('');
  });

  it('prints a table with a row per category and one for all', async () => {
    const io = recordIo();
    expect(await runCommand(createEvaluate(scripted().open), [folder], io)).toBe(0);
    const rows = io.out().split('\n');
    expect(rows[0]).toMatch(/4 questions, scripted \(fp32, cpu\)/);
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(
      expect.arrayContaining(['category', 'empty', 'odd', 'wet', 'all']),
    );
    expect(io.out()).toMatch(/^all +4 +0\.750 +0\.301\.\.0\.954 +0\.750 +1\.000 +0\.500/m);
  });

  it('draws a progress bar on a terminal only, and takes it away', async () => {
    const terminal = recordIo({ isTTY: true });
    await runCommand(createEvaluate(scripted().open), [folder], terminal);
    expect(terminal.err()).toContain('4/4  accuracy 0.750');
    expect(terminal.err().endsWith('\r\u001b[K')).toBe(true);
    const pipe = recordIo();
    await runCommand(createEvaluate(scripted().open), [folder], pipe);
    expect(pipe.err()).toBe('');
  });

  it('takes the first questions only with --limit', async () => {
    const io = recordIo();
    expect(await runCommand(createEvaluate(scripted().open), [folder, '--limit', '2', '--json'], io)).toBe(0);
    expect(io.lines().at(-1)).toMatchObject({ summary: { n: 2 } });
  });

  it('counts a damaged picture as unknown with its reason, and fails at the end', async () => {
    await writeFile(path.join(folder, 'b.jpg'), 'damaged');
    const io = recordIo();
    expect(await runCommand(createEvaluate(scripted().open), [folder, '--json'], io)).toBe(1);
    expect(io.lines()[2]).toMatchObject({ picture: 'b.jpg', verdict: 'unknown', failure: 'the picture is damaged' });
    expect(io.lines().at(-1)).toMatchObject({ summary: { n: 4, unknownRate: 0.75 } });
    expect(io.err()).toBe('watchword eval: b.jpg: the picture is damaged\n');
  });

  it('refuses a set with broken lines before it loads a model', async () => {
    await ask(['a.jpg', 'empty?', 'Perhaps', 'x']);
    const model = scripted();
    const io = recordIo();
    expect(await runCommand(createEvaluate(model.open), [folder], io)).toBe(1);
    expect(io.err()).toContain('questions.jsonl:1: "answer" must be Yes or No, not "Perhaps"');
    expect(model.calls).toEqual([]);
  });

  it('stops when it is interrupted and closes the model', async () => {
    const controller = new AbortController();
    const model = new ScriptedModel(() => {
      controller.abort(new Error('SIGINT'));
      return { score: 1 };
    });
    const io = recordIo({ signal: controller.signal });
    expect(await runCommand(createEvaluate(model.open), [folder, '--json'], io)).toBe(1);
    expect(model.calls).toEqual(['open {}', 'look a', 'score 2', 'close']);
    expect(io.err()).toBe('watchword eval: interrupted\n');
  });

  it.each([
    [[], /no data set to evaluate on/],
    [['a', 'b'], /eval takes one data set, not 2/],
    [['a', '--limit', 'x'], /--limit takes a whole number/],
  ])('refuses %j with code 2', async (args, message) => {
    const io = recordIo();
    expect(await runCommand(createEvaluate(scripted().open), args, io)).toBe(2);
    expect(io.err()).toMatch(message);
  });
});
