import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toError, WatchwordError } from '../platform/errors.ts';

/** From and to in seconds of the clip. */
const interval = z.tuple([z.number(), z.number()]);

const truthSchema = z.object({
  clip: z.string(),
  /** The kind of place the scene shows: store, warehouse, road. */
  family: z.string(),
  fps: z.number().positive(),
  seconds: z.number().positive(),
  /** What the clip was made for: a predicate, `quiet`, or the camera's fault. */
  incident: z.string(),
  incidents: z.array(z.object({ predicate: z.string(), start: z.number(), end: z.number() })),
  /** Per predicate: when it holds. Outside these intervals and `undecided`, it does not. */
  truth: z.record(z.string(), z.array(interval)),
  /** Per predicate: when nobody could say (someone half in the picture, a robot halfway down). */
  undecided: z.record(z.string(), z.array(interval)),
  /** When the camera itself is at fault. */
  health: z.array(z.object({ state: z.enum(['covered', 'moved']), start: z.number(), end: z.number() })).default([]),
});

/** What a demo clip shows and when, as it was scripted. Times in seconds of the clip. */
export type ClipTruth = z.infer<typeof truthSchema>;

/** The truth of one demo clip, `NAME.json` in the folder of the clips. */
export async function readClipTruth(folder: string, name: string): Promise<ClipTruth> {
  const file = join(folder, `${name}.json`);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new WatchwordError('not-found', `there is no demo clip "${name}"`, { where: file, cause });
  }
  try {
    return truthSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new WatchwordError('corrupt', `the truth of demo clip "${name}" is damaged: ${toError(cause).message}`, {
      where: file,
      cause,
    });
  }
}

/** The truths of all demo clips in the folder, by name. */
export async function readAllTruths(folder: string): Promise<ClipTruth[]> {
  let files: string[];
  try {
    files = await readdir(folder);
  } catch (cause) {
    throw new WatchwordError('not-found', 'there is no folder of demo clips', { where: folder, cause });
  }
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  return Promise.all(names.sort().map((name) => readClipTruth(folder, name)));
}

/** What the script says of a predicate at a moment of the clip; `undecided` too where it says nothing of it. */
export function truthAt(truth: ClipTruth, predicate: string, second: number): 'yes' | 'no' | 'undecided' {
  const holds = (intervals: ReadonlyArray<readonly [number, number]> = []): boolean =>
    intervals.some(([from, to]) => second >= from && second < to);
  if (!truth.truth[predicate] || holds(truth.undecided[predicate])) return 'undecided';
  return holds(truth.truth[predicate]) ? 'yes' : 'no';
}
