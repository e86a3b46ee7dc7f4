import { type ErrorKind, toError, WatchwordError } from '../platform/errors.ts';

const CORRUPT_HINT =
  'Stop Watchword and run `watchword restore BACKUP`, or `watchword restore --fresh` to begin anew; both keep the damaged file';

/** SQLite's and the system's codes by prefix, with the kind and what a person can do. First match wins. */
const KINDS: ReadonlyArray<readonly [prefix: string, kind: ErrorKind, hint: string]> = [
  ['SQLITE_FULL', 'unavailable', 'The disk is full: free some space; it is tried again by itself'],
  ['ENOSPC', 'unavailable', 'The disk is full: free some space; it is tried again by itself'],
  ['EDQUOT', 'unavailable', 'The disk quota is used up: free some space; it is tried again by itself'],
  ['SQLITE_CORRUPT', 'corrupt', CORRUPT_HINT],
  ['SQLITE_NOTADB', 'corrupt', CORRUPT_HINT],
  ['SQLITE_READONLY', 'unavailable', 'Check who owns the data folder and whether its disk is mounted read-only'],
  ['SQLITE_CANTOPEN', 'unavailable', 'Check that the data folder exists and may be written'],
  ['SQLITE_IOERR', 'unavailable', 'Check the disk (dmesg tells); it is tried again by itself'],
  ['SQLITE_BUSY', 'unavailable', 'Another process holds the database; it is tried again by itself'],
  ['SQLITE_LOCKED', 'unavailable', 'Another process holds the database; it is tried again by itself'],
  ['SQLITE_CONSTRAINT', 'conflict', ''],
  ['EACCES', 'unavailable', 'Check who owns the data folder'],
  ['EROFS', 'unavailable', 'The disk is mounted read-only'],
  ['EIO', 'unavailable', 'Check the disk (dmesg tells)'],
];

/** A failed write or read, as an error whose kind says whether trying again can help. */
export function storeError(thrown: unknown, doing: string): WatchwordError {
  if (thrown instanceof WatchwordError) return thrown;
  const error = toError(thrown);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = KINDS.find(([prefix]) => code.startsWith(prefix));
  const [, kind, hint] = known ?? ['', 'internal', ''];
  return new WatchwordError(kind, `${doing}: ${error.message}`, { cause: error, ...(hint && { hint }) });
}

/** Runs a piece of database work; what it throws becomes a WatchwordError. */
export function guarded<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error, doing);
  }
}
