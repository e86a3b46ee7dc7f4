import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ExampleFiles } from '../src/examples.ts';
import { tempFolder } from './store/temp-store.ts';

test('example pictures lie beside the rule, are read once, and again when they changed', async () => {
  const folder = tempFolder();
  const picture = join(folder, 'full.jpg');
  writeFileSync(picture, 'full');
  const rule = { file: join(folder, 'shelf.yaml'), examples: [{ picture: 'full.jpg', says: 'This shelf is full.' }] };
  const files = new ExampleFiles();
  const [first] = await files.of(rule);
  expect(first?.says).toBe('This shelf is full.');
  expect(Buffer.from(first?.picture ?? []).toString()).toBe('full');
  expect((await files.of(rule))[0]?.picture).toBe(first?.picture);
  writeFileSync(picture, 'another');
  utimesSync(picture, 1, 1);
  expect(Buffer.from((await files.of(rule))[0]?.picture ?? []).toString()).toBe('another');
  rmSync(picture);
  await expect(files.of(rule)).rejects.toMatchObject({ kind: 'not-found', where: picture });
  expect(await files.of({ file: rule.file })).toEqual([]);
});
