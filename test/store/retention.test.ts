import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { type DiskSpace, type KeptFiles, Retention, type RetentionSettings } from '../../src/store/retention.ts';
import type { Store } from '../../src/store/store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { commitOf, ended, eventOf, pictureOf, START, tempStore } from './temp-store.ts';

const DAY = 24 * 3_600_000;
const PLENTY: DiskSpace = { freeBytes: 1e12, totalBytes: 2e12 };

function bench(
  settings: Partial<RetentionSettings> = {},
  space: (store: Store) => DiskSpace = () => PLENTY,
  { store, dataDir, clock } = tempStore(),
  clips?: KeptFiles,
) {
  const health = new Health(() => clock.now());
  const retention = new Retention({
    ...{ store, dataDir, clock, logger: silentLogger, health, settings },
    space: async () => space(store),
    ...(clips && { clips }),
  });
  return { store, dataDir, clock, health, retention };
}

/** One ended event a day with a picture of 1000 bytes, the newest today. */
function daysOfEvents(store: Store, days: number): void {
  for (let day = 0; day < days; day++) {
    const event = eventOf({ startedAt: START - day * DAY });
    const evidence = [pictureOf(Buffer.alloc(1_000), { capturedAt: event.startedAt })];
    store.events.commit(commitOf('new', event, { evidence }));
    store.events.commit(commitOf('end', ended(event)));
  }
}

const picturesLeft = (store: Store): number[] =>
  store.evidence.oldest(1_000).map((record) => (START - record.capturedAt) / DAY);

function scoresLeft(store: Store): number[] {
  const query = { ruleId: 'spill', cameraId: 'dock', since: 0, until: START + DAY, limit: 1e6 };
  return store.verdicts.scores(query).map(({ capturedAt }) => Math.round((START - capturedAt) / DAY));
}

function daysOfScores(store: Store, days: number): void {
  const rule = { id: 'spill', question: 'Is there a spill?', expects: 'yes', zone: null } as const;
  for (let day = 0; day < days; day++) {
    store.verdicts.record(
      { ruleId: 'spill', cameraId: 'dock', frameSeq: 1, at: 0, value: 'no', score: 0.1, capturedAt: START - day * DAY },
      rule,
    );
  }
  store.flush();
}

describe('retention', () => {
  test('pictures go by age, events never', async () => {
    const { store, retention } = bench({ evidenceMaxAgeMs: 3 * DAY });
    daysOfEvents(store, 200);
    await retention.pass();
    expect(picturesLeft(store)).toEqual([3, 2, 1, 0]);
    expect(store.log.list({}, { limit: 1_000 }).events).toHaveLength(200);
  });

  test('pictures go by bytes, the oldest first', async () => {
    const { store, retention } = bench({ evidenceMaxBytes: 2_500 });
    daysOfEvents(store, 120);
    await retention.pass();
    expect(picturesLeft(store)).toEqual([1, 0]);
    expect(store.evidence.totalBytes()).toBe(2_000);
  });

  test('scores go by whole days of age, and by bytes', async () => {
    const byAge = bench({ verdictMaxAgeMs: 3 * DAY });
    daysOfScores(byAge.store, 10);
    await byAge.retention.pass();
    expect(scoresLeft(byAge.store)).toEqual([3, 2, 1, 0]);
    const byBytes = bench({ verdictMaxBytes: 2 * 26 });
    daysOfScores(byBytes.store, 10);
    await byBytes.retention.pass();
    expect(scoresLeft(byBytes.store)).toEqual([1, 0]);
  });

  test('a question nobody asks any more is forgotten with its last score, and can be asked again', async () => {
    const { store, clock, retention } = bench({ verdictMaxAgeMs: DAY });
    daysOfScores(store, 1);
    await clock.advance(5 * DAY);
    await retention.pass();
    expect(scoresLeft(store)).toEqual([]);
    daysOfScores(store, 1);
    expect(scoresLeft(store)).toEqual([0]);
  });

  test('coverage, sessions and old updates of the outbox go with their time', async () => {
    const { store, clock, retention } = bench({ coverageMaxAgeMs: DAY });
    const sums = { scheduledMs: 1, evaluatedMs: 1, gatedMs: 0, lostMs: {}, longestGap: null };
    store.coverage.add([{ ruleId: 'spill', cameraId: 'dock', from: START, ...sums }]);
    store.users.put({ name: 'ada', role: 'admin', passwordHash: 'x', createdAt: START });
    store.sessions.put({ tokenHash: 't', userName: 'ada', createdAt: START, expiresAt: START + DAY });
    store.events.commit(commitOf('update', eventOf()));
    await retention.pass();
    expect(store.coverage.summaries({ since: 0, until: START + DAY })).toHaveLength(1);
    await clock.advance(8 * DAY);
    await retention.pass();
    expect(store.coverage.summaries({ since: 0, until: START + DAY })).toEqual([]);
    expect(store.sessions.get('t')).toBeUndefined();
    expect(store.outbox.depth().messages).toBe(0);
  });

  test('a file without a row is swept when it is a week old', async () => {
    const { store, dataDir, retention } = bench();
    daysOfEvents(store, 1);
    const folder = join(dataDir, 'evidence', '2026-03-02');
    for (const [name, days] of [
      ['fresh.jpg', 1],
      ['old.jpg', 8],
    ] as const) {
      writeFileSync(join(folder, name), 'x');
      utimesSync(join(folder, name), START / 1_000, (START - days * DAY) / 1_000);
    }
    await retention.pass();
    expect(store.evidence.sweep(Number.POSITIVE_INFINITY)).toBe(1);
    expect(picturesLeft(store)).toEqual([0]);
  });

  test('runs once a minute on the clock it is given, until it is stopped', async () => {
    const { store, clock, retention } = bench({ evidenceMaxAgeMs: 3 * DAY });
    const stop = new AbortController();
    const running = retention.run(stop.signal);
    daysOfEvents(store, 5);
    await clock.advance(60_000);
    // A pass yields between its steps; the store is only asked once it has come to rest.
    await clock.advance(60_000);
    expect(picturesLeft(store)).toEqual([2, 1, 0]);
    stop.abort();
    await running;
  });
});

describe('a disk that is nearly full', () => {
  /** 1000 bytes free come with each picture removed, on a disk that others filled to `free`. */
  const filledTo = (free: number) => (store: Store) => ({
    freeBytes: free + (100 - store.evidence.oldest(1_000).length) * 1_000,
    totalBytes: 1e9,
  });

  test('loses its oldest pictures, only as many as needed, and says so', async () => {
    const { store, health, retention } = bench({ minFreeBytes: 10_000, evidenceMaxAgeMs: 365 * DAY }, filledTo(3_500));
    daysOfEvents(store, 100);
    const seen: string[] = [];
    health.onChange(({ status, reason }) => seen.push(`${status} ${reason}`.trim()));
    await retention.pass();
    expect(picturesLeft(store)).toHaveLength(93);
    expect(picturesLeft(store)[0]).toBe(92);
    expect(seen).toEqual(['degraded only 0 MB free', 'ok']);
    expect(store.log.list({}, { limit: 1_000 }).events).toHaveLength(100);
  });

  test('stays degraded when no picture is left to remove, and keeps every event', async () => {
    const { store, health, retention } = bench({ minFreeBytes: 1e6 }, filledTo(0));
    daysOfEvents(store, 100);
    await retention.pass();
    expect(picturesLeft(store)).toEqual([]);
    expect(health.get('disk')?.status).toBe('degraded');
    expect(store.log.list({}, { limit: 1_000 }).events).toHaveLength(100);
  });

  test('a small disk is not asked for more than a twentieth of itself', async () => {
    const { store, health, retention } = bench({}, () => ({ freeBytes: 6, totalBytes: 100 }));
    daysOfEvents(store, 3);
    await retention.pass();
    expect([health.get('disk')?.status, picturesLeft(store).length]).toEqual(['ok', 3]);
  });

  test('loses clips before pictures, and those for their age as well', async () => {
    let clipBytes = 5_000;
    const asked: number[] = [];
    const clips: KeptFiles = {
      removeBefore: async (at) => void asked.push((START - at) / DAY),
      async removeOldest(bytes) {
        const going = Math.min(clipBytes, bytes);
        clipBytes -= going;
        return going > 0 ? 1 : 0;
      },
    };
    const free = (store: Store) => filledTo(6_500 - clipBytes)(store);
    const { store, retention } = bench({ minFreeBytes: 8_000, evidenceMaxAgeMs: 365 * DAY }, free, undefined, clips);
    daysOfEvents(store, 100);
    await retention.pass();
    expect([clipBytes, picturesLeft(store).length]).toEqual([0, 98]);
    expect(asked).toEqual([365]);
  });

  test('a disk that cannot be asked stops nothing else', async () => {
    const { store, retention } = bench({ evidenceMaxAgeMs: DAY }, () => {
      throw new Error('EIO');
    });
    daysOfEvents(store, 5);
    await retention.pass();
    expect(picturesLeft(store)).toEqual([1, 0]);
  });
});

describe('a wall clock that is not to be believed', () => {
  test('takes nothing for its age when it jumps ahead by years, and nothing once it is right again', async () => {
    const { store, clock, retention } = bench({ evidenceMaxAgeMs: 30 * DAY, verdictMaxAgeMs: 30 * DAY });
    daysOfEvents(store, 5);
    daysOfScores(store, 5);
    await retention.pass();
    clock.step(3_650 * DAY);
    for (let minute = 0; minute < 90; minute++) {
      await clock.advance(60_000);
      await retention.pass();
    }
    clock.step(-3_650 * DAY);
    await retention.pass();
    expect(picturesLeft(store)).toEqual([4, 3, 2, 1, 0]);
    expect(scoresLeft(store)).toEqual([4, 3, 2, 1, 0]);
    expect(store.outbox.depth().messages).toBe(10);
  });

  test('takes in days what is due in weeks when it stays ahead; bytes are bounded all the while', async () => {
    const { store, clock, retention } = bench({ evidenceMaxAgeMs: 30 * DAY, evidenceMaxBytes: 4_000 });
    daysOfEvents(store, 5);
    await retention.pass();
    expect(picturesLeft(store)).toEqual([3, 2, 1, 0]);
    clock.step(3_650 * DAY);
    const passHours = async (hours: number): Promise<void> => {
      for (let hour = 0; hour < hours; hour++) {
        await clock.advance(3_600_000);
        await retention.pass();
      }
    };
    // One day at the real pace, then four a day: the oldest picture is due after 27 days, which are 7.5 of the real ones.
    await passHours(7 * 24);
    expect(picturesLeft(store)).toEqual([3, 2, 1, 0]);
    await passHours(14);
    expect(picturesLeft(store)).toEqual([2, 1, 0]);
  });

  test('a box that comes back after two months catches up within weeks', async () => {
    const first = tempStore();
    daysOfEvents(first.store, 2);
    first.store.close();
    const clock = new ManualClock(START + 60 * DAY);
    const again = tempStore({ dataDir: first.dataDir, clock });
    const { store } = again;
    const { retention } = bench({ evidenceMaxAgeMs: 30 * DAY }, () => PLENTY, { ...again, clock });
    await retention.pass();
    expect(picturesLeft(store)).toEqual([1, 0]);
    for (let hour = 0; hour < 20 * 24; hour++) {
      if (hour === 7 * 24) expect(picturesLeft(store)).toEqual([1, 0]);
      await clock.advance(3_600_000);
      await retention.pass();
    }
    expect(picturesLeft(store)).toEqual([]);
  });

  test('a box without a battery catches up from when its clock is set', async () => {
    const first = tempStore();
    daysOfEvents(first.store, 5);
    first.store.close();
    const clock = new ManualClock(Date.parse('1970-01-01T00:00:30Z'));
    const again = tempStore({ dataDir: first.dataDir, clock });
    const { retention } = bench({ evidenceMaxAgeMs: 3 * DAY }, () => PLENTY, { ...again, clock });
    await retention.pass();
    expect(picturesLeft(again.store)).toEqual([4, 3, 2, 1, 0]);
    clock.step(START + DAY - clock.now());
    for (let hour = 0; hour < 8; hour++) {
      await clock.advance(3_600_000);
      await retention.pass();
    }
    expect(picturesLeft(again.store)).toEqual([1, 0]);
  });
});
