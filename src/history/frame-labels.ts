import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { toError, WatchwordError } from '../platform/errors.ts';
import { Sqlite } from '../platform/sqlite.ts';

/** What was asked about a frame, whichever rule asked it. */
export interface LabelQuestion {
  readonly cameraId: string;
  readonly question: string;
  /** Empty: the whole picture. */
  readonly zone: string;
}

/** What a person says is true of one frame. */
export interface FrameLabel {
  /** Wall-clock ms of the frame. */
  readonly capturedAt: number;
  /** The right answer to the question. */
  readonly answer: 'yes' | 'no';
  /** P(yes) that the model gave. */
  readonly score: number;
  /** Names the weights that gave it. */
  readonly model: string;
  readonly markedAt: number;
  readonly markedBy: string;
}

/** Below the data folder. Not in the history's: frames go with their age, what people said of them stays. */
export const LABELS_FOLDER = 'labels';

/** With their pictures some 200 MB: the oldest marks go first. */
const MOST_LABELS = 2_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS label (
  camera_id TEXT NOT NULL,
  question TEXT NOT NULL,
  zone TEXT NOT NULL,
  captured_at INTEGER NOT NULL,
  answer TEXT NOT NULL CHECK (answer IN ('yes', 'no')),
  score REAL NOT NULL,
  model TEXT NOT NULL,
  marked_at INTEGER NOT NULL,
  marked_by TEXT NOT NULL,
  PRIMARY KEY (camera_id, question, zone, captured_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS label_by_age ON label (marked_at);
`;

const COLUMNS = 'captured_at AS capturedAt, answer, score, model, marked_at AS markedAt, marked_by AS markedBy';
const ASKED = 'camera_id = :cameraId AND question = :question AND zone = :zone';

/** Frames that people marked, each with its picture, so that a mark outlives the frame history. Made at the first mark. */
export class FrameLabels {
  readonly #folder: string;
  readonly #file: string;
  #db: Database | undefined;

  /** @param dataDir nothing is made in it before `put` */
  constructor(dataDir: string) {
    this.#folder = join(dataDir, LABELS_FOLDER);
    this.#file = join(this.#folder, 'labels.db');
  }

  /** Of one question, oldest frame first. */
  list(asked: LabelQuestion): FrameLabel[] {
    if (!this.#db && !existsSync(this.#file)) return [];
    return this.#open()
      .prepare<[object], FrameLabel>(`SELECT ${COLUMNS} FROM label WHERE ${ASKED} ORDER BY captured_at`)
      .all({ ...asked });
  }

  /** Keeps a mark and its picture; an earlier mark of the same frame is replaced. Rejects with `unavailable` when the disk refuses. */
  async put(asked: LabelQuestion, label: FrameLabel, jpeg: Uint8Array | undefined): Promise<void> {
    try {
      await this.#put(asked, label, jpeg);
    } catch (cause) {
      throw new WatchwordError('unavailable', `the mark cannot be kept: ${toError(cause).message}`, { cause });
    }
  }

  async #put(asked: LabelQuestion, label: FrameLabel, jpeg: Uint8Array | undefined): Promise<void> {
    const db = this.#open();
    if (jpeg) {
      mkdirSync(join(this.#folder, asked.cameraId), { recursive: true, mode: 0o750 });
      await writeFile(this.#pathOf(asked.cameraId, label.capturedAt), jpeg, { mode: 0o640 });
    }
    db.prepare(
      `INSERT OR REPLACE INTO label VALUES
       (:cameraId, :question, :zone, :capturedAt, :answer, :score, :model, :markedAt, :markedBy)`,
    ).run({ ...asked, ...label });
    this.#bound(db);
  }

  remove(asked: LabelQuestion, capturedAt: number): void {
    const db = this.#open();
    db.prepare(`DELETE FROM label WHERE ${ASKED} AND captured_at = :capturedAt`).run({ ...asked, capturedAt });
    this.#forget(db, asked.cameraId, capturedAt);
  }

  /** The marked picture; undefined when there is none. */
  async picture(cameraId: string, capturedAt: number): Promise<Uint8Array | undefined> {
    return readFile(this.#pathOf(cameraId, capturedAt)).catch(() => undefined);
  }

  close(): void {
    this.#db?.close();
    this.#db = undefined;
  }

  #open(): Database {
    if (this.#db) return this.#db;
    mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
    const db = new Sqlite(this.#file);
    db.pragma('busy_timeout = 5000');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec(SCHEMA);
    this.#db = db;
    return db;
  }

  #bound(db: Database): void {
    const old = db
      .prepare<[number], { cameraId: string; question: string; zone: string; capturedAt: number }>(
        `SELECT camera_id AS cameraId, question, zone, captured_at AS capturedAt FROM label
         ORDER BY marked_at DESC LIMIT -1 OFFSET ?`,
      )
      .all(MOST_LABELS);
    for (const { capturedAt, ...asked } of old) this.remove(asked, capturedAt);
  }

  /** Another question may still speak of the same picture. */
  #forget(db: Database, cameraId: string, capturedAt: number): void {
    const others = db.prepare('SELECT 1 FROM label WHERE camera_id = ? AND captured_at = ?').get(cameraId, capturedAt);
    if (!others) rmSync(this.#pathOf(cameraId, capturedAt), { force: true });
  }

  #pathOf(cameraId: string, capturedAt: number): string {
    return join(this.#folder, cameraId, `${capturedAt}.jpg`);
  }
}
