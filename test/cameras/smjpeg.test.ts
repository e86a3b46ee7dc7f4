import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmjpegReader } from '../../src/cameras/smjpeg.ts';

function chunk(tag: string, ...fields: (number | Uint8Array)[]): Buffer {
  const parts = fields.map((field) => {
    if (typeof field !== 'number') return Buffer.from(field);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(field);
    return bytes;
  });
  return Buffer.concat([Buffer.from(tag, 'latin1'), ...parts]);
}

const HEADER = Buffer.concat([
  Buffer.from('\u0000\nSMJPEG\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000', 'latin1'),
  chunk('_TXT', 2, Buffer.from('hi')),
  chunk('_VID', 12, Buffer.alloc(12)),
  chunk('HEND'),
]);
const picture = (pts: number, jpeg: Uint8Array): Buffer => chunk('vidD', pts, jpeg.length, jpeg);

describe('the SMJPEG reader', () => {
  it('gives every picture with its own time however the bytes are cut', () => {
    const stream = fc.array(fc.tuple(fc.nat(2 ** 31), fc.uint8Array({ minLength: 1, maxLength: 300 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(stream, fc.infiniteStream(fc.integer({ min: 1, max: 97 })), (pictures, cuts) => {
        const sorted = [...pictures].sort((a, b) => a[0] - b[0]);
        const bytes = Buffer.concat([HEADER, ...sorted.map(([pts, jpeg]) => picture(pts, jpeg)), chunk('DONE')]);
        const reader = new SmjpegReader({ maxBytes: 1_000 });
        const got: [number, Uint8Array][] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = cuts.next().value ?? 1;
          for (const { ptsMs, jpeg } of reader.push(bytes.subarray(at, at + size))) got.push([ptsMs, jpeg]);
          at += size;
        }
        expect(got).toEqual(sorted);
      }),
      { numRuns: 100 },
    );
  });

  it('goes on counting when the 32-bit time wraps after 49 days', () => {
    const reader = new SmjpegReader({ maxBytes: 1_000 });
    const one = new Uint8Array([1]);
    const got = reader.push(Buffer.concat([HEADER, picture(2 ** 32 - 1_000, one), picture(1_000, one)]));
    expect(got.map(({ ptsMs }) => ptsMs)).toEqual([2 ** 32 - 1_000, 2 ** 32 + 1_000]);
  });

  it('refuses a picture larger than its limit instead of holding it', () => {
    const reader = new SmjpegReader({ maxBytes: 1_000 });
    expect(() => reader.push(Buffer.concat([HEADER, chunk('vidD', 0, 2_000_000_000)]))).toThrow(
      'larger than the limit',
    );
  });

  it('refuses garbage, and never loops on it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (garbage, hasHeader) => {
        const reader = new SmjpegReader({ maxBytes: 1_000 });
        try {
          reader.push(Buffer.concat(hasHeader ? [HEADER, garbage] : [garbage]));
        } catch (error) {
          expect(String(error)).toContain('is damaged');
        }
      }),
      { numRuns: 200 },
    );
  });
});
