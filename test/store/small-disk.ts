import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real file system, small enough that the last byte can really be used up. */
export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'watchword-small-disk-'));
  /** False where this user may not mount: tests then skip and say so. */
  readonly mounted: boolean;
  readonly #ballast = join(this.path, 'ballast');

  constructor(megabytes: number) {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.path]);
    this.mounted = mount.status === 0;
    if (!this.mounted) process.stdout.write('skipped: a full disk needs the right to mount a small file system\n');
  }

  /** Writes until not one more byte fits. */
  fill(): void {
    for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
      while (this.#add(size));
    }
  }

  /** Gives the room back. */
  empty(): void {
    truncateSync(this.#ballast, 0);
  }

  /** Removes every file on it. */
  clear(): void {
    for (const name of readdirSync(this.path)) rmSync(join(this.path, name), { recursive: true, force: true });
  }

  remove(): void {
    if (this.mounted) spawnSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }

  #add(size: number): boolean {
    try {
      writeFileSync(this.#ballast, Buffer.alloc(size), { flag: 'a' });
      return true;
    } catch {
      return false;
    }
  }
}
