import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('install-in-namespace.sh', import.meta.url));
const SYSTEMD = fileURLToPath(new URL('../../systemd', import.meta.url));

/** Root, mount namespaces, overlays and systemd's own tools: on a builder without them there is nothing to try it on. */
const canTry =
  process.getuid?.() === 0 &&
  spawnSync('systemd-sysusers', ['--version']).status === 0 &&
  spawnSync('unshare', [
    '-m',
    'sh',
    '-c',
    'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w && mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc',
  ]).status === 0;

describe.skipIf(!canTry)('installing as a service', () => {
  test('is idempotent, keeps what is yours, goes back from an upgrade that does not start, and leaves nothing', {
    timeout: 120_000,
  }, () => {
    const work = mkdtempSync(join(tmpdir(), 'watchword-install-'));
    onTestFinished(() => rmSync(work, { recursive: true, force: true }));
    const output = execFileSync('unshare', ['-m', 'sh', SCRIPT, work, SYSTEMD], { encoding: 'utf8' });
    expect(output.trim().split('\n')).toEqual([
      'install v1: ok',
      '  runs: v1, active, schema 5',
      '  owner of data: watchword:750',
      '  owner of rules: root:watchword:770',
      ...[1, 2, 3, 4].flatMap(() => ['install v1: ok', '  runs: v1, active, schema 5']),
      '  configuration: cameras: { mine: {} }',
      '  backups: 3',
      'install v2-broken: failed',
      '  runs: v1, active, schema 5',
      '  said: install: rolled back; see: journalctl -u watchword -n 50',
      'install v3-migrates-and-breaks: failed',
      '  runs: v1, active, schema 5',
      '  put aside: there',
      'install v4: ok',
      '  runs: v4, active, schema 6',
      '  left over: gone',
      'uninstall 1: ok',
      '  program, unit, configuration, data: gone, gone, there, there',
      'uninstall 2: ok',
      '  program, unit, configuration, data: gone, gone, there, there',
      'purge: gone, gone, gone',
    ]);
    expect(existsSync('/opt/watchword')).toBe(false);
  });
});
