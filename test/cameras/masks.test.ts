import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cropZone, isInside, paintMasks, zoneBox } from '../../src/cameras/masks.ts';

async function picture(width = 200, height = 100): Promise<{ jpeg: Uint8Array; width: number; height: number }> {
  const jpeg = await sharp({ create: { width, height, channels: 3, background: '#c8c8c8' } })
    .jpeg({ quality: 95 })
    .toBuffer();
  return { jpeg: new Uint8Array(jpeg), width, height };
}

describe('privacy masks', () => {
  it('paint every pixel inside a polygon black and leave the rest', async () => {
    const triangle = [
      [0.1, 0.1],
      [0.6, 0.1],
      [0.1, 0.9],
    ] as const;
    const { jpeg } = await paintMasks(await picture(), [triangle], 90);
    const grey = await sharp(jpeg).greyscale().raw().toBuffer();
    let shown = 0;
    let hidden = 0;
    for (let y = 0; y < 100; y++) {
      for (let x = 0; x < 200; x++) {
        const value = grey[y * 200 + x] ?? 0;
        if (isInside(triangle, (x + 0.5) / 200, (y + 0.5) / 100) && value > 40) shown++;
        // Eight pixels around the polygon belong to the same JPEG blocks.
        if (
          !isInside(
            [
              [0.05, 0],
              [0.75, 0],
              [0.05, 1.1],
            ],
            x / 200,
            y / 100,
          ) &&
          value < 180
        )
          hidden++;
      }
    }
    expect(shown).toBe(0);
    expect(hidden).toBe(0);
  });

  it('leave a picture without masks as it is', async () => {
    const original = await picture();
    expect(await paintMasks(original, [], 90)).toBe(original);
  });

  it('refuse a damaged picture instead of letting it through', async () => {
    const broken = { jpeg: new Uint8Array([0xff, 0xd8, 0, 0]), width: 10, height: 10 };
    await expect(
      paintMasks(
        broken,
        [
          [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        ],
        90,
      ),
    ).rejects.toMatchObject({ kind: 'corrupt' });
  });
});

describe('a zone', () => {
  it('is cut out at full resolution', async () => {
    const crop = await cropZone(await picture(), [
      [0.5, 0.2],
      [0.9, 0.2],
      [0.7, 0.8],
    ]);
    expect(crop).toMatchObject({ width: 80, height: 60 });
    const { width, height, format } = await sharp(crop.jpeg).metadata();
    expect({ width, height, format }).toEqual({ width: 80, height: 60, format: 'jpeg' });
  });

  it('never leaves the picture and is never too small to see', () => {
    expect(
      zoneBox(
        [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
        200,
        100,
      ),
    ).toEqual({ left: 0, top: 0, width: 200, height: 100 });
    expect(
      zoneBox(
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
        200,
        100,
      ),
    ).toEqual({ left: 184, top: 84, width: 16, height: 16 });
    expect(
      zoneBox(
        [
          [0.5, 0.5],
          [0.5, 0.5],
          [0.5, 0.5],
        ],
        10,
        10,
      ),
    ).toEqual({ left: 0, top: 0, width: 10, height: 10 });
  });

  it('knows what lies in it, also where it is dented', () => {
    const arrow = [
      [0, 0],
      [1, 0],
      [0.5, 0.5],
      [1, 1],
      [0, 1],
    ] as const;
    expect(isInside(arrow, 0.25, 0.5)).toBe(true);
    expect(isInside(arrow, 0.9, 0.5)).toBe(false);
    expect(isInside(arrow, 1.5, 0.5)).toBe(false);
  });
});
