import { WatchwordError } from '../../platform/errors.ts';

/** A file that a repository offers, with what proves that it arrived whole. */
export interface RemoteFile {
  /** Relative, with slashes; never leaves the package's folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex. Large files carry it; small ones the name that git gives their content. */
  readonly sha256: string | undefined;
  readonly gitSha1: string | undefined;
}

/** Where a package comes from, at one fixed revision. */
export interface PackageSource {
  /** `owner/name`, or the folder's name. */
  readonly id: string;
  /** Where it was listed: the hub's address, or the folder. */
  readonly origin: string;
  /** The commit that the wanted revision means now. */
  readonly revision: string;
  /** As the model card states it, such as `apache-2.0`; null where it states none. */
  readonly licence: string | null;
  readonly files: readonly RemoteFile[];
  /**
   * The bytes of a file from `offset` on. `from` tells where they really begin: 0 where the other side cannot continue.
   * Rejects with `unavailable` when a later try may help.
   */
  open(
    file: RemoteFile,
    offset: number,
    signal: AbortSignal,
  ): Promise<{ from: number; bytes: AsyncIterable<Uint8Array> }>;
}

/** What a person named. */
export interface RepositoryName {
  /** Address without the repository; undefined: the usual hub. */
  readonly endpoint: string | undefined;
  readonly id: string;
  readonly revision: string | undefined;
}

const ID = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const REVISION = /^[A-Za-z0-9][\w./-]{0,119}$/;

/** Reads `owner/name`, `owner/name@revision` or an address of a mirror that ends so. Throws `invalid-input`. */
export function parseRepository(text: string): RepositoryName {
  const address = /^(https?:\/\/[^/]+(?:\/.*)?)\/([^/]+\/[^/]+)$/.exec(text.replace(/\/+$/, ''));
  const [id = '', revision, ...more] = (address?.[2] ?? text).split('@');
  const known = ID.test(id) && !id.includes('..') && more.length === 0;
  if (known && (revision === undefined || (REVISION.test(revision) && !revision.includes('..')))) {
    return { endpoint: address?.[1], id, revision };
  }
  throw new WatchwordError('invalid-input', `"${text}" names no repository`, {
    hint: 'Write owner/name, owner/name@revision, the address of a mirror, or the path of a folder (./NAME)',
  });
}

/** The folder name that a package gets. */
export function folderNameOf(id: string): string {
  return id.split('/').at(-1) ?? id;
}

/** Throws `corrupt` for a name that would lead out of the folder, or that a file system may read in another way. */
export function checkPath(path: string, where: string): string {
  const parts = path.split('/');
  const strange = [...path].some((letter) => letter < ' ' || letter === '\\' || letter === '\u007f');
  const inside = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (inside && !strange && path.length <= 512) return path;
  throw new WatchwordError('corrupt', `the repository names a file outside of its folder: ${JSON.stringify(path)}`, {
    where,
    hint: 'Do not use this repository',
  });
}
