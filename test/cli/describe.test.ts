import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { createDescribe } from '../../src/cli/describe.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';

let folder: string;
let picture: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watchword-describe-'));
  picture = path.join(folder, 'shelf.jpg');
  await writeFile(picture, 'shelf');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const scripted = (): ScriptedModel => new ScriptedModel(() => ({ score: 1 }));

describe('watchword describe', () => {
  it('writes the words as they come and ends the line', async () => {
    const model = scripted();
    const written: string[] = [];
    const io = { ...recordIo(), stdout: (text: string) => void written.push(text) };
    expect(await runCommand(createDescribe(model.open), [picture], io)).toBe(0);
    expect(written).toEqual(['a', ' full', ' shelf', '\n']);
    expect(model.calls).toEqual(['open {}', 'look shelf', 'generate Describe it. 128 verbatim', 'close']);
    expect(model.held).toBe(0);
  });

  it('passes prompt and length on, never in the form for yes/no questions', async () => {
    const model = scripted();
    const args = [picture, '--prompt', ' Count the boxes.', '--max-tokens', '7', '--model', 'm'];
    expect(await runCommand(createDescribe(model.open), args, recordIo())).toBe(0);
    expect(model.calls).toContain('generate Count the boxes. 7 verbatim');
  });

  it('keeps the blanks around prompt and answer with --verbatim alone', async () => {
    const model = scripted();
    model.words = ['', ' a', ' shelf '];
    const [trimmed, kept] = [recordIo(), recordIo()];
    const args = [picture, '--prompt', ' Count.', '--json'];
    await runCommand(createDescribe(model.open), args, trimmed);
    await runCommand(createDescribe(model.open), [...args, '--verbatim'], kept);
    expect(trimmed.lines()[0]).toMatchObject({ text: 'a shelf' });
    expect(kept.lines()[0]).toMatchObject({ text: ' a shelf ' });
    expect(model.calls).toContain('generate  Count. 128 verbatim');
  });

  it('prints one JSON object and nothing else with --json', async () => {
    const io = recordIo();
    expect(await runCommand(createDescribe(scripted().open), [picture, '--json'], io)).toBe(0);
    expect(io.lines()).toEqual([{ picture, text: 'a full shelf', model: 'scripted', ms: expect.any(Number) }]);
  });

  it.each([
    [[], /no picture to describe/],
    [['a.jpg', 'b.jpg'], /describe takes one picture, not 2/],
    [['a.jpg', '--max-tokens', '0'], /--max-tokens takes a whole number/],
    [['a.jpg', '--prompt', ''], /the prompt is empty/],
  ])('refuses %j with code 2', async (args, message) => {
    const io = recordIo();
    expect(await runCommand(createDescribe(scripted().open), args, io)).toBe(2);
    expect(io.err()).toMatch(message);
  });

  it('names a missing picture', async () => {
    const io = recordIo();
    expect(await runCommand(createDescribe(scripted().open), [path.join(folder, 'gone.jpg')], io)).toBe(1);
    expect(io.err()).toMatch(/cannot read the picture/);
  });
});
