import { WatchwordError } from '../../platform/errors.ts';

/** As the reference: a longer strip is refused. */
const LONGEST_ASPECT = 200;

/** Both sides to multiples of `factor`, the whole between `least` and `most` pixels, the shape kept as far as possible. */
export function smartSize(
  { width, height }: { width: number; height: number },
  factor: number,
  least: number,
  most: number,
): { width: number; height: number } {
  if (Math.max(width, height) / Math.min(width, height) > LONGEST_ASPECT) {
    throw new WatchwordError('invalid-input', `the picture is a strip of ${width} x ${height} pixels`, {
      hint: `One side may be at most ${LONGEST_ASPECT} times the other: crop it`,
    });
  }
  const scaled = (scale: number, round: (value: number) => number): { width: number; height: number } => ({
    width: Math.max(factor, round((width * scale) / factor) * factor),
    height: Math.max(factor, round((height * scale) / factor) * factor),
  });
  const near = scaled(1, roundHalfEven);
  const pixels = near.width * near.height;
  if (pixels > most) return scaled(1 / Math.sqrt((width * height) / most), Math.floor);
  if (pixels < least) return scaled(Math.sqrt(least / (width * height)), Math.ceil);
  return near;
}

/** Python's round, with which the reference was written. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
