import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { toError, WatchwordError } from '../platform/errors.ts';
import { type FittedThresholds, MOST_FITS } from './settings.ts';

/** The same YAML text with one key set; comments, order and everything else stay as they are. Pure. */
export function withKey(text: string, key: string, value: boolean | string | number): string {
  const document = soundDocument(text);
  const present = document.get(key, true);
  // A scalar changed in place keeps the comment beside it.
  if (isScalar(present)) present.value = value;
  else document.set(key, value);
  return written(document, text);
}

/** The same YAML text with newer thresholds for a camera in force; the older ones stay behind them, ten at most. Pure. */
export function withFit(text: string, cameraId: string, fit: FittedThresholds): string {
  return withFits(text, cameraId, (older) => [fit, ...older].slice(0, MOST_FITS));
}

/** The same YAML text with a camera's newest fitted thresholds taken back. Pure. */
export function withoutFit(text: string, cameraId: string): string {
  return withFits(text, cameraId, (fits) => fits.slice(1));
}

function withFits(text: string, cameraId: string, change: (fits: unknown[]) => unknown[]): string {
  const document = soundDocument(text);
  const path = ['fitted', cameraId];
  const known = document.getIn(path);
  const fits = change(isSeq(known) ? known.items : []);
  if (fits.length > 0) {
    const list = document.createNode(fits);
    for (const item of isSeq(list) ? list.items : []) if (isMap(item)) item.flow = true;
    document.setIn(path, list);
  } else {
    document.deleteIn(path);
    const rest = document.get('fitted');
    if (isMap(rest) && rest.items.length === 0) document.delete('fitted');
  }
  return written(document, text);
}

/** As the person wrote it: `[a]` does not become `[ a ]`. */
function written(document: Document, before: string): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] \S/.test(before) });
}

function soundDocument(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document;
  throw new WatchwordError('invalid-input', 'the rule file is no sound YAML', {
    hint: 'Mend it first; watchword check tells where',
  });
}

/** Switches the rule of a file on or off by editing that file: files are the single source of truth. */
export async function setEnabled(file: string, enabled: boolean): Promise<void> {
  await editFile(file, (text) => withKey(text, 'enabled', enabled));
}

/** Edits a rule file. Atomic: a reader sees the old or the new text, and a power cut leaves one of the two. */
export async function editFile(file: string, edit: (text: string) => string): Promise<void> {
  try {
    const edited = edit(await readFile(file, 'utf8'));
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
