import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles src to dist once before the tests: worker threads and child processes run the compiled program, as users do.
 * Type errors are not judged here (npm test has its own type check); tsc emits all the same. Only files that changed are
 * replaced, each in one rename, so that two test runs at once never see half a program.
 */
export default function build(): void {
  const fresh = mkdtempSync(join(tmpdir(), 'watchword-build-'));
  try {
    const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', fresh];
    const { error } = spawnSync(process.execPath, args, { cwd: root });
    if (error) throw error;
    for (const file of readdirSync(fresh, { recursive: true, encoding: 'utf8' })) {
      if (file === 'main.js') chmodSync(join(fresh, file), 0o755);
      if (file.endsWith('.js')) replace(join(fresh, file), join(root, 'dist', file));
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function replace(from: string, to: string): void {
  if (existsSync(to) && statSync(to).mode === statSync(from).mode && readFileSync(to).equals(readFileSync(from)))
    return;
  mkdirSync(dirname(to), { recursive: true });
  const draft = `${to}.${process.pid}`;
  copyFileSync(from, draft);
  renameSync(draft, to);
}
