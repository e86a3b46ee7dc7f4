import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
);

/** Every text that is logged as a warning or an error, wherever it is written out. */
function messages(): string[] {
  const patterns = [
    /\b(?:logger|log|Log|repeats)\.(?:warn|error)\(\s*'([^'\\]+)'/g,
    /\.log\(\s*'(?:warn|error)',\s*(?:'[^']*'|`[^`]*`|[\w.]+),\s*'([^'\\]+)'/g,
    /\blogger\[\w+\]\(\s*'([^'\\]+)'/g,
  ];
  const found = sources.flatMap((file) => {
    const text = read(join('src', file));
    return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, message = '']) => message));
  });
  return [...new Set(found)].sort();
}

test('the catalogue says what to do for each warning and error of the log, and for nothing else', () => {
  const logged = messages();
  expect(logged.length).toBeGreaterThan(50);
  const [, catalogue = ''] = read('systemd/README.md').split('## What the log says');
  const listed = [...catalogue.matchAll(/^\| (`.*`) \| (.+) \|$/gm)];
  expect(listed.filter(([, , what = '']) => what.length < 20)).toEqual([]);
  const known = listed.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => message));
  expect({
    unlisted: logged.filter((message) => !known.includes(message)),
    outdated: known.filter((message) => !logged.includes(message ?? '')),
  }).toEqual({ unlisted: [], outdated: [] });
});
