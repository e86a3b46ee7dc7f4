import sharp from 'sharp';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Polygon } from './settings.ts';

/** A picture as encoded bytes with its size in pixels. */
export interface EncodedPicture {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A rectangle in whole pixels. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The picture with every polygon painted black. The same picture when there is none. Rejects with `corrupt` for a damaged one. */
export async function paintMasks<T extends EncodedPicture>(
  picture: T,
  masks: readonly Polygon[],
  quality: number,
): Promise<T> {
  if (masks.length === 0) return picture;
  const { width, height } = picture;
  const shapes = masks.map((mask) => {
    const corners = mask.map(([x, y]) => `${(x * width).toFixed(2)},${(y * height).toFixed(2)}`).join(' ');
    // The stroke covers pixels that the edge only touches: better a pixel too many than one too few.
    return `<polygon points="${corners}" fill="#000" stroke="#000" stroke-width="2"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" shape-rendering="crispEdges">${shapes.join('')}</svg>`;
  try {
    const painted = await sharp(picture.jpeg, { failOn: 'error' })
      .composite([{ input: Buffer.from(svg) }])
      .jpeg({ quality })
      .toBuffer();
    return { ...picture, jpeg: new Uint8Array(painted) };
  } catch (error) {
    throw damaged(error);
  }
}

/**
 * The part of the picture that holds the zone, as a JPEG: its bounding box, so that the model sees it at full resolution
 * and with what lies around its slanted edges. Rejects with `corrupt` for a damaged picture.
 */
export async function cropZone(picture: EncodedPicture, zone: Polygon): Promise<EncodedPicture> {
  const box = zoneBox(zone, picture.width, picture.height);
  try {
    const jpeg = await sharp(picture.jpeg, { failOn: 'error' }).extract(box).jpeg({ quality: 90 }).toBuffer();
    return { jpeg: new Uint8Array(jpeg), width: box.width, height: box.height };
  } catch (error) {
    throw damaged(error);
  }
}

/** The zone's bounding box within a picture of this size, at least 16 pixels (or the picture) wide and high. */
export function zoneBox(zone: Polygon, width: number, height: number): PixelBox {
  const [left, right] = span(
    zone.map(([x]) => x),
    width,
  );
  const [top, bottom] = span(
    zone.map(([, y]) => y),
    height,
  );
  return { left, top, width: right - left, height: bottom - top };
}

function span(shares: readonly number[], pixels: number): [from: number, to: number] {
  const least = Math.min(16, pixels);
  let from = Math.max(0, Math.floor(Math.min(...shares) * pixels));
  let to = Math.min(pixels, Math.ceil(Math.max(...shares) * pixels));
  if (to - from < least) {
    from = Math.max(0, Math.min(pixels - least, Math.round((from + to - least) / 2)));
    to = from + least;
  }
  return [from, to];
}

/** A rectangle in shares of width and height. */
export interface ShareBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Rectangles that together cover the polygon, one per strip of 1/`strips` of the height: for video filters, which paint
 * rectangles only. They cover a little more than the polygon, never less.
 */
export function coveringBoxes(polygon: Polygon, strips: number): ShareBox[] {
  const boxes: ShareBox[] = [];
  for (let strip = 0; strip < strips; strip++) {
    const top = strip / strips;
    const bottom = (strip + 1) / strips;
    const reach = polygon.flatMap(([toX, toY], index) => {
      const [fromX, fromY] = polygon[(index + polygon.length - 1) % polygon.length] ?? [toX, toY];
      return edgeWithin(fromX, fromY, toX, toY, top, bottom);
    });
    if (reach.length === 0) continue;
    const left = Math.min(...reach);
    boxes.push({ x: left, y: top, width: Math.max(...reach) - left, height: bottom - top });
  }
  return boxes;
}

/** The x values at both ends of the part of an edge that lies between two heights. */
function edgeWithin(fromX: number, fromY: number, toX: number, toY: number, top: number, bottom: number): number[] {
  if (Math.max(fromY, toY) < top || Math.min(fromY, toY) > bottom) return [];
  if (fromY === toY) return [fromX, toX];
  const xAt = (y: number): number => fromX + ((y - fromY) * (toX - fromX)) / (toY - fromY);
  const clamp = (y: number): number => Math.min(bottom, Math.max(top, y));
  return [xAt(clamp(fromY)), xAt(clamp(toY))];
}

/** Whether a point in relative coordinates lies in the polygon (even-odd rule). */
export function isInside(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  let [fromX, fromY] = polygon.at(-1) ?? [0, 0];
  for (const [toX, toY] of polygon) {
    if (toY > y !== fromY > y && x < ((fromX - toX) * (y - toY)) / (fromY - toY) + toX) inside = !inside;
    [fromX, fromY] = [toX, toY];
  }
  return inside;
}

function damaged(error: unknown): WatchwordError {
  return new WatchwordError('corrupt', `the picture is damaged: ${toError(error).message.split('\n', 1)[0]}`, {
    cause: error,
  });
}
