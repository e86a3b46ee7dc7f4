import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { connectReadOnly } from '../../src/store/database.ts';
import { ScheduledBackups, type ScheduledBackupsOptions } from '../../src/store/scheduled-backups.ts';
import { commitOf, eventOf, tempFolder, tempStore } from './temp-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function bench(options: Partial<ScheduledBackupsOptions> = {}) {
  const { store, dataDir, clock } = tempStore();
  const folder = join(tempFolder(), 'backups');
  const health = new Health(() => clock.now());
  const { audit } = store;
  const backups = new ScheduledBackups({
    ...{ dataDir, folder, everyMs: DAY, keep: 3, audit, clock, logger: silentLogger, health },
    freeBytes: () => 1e12,
    ...options,
  });
  return { store, clock, folder, health, backups, names: () => readdirSync(folder).sort() };
}

describe('scheduled backups', () => {
  test('one is written at once and then each day, sound, noted, and the newest three are kept', async () => {
    const { store, clock, folder, backups, names } = bench();
    await backups.pass();
    store.events.commit(commitOf('new', eventOf()));
    for (let hour = 0; hour < 4 * 24; hour++) {
      await clock.advance(HOUR);
      await backups.pass();
    }
    expect(names()).toEqual([4, 5, 6].map((day) => `watchword-2026030${day}T090000Z.db`));
    const db = connectReadOnly(join(folder, names()[0] ?? ''));
    expect(db.prepare('SELECT count(*) FROM event').pluck().get()).toBe(1);
    db.close();
    const told = store.audit.list({ limit: 9 }, { act: 'backup-written' });
    expect(told).toHaveLength(5);
    expect(told[0]).toMatchObject({ who: 'box', detail: '1 events', about: join(folder, names()[2] ?? '') });
  });

  test('a restart writes none before its time; files of others stay', async () => {
    const { clock, folder, backups, names } = bench({ keep: 1 });
    await backups.pass();
    writeFileSync(join(folder, 'mine.db'), 'mine');
    await clock.advance(DAY - 1);
    await backups.pass();
    expect(names()).toEqual(['mine.db', 'watchword-20260302T090000Z.db']);
    await clock.advance(1);
    await backups.pass();
    expect(names()).toEqual(['mine.db', 'watchword-20260303T090000Z.db']);
  });

  test('a clock that was ahead does not stop them for as long', async () => {
    const { clock, backups, names } = bench();
    clock.step(3_650 * DAY);
    await backups.pass();
    clock.step(-3_650 * DAY);
    await backups.pass();
    await clock.advance(DAY);
    await backups.pass();
    expect(names()).toHaveLength(3);
  });

  test('without room none is written, health says why, and the next try mends it', async () => {
    let free = 1_000;
    const { health, backups, names } = bench({ freeBytes: () => free });
    await backups.pass();
    expect(names()).toEqual([]);
    expect(health.get('backup')).toMatchObject({ status: 'degraded', reason: expect.stringMatching(/0 MB are free/) });
    free = 1e12;
    await backups.pass();
    expect([names().length, health.get('backup')?.status]).toEqual([1, 'ok']);
  });

  test('where there is no database there is no backup either, and health says so', async () => {
    const { health, backups, names } = bench({ dataDir: tempFolder() });
    await backups.pass();
    expect(names()).toEqual([]);
    expect(health.get('backup')?.status).toBe('degraded');
  });
});
