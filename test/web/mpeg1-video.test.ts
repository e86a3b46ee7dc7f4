import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Plane {
  width: number;
  data: Uint8ClampedArray;
}
interface Picture {
  width: number;
  height: number;
  y: Plane;
  cb: Plane;
  cr: Plane;
}
interface Video {
  Mpeg1Decoder: new (onPicture: (picture: Picture) => void) => { decode(bytes: Uint8Array): void };
  TransportReader: new (onUnit: (unit: Uint8Array) => void) => { push(chunk: Uint8Array): void };
  toRgba(picture: Picture, rgba: Uint8ClampedArray): void;
}

const run = promisify(execFile);
/** Not a multiple of 16: the last macroblocks stand over the edge. */
const WIDTH = 312;
const HEIGHT = 172;
const FRAMES = 75;

let folder: string;
let video: Video;
let stream: Buffer;
/** What ffmpeg makes of the same stream: Y, Cb and Cr of all pictures. */
let expected: Buffer;

beforeAll(async () => {
  const script = '../../src/web/static/mpeg1-video.js';
  await import(script);
  video = (globalThis as unknown as { watchwordVideo: Video }).watchwordVideo;
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  const file = join(folder, 'video.ts');
  // Noise and a scene that moves in all directions: every kind of block and of motion vector comes up.
  const scene = `mandelbrot=size=${WIDTH}x${HEIGHT}:rate=25,rotate=t/2,noise=alls=20:allf=t`;
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', scene, '-frames:v', String(FRAMES), '-pix_fmt', 'yuv420p'],
    ...['-f', 'mpegts', '-codec:v', 'mpeg1video', '-b:v', '700k', '-bf', '0', '-g', '25', '-threads', '1', file],
  ]);
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', join(folder, 'raw')],
  ]);
  stream = await readFile(file);
  expected = await readFile(join(folder, 'raw'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Decodes the stream in chunks of this size; pictures are copied. */
function decoded(bytes: Uint8Array, chunk = 7_000): Picture[] {
  const pictures: Picture[] = [];
  const copy = ({ width, data }: Plane): Plane => ({ width, data: data.slice() });
  const decoder = new video.Mpeg1Decoder(({ y, cb, cr, ...size }) =>
    pictures.push({ ...size, y: copy(y), cb: copy(cb), cr: copy(cr) }),
  );
  const reader = new video.TransportReader((unit) => decoder.decode(unit));
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return pictures;
}

/** Mean squared error of one plane of the n-th picture against ffmpeg's. */
function errorOf(plane: Plane, n: number, offset: number, width: number, height: number): number {
  const start = n * WIDTH * HEIGHT * 1.5 + offset;
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sum += ((plane.data[y * plane.width + x] ?? 0) - (expected[start + y * width + x] ?? 0)) ** 2;
    }
  }
  return sum / width / height;
}

function worstError(pictures: Picture[], from = 0): number {
  const luma = WIDTH * HEIGHT;
  return Math.max(
    ...pictures.map(({ y, cb, cr }, i) =>
      Math.max(
        errorOf(y, from + i, 0, WIDTH, HEIGHT),
        errorOf(cb, from + i, luma, WIDTH / 2, HEIGHT / 2),
        errorOf(cr, from + i, luma * 1.25, WIDTH / 2, HEIGHT / 2),
      ),
    ),
  );
}

describe('the decoder of the live view', () => {
  test('shows every picture as ffmpeg does, to the rounding', () => {
    const pictures = decoded(stream);
    // The last picture ends with the stream, which a reader that waits for more cannot know.
    expect(pictures.length).toBeGreaterThanOrEqual(FRAMES - 4);
    expect(pictures[0]).toMatchObject({ width: WIDTH, height: HEIGHT });
    // Rounding differs by decoder and adds up until the next intra picture; half a step is 0.25.
    expect(worstError(pictures)).toBeLessThan(1);
  });

  test('does not care how the bytes are cut', () => {
    const whole = decoded(stream, stream.length);
    const inBits = decoded(stream.subarray(0, 150_000), 61);
    for (const [i, picture] of inBits.entries()) expect(picture.y.data).toEqual(whole[i]?.y.data);
    expect(inBits.length).toBeGreaterThan(3);
  });

  test('begins with the next whole picture when it comes late', () => {
    const late = decoded(stream.subarray(188 * Math.floor(stream.length / 188 / 2) + 77));
    expect(late.length).toBeGreaterThan(FRAMES / 4);
    const first = Array.from({ length: FRAMES }, (_, n) => n).find(
      (n) => errorOf(late[0]?.y ?? { width: 0, data: new Uint8ClampedArray() }, n, 0, WIDTH, HEIGHT) < 1,
    );
    expect(first).toBeGreaterThanOrEqual(25);
    expect(worstError(late.slice(0, 5), first)).toBeLessThan(1);
  });

  test('is right again after damage, whatever is damaged', () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const half = Math.floor(stream.length / 2);
    let recovered = 0;
    for (let round = 0; round < 15; round++) {
      const damaged = Buffer.from(stream);
      for (let i = 0; i < 30; i++) damaged[Math.floor(random() * half)] = Math.floor(random() * 256);
      const pictures = decoded(damaged);
      if (pictures.length > 0 && worstError(pictures.slice(-15), FRAMES - 1 - 15) < 1) recovered++;
      expect(pictures.every(({ width }) => width > 0)).toBe(true);
    }
    // Damage can add or take a picture, which shifts the comparison; most rounds must come out equal.
    expect(recovered).toBeGreaterThan(8);
    for (let round = 0; round < 15; round++) {
      const noise = Uint8Array.from({ length: 20_000 }, (_, i) => (i % 188 === 0 ? 0x47 : Math.floor(random() * 256)));
      expect(() => decoded(noise)).not.toThrow();
    }
  });

  test('gives the screen the right colours', () => {
    const picture = (light: number, blue: number, red: number): Picture => {
      const plane = (value: number, size: number): Plane => ({
        width: size,
        data: new Uint8ClampedArray(size * size).fill(value),
      });
      return { width: 2, height: 2, y: plane(light, 16), cb: plane(blue, 8), cr: plane(red, 8) };
    };
    const shown = (...colour: [number, number, number]): number[] => {
      const rgba = new Uint8ClampedArray(16);
      video.toRgba(picture(...colour), rgba);
      return [...rgba.subarray(12)];
    };
    expect(shown(16, 128, 128)).toEqual([0, 0, 0, 255]);
    expect(shown(235, 128, 128)).toEqual([255, 255, 255, 255]);
    const [red = 0, green = 255, blue = 255] = shown(81, 90, 240);
    expect([red > 250, green < 5, blue < 5]).toEqual([true, true, true]);
  });
});
