import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createUpkeep, type UpkeepOptions } from '../../src/desks/upkeep.ts';
import type { LogLevel } from '../../src/platform/logger.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { commitOf, eventOf, tempStore } from '../store/temp-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

function upkeep(more: Partial<UpkeepOptions> = {}) {
  const clock = new ManualClock();
  const { store, dataDir } = tempStore({ clock });
  let level: LogLevel = 'info';
  const made = createUpkeep({
    ...{ dataDir, store, clock, logger: silentLogger },
    backups: { folder: join(dataDir, 'backups'), keep: 5 },
    pace: { evaluationsPerMinute: () => 60, p95LatencyMs: () => null },
    counts: () => ({ judged: 9, dropped: 2, stale: 1, skipped: 4, lastJudgedAt: null }),
    load: () => ({
      costs: { lookMs: 100, questionMs: 50 },
      parts: [{ cameraId: 'a', zone: null, intervalsMs: [1_000, 1_000] }],
      cameras: { a: 1_000 },
    }),
    alerts: { mqttUrl: 'mqtt://x', topicBase: 'watchword/x', deliveryStats: () => ({}) },
    logLevel: {
      get: () => level,
      set(next) {
        level = next;
      },
    },
    ...more,
  });
  return { upkeep: made, store, dataDir, clock, level: () => level };
}

test('facts come from the parts that know them', async () => {
  const { upkeep: box, store, clock } = upkeep();
  store.events.commit(commitOf('new', eventOf()));
  const sums = { scheduledMs: 1_000, gatedMs: 250, longestGap: null };
  const from = clock.now() - 3_600_000;
  store.coverage.add([{ ...sums, ruleId: 'r', cameraId: 'c', from, evaluatedMs: 500, lostMs: { dark: 250 } }]);
  const facts = await box.facts();
  expect(facts).toMatchObject({
    model: { lookMs: 100, questionMs: 50, load: 0.2 },
    frames: { judged: 9, dropped: 3, skipped: 4 },
    waiting: { messages: 1, oldestAt: clock.now() },
    coverage: 0.75,
  });
  expect(facts.databaseBytes).toBeGreaterThan(50_000);
  expect(facts.disk?.freeBytes).toBeGreaterThan(0);
});

test('a backup is a sound database of its own, noted in the audit log; the newest five stay', async () => {
  const { upkeep: box, store, dataDir, clock } = upkeep();
  const event = eventOf();
  store.events.commit(commitOf('new', event));
  const first = await box.backup('mia');
  const copy = new Sqlite(join(dataDir, 'backups', first.name), { readonly: true });
  expect(copy.prepare('SELECT id FROM event').all()).toEqual([{ id: event.id }]);
  copy.close();
  expect(store.audit.list({ limit: 1 })[0]).toMatchObject({ who: 'mia', act: 'backup-written', about: first.name });
  for (let more = 0; more < 5; more++) {
    await clock.advance(1_000);
    await box.backup('mia');
  }
  expect(readdirSync(join(dataDir, 'backups'))).toHaveLength(5);
  expect(box.backupFile(first.name)).toBeUndefined();
  expect((await box.backups())[0]?.name).toBe('watchword-20260302T090005Z.db');
});

test('one backup at a time, and no file beside the backups', async () => {
  const { upkeep: box, dataDir } = upkeep();
  const writing = box.backup('mia');
  await expect(box.backup('ben')).rejects.toMatchObject({ kind: 'too-many' });
  const { name } = await writing;
  expect(box.backupFile(name)).toBe(join(dataDir, 'backups', name));
  expect(box.backupFile('../watchword.db')).toBeUndefined();
});

test('the log level changes at once and is noted', () => {
  const { upkeep: box, store, level } = upkeep();
  box.setLogLevel('debug', 'mia');
  expect([level(), box.logLevel()]).toEqual(['debug', 'debug']);
  expect(store.audit.list({ limit: 1 })[0]).toMatchObject({ who: 'mia', act: 'config-changed', about: 'log level' });
});
