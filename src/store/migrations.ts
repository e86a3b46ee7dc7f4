import { readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { WatchwordError } from '../platform/errors.ts';
import { guarded } from './errors.ts';

// dist/store and src/store are equally deep: the schema is read from src, where it is kept, in both.
const SCHEMA_FILE = new URL('../../src/store/schema.sql', import.meta.url);

// How each version differs from the one before; what the tables mean stands in schema.sql.
const COVERAGE_SILENCES_TOKENS = `
CREATE TABLE coverage (
  from_at INTEGER NOT NULL,
  rule_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  scheduled_ms REAL NOT NULL,
  evaluated_ms REAL NOT NULL,
  gated_ms REAL NOT NULL,
  gap_ms REAL NOT NULL DEFAULT 0,
  gap_from_at REAL,
  gap_cause TEXT,
  PRIMARY KEY (from_at, rule_id, camera_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE coverage_loss (
  from_at INTEGER NOT NULL,
  rule_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  cause TEXT NOT NULL,
  ms REAL NOT NULL,
  PRIMARY KEY (from_at, rule_id, camera_id, cause),
  FOREIGN KEY (from_at, rule_id, camera_id) REFERENCES coverage ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE silence (
  rule_id TEXT PRIMARY KEY,
  until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token (
  name TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at INTEGER NOT NULL
) STRICT;
`;

const FASTER_LISTS = `
CREATE INDEX event_by_pair ON event (rule_id, camera_id);
CREATE INDEX event_by_mark ON event (mark) WHERE mark IS NOT NULL;
CREATE INDEX event_by_acknowledged ON event (acknowledged_at IS NULL);
DROP TABLE event_text;
CREATE VIRTUAL TABLE event_text USING fts5 (
  words, question, note, rule_id, camera_id,
  content = 'event', content_rowid = 'key', tokenize = "porter unicode61 remove_diacritics 2"
);
INSERT INTO event_text (event_text) VALUES ('rebuild');
`;

const RULE_VERSIONS = `
CREATE TABLE rule_version (
  rule_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  saved_by TEXT,
  text TEXT NOT NULL,
  PRIMARY KEY (rule_id, number)
) STRICT, WITHOUT ROWID;
`;

const AUDIT = `
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT,
  act TEXT NOT NULL,
  about TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
`;

const BROKER_SESSIONS = `
CREATE TABLE broker_session (
  client_id TEXT PRIMARY KEY,
  seen_at INTEGER NOT NULL,
  subscriptions TEXT NOT NULL
) STRICT;

CREATE TABLE broker_waiting (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id TEXT NOT NULL REFERENCES broker_session ON DELETE CASCADE,
  key TEXT NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  qos INTEGER NOT NULL,
  UNIQUE (client_id, key)
) STRICT;
`;

/** Each step leads from one version to the next and is never changed once released. Forward only. */
const STEPS: ReadonlyArray<{ readonly to: number; readonly sql: string }> = [
  { to: 2, sql: COVERAGE_SILENCES_TOKENS },
  { to: 3, sql: FASTER_LISTS },
  { to: 4, sql: RULE_VERSIONS },
  { to: 5, sql: AUDIT },
  { to: 6, sql: BROKER_SESSIONS },
];

export const SCHEMA_VERSION = 6;

/**
 * Brings a database to the newest schema: a fresh one at once, an older one step by step, each step in its own transaction
 * together with its version, so that an interrupted migration goes on where it stopped.
 */
export function migrate(db: Database): void {
  const version = (): number => Number(db.pragma('user_version', { simple: true }));
  if (version() > SCHEMA_VERSION) {
    throw new WatchwordError(
      'unsupported',
      `the database has schema ${version()}, this program knows ${SCHEMA_VERSION}`,
      {
        where: db.name,
        hint: 'It was written by a newer Watchword: upgrade the program, or restore a backup made by this version',
      },
    );
  }
  if (version() === 0) apply(db, readFileSync(SCHEMA_FILE, 'utf8'), SCHEMA_VERSION);
  for (const { to, sql } of STEPS) {
    if (to === version() + 1) apply(db, sql, to);
  }
}

function apply(db: Database, sql: string, version: number): void {
  guarded('migrating the database', () =>
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    })(),
  );
}
