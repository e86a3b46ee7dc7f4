import { execFile } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { toError } from '../platform/errors.ts';
import { causeOf } from './causes.ts';

const WITHIN_MS = 30_000;

/**
 * Writes a transport stream as an MP4 that browsers play, without encoding anything anew. The file is there when it is
 * whole. Rejects with a readable cause.
 */
export async function writeClip(transport: Buffer, file: string, program = 'ffmpeg'): Promise<void> {
  const [raw, draft] = [`${file}.ts`, `${file}.part`];
  try {
    await writeFile(raw, transport, { mode: 0o640 });
    const input = ['-protocol_whitelist', 'file', '-f', 'mpegts', '-i', `file:${raw}`];
    const output = ['-map', '0:v:0', '-c', 'copy', '-movflags', '+faststart', '-f', 'mp4', '-y', `file:${draft}`];
    await promisify(execFile)(program, ['-nostdin', '-hide_banner', '-loglevel', 'error', ...input, ...output], {
      timeout: WITHIN_MS,
    });
    await rename(draft, file);
  } catch (thrown) {
    const error = toError(thrown);
    throw 'stderr' in error && typeof error.stderr === 'string' ? causeOf(error.stderr, false) : error;
  } finally {
    await Promise.all([raw, draft].map((each) => rm(each, { force: true })));
  }
}
