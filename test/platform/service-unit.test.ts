import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const UNIT = fileURLToPath(new URL('../../systemd/watchword.service', import.meta.url));
const MOST_EXPOSURE = 1.6;

const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
const isThere = analyze('--version').status === 0;

describe.skipIf(!isThere)("the service unit, as systemd's own tool sees it", () => {
  test('has no mistake', () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-unit-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'watchword.service');
    // The program is not installed here; everything else is as it is.
    writeFileSync(file, readFileSync(UNIT, 'utf8').replaceAll('/opt/watchword/node/bin/node', process.execPath));
    const { status, stdout, stderr } = analyze('verify', '--man=no', file);
    expect(`${stdout}${stderr}`.trim()).toBe('');
    expect(status).toBe(0);
  });

  test(`exposes the machine to at most ${MOST_EXPOSURE} of 10`, () => {
    const { stdout, stderr } = analyze('security', '--no-pager', '--offline=true', UNIT);
    const level = /Overall exposure level for watchword.service: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(level), stderr).toBeLessThanOrEqual(MOST_EXPOSURE);
  });
});
