import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigFile } from '../../src/config/config-file.ts';
import { withValues } from '../../src/config/edit.ts';
import { temporaryFolder } from '../support/daemon.ts';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, 'watchword.yaml');
  writeFileSync(file, '# mine\nsite: { id: shop }\n', { mode: 0o600 });
});

afterEach(() => folder.remove());

const named = (name: string) => (text: string) => withValues(text, [[['site', 'name'], name]]);

test('changes follow one another and keep comments and permissions', async () => {
  const config = new ConfigFile({ file });
  const [first, second] = await Promise.all([
    config.change(named('One')),
    config.change((text) => withValues(text, [[['web', 'port'], 9000]])),
  ]);
  expect([first.site.name, second.site.name, second.web.port]).toEqual(['One', 'One', 9000]);
  expect(readFileSync(file, 'utf8')).toMatch(/^# mine\n/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('what would not start is refused and the file stays', async () => {
  const config = new ConfigFile({ file });
  const before = readFileSync(file, 'utf8');
  await expect(config.change((text) => withValues(text, [[['web', 'port'], 'abc']]))).rejects.toThrow('port');
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('another version than the one that was seen is a conflict', async () => {
  const config = new ConfigFile({ file });
  const { version } = await config.read();
  await config.change(named('One'), version);
  await expect(config.change(named('Two'), version)).rejects.toMatchObject({ kind: 'conflict' });
});

test('a configuration of the program is changed in a copy', async () => {
  const copy = join(folder.path, 'own.yaml');
  const config = new ConfigFile({ file, copy: { file: copy, text: (text) => text.replace('mine', 'copied') } });
  const before = readFileSync(file, 'utf8');
  await config.change(named('One'));
  const settings = await config.change((text) => withValues(text, [[['web', 'port'], 9000]]));
  expect([settings.site.name, settings.web.port]).toEqual(['One', 9000]);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(readFileSync(copy, 'utf8')).toMatch(/^# copied\n/);
});
