import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const answerSchema = z.object({ format: z.object({ duration: z.coerce.number().positive() }) });

/** Length of a clip in seconds. Rejects when it has none. */
export async function clipSeconds(path: string): Promise<number> {
  const args = [
    '-v',
    'error',
    '-protocol_whitelist',
    'file',
    '-show_entries',
    'format=duration',
    '-of',
    'json',
    `file:${path}`,
  ];
  const { stdout } = await promisify(execFile)('ffprobe', args, { timeout: 10_000 });
  return answerSchema.parse(JSON.parse(stdout)).format.duration;
}
