import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Complaints } from './complaints.ts';
import type { PictureSource } from './dataset.ts';

/** Folder names under which published sets keep their pictures. */
const USUAL_NAMES = ['', 'pictures', 'images', 'val2014', 'coco', 'coco/val2014'];

/** Finds pictures by the name a data set gives them: in the given folder, else in the usual places around the set. */
export class PicturePlaces {
  readonly #folders: string[];
  readonly #found = new Map<string, string | undefined>();

  constructor(setFile: string, picturesDir: string | undefined) {
    const beside = path.dirname(setFile);
    const stem = path.basename(setFile, path.extname(setFile));
    this.#folders = picturesDir
      ? [picturesDir]
      : [
          ...USUAL_NAMES.map((name) => path.join(beside, name)),
          path.join(beside, 'images', stem),
          path.join(beside, stem),
          ...USUAL_NAMES.slice(1).map((name) => path.join(beside, '..', name)),
        ];
  }

  /** The file, or undefined after a complaint that says where it was looked for. */
  async find(name: string, line: number, complaints: Complaints): Promise<string | undefined> {
    if (!this.#found.has(name)) this.#found.set(name, await this.#search(name));
    const file = this.#found.get(name);
    if (file === undefined) complaints.add(line, `there is no picture ${name} (looked in ${this.#looked()})`);
    return file;
  }

  async #search(name: string): Promise<string | undefined> {
    for (const file of this.#folders.map((folder) => path.resolve(folder, name))) {
      try {
        await access(file);
        // Where the first picture was, the others are: a set of 40,000 is not looked for in eleven folders each.
        this.#prefer(file, name);
        return file;
      } catch {
        // Not here: the next place may have it.
      }
    }
    return undefined;
  }

  #prefer(file: string, name: string): void {
    const folder = this.#folders.find((candidate) => path.resolve(candidate, name) === file);
    if (folder === undefined || folder === this.#folders[0]) return;
    this.#folders.splice(this.#folders.indexOf(folder), 1);
    this.#folders.unshift(folder);
  }

  #looked(): string {
    const [first, ...others] = this.#folders.map((folder) => path.relative('', folder) || '.');
    if (others.length === 0) return `${first}`;
    return `${first} and ${others.length} other places; name the folder with --pictures`;
  }
}

export function pictureFile(name: string, file: string): PictureSource {
  return {
    name,
    async read() {
      try {
        return await readFile(file);
      } catch (error) {
        throw new WatchwordError('not-found', `cannot read the picture: ${toError(error).message}`, {
          where: file,
          cause: error,
        });
      }
    },
  };
}
