import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { PictureSizes } from '../../src/web/picture-sizes.ts';
import { fakeStore, NOW } from './fixture.ts';
import { openWeb } from './visitor.ts';

let large: Uint8Array;

beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  large = await sharp({ create: { width: 1920, height: 1080, channels: 3, background: '#888', noise } })
    .jpeg()
    .toBuffer();
});

describe('pictures on pages', () => {
  test('are as wide as they are shown, and the original is one link away', async () => {
    const store = fakeStore();
    store.frames.set('entrance', { seq: 7, capturedAt: NOW, width: 1920, height: 1080, jpeg: large });
    store.snapshots.set('mm8x1-shelf', large);
    const { visitor } = await openWeb(store);
    const viewer = await visitor('viewer');
    const widthAt = async (path: string): Promise<number> => {
      const response = await viewer.get(path);
      return (await sharp(Buffer.from(await response.arrayBuffer())).metadata()).width;
    };
    const page = await (await viewer.get('/')).text();
    expect(page).toContain(`/cameras/entrance/tile.jpg?at=${NOW}-7`);
    expect(await widthAt(`/cameras/entrance/tile.jpg?at=${NOW}-7`)).toBe(640);
    expect(await widthAt('/events/mm8x1-shelf/thumb.jpg')).toBe(320);
    expect(await widthAt('/api/v1/cameras/entrance/snapshot.jpg')).toBe(1920);
    expect(await widthAt('/api/v1/events/mm8x1-shelf/snapshot.jpg')).toBe(1920);
  });

  test('that do not exist are drawn as missing and asked for again next time', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    for (const path of ['/events/mm8x1-shelf/thumb.jpg', '/events/none/thumb.jpg', '/cameras/loading-dock/tile.jpg']) {
      const response = await viewer.get(path);
      expect([response.status, response.headers.get('Content-Type'), response.headers.get('Cache-Control')]).toEqual([
        200,
        'image/svg+xml',
        'no-store',
      ]);
    }
  });

  test('are scaled once for all who look, and damaged ones are passed on as they are', async () => {
    const sizes = new PictureSizes();
    const [one, two] = await Promise.all([sizes.fit('a', large, 320), sizes.fit('a', large, 320)]);
    expect(one).toBe(two);
    expect(await sizes.fit('a', large, 320)).toBe(one);
    const damaged = new Uint8Array([1, 2, 3]);
    expect(await sizes.fit('b', damaged, 320)).toBe(damaged);
  });
});
