import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Statement } from 'better-sqlite3';
import { Sqlite } from '../platform/sqlite.ts';
import type { UnknownCause } from '../rules/verdict.ts';

/** A picture of the past, and how long the camera showed the same. Times are wall-clock ms. */
export interface KeptPicture {
  readonly cameraId: string;
  readonly capturedAt: number;
  /** The last sampled frame that showed no change against it. */
  readonly until: number;
  readonly bytes: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Why these frames could not be judged; null when they could. */
  readonly trouble: UnknownCause | null;
}

export interface PictureQuery {
  readonly cameraId: string;
  /** Wall-clock ms; since inclusive, until exclusive. */
  readonly since: number;
  readonly until: number;
}

/** A picture stands for at most this long: then the next frame is kept even if nothing changed. */
export const LONGEST_STAND_MS = 10 * 60_000;

/** Below the data folder. */
export const HISTORY_FOLDER = 'history';
const INDEX_FILE = 'pictures.db';

// Its own database: what is written here every second must never hold up an event's commit, and may be lost.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS picture (
  camera_id TEXT NOT NULL,
  captured_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  trouble TEXT,
  PRIMARY KEY (camera_id, captured_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS picture_by_age ON picture (captured_at);
`;

const COLUMNS = 'camera_id AS cameraId, captured_at AS capturedAt, until_at AS until, bytes, width, height, trouble';

/** Which pictures are kept. The pictures themselves are files: removing them gives their room back at once. */
export class PictureIndex {
  /** Where the pictures lie: `CAMERA/YYYY-MM-DD/HH/MS.jpg`, UTC. */
  readonly folder: string;
  readonly #db: Database;
  readonly #add: Statement;
  readonly #extend: Statement;
  readonly #forget: Statement;

  /** @param folder the data folder; made when it is missing. A damaged index is thrown away: history is expendable. */
  static open(folder: string): PictureIndex {
    const history = join(folder, HISTORY_FOLDER);
    mkdirSync(history, { recursive: true, mode: 0o750 });
    const file = join(history, INDEX_FILE);
    try {
      return new PictureIndex(prepared(file), history);
    } catch {
      for (const ending of ['', '-wal', '-shm']) rmSync(`${file}${ending}`, { force: true });
      return new PictureIndex(prepared(file), history);
    }
  }

  /** For a command beside the running daemon; undefined when nothing was ever kept. */
  static openReadOnly(folder: string): PictureIndex | undefined {
    const history = join(folder, HISTORY_FOLDER);
    const file = join(history, INDEX_FILE);
    if (!existsSync(file)) return undefined;
    const db = new Sqlite(file, { readonly: true, fileMustExist: true });
    db.pragma('busy_timeout = 5000');
    return new PictureIndex(db, history);
  }

  private constructor(db: Database, folder: string) {
    this.#db = db;
    this.folder = folder;
    this.#add = db.prepare('INSERT OR REPLACE INTO picture VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#extend = db.prepare('UPDATE picture SET until_at = ? WHERE camera_id = ? AND captured_at = ?');
    this.#forget = db.prepare('DELETE FROM picture WHERE camera_id = ? AND captured_at = ?');
  }

  add({ cameraId, capturedAt, until, bytes, width, height, trouble }: KeptPicture): void {
    this.#add.run(cameraId, capturedAt, until, bytes, width, height, trouble);
  }

  /** These still showed the same until then. */
  extend(pictures: ReadonlyArray<Pick<KeptPicture, 'cameraId' | 'capturedAt' | 'until'>>): void {
    this.#db.transaction(() => {
      for (const { cameraId, capturedAt, until } of pictures) this.#extend.run(until, cameraId, capturedAt);
    })();
  }

  /** Those that stood at some time of the stretch, oldest first. */
  list({ cameraId, since, until }: PictureQuery): KeptPicture[] {
    return this.#db
      .prepare<[object], KeptPicture>(
        `SELECT ${COLUMNS} FROM picture WHERE camera_id = :cameraId AND captured_at >= :from AND captured_at < :until
           AND until_at >= :since ORDER BY captured_at`,
      )
      .all({ cameraId, since, until, from: since - LONGEST_STAND_MS });
  }

  /** Of one camera, oldest first. */
  newest(cameraId: string, limit: number): KeptPicture[] {
    return this.#db
      .prepare<[string, number], KeptPicture>(
        `SELECT ${COLUMNS} FROM picture WHERE camera_id = ? ORDER BY captured_at DESC LIMIT ?`,
      )
      .all(cameraId, limit)
      .reverse();
  }

  /** Of all cameras. */
  oldest(limit: number): KeptPicture[] {
    return this.#db
      .prepare<[number], KeptPicture>(`SELECT ${COLUMNS} FROM picture ORDER BY captured_at LIMIT ?`)
      .all(limit);
  }

  totalBytes(): number {
    return this.#db.prepare<[], number>('SELECT total(bytes) FROM picture').pluck().get() ?? 0;
  }

  forget(pictures: ReadonlyArray<Pick<KeptPicture, 'cameraId' | 'capturedAt'>>): void {
    this.#db.transaction(() => {
      for (const { cameraId, capturedAt } of pictures) this.#forget.run(cameraId, capturedAt);
    })();
  }

  /** Absolute. */
  pathOf(picture: Pick<KeptPicture, 'cameraId' | 'capturedAt'>): string {
    return fileIn(this.folder, picture);
  }

  /** The picture itself; undefined when its file is gone meanwhile. */
  async read(picture: Pick<KeptPicture, 'cameraId' | 'capturedAt'>): Promise<Uint8Array | undefined> {
    return readFile(this.pathOf(picture)).catch(() => undefined);
  }

  close(): void {
    this.#db.close();
  }
}

function prepared(file: string): Database {
  const db = new Sqlite(file);
  try {
    // A reader beside us may hold it for a moment; a frame is not worth waiting long for.
    db.pragma('busy_timeout = 200');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = OFF');
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Where a picture lies in a data folder, whether or not it is kept. */
export function pictureFile(dataDir: string, picture: Pick<KeptPicture, 'cameraId' | 'capturedAt'>): string {
  return fileIn(join(dataDir, HISTORY_FOLDER), picture);
}

function fileIn(folder: string, { cameraId, capturedAt }: Pick<KeptPicture, 'cameraId' | 'capturedAt'>): string {
  const [day = '', time = ''] = new Date(capturedAt).toISOString().split('T');
  return join(folder, cameraId, day, time.slice(0, 2), `${capturedAt}.jpg`);
}
