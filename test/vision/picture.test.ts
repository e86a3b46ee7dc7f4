import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { kindOf, WatchwordError } from '../../src/platform/errors.ts';
import { decodePicture } from '../../src/vision/picture.ts';
import type { RgbPicture } from '../../src/vision/resize.ts';

/** Left half red, right half blue, 8 x 4. */
const PIXELS = Uint8Array.from({ length: 8 * 4 * 3 }, (_, at) => {
  const left = Math.floor(at / 3) % 8 < 4;
  return at % 3 === (left ? 0 : 2) ? 200 : 0;
});
const base = (): Sharp => sharp(PIXELS, { raw: { width: 8, height: 4, channels: 3 } });
const at = (picture: RgbPicture, x: number, y: number): number[] => [
  ...picture.pixels.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3),
];

describe('decodePicture', () => {
  test.each(['png', 'webp', 'tiff', 'gif', 'avif', 'jpeg'] as const)('reads %s', async (format) => {
    const options =
      format === 'webp' || format === 'avif'
        ? { lossless: true }
        : format === 'jpeg'
          ? { quality: 100, chromaSubsampling: '4:4:4' }
          : {};
    const picture = await decodePicture(await base().toFormat(format, options).toBuffer());
    expect([picture.width, picture.height, picture.pixels.length]).toEqual([8, 4, 96]);
    for (const [value, wanted] of [...at(picture, 1, 1), ...at(picture, 6, 2)].map((value, index) => [
      value,
      [200, 0, 0, 0, 0, 200][index] ?? 0,
    ])) {
      expect(Math.abs((value ?? 0) - (wanted ?? 0))).toBeLessThan(6);
    }
  });

  test('grey and palette become RGB', async () => {
    const grey = await sharp(Uint8Array.of(0, 100, 200, 255), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect([...(await decodePicture(grey)).pixels]).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255]);
    const palette = await decodePicture(await base().png({ palette: true, colours: 4 }).toBuffer());
    expect(at(palette, 7, 3)).toEqual([0, 0, 200]);
  });

  test('alpha is dropped, not blended', async () => {
    const half = Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128);
    const file = await sharp(half, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect([...(await decodePicture(file)).pixels]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test('16 bits become 8', async () => {
    const deep = Uint16Array.of(0x1234, 0x8000, 0xffff);
    const file = await sharp(deep, { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    expect([...(await decodePicture(file)).pixels]).toEqual([0x12, 0x80, 0xff]);
  });

  test('CMYK becomes RGB', async () => {
    const file = await base().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    const picture = await decodePicture(file);
    expect(picture.pixels.length).toBe(96);
    const [red = 0, , blue = 0] = at(picture, 1, 1);
    expect(red).toBeGreaterThan(blue + 80);
  });

  test('an animation gives its first frame', async () => {
    const frames = Uint8Array.from({ length: 2 * 2 * 3 * 3 }, (_, index) => (index < 12 ? 255 : 0));
    const file = await sharp(frames, { raw: { width: 2, height: 6, channels: 3, pageHeight: 2 } })
      .gif({ delay: [100, 100, 100] })
      .toBuffer();
    expect((await sharp(file, { animated: true }).metadata()).pages).toBeGreaterThan(1);
    const picture = await decodePicture(file);
    expect([picture.width, picture.height, ...at(picture, 0, 0)]).toEqual([2, 2, 255, 255, 255]);
  });

  test('the orientation that a camera noted is applied', async () => {
    const file = await base().withMetadata({ orientation: 6 }).png().toBuffer();
    const picture = await decodePicture(file);
    expect([picture.width, picture.height]).toEqual([4, 8]);
    expect([at(picture, 0, 0), at(picture, 0, 7)]).toEqual([
      [200, 0, 0],
      [0, 0, 200],
    ]);
  });

  test.each([
    ['nothing', new Uint8Array(0), 'empty'],
    ['a text', Buffer.from('hello, this is no picture'), 'not a picture'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'not a picture'],
    ['a PDF', Buffer.from('%PDF-1.7 ...'), 'not a picture'],
    ['a JPEG of three bytes', Uint8Array.of(0xff, 0xd8, 0xff), 'damaged'],
  ])('%s is refused in plain words', async (_name, file, words) => {
    const error = await decodePicture(file).catch((thrown: unknown) => thrown);
    expect(kindOf(error)).toBe('invalid-input');
    expect((error as WatchwordError).message).toContain(words);
    expect((error as WatchwordError).hint).toBeTruthy();
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('a %s that is cut off is refused', async (format) => {
    const file = await sharp({
      create: {
        width: 80,
        height: 60,
        channels: 3,
        background: 'black',
        noise: { type: 'gaussian', mean: 99, sigma: 50 },
      },
    })
      .toFormat(format)
      .toBuffer();
    await expect(decodePicture(file.subarray(0, file.length >> 1))).rejects.toMatchObject({ kind: 'invalid-input' });
  });

  test('a bomb of 30,000 x 30,000 pixels is refused before it is unpacked', async () => {
    const before = process.memoryUsage().rss;
    await expect(decodePicture(pngBomb(30_000, 30_000))).rejects.toMatchObject({ kind: 'too-large' });
    await expect(decodePicture(jpegOfSize(await base().jpeg().toBuffer(), 30_000, 30_000))).rejects.toMatchObject({
      kind: 'too-large',
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  test('a file that is too long is refused unread', async () => {
    await expect(decodePicture(new Uint8Array(101), { maxBytes: 100, maxPixels: 1000 })).rejects.toMatchObject({
      kind: 'too-large',
    });
  });

  test('500 damaged pictures each give a picture or a clear error, in bounded memory', async () => {
    const noise = Uint8Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * 2654435761) >>> 24);
    const clean = (): Sharp => sharp(noise, { raw: { width: 64, height: 48, channels: 3 } });
    const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const;
    const files = await Promise.all(formats.map((format) => clean().toFormat(format).toBuffer()));
    files.push(
      await clean().toColourspace('cmyk').jpeg().toBuffer(),
      await clean().toColourspace('rgb16').png().toBuffer(),
      await clean().withMetadata({ orientation: 8 }).jpeg({ progressive: true }).toBuffer(),
    );
    const random = seeded(20_260_301);
    const before = process.memoryUsage().rss;
    const seen = { pictures: 0, errors: 0 };
    for (let index = 0; index < 500; index++) {
      const damaged = damage(files[index % files.length] ?? Buffer.alloc(0), random);
      try {
        const { width, height, pixels } = await decodePicture(damaged, { maxPixels: 4_000_000, maxBytes: 1 << 24 });
        expect(pixels.length).toBe(width * height * 3);
        seen.pictures++;
      } catch (error) {
        expect(error).toBeInstanceOf(WatchwordError);
        expect(['invalid-input', 'too-large']).toContain(kindOf(error));
        expect((error as WatchwordError).hint).toBeTruthy();
        seen.errors++;
      }
    }
    expect(seen.errors).toBeGreaterThan(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  }, 60_000);
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Cut off, flipped, zeroed, doubled or with another beginning. */
function damage(file: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(file);
  const place = Math.floor(random() * copy.length);
  switch (Math.floor(random() * 6)) {
    case 0:
      return copy.subarray(0, place);
    case 1:
      for (let flips = 0; flips < 8; flips++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
      return copy;
    case 2:
      return copy.fill(0, place, Math.min(copy.length, place + 200));
    case 3:
      return Buffer.concat([copy.subarray(0, place), copy]);
    case 4:
      return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), copy.subarray(place)]);
    default:
      // The size fields stand near the beginning in all of these formats.
      for (let at = 12; at < 32; at++) copy[at] = Math.floor(random() * 256);
      return copy;
  }
}

function pngBomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = deflateSync(Buffer.alloc(1 << 20), { level: 9 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function jpegOfSize(file: Buffer, width: number, height: number): Buffer {
  const start = file.indexOf(Buffer.from([0xff, 0xc0]));
  file.writeUInt16BE(height, start + 5);
  file.writeUInt16BE(width, start + 7);
  return file;
}
