import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Compiles src to dist once before the tests: worker threads and child processes run the compiled program, as users do.
 * Type errors are not judged here (npm test has its own type check); tsc emits all the same.
 */
export default function build(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { error } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
    cwd: root,
  });
  if (error) throw error;
}
