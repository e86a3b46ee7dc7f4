import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { toError, WatchwordError } from '../../platform/errors.ts';
import { nearest } from '../../platform/nearest.ts';
import { DTYPE_SUFFIX, type Dtype, WEIGHT_PARTS } from '../weights.ts';
import { MANIFEST, readManifest } from './manifest.ts';
import { stageOf } from './stage.ts';

/** A package that lies on this box. */
export interface InstalledPackage {
  readonly name: string;
  readonly dir: string;
  /** `model_type` of its config.json; null where that cannot be read. */
  readonly family: string | null;
  /** Precisions that all three parts have. */
  readonly dtypes: readonly Dtype[];
  /** On the disk. */
  readonly bytes: number;
  readonly repository: string | null;
  readonly revision: string | null;
  readonly licence: string | null;
  /** What is wrong with it, if anything. */
  readonly problem: string | null;
}

/** Every package in these folders, and these packages themselves, each once, by name. */
export async function installedPackages(
  folders: readonly string[],
  more: readonly string[],
): Promise<InstalledPackage[]> {
  const dirs = new Set(more.map((dir) => resolve(dir)));
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const dir = resolve(folder, entry.name);
      if (!entry.name.startsWith('.') && (await isPackage(dir))) dirs.add(dir);
    }
  }
  const found = await Promise.all([...dirs].map(describe));
  return found.sort((a, b) => a.name.localeCompare(b.name) || a.dir.localeCompare(b.dir));
}

/** The package that a person named: by its name in one of these folders, or by its path. Throws `not-found`. */
export async function findPackage(named: string, folders: readonly string[]): Promise<string> {
  for (const dir of [...folders.map((folder) => join(folder, named)), named])
    if (await isPackage(dir)) return resolve(dir);
  const known = (await installedPackages(folders, [])).map(({ name }) => name);
  const near = nearest(named, known);
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'watchword models list shows what there is';
  throw new WatchwordError('not-found', `there is no model package "${named}"`, { hint });
}

/**
 * Deletes a pulled package. Throws `conflict` for the one in use and `forbidden` for a folder that was not pulled: what
 * lies in it may be somebody's only copy.
 */
export async function removePackage(dir: string, inUse: readonly string[]): Promise<void> {
  if (inUse.some((used) => resolve(used) === resolve(dir))) {
    throw new WatchwordError('conflict', 'this package is in use', {
      where: dir,
      hint: 'Name another one in the configuration first',
    });
  }
  if (!(await stat(join(dir, MANIFEST)).catch(() => undefined))) {
    throw new WatchwordError('forbidden', 'this folder was not pulled and is left alone', {
      where: dir,
      hint: 'Delete it by hand if you are sure',
    });
  }
  // The manifest goes last: a removal that was cut can be done again.
  for (const name of await readdir(dir)) {
    if (name !== MANIFEST) await rm(join(dir, name), { recursive: true, force: true });
  }
  await rm(dir, { recursive: true, force: true });
  await rm(stageOf(join(dirname(dir), basename(dir))), { recursive: true, force: true });
}

async function isPackage(dir: string): Promise<boolean> {
  const found = await Promise.all(
    ['config.json', MANIFEST].map((name) => stat(join(dir, name)).catch(() => undefined)),
  );
  return found.some((each) => each?.isFile() === true);
}

async function describe(dir: string): Promise<InstalledPackage> {
  const problems: string[] = [];
  const manifest = await readManifest(dir).catch((error: unknown) => {
    problems.push(toError(error).message);
    return undefined;
  });
  const names = new Set(await readdir(join(dir, 'onnx')).catch(() => []));
  const dtypes = (Object.keys(DTYPE_SUFFIX) as Dtype[]).filter((dtype) =>
    WEIGHT_PARTS.every((part) => names.has(`${part}${DTYPE_SUFFIX[dtype]}.onnx`)),
  );
  const family = await familyOf(dir);
  if (family === null) problems.push('config.json cannot be read');
  const parts = WEIGHT_PARTS.filter((part) => ![...names].some((name) => name.startsWith(part)));
  if (parts.length > 0) problems.push(`no weights for ${parts.join(', ')}`);
  return {
    name: basename(dir),
    dir,
    family,
    dtypes,
    bytes: await bytesOf(dir),
    repository: manifest?.repository ?? null,
    revision: manifest?.revision ?? null,
    licence: manifest?.licence ?? null,
    problem: problems.length > 0 ? problems.join('; ') : null,
  };
}

async function familyOf(dir: string): Promise<string | null> {
  try {
    const config: unknown = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
    const type = typeof config === 'object' && config !== null && 'model_type' in config ? config.model_type : null;
    return typeof type === 'string' ? type : null;
  } catch {
    return null;
  }
}

async function bytesOf(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
