import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { EventCommit, WatchEvent } from '../../src/events/event.ts';
import { changeKey } from '../../src/events/event.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { connect } from '../../src/store/database.ts';
import type { EventFilter } from '../../src/store/event-list.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openStore, type Store } from '../../src/store/store.ts';

const EVENTS = 1_000_000;
const WRITES = 600;
const BLOCK = 50;
const QUERIES = 400;
const YEAR_MS = 365 * 24 * 3_600_000;
const NOW = Date.parse('2026-03-02T09:00:00Z');

const CAMERAS = Array.from({ length: 12 }, (_, index) => `camera-${index + 1}`);
const RULES = [
  ['empty-shelf', 'Alert me when a shelf is empty for 5 minutes during opening hours', 'Is a shelf empty?'],
  ['fallen-robot', 'Critical: a robot has fallen over', 'Has a robot fallen over?'],
  ['traffic-hazard', 'Warn when a pallet blocks the yard road', 'Does a pallet block the road?'],
  ['spill', 'A liquid is spilled on the floor', 'Is a liquid spilled on the floor?'],
  ['blocked-exit', 'The emergency exit is blocked for 2 minutes', 'Is the emergency exit blocked?'],
  ['no-vest', 'A person without a hi-vis vest is on the loading dock', 'Does a person wear no hi-vis vest?'],
] as const;
const NOTES = ['', '', '', '', 'false alarm, a cardboard box', 'cleaned up by the night shift', 'zebra'];

/**
 * What the store costs: committing an event with its message against raw better-sqlite3 writing the same rows under the
 * same pragmas, and reading pages and searching with a million events there. Ends with one line
 * {"summary":{"writeRatio","eventsPageP95Ms","searchP95Ms",...}}; `--events N` fills in fewer.
 */
export async function run(args: string[]): Promise<void> {
  const at = args.indexOf('--events');
  const count = at >= 0 ? Number(args[at + 1]) : EVENTS;
  const progress = (text: string): void => void (args.includes('--json') || process.stderr.write(`${text}\n`));
  // Beside the checkout, not in /tmp: that may be memory, and fsync is what a commit costs.
  const folder = mkdtempSync(join(resolve(import.meta.dirname, '../..'), 'data-bench-'));
  try {
    const writing = measureWrites(folder);
    progress(`commit, events per second: ours ${writing.ours.toFixed(0)}, raw ${writing.raw.toFixed(0)}`);
    const filled = fill(join(folder, 'full'), count);
    progress(`${count} events: ${(filled.bytes / 1e6).toFixed(0)} MB, filled in ${(filled.ms / 1e3).toFixed(0)} s`);
    const began = performance.now();
    const store = open(join(folder, 'full'));
    const openMs = performance.now() - began;
    progress(`opened and checked in ${openMs.toFixed(0)} ms`);
    const pages = measureQueries(store, count, pageFilter);
    progress(`events page, ms: p50 ${pages.p50.toFixed(1)}, p95 ${pages.p95.toFixed(1)}, max ${pages.max.toFixed(1)}`);
    const searches = measureQueries(store, count, searchFilter);
    progress(
      `search, ms: p50 ${searches.p50.toFixed(1)}, p95 ${searches.p95.toFixed(1)}, max ${searches.max.toFixed(1)}`,
    );
    store.close();
    const summary = {
      writeRatio: round(writing.ours / writing.raw),
      eventsPageP95Ms: round(pages.p95),
      searchP95Ms: round(searches.p95),
      commitsPerSecond: Math.round(writing.ours),
      events: count,
      openMs: Math.round(openMs),
    };
    process.stdout.write(`${JSON.stringify({ summary })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const open = (dataDir: string): Store =>
  openStore({ dataDir, clock: systemClock, logger: silentLogger, version: 'bench', channels: ['mqtt'] });

/** Both sides in turns on the same disk in the same minute, so that what others do to it falls on both alike. */
function measureWrites(folder: string): { ours: number; raw: number } {
  const store = open(join(folder, 'ours'));
  const db = connect(join(folder, 'raw.db'), 'full');
  migrate(db);
  const writeRaw = rawWriter(db);
  let oursMs = 0;
  let rawMs = 0;
  for (let written = 0; written < WRITES; written += BLOCK) {
    const commits = Array.from({ length: BLOCK }, (_, index) => commitOf(written + index));
    const began = performance.now();
    for (const commit of commits) store.events.commit(commit);
    const between = performance.now();
    for (const commit of commits) writeRaw(commit);
    rawMs += performance.now() - between;
    oursMs += between - began;
  }
  store.close();
  db.close();
  return { ours: (WRITES / oursMs) * 1_000, raw: (WRITES / rawMs) * 1_000 };
}

/** The same rows, tables, indexes and pragmas, and nothing else: no checks, no key search, no listeners. */
function rawWriter(db: Database): (commit: EventCommit) => void {
  const event = db.prepare(
    `INSERT INTO event (key, id, rule_id, camera_id, words, question, severity, started_at, opened_at, ended_at, end_reason,
       score, model, weights_hash, stale, revision, alerted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const outbox = db.prepare('INSERT INTO outbox (key, type, body, bytes, created_at) VALUES (?, ?, ?, ?, ?)');
  const mark = db.prepare("INSERT INTO undelivered (channel, outbox_id) VALUES ('mqtt', ?)");
  return db.transaction(({ change }: EventCommit) => {
    const e = change.event;
    event.run(
      ...[
        e.startedAt * 1024,
        e.id,
        e.ruleId,
        e.cameraId,
        e.words,
        e.question,
        e.severity,
        e.startedAt,
        change.changedAt,
      ],
      ...[e.endedAt, e.endReason, e.score, e.model, e.weightsHash, 0, e.revision, e.alertedAt],
    );
    const body = JSON.stringify(change);
    mark.run(outbox.run(change.key, change.type, body, body.length, change.changedAt).lastInsertRowid);
  });
}

function commitOf(index: number): EventCommit {
  const [ruleId, words, question] = RULES[index % RULES.length] ?? RULES[0];
  const startedAt = NOW + index * 1_000;
  const event: WatchEvent = {
    ...{ id: `${startedAt.toString(36)}-${index.toString(16).padStart(10, '0')}`, ruleId, words, question },
    ...{ cameraId: CAMERAS[index % CAMERAS.length] ?? '', severity: 'warning', startedAt, endedAt: startedAt + 60_000 },
    ...{ endReason: 'clear', score: 0.87, model: 'watchword-tiny q8', weightsHash: 'a'.repeat(64) },
    ...{ stale: false, revision: 1, alertedAt: startedAt },
  };
  const change = { type: 'end' as const, key: changeKey(event.id, 'end', 1), event, changedAt: startedAt };
  return { change, alert: true, evidence: [] };
}

/** What the events are of: words and question per rule. */
export interface Filling {
  readonly cameras: readonly string[];
  readonly rules: ReadonlyArray<readonly [id: string, words: string, question: string]>;
  /** When the newest one began. */
  readonly until: number;
}

/** A year of events, written past the store in one go; only how it is read is measured. */
export function fill(
  dataDir: string,
  count: number,
  { cameras, rules, until }: Filling = { cameras: CAMERAS, rules: RULES, until: NOW },
): { bytes: number; ms: number } {
  open(dataDir).close();
  const file = join(dataDir, 'watchword.db');
  const began = performance.now();
  const db = new Sqlite(file);
  db.pragma('synchronous = OFF');
  const insert = db.prepare(
    `INSERT INTO event (key, id, rule_id, camera_id, words, question, severity, started_at, opened_at, ended_at, end_reason,
       score, model, weights_hash, stale, revision, alerted_at, note)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'clear', ?, 'watchword-tiny q8', 'hash', 0, 2, ?, ?)`,
  );
  db.exec('DROP TRIGGER event_text_insert');
  const random = seeded(1);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  for (let done = 0; done < count; done += 50_000) {
    db.transaction(() => {
      for (let index = done; index < Math.min(count, done + 50_000); index++) {
        const at = until - YEAR_MS + Math.floor((index / count) * YEAR_MS);
        const [ruleId, words, question] = pick(rules);
        const severity = random() < 0.1 ? 'critical' : 'warning';
        insert.run(
          ...[
            at * 1024 + (index % 1024),
            `${at.toString(36)}-${index}`,
            ruleId,
            pick(cameras),
            words,
            question,
            severity,
          ],
          ...[at, at, at + 60_000, random(), at, pick(NOTES)],
        );
      }
    })();
  }
  db.exec("INSERT INTO event_text (event_text) VALUES ('rebuild')");
  db.exec(`CREATE TRIGGER event_text_insert AFTER INSERT ON event BEGIN
  INSERT INTO event_text (rowid, words, question, note, rule_id, camera_id)
  VALUES (new.key, new.words, new.question, new.note, new.rule_id, new.camera_id);
END`);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  return { bytes: statSync(file).size, ms: performance.now() - began };
}

type MakeFilter = (random: () => number) => EventFilter;

/** What the Events page asks: nothing, one filter, several, also without a match; of any time. */
const pageFilter: MakeFilter = (random) => ({
  ...(random() < 0.5 && { cameraId: CAMERAS[Math.floor(random() * CAMERAS.length)] ?? '' }),
  ...(random() < 0.4 && { ruleId: RULES[Math.floor(random() * RULES.length)]?.[0] ?? '' }),
  ...(random() < 0.3 && { severity: random() < 0.5 ? ('critical' as const) : ('warning' as const) }),
  ...(random() < 0.2 && { state: random() < 0.3 ? ('open' as const) : ('ended' as const) }),
  ...(random() < 0.3 && { since: NOW - random() * YEAR_MS }),
});

/** Frequent and rare words, whole and begun, with and without other filters. */
const searchFilter: MakeFilter = (random) => ({
  text: [
    'shelf',
    'robot fallen',
    'the',
    'zebra',
    'cardboard box',
    'emerg',
    'pallet road yard',
    'night shift floor',
    'nothing',
  ][Math.floor(random() * 9)] as string,
  ...(random() < 0.3 && { cameraId: CAMERAS[Math.floor(random() * CAMERAS.length)] ?? '' }),
  ...(random() < 0.2 && { ruleId: RULES[Math.floor(random() * RULES.length)]?.[0] ?? '' }),
  ...(random() < 0.2 && { severity: 'critical' as const }),
  ...(random() < 0.3 && { since: NOW - random() * YEAR_MS }),
});

function measureQueries(store: Store, count: number, make: MakeFilter): { p50: number; p95: number; max: number } {
  const random = seeded(count);
  const times: number[] = [];
  for (let query = 0; query < QUERIES; query++) {
    const filter = make(random);
    let cursor: string | null = null;
    // The first page and the two behind it, each measured.
    for (let page = 0; page < 3; page++) {
      const began = performance.now();
      const { next } = store.log.list(filter, { limit: 50, ...(cursor !== null && { cursor }) });
      times.push(performance.now() - began);
      cursor = next;
      if (cursor === null) break;
    }
  }
  times.sort((a, b) => a - b);
  const quantile = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: quantile(0.5), p95: quantile(0.95), max: quantile(1) };
}

/** Mulberry32: the same questions at each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
