import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DEMO_FOLDER } from '../support/clips.ts';
import { SeededRandom } from '../support/demo-world/random.ts';
import { drawScene, Exposure, type Family, placeOf, type Scene, SIZE } from '../support/demo-world/scene.ts';

/** A moment of a clip, without the time that is written into its corner. */
async function clipPicture(clip: string, second: number): Promise<Buffer> {
  const input = ['-nostdin', '-loglevel', 'error', '-ss', String(second), '-i', join(DEMO_FOLDER, `${clip}.mp4`)];
  const png = execFileSync('ffmpeg', [...input, '-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', '-']);
  return pixels(await sharp(png).resize(SIZE.width, SIZE.height).toBuffer());
}

const pixels = (picture: Buffer): Promise<Buffer> =>
  sharp(picture)
    .extract({ left: 0, top: 20, width: SIZE.width, height: SIZE.height - 20 })
    .removeAlpha()
    .raw()
    .toBuffer();

/** Mean difference, grey levels. */
function difference(a: Buffer, b: Buffer): number {
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length;
}

describe('the demo world as tests draw it', () => {
  it('draws its numbers as Python does', () => {
    const r = new SeededRandom('9104101:geo');
    expect([r.random(), r.random()]).toEqual([0.40093811505344157, 0.19476367574420184]);
    expect([r.choice([1, 2, 3, 4, 5]), r.gauss(0, 1), r.integer(3, 9)]).toEqual([2, 0.6690003609598524, 3]);
  });

  it.each<[clip: string, second: number, family: Family, seed: number, shows: (scene: Scene) => Partial<Scene>]>([
    ['shelf_runs_empty', 2, 'store', 9_104_101, () => ({})],
    [
      'robot_falls',
      40,
      'warehouse',
      9_104_202,
      ({ place }) => {
        const [x, y] = place.view.floor(75 + 8 * Math.sin(6.25), 104);
        return { robots: [{ id: 1, x, y, fallen: 1, colours: ['blue'] }] };
      },
    ],
    [
      'no_vest',
      38,
      'warehouse',
      9_104_606,
      ({ place }) => {
        const [x, y] = place.view.floor(120, 106);
        return { people: [{ id: 2, x, y, vest: false, size: 1, walks: true, phase: 38 * 7 }] };
      },
    ],
    [
      'road_incident',
      30,
      'road',
      9_104_303,
      ({ place }) => {
        const laneWidth = place.family === 'road' ? place.laneWidth : 0;
        return { crash: { x: -laneWidth * 0.3, y: 0.8, phase: 24 } };
      },
    ],
  ])('shows what the clip %s shows at second %d', async (clip, second, family, seed, shows) => {
    const empty: Scene = { seed, place: placeOf(family, seed) };
    const light = { brightness: 0.98, isNight: false };
    const drawn = async (scene: Scene): Promise<Buffer> =>
      pixels(await new Exposure(seed).jpeg(await drawScene(scene), light, 0.002, 1));
    const filmed = await clipPicture(clip, second);
    // Compression makes two or three levels; another seed's place some forty.
    expect(difference(await drawn({ ...empty, ...shows(empty) }), filmed)).toBeLessThan(5);
    expect(difference(await drawn({ seed: seed + 1, place: placeOf(family, seed + 1) }), filmed)).toBeGreaterThan(15);
  });
});
