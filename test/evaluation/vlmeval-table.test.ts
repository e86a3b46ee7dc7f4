import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Dataset, openDataset } from '../../src/evaluation/dataset.ts';
import { tableRows } from '../../src/evaluation/table-rows.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watchword-table-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function table(text: string, name = 'SET.tsv'): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

const picture = (seed: number, bytes = 400): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, i) => (i * seed) % 251));

async function shapeOf(set: Dataset): Promise<unknown[]> {
  return Promise.all(
    set.pictures.map(async (group) => [
      Buffer.from(await group.picture.read()).toString('base64'),
      group.questions.map(({ question, answer, category }) => `${question} ${answer} ${category}`),
    ]),
  );
}

describe('a VLMEvalKit table', () => {
  it('shares one picture between the row that holds it and the rows that point to it, before or behind', async () => {
    const [first, second] = [picture(3).toString('base64'), picture(7).toString('base64')];
    const file = await table(
      `index\timage\tquestion\tanswer\tcategory\n` +
        `10\t${first}\tIs it empty?\tYes\trandom\n` +
        `11\t12\tIs it full?\tNo\trandom\n` +
        `12\t${second}\tIs it wet?\tyes\tpopular\n` +
        `13\t10\tIs it red?\tNo\tpopular\n`,
    );
    const set = await openDataset(file);
    expect(set).toMatchObject({ name: 'SET', format: 'vlmevalkit', count: 4 });
    expect(await shapeOf(set)).toEqual([
      [first, ['Is it empty? yes random', 'Is it red? no popular']],
      [second, ['Is it full? no random', 'Is it wet? yes popular']],
    ]);
  });

  it('reads quoted cells with tabs, line breaks and doubled quotes, CRLF, and a last row without a line end', async () => {
    const bytes = picture(5).toString('base64');
    const file = await table(
      `\uFEFFindex\tquestion\timage\tanswer\r\n0\t"Says it ""open""\tor\nnot?"\t"${bytes}"\tNo\r\n1\tstray " quote\t0\tYes`,
    );
    expect(await shapeOf(await openDataset(file))).toEqual([
      [bytes, ['Says it "open"\tor\nnot? no ', 'stray " quote yes ']],
    ]);
  });

  it('takes image_path from beside the table, and a list of one picture', async () => {
    const bytes = picture(9).toString('base64');
    await writeFile(path.join(folder, 'a.jpg'), Buffer.from(bytes, 'base64'));
    const rows = `0\ta.jpg\tnan\tq0\tYes\n1\t['a.jpg']\t\tq1\tNo\n2\t\t['${bytes}']\tq2\tNo\n`;
    const file = await table(`index\timage_path\timage\tquestion\tanswer\n${rows}`);
    expect(await shapeOf(await openDataset(file))).toEqual([
      [bytes, ['q0 yes ', 'q1 no ']],
      [bytes, ['q2 no ']],
    ]);
  });

  it('reads past the limit only for a picture that a question within it needs', async () => {
    const bytes = picture(4).toString('base64');
    const file = await table(
      `index\timage\tquestion\tanswer\n0\t2\tq0\tYes\n1\tnowhere\tq1\tNo\n2\t${bytes}\tq2\tmaybe\n3\t4\tq3\tbroken\n`,
    );
    expect(await shapeOf(await openDataset(file, { limit: 1 }))).toEqual([[bytes, ['q0 yes ']]]);
  });

  it('names the line of a label, reference or picture it cannot use', async () => {
    const bytes = picture(4).toString('base64');
    const file = await table(
      `index\timage\tquestion\tanswer\tA\n` +
        `0\t${bytes}\tq\tB\tdog\n1\t99\tq\tYes\t\n2\t3\tq\tYes\t\n3\t2\tq\tYes\t\n4\t['${bytes}', '${bytes}']\tq\tNo\t\n5\t\tq\tNo\t\n`,
    );
    const refused = openDataset(file);
    await expect(refused).rejects.toThrow(`${file}:2: the answer must be Yes or No, not "B" (eval takes yes/no sets`);
    await expect(refused).rejects.toThrow(`${file}:3: no row holds the picture that row 1 points to`);
    await expect(refused).rejects.toThrow(`${file}:4: no row holds the picture that row 2 points to`);
    await expect(refused).rejects.toThrow(`${file}:6: the row has several pictures`);
    await expect(refused).rejects.toThrow(`${file}:7: the row has no picture`);
  });

  it('refuses a table without the columns it needs, and a quote that never closes', async () => {
    await expect(openDataset(await table('index\tquestion\n0\tq\n'))).rejects.toThrow(/no column answer, image/);
    const open = await table('index\timage\tquestion\tanswer\n0\t"never closed\tq\tYes\n1\tx\tq\tNo\n');
    await expect(openDataset(open)).rejects.toThrow(`${open}:2: this row never ends`);
  });
});

describe('table rows', () => {
  const quote = (cell: string): string => (/[\t\n\r"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

  it('gives back whatever was written with CSV quoting, and offsets that point at the bytes', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '\t', '\n', '\r', '"', ' ', '字'), maxLength: 8 });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, async (written) => {
        const text = written.map((row) => `${row.map(quote).join('\t')}\n`).join('');
        const file = await table(text, 'any.tsv');
        const bytes = Buffer.from(text);
        const read: string[][] = [];
        for await (const row of tableRows(file)) {
          read.push(row.cells.map((at) => at.text()));
          for (const at of row.cells) {
            expect(bytes.subarray(at.offset, at.offset + at.bytes.length).equals(at.bytes)).toBe(true);
          }
        }
        expect(read).toEqual(written);
      }),
      { numRuns: 150 },
    );
  });

  it('reads rows longer than one read, and counts the lines inside quoted cells', async () => {
    const long = 'x'.repeat(3_500_000);
    const file = await table(`a\tb\n1\t${long}\n"two\nlines"\t${long}\nlast\trow`);
    const seen: unknown[] = [];
    for await (const row of tableRows(file)) seen.push([row.line, row.cells[0]?.text(), row.cells[1]?.bytes.length]);
    expect(seen).toEqual([
      [1, 'a', 1],
      [2, '1', long.length],
      [3, 'two\nlines', long.length],
      [5, 'last', 3],
    ]);
  });

  it('refuses a row beyond its bound instead of filling the memory', async () => {
    const file = await table(`a\tb\n1\t${'x'.repeat(3_000_000)}\n`);
    const read = async (): Promise<void> => {
      for await (const row of tableRows(file, 1 << 20)) expect(row.line).toBe(1);
    };
    await expect(read()).rejects.toThrow(/never ends/);
  });
});
