import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { makeNumberedClip, publishClip, until } from '../support/clips.ts';
import { subscribe, temporaryFolder } from '../support/daemon.ts';
import { RtspRelay } from '../support/rtsp-relay.ts';
import { startTestApp } from '../support/test-app.ts';

const cleanups: Array<() => Promise<unknown> | undefined> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

test('a camera lost in an event leaves the event open and stale, comes back by itself, and only its coverage has a gap', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const clip = `${folder.path}/dock.mp4`;
  await makeNumberedClip(clip, { seconds: 6, fps: 10, gopSeconds: 1 });
  let relay = new RtspRelay();
  await relay.start();
  const url = `rtsp://127.0.0.1:${relay.port}/cam`;
  let camera = publishClip(clip, url);
  cleanups.push(
    () => camera.stop(),
    () => relay.stop(),
  );

  const box = await startTestApp({
    rules: { shelf: 'rule: Alert me when a shelf is empty\nevery: 500ms\nclearAfter: 2s\n' },
    cameras: `  dock: { source: "${url}", every: 1s, lostAfter: 3s }`,
    scoreOf: () => 0.99,
  });
  cleanups.push(() => box.stop());
  const { app } = box;
  const subscriber = await subscribe({ ready: true, web: app.webUrl, mqtt: app.mqttUrl, topicBase: app.topicBase });
  cleanups.push(() => subscriber.stop());
  const available: string[] = [];
  const client = await connectAsync(app.mqttUrl);
  cleanups.push(() => client.endAsync(true));
  client.on('message', (_topic, payload) => available.push(payload.toString()));
  await client.subscribeAsync(`${app.topicBase}/camera/dock/available`);
  const ofDock = () => subscriber.messages.filter(({ event }) => event.camera === 'dock');

  await until('the event on the dock is open', () => ofDock().some(({ type }) => type === 'new'), 30_000);
  const { port } = relay;
  await camera.stop();
  await relay.stop();
  await until('the camera is offline', () => available.at(-1) === 'offline', 20_000);
  expect(app.health.get('camera/dock')?.status).toBe('down');
  expect(app.health.get('camera/cam')?.status).toBe('ok');
  const eventId = ofDock()[0]?.event.id;
  const stale = () => {
    const db = new Sqlite(`${box.folder}/data/watchword.db`, { readonly: true });
    try {
      return db.prepare('SELECT stale, ended_at FROM event WHERE id = ?').get(eventId);
    } finally {
      db.close();
    }
  };
  // The update that says so may wait a minute (a flapping camera is no flood); it is never an end.
  expect(ofDock().some(({ type }) => type === 'end')).toBe(false);
  expect(stale()).toMatchObject({ ended_at: null });

  relay = new RtspRelay({ port });
  await relay.start();
  camera = publishClip(clip, url);
  await until('the camera is online again', () => available.at(-1) === 'online', 15_000);
  expect(ofDock().filter(({ type }) => type === 'new')).toHaveLength(1);
  await until('it is judged again', () => app.health.get('camera/dock')?.status === 'ok', 15_000);

  await app.stop();
  const db = new Sqlite(`${box.folder}/data/watchword.db`, { readonly: true });
  const lost = db
    .prepare(
      "SELECT camera_id AS camera, sum(ms) AS ms FROM coverage_loss WHERE cause = 'camera-lost' GROUP BY camera_id",
    )
    .all() as Array<{ camera: string; ms: number }>;
  const verdicts = db
    .prepare(
      "SELECT camera_id AS camera, count(*) AS n FROM verdict JOIN asked ON asked.id = asked_id WHERE value = 'y' GROUP BY camera_id",
    )
    .all() as Array<{ camera: string; n: number }>;
  db.close();
  folder.remove();
  expect(lost.map((row) => row.camera)).toEqual(['dock']);
  expect(lost[0]?.ms).toBeGreaterThan(0);
  expect(verdicts.map((row) => row.camera).sort()).toEqual(['cam', 'dock']);
});
