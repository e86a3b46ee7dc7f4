import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { RemoteFile } from './repository.ts';

const CHUNK = 1 << 20;

/** A file's checksums as its bytes go by. */
export class FileDigest {
  readonly #sha256: Hash = createHash('sha256');
  readonly #git: Hash | undefined;
  readonly #file: RemoteFile;

  constructor(file: RemoteFile) {
    this.#file = file;
    if (file.sha256 === undefined && file.gitSha1 !== undefined)
      this.#git = createHash('sha1').update(`blob ${file.size}\0`);
  }

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#git?.update(bytes);
  }

  /** Reads what is there already. */
  async add(path: string, bytes: number): Promise<void> {
    if (bytes === 0) return;
    for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: CHUNK })) this.update(chunk);
  }

  /** The SHA-256, and whether the file is what the source said. Ends the digest. */
  finish(): { sha256: string; right: boolean } {
    const sha256 = this.#sha256.digest('hex');
    const git = this.#git?.digest('hex');
    const stated = this.#file;
    if (stated.sha256 !== undefined) return { sha256, right: sha256 === stated.sha256 };
    return { sha256, right: git === undefined || git === stated.gitSha1 };
  }
}

/** Hex SHA-256 of a file. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) hash.update(chunk);
  return hash.digest('hex');
}
