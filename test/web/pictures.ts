import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const clips = fileURLToPath(new URL('../../models/watchword-tiny/demo/', import.meta.url));
const cut = new Map<string, Uint8Array>();

/** One frame of a bundled demo clip as JPEG, `at` seconds in. */
export function demoPicture(clip: string, at: number): Uint8Array {
  const key = `${clip} ${at}`;
  let picture = cut.get(key);
  if (!picture) {
    const source = ['-ss', String(at), '-i', `${clips}${clip}.mp4`];
    picture = execFileSync('ffmpeg', [
      '-v',
      'error',
      ...source,
      '-frames:v',
      '1',
      '-c:v',
      'mjpeg',
      '-q:v',
      '4',
      '-f',
      'image2pipe',
      '-',
    ]);
    cut.set(key, picture);
  }
  return picture;
}
