import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/evaluation/dataset.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watchword-dataset-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

const jsonLines = (...records: unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

describe('a folder with questions.jsonl', () => {
  it('groups the questions by picture in the order of their first question', async () => {
    await put('pictures/a.jpg', 'A');
    await put('pictures/b.jpg', 'B');
    await put(
      'questions.jsonl',
      jsonLines(
        { picture: 'pictures/a.jpg', question: 'q1', answer: 'Yes', category: 'empty' },
        { picture: 'pictures/b.jpg', question: 'q2', answer: 'No' },
        { picture: 'pictures/a.jpg', question: 'q3', answer: 'no', category: 'spill' },
      ),
    );
    const set = await openDataset(folder);
    expect(set).toMatchObject({ name: path.basename(folder), format: 'questions', count: 3 });
    expect(set.pictures.map(({ picture, questions }) => [picture.name, questions])).toEqual([
      [
        'pictures/a.jpg',
        [
          { question: 'q1', answer: 'yes', category: 'empty' },
          { question: 'q3', answer: 'no', category: 'spill' },
        ],
      ],
      ['pictures/b.jpg', [{ question: 'q2', answer: 'no', category: '' }]],
    ]);
    expect(Buffer.from((await set.pictures[1]?.picture.read()) ?? []).toString()).toBe('B');
  });

  it('takes the first questions only when there is a limit', async () => {
    await put('a.jpg', 'A');
    const line = { picture: 'a.jpg', question: 'q', answer: 'Yes' };
    await put('questions.jsonl', `${jsonLines(line, line)}not json at all\n`);
    expect((await openDataset(folder, { limit: 2 })).count).toBe(2);
  });

  it('names file and line of everything that cannot be used, all at once', async () => {
    await put('a.jpg', 'A');
    const file = await put(
      'questions.jsonl',
      `${jsonLines({ picture: 'a.jpg', question: 'q', answer: 'Yes' })}{"picture":\n\n${jsonLines(
        { picture: 'a.jpg', question: 'q', answer: 'Unknown' },
        { picture: 'gone.jpg', question: 'q', answer: 'No' },
        { picture: 'a.jpg', question: ' ', answer: 'No' },
        ['a.jpg'],
      )}`,
    );
    const refused = openDataset(folder);
    await expect(refused).rejects.toMatchObject({ kind: 'invalid-input' });
    await expect(refused).rejects.toThrow(`${file}:2: not JSON`);
    await expect(refused).rejects.toThrow(`${file}:4: "answer" must be Yes or No, not "Unknown"`);
    await expect(refused).rejects.toThrow(`${file}:5: there is no picture gone.jpg`);
    await expect(refused).rejects.toThrow(`${file}:6: "question" must be a text`);
    await expect(refused).rejects.toThrow(`${file}:7: not a JSON object`);
  });

  it('says what a data set is when there is none', async () => {
    await expect(openDataset(folder)).rejects.toThrow(/has no questions.jsonl/);
    await expect(openDataset(path.join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(openDataset(await put('set.csv', 'x'))).rejects.toThrow(/no data set that eval knows/);
    await put('questions.jsonl', '\n');
    await expect(openDataset(folder)).rejects.toThrow(/has no questions/);
  });
});

describe('a POPE file', () => {
  const lines = jsonLines(
    { question_id: 1, image: 'COCO_val2014_1.jpg', text: 'Is there a person in the image?', label: 'yes' },
    { question_id: 2, image: 'COCO_val2014_1.jpg', text: 'Is there a dog in the image?', label: 'no' },
  );

  it('takes the category from its name and finds the pictures in a folder beside it', async () => {
    const file = await put('coco/coco_pope_adversarial.jsonl', lines);
    await put('val2014/COCO_val2014_1.jpg', 'P');
    const set = await openDataset(file);
    expect(set).toMatchObject({ name: 'coco_pope_adversarial', format: 'pope', count: 2 });
    expect(set.pictures).toHaveLength(1);
    expect(set.pictures[0]?.questions[1]).toEqual({
      question: 'Is there a dog in the image?',
      answer: 'no',
      category: 'adversarial',
    });
    expect(Buffer.from((await set.pictures[0]?.picture.read()) ?? []).toString()).toBe('P');
  });

  it('looks in the folder it is told, and nowhere else', async () => {
    const file = await put('coco_pope_random.json', lines);
    await put('images/COCO_val2014_1.jpg', 'beside');
    await put('mine/COCO_val2014_1.jpg', 'told');
    const set = await openDataset(file, { picturesDir: path.join(folder, 'mine') });
    expect(Buffer.from((await set.pictures[0]?.picture.read()) ?? []).toString()).toBe('told');
    await expect(openDataset(file, { picturesDir: path.join(folder, 'empty') })).rejects.toThrow(/looked in .*empty\)/);
  });
});
