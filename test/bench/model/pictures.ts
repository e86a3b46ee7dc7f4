import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/** The first pictures of the bundled model's held-out set, as they are or as JPEG of a camera's size. */
export async function picturesOf(
  packageDir: string,
  count: number,
  size?: { width: number; height: number },
): Promise<Uint8Array[]> {
  const folder = path.join(packageDir, 'heldout/pictures');
  const names = (await readdir(folder)).sort().slice(0, count);
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(path.join(folder, name));
      if (!size) return bytes;
      return sharp(bytes).resize(size.width, size.height, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();
    }),
  );
}
