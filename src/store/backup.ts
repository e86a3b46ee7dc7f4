import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { Sqlite } from '../platform/sqlite.ts';
import { copyFilesOf, type FileCounts, filesBeside, restoreFiles } from './backup-files.ts';
import { connectReadOnly, DATABASE_FILE, verifyIntegrity } from './database.ts';
import { storeError } from './errors.ts';
import { lockFolder } from './lock.ts';
import { SCHEMA_VERSION } from './migrations.ts';

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
  readonly events: number;
  /** What lies beside it; absent when only the database was asked for. */
  readonly files?: FileCounts;
}

/** More pages than any database has: one step, so that a busy daemon's writes cannot make the copy begin again and again. */
const ALL_PAGES = 0x7fffffff;

/**
 * Copies the database of a data folder into one file, also while the daemon runs on it, and opens the copy to see that it
 * is sound before it gets its name. With `withFiles` the pictures and clips of its events are copied into a folder beside it.
 *
 * @throws WatchwordError `not-found`, `corrupt`, `conflict` when the file exists, `unavailable` when the disk refuses
 */
export async function writeBackup(options: {
  dataDir: string;
  file: string;
  withFiles?: boolean;
}): Promise<BackupReport> {
  const source = join(options.dataDir, DATABASE_FILE);
  const file = resolve(options.file);
  if (!existsSync(source)) throw missing(source);
  const beside = filesBeside(file);
  if (existsSync(file) || (options.withFiles && existsSync(beside))) {
    throw new WatchwordError('conflict', 'the file exists already', {
      where: file,
      hint: 'A backup never replaces a file: choose another name',
    });
  }
  const partial = `${file}.partial`;
  const partialFiles = `${beside}.partial`;
  rmSync(partial, { force: true });
  rmSync(partialFiles, { recursive: true, force: true });
  try {
    const db = connectReadOnly(source);
    try {
      await db.backup(partial, { progress: () => ALL_PAGES });
    } finally {
      db.close();
    }
    const events = inspect(partial);
    syncFile(partial);
    const files = options.withFiles ? await copyFiles(partial, options.dataDir, partialFiles) : undefined;
    if (files) renameSync(partialFiles, beside);
    renameSync(partial, file);
    syncFile(dirname(file));
    return { file, bytes: statSync(file).size, events, ...(files && { files }) };
  } catch (error) {
    rmSync(partialFiles, { recursive: true, force: true });
    for (const suffix of ['', '-wal', '-shm']) rmSync(partial + suffix, { force: true });
    throw storeError(error, 'writing the backup');
  }
}

async function copyFiles(copy: string, dataDir: string, target: string): Promise<FileCounts> {
  const db = connectReadOnly(copy);
  try {
    mkdirSync(target, { recursive: true, mode: 0o750 });
    return await copyFilesOf(db, dataDir, target);
  } finally {
    db.close();
  }
}

/**
 * Puts a backup in the place of the data folder's database. What was there is kept beside it, whatever its state. Pictures
 * and clips that lie beside the backup are put back where they are missing.
 *
 * @returns the path of what was there; null when there was nothing
 * @throws WatchwordError `not-found`, `corrupt` (the backup), `unsupported`, `conflict` while a daemon uses the folder
 */
export function restoreBackup(options: { dataDir: string; file: string; clock: Clock }): {
  events: number;
  files: number;
  kept: string | null;
} {
  const file = resolve(options.file);
  if (!existsSync(file)) throw missing(file);
  let files = 0;
  const replaced = replacing(options, (database) => {
    const incoming = `${database}.incoming`;
    rmSync(incoming, { force: true });
    copyFileSync(file, incoming);
    // The copy is opened, not the backup itself: that may lie on a medium that cannot be written.
    const events = inspect(incoming);
    syncFile(incoming);
    files = restoreFiles(filesBeside(file), options.dataDir);
    return { incoming, events };
  });
  return { ...replaced, files };
}

/** Moves the database aside, so that the next start makes a new one. Pictures stay until their age is over. */
export function startFresh(options: { dataDir: string; clock: Clock }): { kept: string | null } {
  return replacing(options, () => ({ incoming: null, events: 0 }));
}

function replacing(
  { dataDir, clock }: { dataDir: string; clock: Clock },
  prepare: (database: string) => { incoming: string | null; events: number },
): { events: number; kept: string | null } {
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  const lock = lockFolder(dataDir);
  try {
    const database = join(dataDir, DATABASE_FILE);
    const { incoming, events } = prepare(database);
    const kept = setAside(database, clock);
    if (incoming) renameSync(incoming, database);
    syncFile(dataDir);
    return { events, kept };
  } catch (error) {
    throw storeError(error, 'replacing the database');
  } finally {
    lock.close();
  }
}

/** With its log: what was committed last may stand only there. */
function setAside(database: string, clock: Clock): string | null {
  if (!existsSync(database)) return null;
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const kept = `${database}.kept-${stamp}`;
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(database + suffix)) renameSync(database + suffix, kept + suffix);
  }
  return kept;
}

/** Opens a copy as the next start would, and reads all of it. Returns how many events it holds. */
function inspect(file: string): number {
  const db = new Sqlite(file, { fileMustExist: true });
  try {
    // As a single file, without a log beside it.
    db.pragma('journal_mode = DELETE');
    verifyIntegrity(db, 'integrity_check');
    const version = Number(db.pragma('user_version', { simple: true }));
    if (version === 0) throw new WatchwordError('corrupt', 'this is no Watchword database', { where: file });
    if (version > SCHEMA_VERSION) {
      throw new WatchwordError('unsupported', `it has schema ${version}, this program knows ${SCHEMA_VERSION}`, {
        where: file,
        hint: 'It was written by a newer Watchword: upgrade the program first',
      });
    }
    return db.prepare<[], { events: number }>('SELECT count(*) AS events FROM event').get()?.events ?? 0;
  } catch (error) {
    throw storeError(error, 'opening the copy');
  } finally {
    db.close();
  }
}

function missing(file: string): WatchwordError {
  return new WatchwordError('not-found', 'there is no such file', { where: file, hint: 'Check the path' });
}

function syncFile(path: string): void {
  const open = openSync(path, 'r');
  try {
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
}
