import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../src/cameras/frame.ts';
import { loadSettings } from '../src/config/load.ts';
import { createNoticer, openHistory, sharedThumbnails } from '../src/noticing.ts';
import { Health } from '../src/platform/health.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { tempFolder } from './store/temp-store.ts';
import { ManualClock } from './support/manual-clock.ts';

const WIDTH = 320;
const HEIGHT = 180;

/** A grey wall with stripes, and a box on it at `x`; without one when `x` is null. */
async function picture(x: number | null): Promise<Uint8Array> {
  const stripes = Array.from({ length: 16 }, (_, at) => `<rect x="${at * 20}" width="10" height="180" fill="#777"/>`);
  const box = x === null ? '' : `<rect x="${x}" y="60" width="60" height="60" fill="#fff"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180" fill="#999"/>${stripes.join('')}${box}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer();
}

const black = (): Promise<Uint8Array> =>
  sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#000' } })
    .jpeg()
    .toBuffer();

function settings() {
  const folder = tempFolder();
  const config = join(folder, 'watchword.yaml');
  writeFileSync(config, 'cameras:\n  aisle-1: { source: "file:a.mp4" }\ndata: ./data\n');
  return loadSettings(config);
}

function noticer() {
  const { cameras } = settings();
  const notice = createNoticer(
    Object.entries(cameras).map(([id, camera]) => ({ id, settings: camera })),
    sharedThumbnails(),
  );
  let seq = 0;
  return (jpeg: Uint8Array) => {
    const at = ++seq * 2_000;
    return notice({ cameraId: 'aisle-1', seq, at, capturedAt: at, jpeg, width: WIDTH, height: HEIGHT });
  };
}

describe('what the history notices of a frame', () => {
  test('is whether it shows something else than the one kept last', async () => {
    const notice = noticer();
    const [wall, box] = [await picture(null), await picture(100)];
    const changes = [];
    for (const jpeg of [wall, wall, wall, box, box, box, wall]) changes.push((await notice(jpeg)).changed);
    // The frame after a change is kept as well: how it came out counts.
    expect(changes).toEqual([true, false, false, true, true, false, true]);
  });

  test('is what is wrong with it, once that is sure', async () => {
    const notice = noticer();
    const dark = await black();
    await notice(await picture(null));
    await notice(dark);
    expect((await notice(dark)).trouble).toBe('dark');
  });

  test('rejects a picture that cannot be decoded', async () => {
    await expect(noticer()(Buffer.from('no picture'))).rejects.toThrow('damaged');
  });
});

describe('one thumbnail for all who look at a frame', () => {
  test('is made once per frame', async () => {
    const thumbnail = sharedThumbnails();
    const frame: Frame = {
      cameraId: 'a',
      seq: 1,
      at: 0,
      capturedAt: 0,
      jpeg: await picture(null),
      width: 1,
      height: 1,
    };
    expect(thumbnail(frame)).toBe(thumbnail(frame));
    expect(thumbnail({ ...frame })).not.toBe(thumbnail(frame));
    await thumbnail(frame);
  });
});

describe('a box without a history', () => {
  const open = (changed: ReturnType<typeof settings>, health = new Health(() => 0)) =>
    openHistory({
      settings: changed,
      clock: new ManualClock(),
      logger: silentLogger,
      health,
      thumbnail: sharedThumbnails(),
    });

  test('is one where it is switched off', () => {
    const { history, ...rest } = settings();
    expect(open({ ...rest, history: { ...history, enabled: false } })).toBeUndefined();
  });

  test('is one whose folder cannot be made: it says so and goes on', () => {
    const chosen = settings();
    writeFileSync(chosen.data, 'a file where the data folder should be');
    const health = new Health(() => 0);
    expect(open(chosen, health)).toBeUndefined();
    expect(health.get('history')).toMatchObject({ status: 'degraded' });
  });
});
