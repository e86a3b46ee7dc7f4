import { mkdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { WatchwordError } from '../../platform/errors.ts';
import { checkModelType } from '../families.ts';
import { FileDigest, sha256Of } from './digest.ts';
import { download, partialPath } from './download.ts';
import { MANIFEST, type Manifest, readManifest } from './manifest.ts';
import { type NeededFiles, neededFiles } from './needed-files.ts';
import { folderNameOf, type PackageSource, type RemoteFile } from './repository.ts';
import { clean, linkOrCopy, lock, restore, stageOf, swap } from './stage.ts';

/** Left free beside the package: a box whose disk is full to the last byte loses more than a model. */
const SPARE_BYTES = 256 * 1024 * 1024;

export interface PullOptions {
  readonly source: PackageSource;
  /** Folder of all packages. */
  readonly modelsDir: string;
  /** The package's own folder in it. Default: the repository's name without its owner. */
  readonly name?: string | undefined;
  readonly dtype?: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Bytes of the package that are there, of all its bytes. */
  readonly onProgress: (done: number, total: number, file: string) => void;
  readonly onRetry: (why: string) => void;
  /** Told before anything large is fetched. */
  readonly onPlan: (plan: PullPlan) => void;
}

export interface PullPlan {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  readonly dtype: string;
  readonly files: number;
  readonly bytes: number;
  /** Of these, what is there already. */
  readonly present: number;
}

/**
 * Brings a package into `modelsDir`, whole or not at all: files are collected in a hidden folder, each checked, and that
 * folder takes the package's name in the end. A pull that was cut continues with the same call. A package of the same
 * repository and revision keeps its other precisions; one of another revision is replaced. Rejects with `conflict` for a
 * folder that another repository has or another process is pulling, with `unavailable` when the disk has no room,
 * `unsupported` for a kind of model that cannot be run (before its weights are fetched), and as `download` does.
 */
export async function pullPackage(options: PullOptions): Promise<{ dir: string; manifest: Manifest }> {
  const { source, modelsDir, onPlan, onProgress } = options;
  const dir = join(modelsDir, checkName(options.name ?? folderNameOf(source.id)));
  const stage = stageOf(dir);
  await mkdir(stage, { recursive: true });
  const unlock = await lock(stage);
  try {
    const before = await standing(dir, source);
    const needed = neededFiles(source.files, options.dtype, `${source.origin}/${source.id}`);
    const kept = await keepFiles(before, source, needed, { dir, stage });
    const present = await bytesPresent(needed.files, stage);
    const { id: repository, revision, licence } = source;
    await checkKind(options, stage, needed);
    onPlan({
      repository,
      revision,
      licence,
      dtype: needed.dtype,
      files: needed.files.length,
      bytes: needed.bytes,
      present,
    });
    await checkRoom(stage, needed.bytes - present);
    const files: Manifest['files'] = [...kept];
    let done = 0;
    for (const file of needed.files) {
      const base = done;
      const sha256 = await fetchFile(options, stage, file, (bytes) =>
        onProgress(base + bytes, needed.bytes, file.path),
      );
      files.push({ path: file.path, size: file.size, sha256 });
      done += file.size;
      onProgress(done, needed.bytes, file.path);
    }
    const manifest: Manifest = {
      repository,
      origin: source.origin,
      revision,
      licence,
      dtype: needed.dtype,
      pulledAt: new Date(options.clock.now()).toISOString(),
      files: files.sort((a, b) => a.path.localeCompare(b.path)),
    };
    await clean(stage, new Set(manifest.files.map(({ path }) => path)));
    await writeFile(join(stage, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { flush: true });
    await unlock();
    await swap(stage, dir);
    return { dir, manifest };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function checkName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,95}$/.test(name)) return name;
  throw new WatchwordError('invalid-input', `"${name}" cannot be a package's name`, {
    hint: 'Give it one of letters, digits, dashes and dots with --name',
  });
}

/** What stands at the package's place. */
async function standing(dir: string, source: PackageSource): Promise<Manifest | undefined> {
  await restore(dir);
  if (!(await stat(dir).catch(() => undefined))) return undefined;
  const manifest = await readManifest(dir).catch(() => undefined);
  if (manifest?.repository === source.id) return manifest;
  throw new WatchwordError('conflict', `this folder holds ${manifest ? manifest.repository : 'something else'}`, {
    where: dir,
    hint: 'Give the package another name with --name, or move the folder away',
  });
}

/** Takes over what an earlier pull brought. Returns what is kept beside the needed files: other precisions of this revision. */
async function keepFiles(
  before: Manifest | undefined,
  { revision }: PackageSource,
  needed: NeededFiles,
  { dir, stage }: { dir: string; stage: string },
): Promise<Manifest['files']> {
  const byPath = new Map(needed.files.map((file) => [file.path, file]));
  const kept: Manifest['files'] = [];
  for (const file of before?.files ?? []) {
    const wanted = byPath.get(file.path);
    const same = wanted?.sha256 === undefined ? wanted?.size === file.size : wanted.sha256 === file.sha256;
    if (wanted ? !same : before?.revision !== revision) continue;
    const to = join(stage, file.path);
    if (!(await stat(to).catch(() => undefined))) await linkOrCopy(join(dir, file.path), to);
    if (!wanted && (await isWhole(to, file))) kept.push(file);
  }
  return kept;
}

async function isWhole(path: string, { size, sha256 }: Manifest['files'][number]): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size === size && (await sha256Of(path)) === sha256) return true;
  await rm(path, { force: true });
  return false;
}

async function bytesPresent(files: readonly RemoteFile[], stage: string): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const path = join(stage, file.path);
    const [whole, part] = await Promise.all(
      [path, partialPath(path, file)].map((each) => stat(each).catch(() => undefined)),
    );
    bytes += Math.min(file.size, whole?.size ?? part?.size ?? 0);
  }
  return bytes;
}

/** A file that lies in the stage is read and checked; otherwise it is fetched. */
async function fetchFile(
  { source, clock, random, signal, onRetry }: PullOptions,
  stage: string,
  file: RemoteFile,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const path = join(stage, file.path);
  if ((await stat(path).catch(() => undefined))?.size === file.size) {
    const digest = new FileDigest(file);
    await digest.add(path, file.size);
    const { sha256, right } = digest.finish();
    if (right) return sha256;
  }
  // It may be a link to the package in use: it is replaced, never written into.
  await rm(path, { force: true });
  return download({ source, file, path, clock, random, signal, onBytes, onRetry });
}

/** Whether this kind of model can be run, before gigabytes of it are fetched. */
async function checkKind(options: PullOptions, stage: string, needed: NeededFiles): Promise<void> {
  const file = needed.files.find(({ path }) => path === 'config.json');
  if (!file) return;
  await fetchFile(options, stage, file, () => undefined);
  let type: unknown;
  try {
    const config: unknown = JSON.parse(await readFile(join(stage, file.path), 'utf8'));
    type = typeof config === 'object' && config !== null && 'model_type' in config ? config.model_type : undefined;
  } catch {
    type = undefined;
  }
  checkModelType(typeof type === 'string' ? type : '', `${options.source.origin}/${options.source.id}`);
}

async function checkRoom(stage: string, missing: number): Promise<void> {
  const { bavail, bsize } = await statfs(stage);
  const free = bavail * bsize;
  const spare = Math.min(SPARE_BYTES, Math.max(1024 * 1024, missing));
  if (missing + spare <= free) return;
  const mb = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw new WatchwordError(
    'unavailable',
    `the disk has no room: ${mb(missing + spare)} are needed, ${mb(free)} are free`,
    {
      where: dirname(stage),
      hint: 'Free some space, or choose a smaller precision with --dtype',
    },
  );
}
