import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { isScalar, parseDocument } from 'yaml';
import { toError, WatchwordError } from '../platform/errors.ts';

/** The same YAML text with one key set; comments, order and everything else stay as they are. Pure. */
export function withKey(text: string, key: string, value: boolean | string | number): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new WatchwordError('invalid-input', 'the rule file is no sound YAML', {
      hint: 'Mend it first; watchword check tells where',
    });
  }
  const present = document.get(key, true);
  // A scalar changed in place keeps the comment beside it.
  if (isScalar(present)) present.value = value;
  else document.set(key, value);
  return document.toString({ lineWidth: 0 });
}

/**
 * Switches the rule of a file on or off by editing that file: files are the single source of truth. Atomic: a reader sees
 * the old or the new text, and a power cut leaves one of the two.
 */
export async function setEnabled(file: string, enabled: boolean): Promise<void> {
  try {
    const edited = withKey(await readFile(file, 'utf8'), 'enabled', enabled);
    const { mode } = await stat(file);
    // The dot keeps the half-written file out of sight of whoever reads the folder.
    const draft = file.replace(/([^/]*)$/, `.$1.${randomBytes(4).toString('hex')}`);
    await writeFile(draft, edited, { mode, flush: true });
    await rename(draft, file);
  } catch (error) {
    if (error instanceof WatchwordError) throw error;
    throw new WatchwordError('unavailable', `the rule file cannot be written: ${toError(error).message}`, {
      where: file,
      cause: error,
    });
  }
}
