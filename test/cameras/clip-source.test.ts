import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampledPicture } from '../../src/cameras/frame.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { DEMO_FOLDER, ffmpegChildren, frameNumber, makeNumberedClip, realFootage } from '../support/clips.ts';

const FPS = 25;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  await makeNumberedClip(join(folder, 'short.mp4'), { seconds: 2, fps: FPS, gopSeconds: 1, bFrames: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sample(source: string, count: number, settings: object = {}): Promise<SampledPicture[]> {
  const parsed = cameraSettingsSchema.parse({ source, every: '500ms', ...settings });
  const stop = new AbortController();
  const pictures: SampledPicture[] = [];
  const frames = createSource(parsed, { clock: systemClock, demoFolder: DEMO_FOLDER, baseFolder: folder });
  for await (const picture of frames.pictures(stop.signal)) {
    pictures.push(picture);
    if (pictures.length === count) stop.abort();
  }
  return pictures;
}

describe('a clip replayed as a camera', () => {
  it('runs in real time and loops without a gap, each picture with its own time', async () => {
    const pictures = await sample('file:short.mp4', 10);
    const numbers = await Promise.all(pictures.map(({ jpeg }) => frameNumber(jpeg)));
    const zero = pictures[0]?.at ?? 0;
    pictures.forEach(({ at }, index) => {
      const shown = ((numbers[index] ?? 0) / FPS) * 1_000;
      const expected = (at - zero) % 2_000;
      const off = Math.abs(shown - expected);
      // 1999 ms and 1 ms are neighbours on a loop of two seconds.
      expect(Math.min(off, 2_000 - off)).toBeLessThan(100);
    });
    expect((pictures.at(-1)?.at ?? 0) - zero).toBeGreaterThan(4_400);
    expect((pictures.at(-1)?.at ?? 0) - zero).toBeLessThan(4_600);
    expect(await ffmpegChildren()).toEqual([]);
  });

  it('begins at its beginning', async () => {
    const [first] = await sample('file:short.mp4', 1);
    expect(await frameNumber(first?.jpeg ?? new Uint8Array())).toBe(0);
  });

  it('can be a demo clip, scaled down to the limit', async () => {
    const [first] = await sample('demo:robot_falls', 1, { maxWidth: 320 });
    expect(first).toMatchObject({ width: 320, height: 180 });
  });

  it('can be an animated picture', async ({ skip }) => {
    const file = realFootage('store-aisle-detection.gif');
    if (!file) return skip('the real footage is not on this machine');
    const pictures = await sample(`file:${file}`, 12);
    expect(pictures[0]).toMatchObject({ width: 480, height: 270 });
    // 4.5 s long: the twelfth half second is in the second round.
    expect((pictures.at(-1)?.at ?? 0) - (pictures[0]?.at ?? 0)).toBeGreaterThan(5_300);
  });

  it('that is missing or no clip has a readable cause', async () => {
    await expect(sample('file:nowhere.mp4', 1)).rejects.toMatchObject({
      kind: 'not-found',
      message: 'the clip does not exist',
    });
    await expect(sample('demo:nothing', 1)).rejects.toMatchObject({
      kind: 'not-found',
      message: 'the clip does not exist',
    });
    await writeFile(join(folder, 'text.mp4'), 'this is no clip');
    await expect(sample('file:text.mp4', 1)).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('not a video'),
    });
    // A play list must not lead to other files or hosts.
    await writeFile(
      join(folder, 'list.mp4'),
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${folder}/short.mp4\n`,
    );
    await expect(sample('file:list.mp4', 1)).rejects.toMatchObject({ kind: 'corrupt' });
    await writeFile(join(folder, 'concat.mp4'), `ffconcat version 1.0\nfile ${folder}/short.mp4\n`);
    await expect(sample('file:concat.mp4', 1)).rejects.toMatchObject({ kind: 'corrupt' });
  });
});
