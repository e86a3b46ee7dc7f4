import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Sqlite } from '../../src/platform/sqlite.ts';

describe('the SQLite module of this Node', () => {
  it('is better-sqlite3 13 where Node-API 10 is there, otherwise 12', () => {
    const db = new Sqlite(':memory:');
    const { version } = db.prepare<[], { version: string }>('SELECT sqlite_version() AS version').get() ?? {};
    db.close();
    expect(version).toBe(Number(process.versions.napi) >= 10 ? '3.54.1' : '3.53.2');
  });

  // better-sqlite3 12 aborted here from Node 24.19 on.
  it('lets statements be collected while the program runs', () => {
    const script = `
      import { Sqlite } from './src/platform/sqlite.ts';
      const db = new Sqlite(':memory:');
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 500; i++) db.prepare('SELECT ' + i).get();
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      db.close();
      process.stdout.write('collected');`;
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', script],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
    );
    expect({ stdout, status }, stderr).toEqual({ stdout: 'collected', status: 0 });
  });
});
