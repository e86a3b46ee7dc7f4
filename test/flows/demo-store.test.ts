import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readClipTruth } from '../../src/demo/truth.ts';
import { Sqlite } from '../../src/platform/sqlite.ts';
import {
  type AlertMessage,
  adminPassword,
  type Daemon,
  type Subscriber,
  startDaemon,
  subscribe,
  temporaryFolder,
} from '../support/daemon.ts';

const CLIPS = new URL('../../models/watchword-tiny/demo/', import.meta.url).pathname;

/** The incidents that must show within 90 s of being ready, each on its camera. */
const SCRIPTED = [
  { rule: 'empty-shelf', camera: 'aisle-1', clip: 'shelf_runs_empty' },
  { rule: 'fallen-robot', camera: 'warehouse-1', clip: 'robot_falls' },
  { rule: 'traffic-hazard', camera: 'yard', clip: 'road_incident' },
  { rule: 'spill', camera: 'aisle-2', clip: 'spill_cleaned' },
  { rule: 'blocked-exit', camera: 'warehouse-2', clip: 'exit_blocked' },
  { rule: 'no-vest', camera: 'warehouse-3', clip: 'no_vest' },
];

const of = (messages: readonly AlertMessage[], type: string, { rule, camera }: { rule: string; camera: string }) =>
  messages.filter(({ type: is, event }) => is === type && event.rule === rule && event.camera === camera);

// One daemon for the whole file: the demo store tells its story once, in real time.
describe('the demo store', { timeout: 150_000 }, () => {
  const folder = temporaryFolder();
  let daemon: Daemon;
  let subscriber: Subscriber;
  beforeAll(async () => {
    daemon = await startDaemon({ dataDir: folder.path });
    subscriber = await subscribe(daemon.ready);
  }, 60_000);
  afterAll(async () => {
    await subscriber?.stop();
    await daemon?.stop();
    folder.remove();
  });

  test('each scripted incident gives exactly one event with its beginning and its end, and nothing else does', async () => {
    await subscriber.until((messages) => SCRIPTED.every((incident) => of(messages, 'end', incident).length > 0));
    // Judged as of now: the clips go round, and the next round's incidents are events of their own.
    const seen = [...subscriber.messages];
    for (const incident of SCRIPTED) {
      expect(of(seen, 'new', incident), `${incident.rule} began`).toHaveLength(1);
      expect(of(seen, 'end', incident), `${incident.rule} ended`).toHaveLength(1);
    }
    expect(seen.filter(({ type }) => type === 'new')).toHaveLength(SCRIPTED.length);
  });

  test('each event lasts as long as its incident, give or take two looks', async () => {
    for (const incident of SCRIPTED) {
      const truth = await readClipTruth(CLIPS, incident.clip);
      const [scripted] = truth.incidents;
      const event = of(subscriber.messages, 'end', incident)[0]?.event;
      const lastedS = (Date.parse(event?.endedAt ?? '') - Date.parse(event?.startedAt ?? '')) / 1_000;
      const expectedS = (scripted?.end ?? 0) - (scripted?.start ?? 0);
      expect(
        Math.abs(lastedS - expectedS),
        `${incident.rule}: ${lastedS} s, scripted ${expectedS} s`,
      ).toBeLessThanOrEqual(4.5);
    }
  });

  test('the events stand in SQLite with their deciding frame, and their messages are delivered', async () => {
    const db = new Sqlite(`${folder.path}/watchword.db`, { readonly: true });
    try {
      const ended = db.prepare('SELECT id, rule_id, end_reason FROM event WHERE ended_at IS NOT NULL').all();
      expect(ended).toHaveLength(SCRIPTED.length);
      for (const { event } of subscriber.messages.filter(({ type }) => type === 'end')) {
        expect(
          db.prepare("SELECT count(*) AS n FROM evidence WHERE event_id = ? AND role = 'deciding'").get(event.id),
        ).toEqual({ n: 1 });
      }
      const verdicts = db.prepare("SELECT count(*) AS n FROM verdict WHERE value = '?'").get() as { n: number };
      const all = db.prepare('SELECT count(*) AS n FROM verdict').get() as { n: number };
      expect(all.n).toBeGreaterThan(200);
      expect(verdicts.n / all.n).toBeLessThan(0.05);
    } finally {
      db.close();
    }
  });

  test('a person sees the events and the picture that decided in a browser', async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      await page.goto(new URL('/events', daemon.ready.web).href);
      await page.fill('input[name=name]', 'admin');
      await page.fill('input[name=password]', adminPassword(daemon));
      await page.click('button[type=submit]');
      const fallen = of(subscriber.messages, 'end', { rule: 'fallen-robot', camera: 'warehouse-1' })[0]?.event;
      await page.locator(`a[href="/events/${fallen?.id}"]`).first().click();
      const picture = page.locator(`img[src*="${fallen?.id}"]`).first();
      await picture.waitFor();
      const loaded = `[...document.images].some((img) => img.src.includes('${fallen?.id}') && img.complete && img.naturalWidth > 0)`;
      await page.waitForFunction(loaded);
      expect(await page.textContent('body')).toContain('a robot is lying on the floor');
    } finally {
      await browser.close();
    }
  });

  test('it stops gracefully: exit code 0, the run is closed and no child is left', async () => {
    await subscriber.stop();
    expect(await daemon.stop()).toBe(0);
    const db = new Sqlite(`${folder.path}/watchword.db`, { readonly: true });
    expect(db.prepare('SELECT count(*) AS n FROM run WHERE stopped_at IS NOT NULL').get()).toEqual({ n: 1 });
    db.close();
  });
});
