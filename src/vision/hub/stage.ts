import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { WatchwordError } from '../../platform/errors.ts';

/** Where a package is collected before it takes its place. */
export function stageOf(dir: string): string {
  return join(dirname(dir), `.${basename(dir)}.pulling`);
}

function oldOf(dir: string): string {
  return join(dirname(dir), `.${basename(dir)}.old`);
}

/** One pull at a time; a lock whose process is gone counts for nothing. */
export async function lock(stage: string): Promise<() => Promise<void>> {
  const file = join(stage, '.lock');
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => unlink(file).catch(() => undefined);
    } catch (error) {
      const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
      if (tries > 0 || isAlive(pid)) {
        throw new WatchwordError('conflict', `another pull of this package is running (process ${pid})`, {
          where: stage,
          cause: error,
        });
      }
      await rm(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Gives the collected folder the package's name. Between the two renames a crash leaves the old one beside it. */
export async function swap(stage: string, dir: string): Promise<void> {
  const old = oldOf(dir);
  if (await stat(dir).catch(() => undefined)) {
    await rm(old, { recursive: true, force: true });
    await rename(dir, old);
  }
  await rename(stage, dir);
  await syncFolder(dirname(dir));
  await rm(old, { recursive: true, force: true });
}

/** Undoes a swap that a crash cut in two. */
export async function restore(dir: string): Promise<void> {
  const [now, old] = await Promise.all([dir, oldOf(dir)].map((each) => stat(each).catch(() => undefined)));
  if (!now && old) await rename(oldOf(dir), dir);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes everything but these files. */
export async function clean(stage: string, paths: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !paths.has(relative(stage, path))) await rm(path, { force: true });
  }
}

/** The same bytes at another place, at no cost where the file system can. What cannot be taken over is fetched instead. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to).catch(() => undefined));
}
