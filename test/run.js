// `npm test` after the set-up: type check, lint, then every test; the closing line counts them all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
const count = { passed: 0, failed: 0, skipped: 0 };

function step(name, ok) {
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}: ${name}\n`);
  if (ok) count.passed++;
  else count.failed++;
}

// Arguments narrow the run to some test files, as in `npm test -- test/events`; the checks of the whole tree are then left out.
const only = process.argv.slice(2);
if (only.length === 0) {
  step('type check', node(['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json', '--noEmit']));
  step('lint and format', node(['node_modules/@biomejs/biome/bin/biome', 'check', '.']));
}

const folder = mkdtempSync(join(tmpdir(), 'watchword-test-'));
const reportFile = join(folder, 'report.json');
const clean = node([
  'node_modules/vitest/vitest.mjs',
  'run',
  '--config=test/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
  ...only,
]);
if (existsSync(reportFile)) {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests;
  count.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  // A file that fails to load has no failed test of its own.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  count.failed += broken.length;
}
if (!clean && count.failed === 0) count.failed = 1;
rmSync(folder, { recursive: true, force: true });

const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
process.exit(count.failed === 0 ? 0 : 1);
