import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import type { PictureProblem } from '../../src/cameras/settings.ts';

const run = promisify(execFile);

/** Every picture of a clip at this rate, as the cameras would sample it. */
export async function sampledPictures(clip: string, perSecond: number): Promise<Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  try {
    await run('nice', [
      'ffmpeg',
      '-nostdin',
      '-loglevel',
      'error',
      '-i',
      clip,
      '-vf',
      `fps=${perSecond}`,
      '-q:v',
      '8',
      join(folder, '%04d.jpg'),
    ]);
    const files = (await readdir(folder)).sort();
    return await Promise.all(files.map((file) => readFile(join(folder, file))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface Fault {
  readonly name: string;
  readonly problem: PictureProblem;
  /** The picture as the camera would give it with this fault. */
  readonly apply: (jpeg: Buffer) => Promise<Buffer>;
}

/** What can happen to a camera, painted into healthy pictures. */
export const FAULTS: readonly Fault[] = [
  { name: 'lights out', problem: 'dark', apply: (jpeg) => sharp(jpeg).linear(0.06, 2).jpeg().toBuffer() },
  { name: 'sun in the lens', problem: 'overexposed', apply: (jpeg) => sharp(jpeg).linear(2.5, 80).jpeg().toBuffer() },
  { name: 'slightly out of focus', problem: 'blurred', apply: (jpeg) => blurred(jpeg, 0.008) },
  { name: 'far out of focus', problem: 'blurred', apply: (jpeg) => blurred(jpeg, 0.02) },
  {
    name: 'a bag over it',
    problem: 'covered',
    apply: (jpeg) => covered(jpeg, (w, h) => `<rect width="${w}" height="${h}" fill="#8a6a58"/>`),
  },
  {
    name: 'a poster over most of it',
    problem: 'covered',
    apply: (jpeg) => covered(jpeg, (w, h) => `<rect width="${w * 0.85}" height="${h}" fill="#b9a890"/>`),
  },
  {
    name: 'a hand before it',
    problem: 'covered',
    apply: (jpeg) =>
      covered(
        jpeg,
        (w, h) => `<ellipse cx="${w * 0.5}" cy="${h * 0.55}" rx="${w * 0.52}" ry="${h * 0.62}" fill="#7a5544"/>`,
        0.02,
      ),
  },
  { name: 'turned by 6 % of its view', problem: 'moved', apply: (jpeg) => turned(jpeg, 0.06, 0.03) },
  { name: 'turned by 12 % of its view', problem: 'moved', apply: (jpeg) => turned(jpeg, -0.12, 0.05) },
  { name: 'turned by 30 % of its view', problem: 'moved', apply: (jpeg) => turned(jpeg, 0.3, 0.1) },
  { name: 'knocked askew', problem: 'moved', apply: askew },
];

async function sizeOf(jpeg: Buffer): Promise<[number, number]> {
  const { width = 0, height = 0 } = await sharp(jpeg).metadata();
  return [width, height];
}

async function blurred(jpeg: Buffer, share: number): Promise<Buffer> {
  const [width] = await sizeOf(jpeg);
  return sharp(jpeg)
    .blur(width * share)
    .jpeg()
    .toBuffer();
}

async function covered(jpeg: Buffer, shape: (width: number, height: number) => string, softness = 0): Promise<Buffer> {
  const [width, height] = await sizeOf(jpeg);
  const svg = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shape(width, height)}</svg>`,
  );
  const cover =
    softness > 0
      ? await sharp(svg)
          .blur(width * softness)
          .png()
          .toBuffer()
      : svg;
  const picture = await sharp(jpeg)
    .composite([{ input: cover }])
    .png()
    .toBuffer();
  // A sensor's noise is on whatever covers it too; without it every covered picture would be frozen.
  const noise = await sharp({
    create: { width, height, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 4, sigma: 2 } },
  })
    .png()
    .toBuffer();
  return sharp(picture)
    .composite([{ input: noise, blend: 'add' }])
    .jpeg()
    .toBuffer();
}

/** What comes into view at the edge is the mirrored rest: as detailed as the scene, and not the scene. */
async function turned(jpeg: Buffer, right: number, down: number): Promise<Buffer> {
  const [width, height] = await sizeOf(jpeg);
  const dx = Math.round(width * Math.abs(right));
  const dy = Math.round(height * down);
  const edge = right > 0 ? { right: dx } : { left: dx };
  const wide = await sharp(jpeg)
    .extend({ ...edge, bottom: dy, extendWith: 'mirror' })
    .png()
    .toBuffer();
  return sharp(wide)
    .extract({ left: right > 0 ? dx : 0, top: dy, width, height })
    .jpeg()
    .toBuffer();
}

async function askew(jpeg: Buffer): Promise<Buffer> {
  const [width, height] = await sizeOf(jpeg);
  const rotated = await sharp(jpeg).rotate(6).png().toBuffer();
  const [wide, high] = await sizeOf(rotated);
  const box = { width: Math.round(width * 0.8), height: Math.round(height * 0.8) };
  return sharp(rotated)
    .extract({ left: Math.round((wide - box.width) / 2), top: Math.round((high - box.height) / 2), ...box })
    .resize(width, height)
    .jpeg()
    .toBuffer();
}
