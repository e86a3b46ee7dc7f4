import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { SmallDisk } from '../store/small-disk.ts';
import { subscribe, temporaryFolder } from '../support/daemon.ts';
import { fakeModel, makeClip } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const MODELS = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));

/** What happens every minute happens five times a second: retention, the history's bound, the sign of life. */
const hurried: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms === 60_000 ? 200 : ms, signal),
};

const disk = new SmallDisk(24);
const stops: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => disk.remove());

/** The whole program with its data on the small disk; what the model sees is the test's to say. */
async function start(seen: { score: number }): Promise<{ app: App; dataDir: string; lines: string[] }> {
  const folder = temporaryFolder();
  stops.push(() => folder.remove());
  mkdirSync(join(folder.path, 'rules'));
  writeFileSync(
    join(folder.path, 'rules', 'shelf.yaml'),
    'rule: Alert me when a shelf is empty\nfor: 0s\nevery: 100ms\nclearAfter: 300ms\n',
  );
  makeClip(join(folder.path, 'clip.mp4'));
  const dataDir = join(disk.path, 'data');
  const config = join(folder.path, 'watchword.yaml');
  writeFileSync(
    config,
    `site: { id: small, timeZone: UTC }
cameras: { cam: { source: "file:clip.mp4", every: 100ms } }
data: ${dataDir}
history: { every: 100ms }
web: { port: 0 }
mqtt: { port: 0 }
`,
  );
  const lines: string[] = [];
  const app = await startApp(
    {
      settings: loadSettings(config),
      version: '0.0.0-test',
      clock: hurried,
      logger: createLogger((level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`)),
      demoFolder: join(MODELS, 'demo'),
      bundledModel: MODELS,
      baseFolder: folder.path,
      loadModel: async () => fakeModel(() => seen.score),
    },
    new AbortController().signal,
  );
  stops.push(() => app.stop());
  return { app, dataDir, lines };
}

/** One number from a database of the running program. */
function count(file: string, sql: string): number {
  const db = new Sqlite(file, { readonly: true, timeout: 5_000 });
  try {
    return Number(db.prepare(sql).pluck().get());
  } finally {
    db.close();
  }
}

describe.skipIf(!disk.mounted)('the program on a disk filled to the last byte', () => {
  test('loses no event, answers, and goes on with events, pictures and history by itself when space returns', {
    timeout: 120_000,
  }, async () => {
    const seen = { score: 0.05 };
    const { app, dataDir, lines } = await start(seen);
    const subscriber = await subscribe({ ready: true, web: app.webUrl, mqtt: app.mqttUrl, topicBase: app.topicBase });
    stops.push(() => subscriber.stop());
    const told = (type: string): number => subscriber.messages.filter((message) => message.type === type).length;
    const database = join(dataDir, 'watchword.db');
    const history = join(dataDir, 'history', 'pictures.db');
    const isLogged = (text: string): boolean => lines.some((line) => line.includes(text));
    seen.score = 0.95;
    await until(() => told('new') === 1, 'the first event', 30_000);
    const firstId = subscriber.messages[0]?.event.id ?? '';

    // Full, and kept full: what retention frees is taken again, until there is nothing left to free.
    const stuffed = new AbortController();
    const stuffing = (async () => {
      for (;;) {
        disk.fill();
        await systemClock.sleep(20, stuffed.signal);
      }
    })().catch(() => undefined);
    // Nothing at all fits any more: the scene comes and goes, and none of it can be written.
    for (let turn = 0; !isLogged('event not committed yet') || turn < 4; turn++) {
      seen.score = turn % 2 === 0 ? 0.05 : 0.95;
      await systemClock.sleep(700);
      if (turn > 60) throw new Error(`nothing was refused:\n${lines.join('\n')}`);
    }
    await until(() => app.health.get('disk')?.status === 'degraded', 'the disk to be reported', 30_000);
    await until(() => isLogged('a frame is not kept for the history'), 'the history to be refused', 30_000);
    expect((await fetch(new URL('/healthz', app.webUrl))).status).toBeLessThan(500);
    const login = await fetch(new URL('/login', app.webUrl), {
      method: 'POST',
      redirect: 'manual',
      headers: { Origin: new URL(app.webUrl).origin, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name: 'admin', password: app.adminPassword ?? '' }),
    });
    expect([303, 503]).toContain(login.status);
    expect(count(database, `SELECT count(*) FROM event WHERE id = '${firstId}'`)).toBe(1);

    stuffed.abort();
    await stuffing;
    disk.empty();
    const eventsBefore = count(database, 'SELECT count(*) FROM event');
    const picturesBefore = count(history, 'SELECT count(*) FROM picture');
    const evidenceBefore = count(database, 'SELECT coalesce(max(id), 0) FROM evidence');
    seen.score = 0.05;
    await until(() => count(database, 'SELECT count(*) FROM event WHERE ended_at IS NULL') === 0, 'all to end', 30_000);
    seen.score = 0.95;
    await until(() => count(database, 'SELECT count(*) FROM event') > eventsBefore, 'new events', 30_000);
    await until(() => count(history, 'SELECT count(*) FROM picture') > picturesBefore, 'the history', 30_000);
    await until(() => count(database, 'SELECT max(id) FROM evidence') > evidenceBefore, 'pictures', 30_000);
    await until(() => app.health.get('disk')?.status === 'ok', 'the disk to be well', 30_000);
    seen.score = 0.05;
    await until(() => count(database, 'SELECT count(*) FROM event WHERE ended_at IS NULL') === 0, 'all to end', 30_000);
    await until(() => count(database, 'SELECT count(*) FROM outbox') === 0, 'all to be delivered', 30_000);

    // An event committed is an event told: as many messages as the database says were published.
    const published = count(database, 'SELECT sum(revision) FROM event');
    const keys = (): Set<string> => new Set(subscriber.messages.map(({ key }) => key));
    await until(() => keys().size === published, `${published} messages`);
    expect(lines.filter((line) => /are lost|"lost"/.test(line))).toEqual([]);
    expect(app.alive()).toBe(true);
  });
});
