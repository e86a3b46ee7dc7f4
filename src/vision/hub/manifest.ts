import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import { readPackageJson } from '../json.ts';
import { sha256Of } from './digest.ts';
import { checkPath } from './repository.ts';

/** What a pulled package is, beside its files. */
export const MANIFEST = 'watchword-package.json';

const manifestSchema = z.strictObject({
  repository: z.string(),
  /** Where it was pulled from: a hub's address or a folder. */
  origin: z.string(),
  /** The commit. */
  revision: z.string(),
  licence: z.string().nullable(),
  /** As `--dtype` takes it, of the last pull. */
  dtype: z.string(),
  pulledAt: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string(),
      size: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type Manifest = z.output<typeof manifestSchema>;

/** What was pulled into a folder; undefined where nothing says so. Rejects with `corrupt` when it cannot be read. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, MANIFEST);
  if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  const manifest = await readPackageJson(path, manifestSchema);
  for (const file of manifest.files) checkPath(file.path, path);
  return manifest;
}

/** A file that is not what was pulled. */
export interface Damage {
  readonly path: string;
  readonly what: string;
}

/**
 * Reads every file of a package again and compares. Rejects with `not-found` where no checksums are kept.
 *
 * @param onBytes called with the bytes read so far, of all files
 */
export async function verifyPackage(
  dir: string,
  options: { signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<{ manifest: Manifest; damages: Damage[] }> {
  const manifest = await readManifest(dir);
  if (!manifest) {
    throw new WatchwordError('not-found', 'no checksums are kept of this package', {
      where: dir,
      hint: 'They are kept of pulled packages: watchword models pull takes a folder as well',
    });
  }
  const damages: Damage[] = [];
  let done = 0;
  for (const file of manifest.files) {
    options.signal.throwIfAborted();
    const what = await damageOf(dir, file);
    if (what !== undefined) damages.push({ path: file.path, what });
    done += file.size;
    options.onBytes?.(done);
  }
  return { manifest, damages };
}

async function damageOf(dir: string, file: Manifest['files'][number]): Promise<string | undefined> {
  const path = join(dir, file.path);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return 'is missing';
  if (found.size !== file.size) return `has ${found.size} bytes instead of ${file.size}`;
  const sha256 = await sha256Of(path);
  return sha256 === file.sha256 ? undefined : `has SHA-256 ${sha256} instead of ${file.sha256}`;
}

/**
 * Whether a package is the one that the configuration pins. Rejects with `conflict` when it is another or nothing says
 * which.
 */
export async function checkRevision(dir: string, revision: string): Promise<void> {
  const manifest = await readManifest(dir);
  if (manifest?.revision === revision) return;
  const is = manifest ? `is of revision ${manifest.revision}` : 'does not say of which revision it is';
  throw new WatchwordError('conflict', `the model package ${is}, the configuration asks for ${revision}`, {
    where: dir,
    hint: 'Run watchword models pull with this configuration, or change model.revision',
  });
}
