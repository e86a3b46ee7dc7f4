import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, deadline } from '../../platform/clock.ts';
import { toError, WatchwordError } from '../../platform/errors.ts';
import { backoffMs } from '../../platform/retry.ts';
import { FileDigest } from './digest.ts';
import type { PackageSource, RemoteFile } from './repository.ts';

/** Tries in a row that bring not one byte. */
const MOST_TRIES = 6;
/** A line over which nothing comes for so long is taken down. */
const LONGEST_SILENCE_MS = 30_000;

export interface DownloadOptions {
  readonly source: PackageSource;
  readonly file: RemoteFile;
  /** Where it is to be. It is written beside it until it is whole and right. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Bytes of this file that are there. */
  readonly onBytes: (bytes: number) => void;
  /** A try failed and another follows. */
  readonly onRetry: (why: string) => void;
}

/**
 * Fetches one file: continues where an earlier try was cut, checks size and checksum, and only then gives it its name.
 * What is wrong is fetched once more from its beginning. Resolves with the hex SHA-256. Rejects with `unavailable` when the
 * source stays away, or the disk is full (what came is kept), with `corrupt` when the file is twice not what was promised.
 */
export async function download(options: DownloadOptions): Promise<string> {
  const { file, path, signal } = options;
  await mkdir(dirname(path), { recursive: true });
  const partial = partialPath(path, file);
  for (let wrong = 0; ; wrong++) {
    await bring(options, partial);
    signal.throwIfAborted();
    const digest = new FileDigest(file);
    await digest.add(partial, file.size);
    const { sha256, right } = digest.finish();
    if (right) {
      await rename(partial, path);
      return sha256;
    }
    await rm(partial, { force: true });
    if (wrong > 0) {
      throw new WatchwordError('corrupt', `${file.path} has another checksum than its repository states`, {
        where: options.source.origin,
        hint: 'The file is damaged there or on the way: try another mirror',
      });
    }
    options.onRetry(`${file.path} has a wrong checksum and is fetched again`);
  }
}

/** The name says which content it is a part of: a part of another revision is never continued. */
export function partialPath(path: string, file: RemoteFile): string {
  return `${path}.${(file.sha256 ?? file.gitSha1 ?? String(file.size)).slice(0, 16)}.part`;
}

/** Until the partial file has its size. */
async function bring(options: DownloadOptions, partial: string): Promise<void> {
  const { file, clock, random, signal, onRetry } = options;
  for (let tries = 0; ; ) {
    const before = await sizeOf(partial);
    if (before === file.size) return;
    try {
      await append(options, partial, before > file.size ? 0 : before);
    } catch (error) {
      signal.throwIfAborted();
      const failure = asFailure(error, file);
      const retried = failure.kind === 'unavailable' || failure.kind === 'timeout';
      tries = (await sizeOf(partial)) > before ? 0 : tries + 1;
      if (!retried || tries >= MOST_TRIES || isFull(error)) throw failure;
      onRetry(failure.message);
      await clock.sleep(backoffMs(tries, { minMs: 500, maxMs: 30_000, random }), signal);
    }
  }
}

/** One answer of the source, from `offset` on. Rejects when it ends early. */
async function append(options: DownloadOptions, partial: string, offset: number): Promise<void> {
  const { source, file, clock, signal, onBytes } = options;
  const stalled = new AbortController();
  const both = AbortSignal.any([signal, stalled.signal]);
  const { from, bytes } = await source.open(file, offset, both);
  const out = await open(partial, from === 0 ? 'w' : 'a');
  let at = from;
  const stop = watch(clock, () => at, stalled);
  try {
    for await (const chunk of bytes) {
      if (at + chunk.length > file.size)
        throw new WatchwordError('corrupt', `${file.path} is longer than its repository states`, {
          where: source.origin,
        });
      await writeWhole(out, chunk);
      at += chunk.length;
      onBytes(at);
    }
    if (at < file.size) throw cut(file, at, source.origin);
    await out.sync();
  } catch (error) {
    throw stalled.signal.aborted && !signal.aborted ? stalled.signal.reason : error;
  } finally {
    stop();
    await out.close();
  }
}

/** Aborts when the count stands still. */
function watch(clock: Clock, count: () => number, stalled: AbortController): () => void {
  let last = -1;
  let stop = (): void => undefined;
  const look = (): void => {
    if (count() === last) {
      stalled.abort(new WatchwordError('timeout', `nothing came for ${LONGEST_SILENCE_MS / 1000} s`));
      return;
    }
    last = count();
    const limit = deadline(clock, LONGEST_SILENCE_MS, () => new Error('look again'));
    limit.signal.addEventListener('abort', look, { once: true });
    stop = limit.stop;
  };
  look();
  return () => stop();
}

async function writeWhole(out: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await out.write(chunk, at)).bytesWritten;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function cut(file: RemoteFile, at: number, where: string): WatchwordError {
  return new WatchwordError('unavailable', `the line was cut at ${at} of ${file.size} bytes of ${file.path}`, {
    where,
  });
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function asFailure(error: unknown, file: RemoteFile): WatchwordError {
  if (error instanceof WatchwordError) return error;
  if (isFull(error)) {
    return new WatchwordError('unavailable', `the disk is full: ${file.path} could not be written to its end`, {
      hint: 'Free some space and run the same command: it continues',
      cause: error,
    });
  }
  const reason = toError(toError(error).cause ?? error);
  return new WatchwordError('unavailable', `${file.path}: ${reason.message}`, { cause: error });
}
