import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Tracked files and new ones that git does not ignore; what was deleted but not yet committed is left out. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file && existsSync(join(root, file)));
const sources = files.filter((file) => /^src\/.*\.tsx?$/.test(file));
const tests = files.filter((file) => /^test\/.*\.tsx?$/.test(file) && file !== 'test/architecture.test.ts');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const code = (file: string): string =>
  read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');

/**
 * The arrows of src/README.md. `values`: folders whose code a folder may call. `types`: folders it may know the shapes of.
 * Files directly in src (main, app, pipeline), src/desks, src/backtest and src/cli compose and may import everything.
 */
const ARROWS: Record<string, { values: string[]; types: string[] }> = {
  platform: { values: [], types: [] },
  cameras: { values: ['platform'], types: [] },
  vision: { values: ['platform'], types: ['cameras'] },
  rules: { values: ['platform'], types: ['cameras', 'vision'] },
  events: { values: ['platform'], types: ['cameras', 'rules'] },
  store: { values: ['platform'], types: ['events', 'alerts', 'rules', 'cameras'] },
  history: { values: ['platform'], types: ['cameras', 'rules'] },
  alerts: { values: ['platform'], types: ['events', 'store', 'rules'] },
  web: { values: ['platform'], types: ['cameras', 'vision', 'rules', 'events', 'store', 'alerts', 'config'] },
  demo: { values: ['platform'], types: ['cameras'] },
  evaluation: { values: ['platform'], types: ['vision'] },
  config: {
    values: ['platform'],
    types: ['cameras', 'vision', 'rules', 'events', 'store', 'history', 'alerts', 'web'],
  },
};

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  for (const match of code(file).matchAll(/^\s*(import|export)\s+(type\s+)?([^'";]*?from\s+)?'(\.[^']+)'/gms)) {
    const target = relative(root, join(root, dirname(file), match[4] ?? ''));
    found.push({ file, target, typeOnly: match[2] !== undefined });
  }
  for (const match of code(file).matchAll(/\bimport\(\s*'(\.[^']+)'\s*\)/g)) {
    found.push({ file, target: relative(root, join(root, dirname(file), match[1] ?? '')), typeOnly: false });
  }
  return found;
}

const folderOf = (file: string): string => (file.split('/').length > 2 ? (file.split('/')[1] ?? '') : '');
const imports = sources.flatMap(importsOf);

describe('architecture', () => {
  test('imports follow the arrows', () => {
    const wrong = imports.filter(({ file, target, typeOnly }) => {
      const from = folderOf(file);
      const to = folderOf(target);
      const arrows = ARROWS[from];
      if (!arrows || from === to || arrows.values.includes(to)) return false;
      // The configuration composes each folder's own settings schema, and nothing else of it.
      if (from === 'config' && basename(target) === 'settings.ts') return false;
      return !(typeOnly && arrows.types.includes(to));
    });
    expect(wrong).toEqual([]);
  });

  test('every folder of src has its arrows or composes', () => {
    const folders = new Set(sources.map(folderOf));
    const composing = ['', 'desks', 'backtest', 'cli'];
    expect([...folders].filter((folder) => !ARROWS[folder] && !composing.includes(folder))).toEqual([]);
  });

  test('values are imported without cycles', () => {
    const graph = new Map<string, string[]>();
    for (const { file, target, typeOnly } of imports) {
      if (!typeOnly) graph.set(file, [...(graph.get(file) ?? []), target]);
    }
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) return void cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('only platform/clock.ts reads the clock or sets timers', () => {
    const banned = /\bDate\.now\(|\bperformance\.now\(|new Date\(\)|\bsetTimeout\(|\bsetInterval\(|timers\/promises/;
    expect(sources.filter((file) => file !== 'src/platform/clock.ts' && banned.test(code(file)))).toEqual([]);
  });

  test('tests neither mock modules nor sleep', () => {
    expect(tests.filter((file) => /\bvi\.(mock|useFakeTimers)\b|\bjest\./.test(code(file)))).toEqual([]);
    const sleeping = tests.filter(
      (file) => /await new Promise\([^)]*setTimeout/.test(code(file)) && !file.startsWith('test/bench/'),
    );
    expect(sleeping).toEqual([]);
  });

  test('files stay small', () => {
    const lines = (file: string): number => read(file).split('\n').length;
    expect(sources.filter((file) => lines(file) > 330).map((file) => `${file} ${lines(file)}`)).toEqual([]);
    expect(tests.filter((file) => lines(file) > 450).map((file) => `${file} ${lines(file)}`)).toEqual([]);
  });

  test('names say what things are', () => {
    const banned = /(^|[-.])(utils?|helpers?|common|managers?|base|misc|data|infos?|handlers?|processors?)([-.]|$)/;
    expect([...sources, ...tests].filter((file) => banned.test(basename(file)))).toEqual([]);
    const bannedType = /\b(?:class|interface|type)\s+\w*(?:Util|Helper|Manager|Misc|Handler|Processor)\b/;
    expect(sources.filter((file) => bannedType.test(code(file)))).toEqual([]);
  });

  test('exports are named and nothing escapes the type system', () => {
    expect(sources.filter((file) => /^export default/m.test(code(file)))).toEqual([]);
    expect(sources.filter((file) => /@ts-(ignore|expect-error|nocheck)|:\s*any\b|\bas any\b/.test(code(file)))).toEqual(
      [],
    );
  });

  test('every path named in the documents exists', () => {
    const missing: string[] = [];
    for (const file of files.filter(
      (name) => name.endsWith('.md') && !name.startsWith('models/watchword-tiny/training'),
    )) {
      for (const [, path = ''] of read(file).matchAll(
        /[`( ]((?:src|test|rules|models|systemd|\.github)\/[\w./-]+)(?=[`)\s])/g,
      )) {
        if (!existsSync(join(root, path))) missing.push(`${file}: ${path}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
