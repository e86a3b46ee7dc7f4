import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { z } from 'zod';
import { toError, WatchwordError } from '../platform/errors.ts';

/** Configuration files are a few kilobytes, a tokenizer tens of megabytes at most. */
const MAX_JSON_BYTES = 128 * 1024 * 1024;

/** Reads a JSON file of a model package against a schema. Errors name the file and the first thing that is wrong in it. */
export async function readPackageJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readPackageText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const pointer = text.startsWith('version https://git-lfs');
    throw new WatchwordError(
      'corrupt',
      `${basename(path)} is not JSON: ${pointer ? 'it is a Git LFS pointer' : toError(error).message}`,
      {
        where: path,
        hint: 'Download the model package again',
        cause: error,
      },
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const wrong = issue?.message.replace(/^Invalid input: expected .*, received undefined$/, 'is missing') ?? 'is wrong';
  throw new WatchwordError('corrupt', `${basename(path)}: "${issue?.path.join('.') ?? ''}" ${wrong}`, {
    where: path,
    hint: 'Compare the file with the published package',
  });
}

/** A text file of a model package. Throws `not-found` naming it. */
export async function readPackageText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_JSON_BYTES)
      throw new WatchwordError('corrupt', `${basename(path)} has ${size} bytes`, { where: path });
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof WatchwordError) throw error;
    throw new WatchwordError('not-found', `the model package has no readable ${basename(path)}`, {
      where: path,
      hint: 'Point to a folder in Hugging Face layout and download what is missing',
      cause: error,
    });
  }
}
