import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { logIn, startDaemon, subscribe, temporaryFolder } from '../../support/daemon.ts';
import { ChatServer, json } from './chat-server.ts';

const FALLS = fileURLToPath(new URL('../../../models/watchword-tiny/demo/robot_falls.mp4', import.meta.url));

test('a box whose model server is away sees with its own model, records that, says so and counts what it asked', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const server = new ChatServer();
  server.respond = (_, response) => json(response, 500, { error: { message: 'out of memory' } });
  await server.start();
  mkdirSync(join(folder.path, 'rules'));
  writeFileSync(join(folder.path, 'rules', 'fallen.yaml'), 'rule: Alert me when a robot is lying on the floor\n');
  // The robot lies on the floor from the fourth second of this piece to its end.
  const piece = ['-ss', '22', '-t', '28', '-i', FALLS, '-g', '8', '-pix_fmt', 'yuv420p', '-y'];
  execFileSync('ffmpeg', ['-v', 'error', ...piece, join(folder.path, 'robot.mp4')]);
  const config = join(folder.path, 'watchword.yaml');
  writeFileSync(
    config,
    `site: { id: shop, timeZone: UTC }
web: { port: 0 }
mqtt: { port: 0 }
cameras: { lane: { source: "file:robot.mp4", every: 1s } }
model:
  endpoint: ${server.url}
  apiKey: sk-hidden
  price: { input: 1, output: 2 }
  standby: {}
`,
  );
  const daemon = await startDaemon({ dataDir: join(folder.path, 'data'), config });
  onTestFinished(async () => {
    await daemon.stop();
    await server.stop();
    folder.remove();
  });
  const subscriber = await subscribe(daemon.ready);
  await subscriber.until((messages) => messages.some(({ type }) => type === 'new'));
  await subscriber.stop();

  const get = await logIn(daemon);
  const { events } = (await (await get('/api/v1/events')).json()) as { events: Array<Record<string, unknown>> };
  expect(events[0]).toMatchObject({ rule: 'fallen', model: expect.stringMatching(/^watchword-tiny /) });
  const { parts } = (await (await get('/api/v1/health')).json()) as { parts: Array<Record<string, unknown>> };
  expect(parts).toContainEqual(
    expect.objectContaining({
      part: 'model server',
      status: 'degraded',
      reason: expect.stringMatching(/^the stand-by answers: /),
    }),
  );
  const metrics = (await (await get('/metrics')).text()).split('\n');
  const value = (name: string): number => {
    const line = metrics.find((each) => each.startsWith(`watchword_model_server_${name}`));
    return Number(line?.split(' ').at(-1));
  };
  expect(value(`requests{server="${server.url}",outcome="failed"}`)).toBeGreaterThanOrEqual(5);
  expect(value(`requests{server="${server.url}",outcome="answered"}`)).toBe(1);
  expect(value(`cost{server="${server.url}"}`)).toBe(0);
  expect(daemon.log()).not.toContain('sk-hidden');
});
