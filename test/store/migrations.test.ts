import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { connect } from '../../src/store/database.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { commitOf, eventOf, tempFolder, tempStore } from './temp-store.ts';

/** Schemas as they were released; one file per version but the newest. */
const released = (version: number): string => readFileSync(new URL(`schemas/v${version}.sql`, import.meta.url), 'utf8');
const OLD_VERSIONS = Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) => index + 1);

function database(file = ':memory:'): Database {
  const db = new Sqlite(file);
  onTestFinished(() => void db.close());
  return db;
}

function ofVersion(version: number, db = database()): Database {
  db.exec(released(version));
  db.pragma(`user_version = ${version}`);
  return db;
}

/** Every table, index and trigger without comments and spacing, and each table's columns. */
function shape(db: Database): unknown {
  const objects = db
    .prepare<[], { type: string; name: string; sql: string | null }>(
      'SELECT type, name, sql FROM sqlite_schema ORDER BY name',
    )
    .all();
  return objects.map(({ type, name, sql }) => ({
    type,
    name,
    sql: sql?.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim(),
    columns: type === 'table' ? db.pragma(`table_xinfo(${name})`) : undefined,
  }));
}

describe('migrations', () => {
  test.each(OLD_VERSIONS)('a database of version %i upgraded equals a fresh one', (version) => {
    const fresh = database();
    migrate(fresh);
    const upgraded = ofVersion(version);
    migrate(upgraded);
    expect(shape(upgraded)).toEqual(shape(fresh));
    expect(upgraded.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  });

  test('an upgrade keeps what was there', () => {
    const dataDir = tempFolder();
    const old = ofVersion(1, database(join(dataDir, 'watchword.db')));
    old
      .prepare(
        `INSERT INTO event (key, id, rule_id, camera_id, words, question, severity, started_at, opened_at, score, model, weights_hash, stale, revision)
         VALUES (1024, 'e1', 'spill', 'dock', 'a spill', 'a spill?', 'critical', 1, 2, 0.9, 'm', 'h', 0, 1)`,
      )
      .run();
    old.close();
    const { store } = tempStore({ dataDir });
    expect(store.log.list({ text: 'spill' }, { limit: 9 }).events).toMatchObject([
      { event: { id: 'e1', endedAt: null } },
    ]);
    store.coverage.add([]);
    expect(store.coverage.summaries({ since: 0, until: 1 })).toEqual([]);
  });

  test('one that is interrupted leaves the old version whole and goes on at the next start', () => {
    const file = join(tempFolder(), 'old.db');
    const db = ofVersion(1, database(file));
    const before = shape(db);
    // The last table of a step is there already: the step fails when most of it is done.
    db.exec('CREATE TABLE api_token (in_the_way INTEGER)');
    expect(() => migrate(db)).toThrow(/api_token already exists/);
    db.exec('DROP TABLE api_token');
    expect(shape(db)).toEqual(before);
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    migrate(db);
    expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  });

  test('a database written by a newer program is left alone', () => {
    const { store, dataDir } = tempStore();
    store.events.commit(commitOf('new', eventOf()));
    store.close();
    const db = connect(join(dataDir, 'watchword.db'), 'full');
    db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    expect(() => tempStore({ dataDir })).toThrow(expect.objectContaining({ kind: 'unsupported' }));
  });
});
