import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { WatchwordError } from '../../platform/errors.ts';
import { sha256Of } from './digest.ts';
import { MANIFEST, readManifest } from './manifest.ts';
import type { PackageSource, RemoteFile } from './repository.ts';

/** Folders of a package that hold no files of it. */
const SKIPPED = new Set(['.git', '.cache', 'node_modules']);
/** Deeper than any package. */
const DEEPEST = 4;

/**
 * A package that lies in a folder: a clone, a copied package, a snapshot of another program's cache. Checksums come from its
 * manifest where it has one, else they are taken now. Rejects with `not-found` when there is no such folder.
 */
export async function openFolder(path: string, needed: (file: string) => boolean): Promise<PackageSource> {
  const dir = resolve(path);
  if (!(await stat(dir).catch(() => undefined))?.isDirectory())
    throw new WatchwordError('not-found', 'there is no such folder', { where: dir });
  const manifest = await readManifest(dir);
  const stated = new Map(manifest?.files.map((file) => [file.path, file]));
  const files: RemoteFile[] = [];
  for (const name of await walk(dir, '', 0)) {
    if (name === MANIFEST || !needed(name)) continue;
    const known = stated.get(name);
    const { size } = await stat(join(dir, name));
    // What the manifest says counts, also where the file says otherwise: that is how damage shows.
    files.push({
      path: name,
      size: known?.size ?? size,
      sha256: known?.sha256 ?? (await sha256Of(join(dir, name))),
      gitSha1: undefined,
    });
  }
  return {
    id: manifest?.repository ?? idOf(dir),
    origin: dir,
    revision: manifest?.revision ?? revisionOf(dir, files),
    licence: manifest?.licence ?? (await licenceOf(dir)),
    files,
    async open(file, offset) {
      return { from: offset, bytes: createReadStream(join(dir, file.path), { start: offset, highWaterMark: 1 << 20 }) };
    },
  };
}

async function walk(dir: string, below: string, depth: number): Promise<string[]> {
  if (depth > DEEPEST) return [];
  const found: string[] = [];
  for (const name of (await readdir(join(dir, below))).sort()) {
    if (SKIPPED.has(name)) continue;
    const path = below === '' ? name : `${below}/${name}`;
    // A cache links its snapshots to where the bytes lie.
    const entry = await stat(join(dir, path)).catch(() => undefined);
    if (entry?.isDirectory()) found.push(...(await walk(dir, path, depth + 1)));
    else if (entry?.isFile()) found.push(path);
  }
  return found;
}

/** `models--owner--name/snapshots/COMMIT` is how the hub's own client keeps a repository. */
function idOf(dir: string): string {
  const cached = dir.split(sep).find((part) => /^models--.+--.+$/.test(part));
  return cached ? cached.split('--').slice(1).join('/') : basename(dir);
}

function revisionOf(dir: string, files: readonly RemoteFile[]): string {
  if (/^[0-9a-f]{40}$/.test(basename(dir))) return basename(dir);
  const hash = createHash('sha1');
  for (const file of files) hash.update(`${file.path}\n${file.sha256}\n`);
  return hash.digest('hex');
}

/** From the head of its model card. */
async function licenceOf(dir: string): Promise<string | null> {
  const card = await readFile(join(dir, 'README.md'), 'utf8').catch(() => '');
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? '';
  return /^license:\s*["']?([\w.-]+)/m.exec(head)?.[1] ?? null;
}
