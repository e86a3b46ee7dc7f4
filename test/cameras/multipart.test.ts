import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MultipartReader } from '../../src/cameras/multipart.ts';

interface Style {
  withLength: boolean;
  boundary: string;
  parameter: string;
}

const STYLES: Style[] = [
  { withLength: true, boundary: 'frame', parameter: 'frame' },
  { withLength: false, boundary: 'frame', parameter: '"frame"' },
  { withLength: true, boundary: 'myboundary', parameter: '--myboundary' },
  { withLength: false, boundary: 'b-1', parameter: '--b-1; charset=utf-8' },
];

function body(parts: Uint8Array[], style: Style): Buffer {
  const pieces = parts.flatMap((part) => [
    Buffer.from(
      `--${style.boundary}\r\nContent-Type: image/jpeg\r\n${style.withLength ? `Content-Length: ${part.length}\r\n` : ''}\r\n`,
    ),
    Buffer.from(part),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${style.boundary}--\r\n`)]);
}

describe('the motion JPEG reader', () => {
  it.each(STYLES)('gives every part however the bytes are cut: %j', (style) => {
    const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 97 }), (wanted, size) => {
        // Without lengths a body that holds the boundary cannot be told apart: the format's own limit.
        fc.pre(style.withLength || wanted.every((part) => !Buffer.from(part).includes('--')));
        const bytes = body(wanted, style);
        const reader = new MultipartReader({
          contentType: `multipart/x-mixed-replace; boundary=${style.parameter}`,
          maxBytes: 1_000,
        });
        const got: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) got.push(...reader.push(bytes.subarray(at, at + size)));
        expect(got).toEqual(wanted);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what would grow without end', () => {
    const open = (): MultipartReader =>
      new MultipartReader({ contentType: 'multipart/x-mixed-replace; boundary=b', maxBytes: 1_000 });
    expect(() => open().push(Buffer.from('--b\r\nContent-Length: 99999999\r\n\r\n'))).toThrow('too large');
    expect(() => open().push(Buffer.concat([Buffer.from('--b\r\n\r\n'), Buffer.alloc(2_000)]))).toThrow('does not end');
    expect(() => open().push(Buffer.concat([Buffer.from('--b\r\n'), Buffer.alloc(9_000, 'x')]))).toThrow('header');
    expect(() => new MultipartReader({ contentType: 'multipart/x-mixed-replace', maxBytes: 1 })).toThrow('boundary');
  });

  it('holds next to nothing while no boundary comes', () => {
    const reader = new MultipartReader({ contentType: 'multipart/x-mixed-replace; boundary=b', maxBytes: 1_000 });
    for (let round = 0; round < 100; round++) expect(reader.push(Buffer.alloc(10_000, 'x'))).toEqual([]);
    expect(reader.push(body([new Uint8Array([1, 2])], { withLength: true, boundary: 'b', parameter: 'b' }))).toEqual([
      new Uint8Array([1, 2]),
    ]);
  });
});
