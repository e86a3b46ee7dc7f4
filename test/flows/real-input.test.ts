import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { makeNumberedClip, realFootage, until } from '../support/clips.ts';
import { startDaemon, temporaryFolder } from '../support/daemon.ts';
import { FOREIGN_SERVER_PACKAGES, hasForeignServer, startForeignServer } from '../support/rtsp-foreign.ts';

const SECONDS = 39;

interface Looks {
  /** Wall ms at which the judged frames were taken, oldest first. */
  readonly at: number[];
  readonly lostMs: number;
}

/** What the store says of one camera: its verdicts, and the time that coverage lost because the camera was away. */
function looksOf(database: string, camera: string): Looks {
  const db = new Sqlite(database, { readonly: true });
  try {
    const at = db
      .prepare(
        'SELECT captured_at FROM verdict JOIN asked ON asked.id = asked_id WHERE camera_id = ? ORDER BY captured_at',
      )
      .pluck()
      .all(camera) as number[];
    const lost = db
      .prepare("SELECT total(ms) FROM coverage_loss WHERE cause = 'camera-lost' AND camera_id = ?")
      .pluck()
      .get(camera);
    return { at, lostMs: lost as number };
  } finally {
    db.close();
  }
}

const longestStep = (at: readonly number[]): number =>
  Math.max(...at.slice(1).map((each, i) => each - (at[i] ?? each)));

test('real footage over a server written by others is judged every second, through two deaths of the server', {
  timeout: 240_000,
}, async ({ skip }) => {
  const footage = realFootage('bottle-detection.mp4');
  if (!footage) return skip('the real footage is not on this machine');
  if (!(await hasForeignServer())) return skip(`needs apt-get install ${FOREIGN_SERVER_PACKAGES.join(' ')}`);
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const clip = join(folder.path, 'bottles.mp4');
  await makeNumberedClip(clip, { seconds: SECONDS, fps: 30, gopSeconds: 1, from: footage });
  let server = await startForeignServer(clip);
  onTestFinished(() => server.stop());
  writeFileSync(
    join(folder.path, 'person.yaml'),
    'rule: Just log when there is a person\ncameras: [bottles, neighbour]\nevery: 1s\n',
  );
  const config = join(folder.path, 'watchword.yaml');
  writeFileSync(
    config,
    `site: { id: real, name: Real }
cameras:
  bottles: { source: "rtsp://127.0.0.1:${server.port}/cam", every: 1s, lostAfter: 3s }
  neighbour: { source: "demo:robot_falls", every: 1s }
rules: .
web: { port: 0 }
mqtt: { port: 0 }
`,
  );
  const dataDir = join(folder.path, 'data');
  const daemon = await startDaemon({ dataDir, config });
  onTestFinished(async () => void (await daemon.stop()));
  const available: string[] = [];
  const client = await connectAsync(daemon.ready.mqtt);
  onTestFinished(() => client.endAsync(true));
  client.on('message', (_topic, payload) => available.push(payload.toString()));
  await client.subscribeAsync(`${daemon.ready.topicBase}/camera/bottles/available`);
  const is = (state: string) => () => available.at(-1) === state;

  await until('the camera is there', is('online'), 30_000);
  await until('the clip has ended', is('offline'), 90_000);
  const database = join(dataDir, 'watchword.db');
  await until('its last frames are in the store', () => looksOf(database, 'bottles').at.length >= SECONDS - 1, 10_000);
  const played = looksOf(database, 'bottles').at;
  // What comes in one burst while the connection is made is one hand-off: the newest of it counts.
  expect(played.length).toBeLessThanOrEqual(SECONDS);
  for (const [index, at] of played.entries()) {
    expect(Math.abs(at - ((played[0] ?? 0) + index * 1_000)), `second ${index}`).toBeLessThan(200);
  }

  for (let round = 0; round < 2; round++) {
    await until('it is online again', is('online'), 30_000);
    await server.stop();
    await until('it is offline', is('offline'), 20_000);
    server = await startForeignServer(clip, server.port);
    await until('it is back by itself', is('online'), 15_000);
  }
  const before = looksOf(database, 'bottles').at.length;
  await until('it is judged again', () => looksOf(database, 'bottles').at.length > before, 15_000);
  expect(await daemon.stop()).toBe(0);

  expect(looksOf(database, 'bottles').lostMs).toBeGreaterThan(2_000);
  const neighbour = looksOf(database, 'neighbour');
  expect(neighbour.lostMs).toBe(0);
  expect(longestStep(neighbour.at)).toBeLessThan(5_000);
});
