import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appLogIn } from '../support/app-login.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let running: TestApp;
let visit: Awaited<ReturnType<typeof appLogIn>>;

beforeAll(async () => {
  running = await startTestApp({
    rules: { shelf: 'rule: Alert me when a shelf is empty in the shelf zone\ncameras: [cam]\n' },
    scoreOf: () => 0.1,
  });
  visit = await appLogIn(running.app);
});

afterAll(() => running.stop());

/** How bright the middle of the newest picture is, 0 to 255. */
async function brightness(): Promise<number> {
  const jpeg = Buffer.from(await (await visit.get('/api/v1/cameras/cam/snapshot.jpg')).arrayBuffer());
  const { width = 0, height = 0 } = await sharp(jpeg).metadata();
  const box = { left: width >> 2, top: height >> 2, width: width >> 1, height: height >> 2 };
  const { channels } = await sharp(await sharp(jpeg).extract(box).toBuffer()).stats();
  return Math.max(...channels.map(({ mean }) => mean));
}

async function draw(form: Record<string, string | string[]>): Promise<Response> {
  const page = await (await visit.get('/cameras/cam/zones')).text();
  const version = /name="version" value="([^"]+)"/.exec(page)?.[1] ?? '';
  return visit.post('/cameras/cam/zones', { version, ...form });
}

test('a mask drawn on the page stands in the file and is painted at once, on the picture shown before too', async () => {
  await until(async () => (await visit.get('/api/v1/cameras/cam/snapshot.jpg')).ok, 'the first picture');
  expect(await brightness()).toBeGreaterThan(60);
  const answer = await draw({
    'kind.0': 'mask',
    'name.0': '',
    'x.0': ['20', '80', '80', '20'],
    'y.0': ['20', '20', '60', '60'],
  });
  expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/cameras/cam/zones?saved']);
  expect(await brightness()).toBeLessThan(8);
  const { cameras } = parse(readFileSync(join(running.folder, 'watchword.yaml'), 'utf8')) as {
    cameras: { cam: { masks: unknown } };
  };
  expect(cameras.cam.masks).toEqual([
    [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.8, 0.6],
      [0.2, 0.6],
    ],
  ]);
});

test('a rule that names a zone watches it as soon as it is drawn, and then the zone cannot go', async () => {
  const zoneOf = async (): Promise<unknown> =>
    ((await (await visit.get('/api/v1/rules')).json()) as Array<{ id: string; zone: unknown }>).find(
      ({ id }) => id === 'shelf',
    )?.zone;
  expect(await zoneOf()).toBe(null);
  const zone = { 'kind.0': 'zone', 'name.0': 'shelf', 'x.0': ['40', '80', '80'], 'y.0': ['40', '40', '80'] };
  expect((await draw(zone)).status).toBe(303);
  await until(async () => (await zoneOf()) === 'shelf', 'the rule to take the zone over');
  const refused = await draw({});
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('watches the zone &quot;shelf&quot;');
});
