import { constants, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';

/** Where the pictures and clips of a backup lie: beside its file. */
export const filesBeside = (backup: string): string => `${backup}.files`;

export interface FileCounts {
  readonly pictures: number;
  readonly clips: number;
  /** Pictures whose row is there and whose file is gone. */
  readonly missing: number;
}

/** What pictures and clips are called, below the data folder: nothing else is copied, wherever a name leads. */
const PICTURE = /^\d{4}-\d\d-\d\d\/[\w-]+\.jpg$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const CLIP = /^([0-9a-z]+-[0-9a-f]+)\.\d+\.mp4$/;

/** Copies the pictures and clips of the events in `db` into `target`; both never change once they are written. */
export async function copyFilesOf(db: Database, dataDir: string, target: string): Promise<FileCounts> {
  let [pictures, clips, missing] = [0, 0, 0];
  const rows = db.prepare<[], { path: string }>('SELECT path FROM evidence').all();
  for (const { path } of rows.filter((row) => PICTURE.test(row.path))) {
    if (await copied(join(dataDir, 'evidence', path), join(target, 'evidence', path))) pictures++;
    else missing++;
  }
  const known = db.prepare<[string], { id: string }>('SELECT id FROM event WHERE id = ?');
  for (const name of await readdir(join(dataDir, 'clips')).catch((): string[] => [])) {
    const id = CLIP.exec(name)?.[1];
    if (id === undefined || !known.get(id)) continue;
    if (await copied(join(dataDir, 'clips', name), join(target, 'clips', name))) clips++;
  }
  return { pictures, clips, missing };
}

/** Puts a backup's pictures and clips back; what is there already stays. Returns how many were put back. */
export function restoreFiles(source: string, dataDir: string): number {
  const list = (folder: string): string[] =>
    existsSync(join(source, folder)) ? readdirSync(join(source, folder)) : [];
  const days = list('evidence').filter((day) => DAY.test(day));
  const pictures = days.flatMap((day) => list(`evidence/${day}`).map((name) => `${day}/${name}`));
  const names = [
    ...pictures.filter((path) => PICTURE.test(path)).map((path) => `evidence/${path}`),
    ...list('clips')
      .filter((name) => CLIP.test(name))
      .map((name) => `clips/${name}`),
  ];
  let restored = 0;
  for (const name of names) {
    const to = join(dataDir, name);
    if (existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true, mode: 0o750 });
    copyFileSync(join(source, name), to, constants.COPYFILE_EXCL);
    restored++;
  }
  return restored;
}

/** False when the file is gone: retention may have been faster. */
async function copied(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o750 });
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
